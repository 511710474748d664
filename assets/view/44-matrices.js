/* Small heatmaps of queries × candidates for each model, and how each differs from the reference. */
(function (Libra) {
  'use strict';

  const { h, store, setText, setHidden } = Libra;
  const LIMIT = 2; // standard deviations at the ends of the difference scale
  const FULL = [0.02, 0.995]; // shares of the values at full size between which a model's own scale runs

  const asText = (model, value) => Libra.scoreOf(model, value).toFixed(2);

  /** [low, high] of a model at full size: its own scale, which stays still under the slider. */
  function ownRange(run, model) {
    if (!model.range) {
      const sorted = Libra.matrixAt(run, model, Infinity).slice().sort();
      model.range = FULL.map((share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]);
    }
    return model.range;
  }
  /** One scale for all dense models: BM25's scores have no common measure with cosines and keep their own. */
  function commonRange(run) {
    const ranges = run.ready.filter((model) => !model.lexical).map((model) => ownRange(run, model));
    return [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))];
  }

  function figure(context, model, palette) {
    const map = Libra.heatmap({
      palette,
      label: context.t(palette === 'diverging' ? 'matrix.label_difference' : 'matrix.label', { model: model.name }),
      describe(query, candidate) {
        const { run } = store;
        return context.t('matrix.cell', {
          q: query + 1, c: candidate + 1, value: map.valueText(query, candidate),
          query: Libra.shorten(run.queries[query], 60), candidate: Libra.shorten(run.candidates[candidate], 60),
        });
      },
      onHover(cell) {
        const { run } = store;
        if (!cell) context.tip.hide();
        else context.tip.show(cell.x, cell.y, map.valueText(cell.row, cell.column), run.queries[cell.row], run.candidates[cell.column]);
      },
      onSelect: ({ row, column }) => store.set({ query: row, cell: { query: row, candidate: column } }),
    });
    map.valueText = () => '';
    const legend = Libra.legend(palette);
    const node = h('figure', { class: `lv-map m${model.slot}` },
      h('figcaption', {}, Libra.modelMark(model), h('span', { text: model.name, title: model.name })),
      map.node, legend.node);
    return { node, map, legend, model };
  }

  function drawSimilarity(frame, one, scale) {
    const { run, dimension } = frame;
    const values = Libra.matrixAt(run, one.model, dimension);
    const [low, high] = scale && !one.model.lexical ? scale : ownRange(run, one.model);
    one.map.resize(run.queries.length, run.candidates.length);
    one.map.draw(values, low, high);
    one.map.valueText = (query, candidate) => Libra.scoreOf(one.model, values[query * run.candidates.length + candidate]).toFixed(4);
    one.legend.draw(asText(one.model, low), asText(one.model, high));
  }
  function drawDifference(frame, one) {
    const { run, dimension, reference } = frame;
    setHidden(one.node, one.model === reference);
    if (one.model === reference) return;
    const values = Libra.matrixAt(run, one.model, dimension);
    const base = Libra.matrixAt(run, reference, dimension);
    if (!one.buffer || one.buffer.length !== values.length) one.buffer = new Float32Array(values.length);
    Libra.rank.standardDifference(values, base, one.buffer);
    one.map.resize(run.queries.length, run.candidates.length);
    one.map.draw(one.buffer, -LIMIT, LIMIT);
    one.map.valueText = (query, candidate) => {
      const at = query * run.candidates.length + candidate;
      const own = Libra.scoreOf(one.model, values[at]).toFixed(3);
      const other = Libra.scoreOf(reference, base[at]).toFixed(3);
      return `${one.buffer[at] < 0 ? '−' : '+'}${Math.abs(one.buffer[at]).toFixed(2)} σ  (${own} / ${other})`;
    };
    one.legend.draw(`−${LIMIT} σ`, `+${LIMIT} σ`);
  }

  Libra.parts.matrices = (context) => {
    const similarity = h('div', { class: 'lv-maps' });
    const difference = h('div', { class: 'lv-maps lv-maps-small' });
    const common = h('button', { type: 'button', class: 'lv-button lv-small' });
    const differenceHead = h('div', {},
      h('h3', { class: 'lv-heading lv-heading-next', text: context.t('matrix.difference') }),
      h('p', { class: 'lv-sub', text: context.t('matrix.difference_sub') }));
    const node = h('section', { class: 'lv-panel' },
      h('div', { class: 'lv-panel-head' }, h('h3', { class: 'lv-heading', text: context.t('matrix.title') }), common),
      h('p', { class: 'lv-sub', text: context.t('matrix.sub') }), similarity, differenceHead, difference);
    let shown = [];
    let key = '';

    common.addEventListener('click', () => {
      context.choices.commonScale = !context.choices.commonScale;
      context.redraw();
    });
    function sync(run) {
      const wanted = `${run.key}/${run.ready.map((model) => model.id).join()}`;
      if (wanted === key) return;
      key = wanted;
      shown = run.ready.map((model) => ({ own: figure(context, model, 'sequential'), other: figure(context, model, 'diverging') }));
      similarity.dataset.count = shown.length;
      difference.dataset.count = shown.length - 1;
      similarity.replaceChildren(...shown.map((one) => one.own.node));
      difference.replaceChildren(...shown.map((one) => one.other.node));
    }
    function paint(frame) {
      const scale = context.choices.commonScale ? commonRange(frame.run) : null;
      for (const one of shown) {
        drawSimilarity(frame, one.own, scale);
        drawDifference(frame, one.other);
      }
    }
    return {
      node,
      sync,
      draw(frame) {
        setHidden(node, !frame.run.ready.length);
        setHidden(differenceHead, frame.run.ready.length < 2);
        setText(common, context.t(context.choices.commonScale ? 'matrix.own_scale' : 'matrix.common_scale'));
        if (!frame.costly) paint(frame);
        const { cell } = store;
        for (const { own, other } of shown) {
          for (const one of [own, other]) one.map.mark(frame.query, cell && cell.query === frame.query ? cell.candidate : null);
        }
      },
      settle(frame) {
        if (frame.costly) paint(frame);
      },
    };
  };
})((window.Libra = window.Libra || {}));

/* What a score means for each model: right pairs against wrong ones, and a threshold to move between them. No request.
   From Gradio: props.value {key, models: [{edges, right, wrong, thresholds, precision, …}]}, props.lang. */
(function (Libra) {
  'use strict';

  const { h, svg, setText, setHidden, setAttribute } = Libra;
  const BARS = 64; // bins that can be seen; neighbours are added up
  const FIGURES = ['precision', 'recall', 'false_alarms', 'f1', 'percentile'];

  const chosen = new Map(); // run/set/model → index of the edge; survives a new mount

  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const percent = (share) => (share === null || share === undefined ? '–' : `${(share * 100).toFixed(1)} %`);

  /** Share (0 … 1) of unrelated pairs below `score`, as numpy.interp gives it; null without a background. */
  function percentile(background, score) {
    if (!background) return null;
    const last = background.length - 1;
    if (score < background[0]) return 0;
    if (score >= background[last]) return 1;
    let place = 0;
    while (background[place + 1] <= score) place += 1;
    const step = background[place + 1] - background[place];
    return (place + (score - background[place]) / step) / last;
  }

  /** Counts of neighbouring bins together, as shares of all: [[from, to, share], …]. */
  function bars(counts, edges) {
    const step = Math.ceil(counts.length / BARS);
    const total = sum(counts);
    const found = [];
    for (let at = 0; at < counts.length; at += step) {
      const end = Math.min(at + step, counts.length);
      found.push([edges[at], edges[end], sum(counts.slice(at, end)) / total]);
    }
    return found;
  }

  function histogram(model, title) {
    const { edges } = model;
    const low = edges[0];
    const high = edges[edges.length - 1];
    const groups = [bars(model.right, edges), bars(model.wrong, edges)];
    const most = Math.max(...groups.flat().map((bar) => bar[2]));
    const x = (score) => (100 * (score - low)) / (high - low);
    const y = (share) => 100 - (100 * share) / most;
    const at = (score, share) => `${x(score).toFixed(2)},${y(share).toFixed(2)}`;
    const outline = (group) =>
      [at(low, 0), ...group.map(([from, to, share]) => `${at(from, share)} ${at(to, share)}`), at(high, 0)].join(' ');
    const line = svg('line', { class: 'lb-cut', y1: 0, y2: 100 });
    const node = h(
      'div', { class: `lb-histogram ${Libra.bench.colourOf(model.slot)}`, role: 'img', 'aria-label': title },
      Libra.bench.stretched(
        'lb-bars', svg('polygon', { class: 'lb-right', points: outline(groups[0]) }), svg('polyline', { class: 'lb-wrong', points: outline(groups[1]) }), line,
      ),
      Libra.bench.ends('lb-ticks', ...[low, (low + high) / 2, high].map((score) => score.toFixed(2))),
    );
    return {
      node,
      move(score) {
        line.setAttribute('x1', x(score));
        line.setAttribute('x2', x(score));
      },
    };
  }

  function panel(model, key, t) {
    const place = `${key}/${model.model}`;
    const best = model.thresholds.indexOf(model.best);
    const plot = histogram(model, t('histogram', { model: model.name }));
    const label = h('label', { class: 'lv-label', for: Libra.uid('cut'), text: t('threshold') });
    const slider = h('input', { type: 'range', class: 'lb-slider', id: label.htmlFor, min: 0, max: model.thresholds.length - 1, step: 1 });
    const value = h('output', { class: 'lb-threshold', for: slider.id });
    const figures = FIGURES.map((name) => ({ name, node: h('dd') }));
    const back = Libra.ui.button('lv-small', () => move(best));
    setText(back, t('best'));

    function move(index) {
      chosen.set(place, index);
      const score = model.thresholds[index];
      if (Number(slider.value) !== index) slider.value = index;
      const shown = score.toFixed(3);
      setText(value, shown);
      setAttribute(slider, 'aria-valuetext', shown);
      plot.move(score);
      for (const { name, node } of figures) setText(node, percent(name === 'percentile' ? percentile(model.background, score) : model[name][index]));
      back.disabled = index === best;
    }
    slider.addEventListener('input', () => move(Number(slider.value)));
    const node = h(
      'section', { class: 'lv-panel lb-panel', 'data-bench-threshold': model.model },
      h('h3', { class: 'lv-heading' }, Libra.bench.named(model)),
      h('ul', { class: 'lb-said' }, ...model.said.map((text) => h('li', { text }))),
      plot.node,
      h('p', { class: 'lv-sub', text: t('histogram_note') }),
      h('div', { class: 'lb-cutting' }, label, slider, value, back),
      h('dl', { class: 'lb-figures' }, ...figures.flatMap(({ name, node: shown }) => [h('dt', { text: t(`figure.${name}`) }), shown])),
      h('details', {}, h('summary', { text: t('table') }), Libra.bench.table(model.name, model.table.head, model.table.rows, 0)),
    );
    move(Math.min(chosen.get(place) ?? best, model.thresholds.length - 1));
    return node;
  }

  function mount(root, props, watch) {
    const lang = () => Libra.ui.langOf(props);
    const t = (key, values) => Libra.t(lang(), `view.bench.${key}`, values);
    const empty = h('p', { class: 'lv-empty' });
    const list = h('div', { class: 'lb-list' });
    root.replaceChildren(empty, list);

    function draw() {
      const value = props.value ? JSON.parse(JSON.stringify(props.value)) : {};
      root.lang = Libra.localeOf(lang());
      const models = value.models || [];
      setHidden(empty, models.length > 0);
      setText(empty, value.error ? Libra.errorText(lang(), value.error) : t('no_thresholds'));
      list.replaceChildren(...models.map((model) => panel(model, value.key, t)));
    }
    watch(['value', 'lang'], draw);
    draw();
  }

  Libra.bench.percentile = percentile;
  Libra.views['bench-thresholds'] = { mount };
})((window.Libra = window.Libra || {}));

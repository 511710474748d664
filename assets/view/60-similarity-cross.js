/* Queries × candidates, a heatmap for each model with labels that can be read, and its difference to the reference. */
(function (Libra) {
  'use strict';

  const { h, store, setText, setHidden } = Libra;
  const MOST_LABELS = 64; // beyond it a label would be thinner than its letters: numbers every so often instead
  const LABEL_LENGTH = { rows: 60, columns: 20 };
  const TICKS = 12;
  const DIFFERENCE = 2; // standard deviations at the ends of the colour key

  /** Labels along one side: every text where they fit, else numbers at a regular distance. axis: 'rows' | 'columns' */
  function labels(axis, texts, code, numberOf) {
    const node = h('div', { class: `lv-sim-${axis}`, 'aria-hidden': 'true' });
    if (texts.length <= MOST_LABELS) {
      node.append(
        ...texts.map((text, index) =>
          h('span', { title: text, class: code[index] ? 'lv-code' : null }, `${numberOf(index)} `,
            h('bdi', { text: Libra.shorten(text, LABEL_LENGTH[axis]).replace(/\s+/g, ' ') })),
        ),
      );
      return node;
    }
    node.classList.add('sparse');
    const step = Math.ceil(texts.length / TICKS / 10) * 10;
    for (let index = 0; index < texts.length; index += step) {
      const tick = h('span', { text: numberOf(index) });
      tick.style[axis === 'rows' ? 'top' : 'left'] = `${(100 * (index + 0.5)) / texts.length}%`;
      node.append(tick);
    }
    return node;
  }

  /** A heatmap between its labels, in a box that scrolls sideways where the cells would get too narrow to hit. */
  function labelled(map, rows, columns) {
    const few = columns.childElementCount && !columns.classList.contains('sparse');
    const grid = h('div', { class: `lv-sim-grid${few ? ' few' : ''}` }, rows, map.node, h('span'), columns);
    grid.style.setProperty('--columns', few ? columns.childElementCount : 1);
    grid.style.setProperty('--rows', rows.classList.contains('sparse') ? 20 : rows.childElementCount);
    return h('div', { class: 'lv-sim-scroll' }, grid);
  }

  /** context: {lang(), t(), tip, view: {common}} → {node, build(run), draw(run)} */
  function crossMaps(context) {
    const { t } = context;
    const title = h('h3', { class: 'lv-heading' });
    const sub = h('p', { class: 'lv-sub' });
    const grid = h('div', { class: 'lv-sim-figures' });
    const difference = h('h3', { class: 'lv-heading' });
    const differenceSub = h('p', { class: 'lv-sub' });
    const differences = h('div', { class: 'lv-sim-figures' });
    const below = h('div', { class: 'lv-sim-below' }, difference, differenceSub, differences);
    const node = h('section', { class: 'lv-panel' }, title, sub, grid, below);
    let figures = [];
    let common = [0, 1];

    function figure(run, model, diff) {
      const head = Libra.ui.caption(model);
      const key = Libra.legend(diff ? 'diverging' : 'sequential');
      const self = { model, diff, head, key, range: Libra.rank.range(Libra.matrixAt(run, model, Infinity)), values: null };
      const words = (row, column) => `${t('query')} ${row + 1}: ${run.queries[row]}. ${t('candidate')} ${column + 1}: ${run.candidates[column]}.`;
      const value = (row, column) => format(self, self.values[row * run.candidates.length + column]);
      self.map = Libra.heatmap({
        palette: diff ? 'diverging' : 'sequential',
        label: model.name,
        describe: (row, column) => `${value(row, column)}. ${words(row, column)}`,
        onHover: (cell) => {
          if (!cell) return context.tip.hide();
          const lines = [`${cell.row + 1}. ${run.queries[cell.row]}`, `${cell.column + 1}. ${run.candidates[cell.column]}`];
          context.tip.show(cell.x, cell.y, value(cell.row, cell.column), ...lines);
        },
        onSelect: ({ row, column }) => store.set({ cell: { query: row, candidate: column }, query: row }),
      });
      self.map.resize(run.queries.length, run.candidates.length);
      const rows = labels('rows', run.queries, run.code.queries || [], (index) => index + 1);
      const columns = labels('columns', run.candidates, run.code.candidates || [], (index) => index + 1);
      self.node = h('figure', { class: `lv-figure m${model.slot}` }, head.node, labelled(self.map, rows, columns), key.node);
      return self;
    }
    const format = (self, value) => (self.diff ? signed(value) : Libra.scoreOf(self.model, value).toFixed(3));
    const signed = (value) => `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value).toFixed(2)}`;

    function build(run) {
      const plain = run.ready.map((model) => figure(run, model, false));
      const diffs = run.ready.length > 1 ? run.ready.map((model) => figure(run, model, true)) : [];
      grid.dataset.count = plain.length;
      differences.dataset.count = diffs.length - 1; // the reference's own is hidden
      grid.replaceChildren(...plain.map((self) => self.node));
      differences.replaceChildren(...diffs.map((self) => self.node));
      figures = [...plain, ...diffs];
      const dense = plain.filter((self) => self.model.dimensions);
      // From the full dimension, so that colours stay comparable while the slider moves.
      common = [Math.min(...dense.map((self) => self.range[0])), Math.max(...dense.map((self) => self.range[1]))];
      setHidden(below, !diffs.length);
    }

    function drawPlain(self, run) {
      self.values = Libra.matrixAt(run, self.model, store.dimension ?? Infinity);
      const lexical = !self.model.dimensions; // its scores have another unit: never on the common scale
      const [low, high] = context.view.common && !lexical ? common : self.range;
      self.map.draw(self.values, low, high);
      const end = (value) => Libra.scoreOf(self.model, value).toFixed(2);
      self.key.draw(end(low), end(high));
      setText(self.head.note, Libra.parts.usedDimensions(context, self.model));
    }

    function drawDifference(self, run, reference) {
      setHidden(self.node, self.model === reference);
      if (self.model === reference) return;
      const dimension = store.dimension ?? Infinity;
      const values = Libra.matrixAt(run, self.model, dimension);
      self.values = self.values || new Float32Array(values.length);
      Libra.rank.standardDifference(values, Libra.matrixAt(run, reference, dimension), self.values);
      self.map.draw(self.values, -DIFFERENCE, DIFFERENCE);
      self.key.draw(`−${DIFFERENCE} ${t('lower')}`, `+${DIFFERENCE} ${t('higher')}`);
    }

    function draw(run) {
      const reference = Libra.referenceOf(run);
      setText(title, t('cross'));
      setText(sub, t('cross_sub'));
      setText(difference, t('difference', { model: reference ? reference.name : '' }));
      setText(differenceSub, t('difference_sub'));
      for (const self of figures) {
        if (self.diff) drawDifference(self, run, reference);
        else drawPlain(self, run);
        const { cell } = store;
        self.map.mark(cell ? cell.query : store.query, cell ? cell.candidate : null);
        self.map.label(`${self.model.name}. ${t(self.diff ? 'difference_keys' : 'cross_keys')}`);
      }
    }

    return { node, build, draw };
  }

  /** "256 dimensions", "all 384 it has", or that it has none. */
  function usedDimensions(context, model) {
    if (!model.dimensions) return context.t('lexical');
    const asked = store.dimension ?? model.dimensions;
    const used = Libra.usedDimension(store.run, model, asked);
    return context.t(asked > model.dimensions ? 'dimensions_all' : 'dimensions', { count: Libra.number(context.lang(), used) });
  }

  Object.assign(Libra.parts, { crossMaps, usedDimensions, sideLabels: labels });
})((window.Libra = window.Libra || {}));

/* Every text against every text, a heatmap for each model, with bands along the sides that show queries, candidates
   and writing systems: texts of one language often form a block of their own. */
(function (Libra) {
  'use strict';

  const { h, store, setText, setHidden } = Libra;
  const MOST_LABELS = 24;
  const MOST_NARROW = 12; // labels that a narrow figure has the height for

  /** Places of the texts in the order to show: as typed, or texts of one script together. */
  function orderOf(texts, byScript) {
    const places = texts.map((text) => text.place);
    if (!byScript) return places;
    const first = new Map(); // script → where it appears first, so that the order says nothing about worth
    for (const text of texts) if (!first.has(text.script)) first.set(text.script, first.size);
    return places.sort((a, b) => first.get(texts[a].script) - first.get(texts[b].script) || a - b);
  }

  /** A band along one side, a piece for each run of equal keys. */
  function band(axis, kind, keys) {
    const pieces = [];
    keys.forEach((key, index) => {
      const last = pieces[pieces.length - 1];
      if (last && last.key === key) last.length += 1;
      else pieces.push({ key, start: index, length: 1 });
    });
    return h('div', { class: `lv-strand lv-strand-${axis}`, 'aria-hidden': 'true' }, ...pieces.map((piece) => {
      const node = h('i', { class: `lv-${kind}-${piece.key}` });
      node.style.flexGrow = piece.length;
      return node;
    }));
  }

  /** context: {lang(), t(), tip, view: {byScript}, source, redraw(), choose(place)} → {node, build(run, answer), draw(run, answer)} */
  function pairMaps(context) {
    const { t } = context;
    const title = h('h3', { class: 'lv-heading' });
    const sub = h('p', { class: 'lv-sub' });
    const order = Libra.ui.choice((value) => {
      context.view.byScript = value === 'script';
      context.rebuild();
    });
    const key = h('ul', { class: 'lv-key' });
    const figures = h('div', { class: 'lv-sim-figures lv-sim-squares' });
    const without = h('ul', { class: 'lv-without' });
    const head = h('div', { class: 'lv-panel-head' }, h('div', {}, title, sub), order.node);
    const node = h('section', { class: 'lv-panel' }, head, key, figures, without);
    let drawn = [];
    let places = [];

    function figure(run, answer, model) {
      const head = Libra.ui.caption(model);
      const matrices = answer.models.get(model.id);
      const self = { model, head, matrices };
      const n = places.length;
      const text = (place) => answer.texts[places[place]];
      const name = (one) => `${t(one.side)} ${one.index + 1}: ${one.text}`;
      const value = (row, column) => (self.values[row * n + column] / Libra.rank.FIXED_POINT).toFixed(3);
      self.key = Libra.legend('sequential');
      self.values = new Int16Array(n * n);
      self.map = Libra.heatmap({
        palette: 'sequential',
        label: model.name,
        describe: (row, column) => `${value(row, column)}. ${name(text(row))}. ${name(text(column))}`,
        onHover: (cell) => {
          if (!cell) return context.tip.hide();
          context.tip.show(cell.x, cell.y, value(cell.row, cell.column), name(text(cell.row)), name(text(cell.column)));
        },
        onSelect: ({ row, column }) => choose(text(row), text(column)),
      });
      self.map.resize(n, n);
      self.range = rangeOf(matrices, n);
      self.node = h('figure', { class: `lv-figure m${model.slot}` }, head.node, square(answer, self.map), self.key.node);
      return self;
    }

    /** Choosing a query with a candidate opens that pair everywhere; any other choice marks the text on the maps. */
    function choose(a, b) {
      context.choose(a.place);
      if (a.side === b.side) return;
      const [query, candidate] = a.side === 'query' ? [a, b] : [b, a];
      store.set({ cell: { query: query.index, candidate: candidate.index }, query: query.index });
    }

    function square(answer, map) {
      const scripts = places.map((place) => answer.texts[place].script);
      const sides = places.map((place) => answer.texts[place].side);
      const bands = (axis) =>
        h('div', { class: `lv-strands lv-strands-${axis}` }, band(axis, 'side', sides), band(axis, 'script', scripts));
      const number = (index) => {
        const one = answer.texts[places[index]];
        return `${t(one.side === 'query' ? 'query_short' : 'candidate_short')}${one.index + 1}`;
      };
      const words = places.map((place) => answer.texts[place].text);
      const names = places.length <= MOST_LABELS ? Libra.parts.sideLabels('rows', words, [], number) : h('span');
      const size = places.length > MOST_LABELS ? '' : places.length > MOST_NARROW ? ' few some' : ' few';
      return h('div', { class: `lv-square${size}` }, h('span'), h('span'), bands('columns'), names, bands('rows'), map.node);
    }

    function legend(answer) {
      const scripts = [...new Set(answer.texts.map((one) => one.script))];
      const entries = [['side', 'query'], ['side', 'candidate'], ...scripts.map((script) => ['script', script])];
      key.replaceChildren(...entries.map(([kind, name]) => {
        const label = kind === 'side' ? t(`${name}_plural`) : t(`script.${name}`);
        return h('li', {}, h('i', { class: `lv-${kind}-${name}`, 'aria-hidden': 'true' }), label);
      }));
    }

    function build(run, answer) {
      places = orderOf(answer.texts, context.view.byScript);
      drawn = run.ready.filter((model) => answer.models.has(model.id)).map((model) => figure(run, answer, model));
      figures.dataset.count = drawn.length;
      figures.replaceChildren(...drawn.map((self) => self.node));
      without.replaceChildren(...Libra.parts.withoutVectors(context, run, answer, t('no_vectors')));
      legend(answer);
    }

    function draw(run, answer) {
      setText(title, t('pairs'));
      setText(sub, t(context.source.moving() ? 'pairs_sub' : 'pairs_sub_rest'));
      order.draw(t('order'), [['typed', t('order_typed')], ['script', t('order_script')]], context.view.byScript ? 'script' : 'typed');
      setHidden(order.node, new Set(answer.texts.map((one) => one.script)).size < 2);
      for (const self of drawn) {
        const rung = Libra.rank.rungIndex(self.matrices.rungs, store.dimension ?? Infinity);
        if (self.rung !== rung) {
          self.rung = rung;
          permute(Libra.rank.slice(self.matrices.pairs, rung, places.length ** 2), places, self.values);
          self.map.draw(self.values, ...self.range);
        }
        self.key.draw(...self.range.map((value) => (value / Libra.rank.FIXED_POINT).toFixed(2)));
        self.map.label(`${self.model.name}. ${t('cross_keys')}`);
        setText(self.head.note, t('shown_at', { count: Libra.number(context.lang(), self.matrices.rungs[rung]) }));
      }
    }

    return { node, build, draw };
  }

  function permute(from, places, out) {
    const n = places.length;
    for (let row = 0; row < n; row += 1) {
      const start = places[row] * n;
      for (let column = 0; column < n; column += 1) out[row * n + column] = from[start + places[column]];
    }
  }
  /** Ends of the colours at full size, without the diagonal: a text is always 1 to itself. */
  function rangeOf({ rungs, pairs }, n) {
    const full = Libra.rank.slice(pairs, rungs.length - 1, n * n);
    const others = full.filter((_, index) => index % (n + 1) !== 0);
    return others.length ? Libra.rank.range(others) : [0, Libra.rank.FIXED_POINT];
  }

  /** A line for each model that has no picture here, with the reason. */
  function withoutVectors(context, run, answer, reason) {
    return run.ready.filter((model) => !answer.models.has(model.id)).map((model) => {
      const error = answer.failures[model.id];
      const mark = h('b', { class: 'lv-mark', 'aria-hidden': 'true', text: Libra.MARKS[model.slot] });
      const why = error ? Libra.errorText(context.lang(), error) : reason;
      return h('li', { class: `m${model.slot}` }, mark, h('span', {}, h('b', { text: `${model.name}: ` }), why));
    });
  }

  Object.assign(Libra.parts, { pairMaps, withoutVectors });
})((window.Libra = window.Libra || {}));

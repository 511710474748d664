/* A map of the texts for each model: the first two principal components. Choosing a text rings it in every map and
   lists its nearest texts, which come from the vectors; lines to them show how far the map puts what is near. */
(function (Libra) {
  'use strict';

  const { h, svg, store, setText, setAttribute } = Libra;
  const SIZE = 100; // of the drawing, in its own units
  const MARGIN = 7;
  const NEIGHBOURS = 5;
  // Around the origin. Queries are diamonds, candidates are circles: told apart without colour.
  const SHAPES = { query: 'M0-2.5L2.5 0L0 2.5L-2.5 0Z', candidate: 'M-1.8 0a1.8 1.8 0 1 0 3.6 0a1.8 1.8 0 1 0-3.6 0Z' };
  const KEYS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

  /** The places of the texts most like `place`, best first. row: int16 similarities (n,). */
  function nearest(row, place) {
    return [...Libra.rank.order(row)].filter((other) => other !== place).slice(0, NEIGHBOURS);
  }

  /** context: {lang(), t(), tip, choose(place), view: {chosen}} → {node, build(run, answer), draw(run, answer)} */
  function textMaps(context) {
    const { t } = context;
    const title = h('h3', { class: 'lv-heading' });
    const sub = h('p', { class: 'lv-sub' });
    const warning = h('p', { class: 'lv-sub' });
    const said = h('span', { class: 'lv-said', 'aria-live': 'polite' });
    const figures = h('div', { class: 'lv-sim-figures lv-sim-squares' });
    const without = h('ul', { class: 'lv-without' });
    const node = h('section', { class: 'lv-panel' }, title, sub, warning, said, figures, without);
    let drawn = [];

    const name = (one) => `${t(one.side)} ${one.index + 1}`;

    function figure(run, answer, model) {
      const head = Libra.ui.caption(model);
      const matrices = answer.models.get(model.id);
      const self = { model, head, matrices };
      self.lines = svg('path', { class: 'lv-map-lines' });
      self.ring = svg('circle', { class: 'lv-map-ring', r: 3.8 });
      self.points = answer.texts.map((one) =>
        svg('path', { class: `lv-map-point ${one.side} lv-script-${one.script}`, d: SHAPES[one.side], data: { place: one.place } }));
      self.axes = h('p', { class: 'lv-figure-note' });
      const cross = svg('path', { class: 'lv-map-axes', d: `M0 ${SIZE / 2}H${SIZE}M${SIZE / 2} 0V${SIZE}` });
      const picture = svg('svg', { viewBox: `0 0 ${SIZE} ${SIZE}`, 'aria-hidden': 'true' }, cross, self.lines, ...self.points, self.ring);
      self.board = h('div', { class: 'lv-map-board', tabindex: '0', role: 'application' }, picture);
      self.list = h('ol', { class: 'lv-near' });
      self.listTitle = h('p', { class: 'lv-label' });
      self.node = h('figure', { class: `lv-figure m${model.slot}` }, head.node, self.board, self.axes, self.listTitle, self.list);
      listen(self, answer);
      return self;
    }

    function listen({ board, model }, answer) {
      const placeOf = (event) => (event.target.dataset && event.target.dataset.place ? Number(event.target.dataset.place) : null);
      board.addEventListener('pointermove', (event) => {
        const place = placeOf(event);
        if (place === null) return context.tip.hide();
        context.tip.show(event.clientX, event.clientY, name(answer.texts[place]), answer.texts[place].text);
      });
      board.addEventListener('pointerleave', () => context.tip.hide());
      board.addEventListener('click', (event) => context.choose(placeOf(event)));
      board.addEventListener('keydown', (event) => {
        const count = answer.texts.length;
        const { chosen } = context.view;
        if (KEYS[event.key]) context.choose(chosen === null ? 0 : (chosen + KEYS[event.key] + count) % count);
        else if (event.key === 'Home') context.choose(0);
        else if (event.key === 'End') context.choose(count - 1);
        else if (event.key === 'Escape' && chosen !== null) context.choose(null);
        else return;
        event.preventDefault();
        speak(answer, model);
      });
    }

    /** What a screen reader hears after a move: the text, and what is nearest in this model. */
    function speak(answer, model) {
      const { chosen } = context.view;
      if (chosen === null) return setText(said, t('none_chosen'));
      const self = drawn.find((one) => one.model === model);
      const near = nearest(rowOf(self, answer, rungOf(self), chosen), chosen).slice(0, 3).map((place) => name(answer.texts[place]));
      setText(said, `${name(answer.texts[chosen])}: ${Libra.shorten(answer.texts[chosen].text)}. ${t('nearest')}: ${near.join(', ')}`);
      return undefined;
    }

    const rungOf = (self) => Libra.rank.rungIndex(self.matrices.rungs, store.dimension ?? Infinity);
    const rowOf = (self, answer, rung, place) => {
      const n = answer.texts.length;
      return self.matrices.pairs.subarray((rung * n + place) * n, (rung * n + place + 1) * n);
    };

    function drawFigure(self, answer) {
      const { matrices } = self;
      const rung = rungOf(self);
      const n = answer.texts.length;
      const scale = (SIZE / 2 - MARGIN) / matrices.extent;
      const at = (place) => {
        const start = (rung * n + place) * 2;
        return [SIZE / 2 + matrices.map[start] * scale, SIZE / 2 - matrices.map[start + 1] * scale];
      };
      if (self.rung !== rung) {
        self.rung = rung;
        self.points.forEach((point, place) => point.setAttribute('transform', `translate(${at(place).map((x) => x.toFixed(2)).join(' ')})`));
      } else if (self.chosen === context.view.chosen && self.lang === context.lang()) return;
      self.chosen = context.view.chosen;
      self.lang = context.lang();
      const [first, second] = matrices.explained[rung].map((share) => (100 * share).toFixed(0));
      setText(self.axes, t('explained', { first, second }));
      drawChosen(self, answer, rung, at);
    }

    function drawChosen(self, answer, rung, at) {
      const { chosen } = self;
      const near = chosen === null ? [] : nearest(rowOf(self, answer, rung, chosen), chosen);
      self.points.forEach((point, place) => {
        point.classList.toggle('near', near.includes(place));
      });
      const from = chosen === null ? null : at(chosen);
      setAttribute(self.ring, 'hidden', from === null); // an SVG element has no hidden property
      if (from) setAttribute(self.ring, 'transform', `translate(${from.join(' ')})`);
      setAttribute(self.lines, 'd', near.map((place) => `M${from}L${at(place)}`).join(''));
      setText(self.listTitle, chosen === null ? '' : t('near_title', { text: name(answer.texts[chosen]) }));
      const row = chosen === null ? null : rowOf(self, answer, rung, chosen);
      self.list.replaceChildren(...near.map((place) => {
        const one = answer.texts[place];
        const button = Libra.ui.button('lv-near-text', () => context.choose(place));
        button.title = one.text;
        button.append(h('b', { text: name(one) }), h('span', { dir: 'auto', text: Libra.shorten(one.text, 80) }));
        return h('li', {}, button, h('em', { text: (row[place] / Libra.rank.FIXED_POINT).toFixed(3) }));
      }));
    }

    function build(run, answer) {
      drawn = run.ready.filter((model) => answer.models.has(model.id)).map((model) => figure(run, answer, model));
      figures.dataset.count = drawn.length;
      figures.replaceChildren(...drawn.map((self) => self.node));
      without.replaceChildren(...Libra.parts.withoutVectors(context, run, answer, t('no_map')));
    }

    function draw(run, answer) {
      setText(title, t('map'));
      setText(sub, t('map_sub'));
      setText(warning, t('map_warning'));
      for (const self of drawn) {
        const rung = rungOf(self);
        setText(self.head.note, t('shown_at', { count: Libra.number(context.lang(), self.matrices.rungs[rung]) }));
        setAttribute(self.board, 'aria-label', `${self.model.name}. ${t('map_keys')}`);
        drawFigure(self, answer);
      }
    }

    return { node, build, draw };
  }

  Libra.parts.textMaps = textMaps;
})((window.Libra = window.Libra || {}));

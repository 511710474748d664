/* The bar above the similarity view: the dimension slider (bound to the same store as the compare tab's), the reference
   model, and whether the heatmaps share one colour scale. */
(function (Libra) {
  'use strict';

  const { h, store, setText, setAttribute, setStyle, setOptions, setHidden } = Libra;

  /** context: {lang(), t(key, values), view: {common}, redraw(), released()} → {node, draw(run)} */
  function similarityBar(context) {
    const number = h('output', { class: 'lv-number' });
    const of = h('span', { class: 'lv-limit' });
    const range = h('input', { type: 'range', id: Libra.uid('sim-range'), min: 0, step: 1 });
    const label = h('label', { class: 'lv-label', for: range.id });
    const ticks = h('div', { class: 'lv-ticks', 'aria-hidden': 'true' });
    const select = h('select', { id: Libra.uid('sim-reference') });
    const selectLabel = h('label', { class: 'lv-label', for: select.id });
    const scale = Libra.ui.choice((value) => {
      context.view.common = value === 'common';
      context.redraw();
    });
    const slider = h(
      'div', { class: 'lv-dimension' },
      h('div', { class: 'lv-dimension-head' }, label, number, of), h('div', { class: 'lv-track' }, range, ticks),
    );
    const reference = h('div', { class: 'lv-field lv-reference' }, selectLabel, select);
    const node = h('div', { class: 'lv-bar' }, slider, reference, scale.node);
    let ladder = [];

    range.addEventListener('input', () => store.set({ dimension: ladder[Number(range.value)], extra: null }));
    range.addEventListener('change', () => context.released());
    select.addEventListener('change', () => store.set({ reference: select.value }));

    function mark(stops) {
      if (stops.join() === ladder.join()) return;
      ladder = stops;
      range.max = Math.max(0, stops.length - 1);
      ticks.replaceChildren(...Libra.tickSpans(stops));
    }

    function draw(run) {
      const { lang, t } = context;
      mark(run.ladder);
      const dense = ladder.length > 0;
      setHidden(slider, !dense);
      if (dense) {
        const place = Libra.rank.rungIndex(ladder, store.dimension ?? run.largest);
        const dimension = store.dimension ?? run.largest;
        if (Number(range.value) !== place) range.value = place;
        setText(label, t('dimension'));
        setText(number, Libra.number(lang(), dimension));
        setText(of, t('of', { largest: Libra.number(lang(), run.largest) }));
        setAttribute(range, 'aria-valuetext', t('dimensions', { count: Libra.number(lang(), dimension) }));
        setStyle(range, '--part', `${(100 * place) / Math.max(1, ladder.length - 1)}%`);
      }
      const chosen = Libra.referenceOf(run);
      setText(selectLabel, t('reference'));
      setOptions(select, run.ready.map((model) => [model.id, model.name]), chosen ? chosen.id : '');
      scale.draw(t('scale'), [['common', t('scale_common')], ['own', t('scale_own')]], context.view.common ? 'common' : 'own');
    }

    return { node, draw };
  }

  Libra.parts.similarityBar = similarityBar;
})((window.Libra = window.Libra || {}));

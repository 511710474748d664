/* Above the rankings: what the arrows mean, all or fewer candidates, pages of a hundred, and why percentiles. */
(function (Libra) {
  'use strict';

  const { h, setText, setAttribute, setHidden } = Libra;
  const FIELDS = /(\{(?:full|ref|pin)\})/;

  /** A sentence in which {full}, {ref} and {pin} become tags. */
  const withTags = (context, sentence) => sentence.split(FIELDS).map((part) => {
    const key = FIELDS.test(part) ? part.slice(1, -1) : null;
    return key ? h('span', { class: 'lv-tag', text: context.t(`delta.${key}`) }) : part;
  });

  function pager(context) {
    const { choices, PAGE } = context;
    const step = (by) => {
      choices.page += by;
      context.redraw();
    };
    const button = (sign, key, by) => h('button', {
      type: 'button', class: 'lv-button lv-step', text: sign, 'aria-label': context.t(key), onclick: () => step(by),
    });
    const previous = button('‹', 'rank.page_previous', -1);
    const next = button('›', 'rank.page_next', 1);
    const place = h('span', { class: 'lv-page' });
    const node = h('div', { class: 'lv-pager' }, previous, place, next);
    return {
      node,
      draw({ run, shown }) {
        const count = run.candidates.length;
        setHidden(node, !choices.all || count <= PAGE);
        setText(place, context.t('rank.page', { from: shown.first + 1, to: shown.last, n: context.number(count) }));
        previous.disabled = choices.page === 0;
        next.disabled = shown.last >= count;
      },
    };
  }

  Libra.parts.rankHead = (context) => {
    const { choices, TOP } = context;
    const explained = h('p', { class: 'lv-sub' });
    const all = h('button', { type: 'button', class: 'lv-button' });
    const pages = pager(context);
    const why = h('details', { class: 'lv-why' }, h('summary', { text: context.t('why.title') }),
      ...['why.scales', 'why.background', 'why.reading', 'why.lexical'].map((key) => h('p', { text: context.t(key) })));
    const node = h('div', { class: 'lv-rank-head' }, explained, h('div', { class: 'lv-rank-actions' }, pages.node, all), why);
    let written = '';

    all.addEventListener('click', () => {
      choices.all = !choices.all;
      choices.page = 0;
      context.redraw();
    });
    return {
      node,
      draw(frame) {
        const count = frame.run.candidates.length;
        const sentence = [
          choices.all ? context.t('rank.shown_page', { from: frame.shown.first + 1, to: frame.shown.last, c: context.number(count) })
            : context.t('rank.shown', { n: frame.shown.last, c: context.number(count) }),
          context.t('rank.arrows'), frame.pinned ? context.t('rank.arrows_pin') : '',
        ].filter(Boolean).join(' ');
        if (sentence !== written) {
          written = sentence;
          explained.replaceChildren(...withTags(context, sentence));
        }
        setHidden(all, count <= TOP);
        setText(all, context.t(choices.all ? 'rank.fewer' : 'rank.all', { n: context.number(count) }));
        setAttribute(all, 'aria-expanded', String(choices.all));
        pages.draw(frame);
      },
    };
  };
})((window.Libra = window.Libra || {}));

/* The query in view: its text with the cut tail greyed, its tokens, the way to the others, and what is expected. */
(function (Libra) {
  'use strict';

  const { h, store, setText, setAttribute, setHidden } = Libra;
  const OPTION = 60; // characters of a query in the list
  const LONG = 140; // characters from which on a query is set in smaller type
  const SHOWN = 300; // characters of a query above the rankings; the rest on demand

  /** Where a model stopped reading a text, as an index into the string: `kept` counts code points, not UTF-16 units. */
  function cutIndex(text, kept) {
    let index = 0;
    for (let point = 0; point < kept && index < text.length; point += 1) {
      index += text.codePointAt(index) > 0xffff ? 2 : 1;
    }
    return index;
  }
  /** Fills `node` with the text, the part that was not read greyed; at most `limit` UTF-16 units of it. */
  function writeCut(node, text, kept, limit = Infinity) {
    const cut = kept === null ? text.length : cutIndex(text, kept);
    const shown = Libra.shorten(text, limit);
    node.replaceChildren(shown.slice(0, cut));
    if (cut < shown.length) node.append(h('span', { class: 'lv-cut', text: shown.slice(cut) }));
  }
  /** Models that did not read the whole of a text: side is 'queries' or 'candidates'. */
  const cutters = (run, side, index) => run.ready.filter((model) => model.truncated[side][index]);
  const mark = (model) => h('b', { class: `lv-mark m${model.slot}`, 'aria-hidden': 'true', text: Libra.MARKS[model.slot] });

  /** A model's sign as the head of a column or row; the name is there for those who cannot see the sign. */
  const columnHead = (model) => h('th', { scope: 'col', title: model.name },
    mark(model), h('span', { class: 'lv-said', text: model.name }));

  function navigation(context) {
    const go = (query) => store.set({ query: (query + store.run.queries.length) % store.run.queries.length, cell: null });
    const button = (sign, key, step) => h('button', {
      type: 'button', class: 'lv-button lv-step', text: sign, 'aria-label': context.t(key), onclick: () => go(store.query + step),
    });
    const select = h('select', { 'aria-label': context.t('query.choose'), onchange: () => go(Number(select.value)) });
    const previous = button('‹', 'query.previous', -1);
    const next = button('›', 'query.next', 1);
    let listed = '';
    return {
      node: h('nav', { class: 'lv-query-nav', 'aria-label': context.t('query.choose') }, previous, select, next),
      draw({ run, query }) {
        if (listed !== run.key) {
          listed = run.key;
          select.replaceChildren(...run.queries.map((text, i) => h('option', {
            value: i, text: `${i + 1}. ${Libra.shorten(text, OPTION).replace(/\s+/g, ' ')}`,
          })));
        }
        if (select.value !== String(query)) select.value = query;
        previous.disabled = next.disabled = run.queries.length < 2;
      },
    };
  }

  /** Tokens of the query in each model, and which of them cut it. */
  function tokenLine(context) {
    const node = h('p', { class: 'lv-tokens' });
    let drawn = '';
    return {
      node,
      draw({ run, query }) {
        const key = `${run.key}/${query}/${run.ready.length}`;
        if (key === drawn) return;
        drawn = key;
        const counts = run.ready.map((model) => h('span', { title: model.name }, mark(model),
          h('span', { class: 'lv-said', text: model.name }), ` ${context.number(model.tokens.queries[query])}`,
          model.truncated.queries[query] ? h('em', { class: 'lv-flag', text: context.t('query.cut') }) : null));
        node.replaceChildren(...(counts.length ? [h('span', { text: context.t('query.tokens') }), ...counts] : []));
      },
    };
  }

  /** The expected answer, whose it is, and how to take the mark away. */
  function goldLine(context) {
    const text = h('span', { class: 'lv-gold-text', dir: 'auto' });
    const label = h('b');
    const clear = h('button', { type: 'button', class: 'lv-link' });
    const node = h('p', { class: 'lv-gold' }, label, text, clear);
    clear.addEventListener('click', () => {
      const gold = new Map(store.gold);
      if (gold.has(store.query)) gold.delete(store.query);
      else gold.set(store.query, null);
      store.set({ gold });
    });
    return {
      node,
      draw({ run, query, gold, hidden }) {
        setHidden(node, hidden);
        setText(label, gold === null ? '☆ ' : `✓ ${context.t('query.expected')} `);
        setText(text, gold === null ? context.t('query.mark_hint') : Libra.shorten(run.candidates[gold], 160));
        const given = run.gold[query] ?? null; // the example's own
        setText(clear, context.t(store.gold.has(query) && given !== null ? 'query.restore' : 'query.clear'));
        setHidden(clear, gold === null && !store.gold.has(query));
      },
    };
  }

  Libra.parts.query = (context) => {
    const label = h('span', { class: 'lv-label' });
    const text = h('h2', { class: 'lv-query-text', dir: 'auto' });
    const whole = h('button', { type: 'button', class: 'lv-link', text: context.t('text.whole') });
    const before = h('p', { class: 'lv-before' });
    const glossTitle = h('b');
    const glossText = h('span');
    const gloss = h('p', { class: 'lv-gloss' }, glossTitle, ' ', glossText);
    const pieces = [navigation(context), tokenLine(context), goldLine(context)];
    const [nav, tokens, gold] = pieces;
    const node = h('header', { class: 'lv-query' },
      h('div', { class: 'lv-query-main' }, label, text, whole, before, tokens.node, gold.node), nav.node, gloss);
    let written = '';

    whole.addEventListener('click', () => context.openText('queries', store.query, null));

    function drawText(run, query) {
      const cut = cutters(run, 'queries', query);
      const kept = cut.length ? Math.min(...cut.map((model) => model.kept.queries[query])) : null;
      const key = `${run.key}/${query}/${kept}`;
      if (key === written) return;
      written = key;
      writeCut(text, run.queries[query], kept, SHOWN);
      const size = run.queries[query].length > LONG ? ' lv-long' : '';
      setAttribute(text, 'class', `lv-query-text${size}${run.code.queries[query] ? ' lv-code' : ''}`);
      setHidden(whole, run.queries[query].length <= SHOWN && kept === null);
    }
    return {
      node,
      always: true,
      draw(frame) {
        const { run, query, pinned, hidden } = frame;
        setText(label, context.t('query.place', { i: query + 1, n: run.queries.length }));
        drawText(run, query);
        const other = pinned ? pinned.queries[query] : undefined;
        setHidden(before, other === undefined || other === run.queries[query]);
        // Isolated by its signs, as it may run right to left inside the sentence.
        if (!before.hidden) setText(before, context.t('query.pinned', { text: `\u2068${Libra.shorten(other, 160)}\u2069` }));
        pieces.forEach((piece) => piece.draw(frame));
        setHidden(gloss, !run.gloss || hidden);
        if (run.gloss) {
          setText(glossTitle, run.gloss.title[store.lang] || run.gloss.title.en);
          setText(glossText, run.gloss.text[store.lang] || run.gloss.text.en);
        }
      },
    };
  };

  Object.assign(Libra, { writeCut, cutIndex, modelMark: mark, columnHead });
})((window.Libra = window.Libra || {}));

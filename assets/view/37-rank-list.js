/* The ranking of one model: rows keyed by candidate, so that a row is seen to move when its rank changes. */
(function (Libra) {
  'use strict';

  const { h, store, setText, setClass, setAttribute, setStyle } = Libra;
  const ROW = 64; // px, the height of .lv-row
  const SPARE = 24; // rows parked beyond those shown, so that one that comes back glides in
  const STAR = 60; // characters of a candidate in the name of its star
  const WHOLE = 40; // with more rows than this, only those near the part in sight are in the document
  const SIGHT = 12; // rows that fit into the scrolling box (its max-height in 36-cards.css)
  const AROUND = 6; // rows beyond either edge of it

  /** Sets or takes back the visitor's mark of `candidate` as the expected answer of the query in view. */
  function toggleGold(candidate) {
    const gold = new Map(store.gold);
    gold.set(store.query, Libra.goldOf(store.run, store.query) === candidate ? null : candidate);
    store.set({ gold });
  }

  /** Places gained or lost as a sign and a number: ▲2, ▼1, –; `absent` where there is nothing to compare with. */
  function drawDelta(node, places, absent) {
    if (places === null) {
      setText(node, absent || '');
      setClass(node, 'lv-delta');
      return;
    }
    setText(node, places > 0 ? `▲${places}` : places < 0 ? `▼${-places}` : '–');
    setClass(node, `lv-delta ${places > 0 ? 'lv-up' : places < 0 ? 'lv-down' : 'lv-same'}`);
  }

  function percentileText(context, model, dimension, value) {
    const { run } = store;
    const percentile = Libra.percentileAt(run, model, dimension, value);
    if (percentile === null) return '';
    const exact = model.background.rungs.includes(Libra.usedDimension(run, model, dimension));
    // A typed dimension has no background of its own: the nearest rung's is close, and is said to be only that.
    return `${exact ? '' : '≈'}P${percentile === 100 || percentile === 0 ? percentile : (Math.floor(percentile * 10) / 10).toFixed(1)}`;
  }

  /** A row that can show one candidate after another: rows are made once, a thousand candidates pass through them. */
  function row(context, model) {
    const one = { candidate: -1 };
    const rank = h('span', { class: 'lv-rank' });
    const star = h('button', { type: 'button', class: 'lv-star', onclick: () => toggleGold(one.candidate) });
    const text = h('span', { dir: 'auto' });
    const open = h('button', {
      type: 'button', class: 'lv-text', onclick: () => context.openText('candidates', one.candidate, model),
    }, text);
    const flag = h('em', { class: 'lv-flag', text: context.t('query.cut') });
    const bar = h('i');
    const score = h('span', { class: 'lv-score' });
    const percentile = h('span', { class: 'lv-percentile', title: context.t('rank.percentile_help') });
    const deltas = ['full', 'ref', 'pin'].map(() => h('span', { class: 'lv-delta' }));
    const node = h('li', { class: 'lv-row' }, h('div', { class: 'lv-left' }, rank, star),
      h('div', { class: 'lv-middle' }, open, h('div', { class: 'lv-bar-track', 'aria-hidden': 'true' }, bar), flag),
      h('div', { class: 'lv-values' },
        h('div', { class: 'lv-value-line' }, score, percentile), h('div', { class: 'lv-deltas' }, ...deltas)));
    return Object.assign(one, { node, rank, star, text, flag, bar, score, percentile, deltas });
  }
  /** Gives a row another candidate. */
  function assign(context, one, candidate, model) {
    const { run } = store;
    one.candidate = candidate;
    const text = Libra.shorten(run.candidates[candidate]);
    setText(one.text, text);
    setClass(one.text, run.code.candidates[candidate] ? 'lv-code' : '');
    Libra.setHidden(one.flag, !model.truncated.candidates[candidate]);
    setAttribute(one.star, 'aria-label', context.t('rank.mark', { text: Libra.shorten(text, STAR) }));
  }

  /** Ranks of a pinned run's candidates under their texts; the second of two equal texts is told from the first. */
  const occurrence = (seen, text) => {
    const count = seen.get(text) || 0;
    seen.set(text, count + 1);
    return `${count}\n${text}`;
  };
  const pinnedMemo = new WeakMap(); // pinned model → {key, places}
  function pinnedPlaces(frame, model) {
    const { pinned, query, dimension } = frame;
    const old = pinned && pinned.ready.find((one) => one.id === model.id);
    if (!old || query >= pinned.queries.length) return null;
    const key = `${query}/${dimension}`;
    const memo = pinnedMemo.get(old);
    if (memo && memo.key === key) return memo.places;
    const ranks = Libra.rank.ranks(Libra.rank.order(Libra.rowAt(pinned, old, dimension, query)));
    const seen = new Map();
    const places = new Map(pinned.candidates.map((text, candidate) => [occurrence(seen, text), ranks[candidate]]));
    pinnedMemo.set(old, { key, places });
    return places;
  }

  Libra.parts.rankList = (context) => {
    const list = h('ol', { class: 'lv-rows' });
    const node = h('div', { class: 'lv-scroll' }, list);
    const rows = new Map();
    let names = null; // candidate → its text with its occurrence, to find it in a pinned run
    let last = null; // what was drawn last, to draw again when the box is scrolled
    let scrolled = 0; // kept from the event: asking the box would cost a layout in every frame
    const again = Libra.oncePerFrame(() => last && draw(...last));
    node.addEventListener('scroll', () => {
      scrolled = node.scrollTop;
      if (last && last[0].shown.last - last[0].shown.first > WHOLE) again();
    }, { passive: true });

    /** Places whose rows are in the document. */
    function inSight({ first, last: end }) {
      if (end - first <= WHOLE) return { first, end };
      const top = first + Math.max(0, Math.floor(scrolled / ROW) - AROUND);
      return { first: Math.min(top, end), end: Math.min(end, top + SIGHT + 2 * AROUND) };
    }

    function nameOf(run, candidate) {
      if (!names || names.run !== run.key) {
        const seen = new Map();
        names = { run: run.key, of: run.candidates.map((text) => occurrence(seen, text)) };
      }
      return names.of[candidate];
    }

    function drawRow(one, candidate, place, frame, model, ranking, places) {
      const { gold, reference, dimension, run, shown } = frame;
      const value = ranking.scores[candidate];
      const isGold = gold === candidate;
      setStyle(one.node, 'transform', `translateY(${(place - shown.first) * ROW}px)`);
      setClass(one.node, `lv-row${isGold ? ' lv-is-gold' : ''}`);
      setAttribute(one.node, 'data-candidate', String(candidate));
      setAttribute(one.node, 'data-rank', String(place + 1));
      setAttribute(one.node, 'data-score', String(value));
      setText(one.rank, String(place + 1));
      setText(one.star, isGold ? '✓' : '☆');
      setAttribute(one.star, 'aria-pressed', String(isGold));
      setAttribute(one.star, 'title', context.t(isGold ? 'rank.marked' : 'rank.mark_title'));
      setStyle(one.bar, 'transform', `scaleX(${(Math.max(0, value) / Libra.rank.FIXED_POINT).toFixed(3)})`);
      setText(one.score, Libra.scoreOf(model, value).toFixed(3));
      setText(one.percentile, percentileText(context, model, dimension, value));
      const compare = frame.rankings.get(reference);
      drawDelta(one.deltas[0], model.lexical ? null : Libra.rank.gained(ranking.full.ranks[candidate], place));
      drawDelta(one.deltas[1], model === reference || run.ready.length < 2 ? null : Libra.rank.gained(compare.ranks[candidate], place));
      const before = places ? places.get(nameOf(run, candidate)) : undefined;
      drawDelta(one.deltas[2], before === undefined ? null : Libra.rank.gained(before, place), places ? context.t('delta.new') : '');
      Libra.setHidden(one.deltas[0], model.lexical);
      Libra.setHidden(one.deltas[1], model === reference || run.ready.length < 2);
      Libra.setHidden(one.deltas[2], !places);
    }

    /** A row that is no longer shown fades out below and cannot be reached; it is kept for when it comes back. */
    function park(one, height) {
      setStyle(one.node, 'transform', `translateY(${height}px)`);
      setClass(one.node, 'lv-row lv-parked');
      for (const name of ['data-candidate', 'data-rank', 'data-score']) setAttribute(one.node, name, null);
    }

    function draw(frame, model, ranking) {
      if (last && last[0].shown.first !== frame.shown.first) node.scrollTop = scrolled = 0; // another page
      last = [frame, model, ranking];
      const { first, end } = inSight(frame.shown);
      const height = (frame.shown.last - frame.shown.first) * ROW;
      setStyle(list, 'height', `${height}px`);
      const still = end - first > SIGHT;
      setClass(list, `lv-rows${still ? ' lv-still' : ''}`);
      setAttribute(node, 'tabindex', context.choices.all ? '0' : null);
      setAttribute(node, 'aria-label', model.name);
      const places = pinnedPlaces(frame, model);
      const present = new Set();
      for (let place = first; place < end; place += 1) present.add(ranking.order[place]);
      const idle = [...rows.values()].filter((one) => !present.has(one.candidate));
      const room = end - first + (still ? 0 : SPARE);
      for (let place = first; place < end; place += 1) {
        const candidate = ranking.order[place];
        const one = rows.get(candidate) || take(candidate, model, idle, room);
        drawRow(one, candidate, place, frame, model, ranking, places);
      }
      for (const one of idle) {
        if (rows.size <= room) park(one, height);
        else {
          one.node.remove();
          rows.delete(one.candidate);
        }
      }
    }
    /** A row for a candidate that has none: a new one while there is room, else an idle one. */
    function take(candidate, model, idle, room) {
      let one = rows.size < room ? null : idle.shift();
      if (one) rows.delete(one.candidate);
      else {
        one = row(context, model);
        list.append(one.node);
      }
      assign(context, one, candidate, model);
      rows.set(candidate, one);
      return one;
    }

    /** At rest the rows stand in the document as they stand on the screen, for the tab key and screen readers. */
    function settle(ranking, shown) {
      if (list.contains(document.activeElement)) return; // a moved element would lose the focus
      const { first, end } = inSight(shown);
      for (let place = first; place < end; place += 1) {
        const one = rows.get(ranking.order[place]);
        if (one && list.children[place - first] !== one.node) list.insertBefore(one.node, list.children[place - first]);
      }
    }
    return { node, draw, settle };
  };

  Object.assign(Libra, { toggleGold, pinnedPlaces });
})((window.Libra = window.Libra || {}));

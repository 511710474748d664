/* A card for each model, in the state it is in: waiting, working, failed, or ready with its ranking and its head. */
(function (Libra) {
  'use strict';

  const TOPS = [1, 3, 10]; // whose steadiness stableDimensions tells, in its order
  const { h, setText, setClass, setAttribute, setStyle, setHidden } = Libra;
  const KEPT = 10; // "top-10 kept"
  const MEGA = 1e6;
  const SKELETON_ROWS = 4;

  /** A time in the unit that reads best. */
  function duration(context, seconds) {
    return seconds < 1 ? context.t('time.ms', { n: context.number(Math.round(seconds * 1000)) })
      : context.t('time.s', { n: seconds.toFixed(seconds < 10 ? 2 : 1) });
  }
  const countTrue = (flags) => flags.reduce((sum, flag) => sum + (flag ? 1 : 0), 0);

  /** Load, encode and score as one line. What came from the cache is said to: it was not fast, it was not done. */
  function timeLine(context, model) {
    const flags = [...model.cached.queries, ...model.cached.candidates];
    const cached = countTrue(flags);
    const { load, encode, score } = model.seconds;
    const encoded = duration(context, encode);
    const parts = [load > 0 ? context.t('time.load', { time: duration(context, load) }) : context.t('time.loaded')];
    if (!model.lexical && cached === flags.length) parts.push(context.t('time.all_cached'));
    else if (!model.lexical && cached) parts.push(context.t('time.some_cached', { time: encoded, n: flags.length - cached, cached }));
    else parts.push(context.t('time.encode', { time: encoded }));
    parts.push(context.t('time.score', { time: duration(context, score) }));
    return parts.join(' · ');
  }

  /** How many dimensions the ranking stands on. */
  function dimensionText(context, run, model, dimension) {
    if (model.lexical) return context.t('card.no_dimensions');
    if (dimension > model.dimensions) return context.t('card.uses_all', { n: context.number(model.dimensions) });
    return context.t('bar.dimensions', { n: context.number(Libra.usedDimension(run, model, dimension)) });
  }

  function verdictText(context, model, scores, gold) {
    const { rank, right, margin } = Libra.rank.judge(scores, gold);
    if (!right && margin === 0) return { right, text: context.t('card.tied', { rank }) };
    const lead = Libra.scoreOf(model, Math.abs(margin));
    const shown = lead.toFixed(lead < 0.0005 ? 5 : 3);
    return { right, text: context.t(right ? 'card.right' : 'card.wrong', { rank, margin: shown }) };
  }

  /** Waiting, working, failed: what stands where the ranking will be. */
  function statePanel(context) {
    const sentence = h('p', { class: 'lv-state-text' });
    const bar = h('progress', { 'aria-label': context.t('card.progress') });
    const skeleton = h('div', { class: 'lv-skeleton', 'aria-hidden': 'true' },
      ...Array.from({ length: SKELETON_ROWS }, () => h('i')));
    const node = h('div', { class: 'lv-state', role: 'status' }, sentence, bar, skeleton);
    function working(model) {
      const stage = context.t(`stage.${model.stage}`);
      const known = model.total > 0;
      const [done, total] = [model.done, model.total];
      const share = model.stage === 'download'
        ? context.t('stage.bytes', { done: (done / MEGA).toFixed(1), total: (total / MEGA).toFixed(1) })
        : context.t('stage.count', { done, total });
      setText(sentence, known ? `${stage} ${share}` : stage);
      if (known) {
        bar.max = model.total;
        bar.value = model.done;
      } else bar.removeAttribute('value');
    }
    return {
      node,
      draw(model) {
        setHidden(node, model.state === 'ready');
        setHidden(bar, model.state !== 'working');
        setHidden(skeleton, model.state === 'failed' || model.state === 'ready');
        if (model.state === 'waiting') setText(sentence, context.t('card.waiting'));
        else if (model.state === 'working') working(model);
        else if (model.state === 'failed') setText(sentence, `⚠ ${context.error(model.error)}`);
      },
    };
  }

  /** The head: name, verdict, dimensions, what is kept, what to beware of. */
  function cardHead(context, slot) {
    const name = h('h3');
    const verdict = h('p', { class: 'lv-verdict' });
    const used = h('span');
    const kept = h('span', { class: 'lv-kept' });
    const notes = h('ul', { class: 'lv-notes' });
    const reference = h('em', { class: 'lv-badge', text: context.t('card.reference') });
    const columns = ['full', 'ref', 'pin'].map((key) => h('span', {
      text: context.t(`delta.${key}`), title: context.t(`delta.${key}_help`),
    }));
    const tags = h('div', { class: 'lv-columns' }, reference, ...columns);
    const nodes = [
      h('div', { class: 'lv-card-head' }, h('b', { class: 'lv-mark', 'aria-hidden': 'true', text: Libra.MARKS[slot] }), name),
      h('div', { class: 'lv-card-meta' }, h('p', { class: 'lv-meta' }, used, kept), verdict, notes), tags,
    ];
    let noted = '';

    function drawNotes(model, dimension) {
      const sentences = model.warnings.map((warning) => context.error(warning));
      if (!model.lexical && !model.matryoshka && dimension < model.dimensions) sentences.unshift(context.t('card.not_trained'));
      const key = sentences.join('\n');
      if (key === noted) return;
      noted = key;
      notes.replaceChildren(...sentences.map((sentence) => h('li', { text: sentence })));
    }
    return {
      nodes,
      drawState(model) {
        setText(name, model.name || model.id);
        setAttribute(name, 'title', model.name || model.id);
        if (model.state !== 'ready') [verdict, notes, reference, ...columns].forEach((node) => setHidden(node, true));
      },
      draw(frame, model, ranking) {
        const { dimension, gold, run } = frame;
        const isReference = model === frame.reference;
        setText(used, dimensionText(context, run, model, dimension));
        setClass(used, !model.lexical && dimension > model.dimensions ? 'lv-warn' : '');
        const k = Math.min(KEPT, run.candidates.length);
        setText(kept, model.lexical ? '' : context.t('card.kept', { k, n: Libra.rank.overlap(ranking.full.order, ranking.order, k) }));
        setHidden(verdict, gold === null);
        if (gold !== null) {
          const { right, text } = verdictText(context, model, ranking.scores, gold);
          setText(verdict, text);
          setClass(verdict, `lv-verdict ${right ? 'lv-right' : 'lv-wrong'}`);
        }
        setHidden(notes, false);
        drawNotes(model, dimension);
        setHidden(reference, !isReference || run.ready.length < 2);
        setHidden(columns[0], model.lexical);
        setHidden(columns[1], isReference || run.ready.length < 2);
        setHidden(columns[2], !Libra.pinnedPlaces(frame, model));
      },
    };
  }

  /** Below the ranking: the smallest stable dimensions, the time split, the tokens. */
  function cardFoot(context) {
    const stable = h('p', { title: context.t('card.stable_help') });
    const time = h('p');
    const tokens = h('p');
    const node = h('footer', { class: 'lv-card-foot' }, stable, time, tokens);
    let drawn = '';
    return {
      node,
      draw({ run, query }, model) {
        const key = `${run.key}/${query}`;
        if (key === drawn) return;
        drawn = key;
        const told = Libra.stableDimensions(run, model, query)
          .map((dimension, index) => ({ k: TOPS[index], dimension }))
          .filter(({ k }) => k < run.candidates.length) // the top 10 of eight candidates is always the same
          .map(({ k, dimension }) => context.t('card.stable_part', { k, n: context.number(dimension) }));
        setText(stable, model.lexical || !told.length ? '' : context.t('card.stable', { parts: told.join(context.t('card.stable_join')) }));
        setHidden(stable, model.lexical || !told.length);
        setText(time, timeLine(context, model));
        const sum = (counts) => counts.reduce((total, count) => total + count, 0);
        const cut = countTrue(model.truncated.queries) + countTrue(model.truncated.candidates);
        const all = context.number(sum(model.tokens.queries) + sum(model.tokens.candidates));
        setText(tokens, cut ? context.t('card.tokens_cut', { n: all, cut }) : context.t('card.tokens', { n: all }));
      },
    };
  }

  function card(context, slot) {
    const head = cardHead(context, slot);
    const state = statePanel(context);
    const list = Libra.parts.rankList(context, slot);
    const foot = cardFoot(context);
    const body = h('div', { class: 'lv-card-body' }, state.node, list.node);
    const node = h('article', { class: `lv-card m${slot}` }, ...head.nodes, body, foot.node);
    return {
      node,
      draw(frame, model) {
        const ready = model.state === 'ready';
        setAttribute(node, 'data-model', model.id);
        setAttribute(node, 'data-state', model.state);
        setAttribute(node, 'aria-label', model.name || model.id);
        head.drawState(model);
        state.draw(model);
        setHidden(list.node, !ready);
        setHidden(foot.node, !ready);
        if (!ready) return;
        const ranking = frame.rankings.get(model);
        head.draw(frame, model, ranking);
        list.draw(frame, model, ranking);
        foot.draw(frame, model);
      },
      settle: (frame, model) => model.state === 'ready' && list.settle(frame.rankings.get(model), frame.shown),
    };
  }

  Libra.parts.cards = (context) => {
    const failures = h('div', { class: 'lv-failures' });
    const row = h('div', { class: 'lv-cards' });
    const answered = h('p', { class: 'lv-said', role: 'status' });
    const node = h('div', { role: 'group', 'aria-label': context.t('rank.title') }, failures, row, answered);
    let cards = [];
    let drawn = null;
    return {
      node,
      sync(run) {
        if (drawn === run.key && cards.length === run.models.length) return;
        drawn = run.key; // new cards for a new run: rows of other texts must not fly about
        cards = run.models.map((_, slot) => card(context, slot));
        failures.replaceChildren();
        row.replaceChildren(...cards.map((one) => one.node));
      },
      draw(frame) {
        const { run } = frame;
        cards.forEach((one, slot) => {
          one.draw(frame, run.models[slot]);
          if (run.models[slot].state === 'failed' && one.node.parentNode !== failures) failures.append(one.node);
        });
        setHidden(failures, !failures.firstChild);
        setHidden(row, !row.firstChild);
        setAttribute(row, 'data-count', String(row.childNodes.length));
        setText(answered, run.done ? context.t('card.answered', { n: run.ready.length, total: run.models.length }) : '');
      },
      settle: (frame) => cards.forEach((one, slot) => one.settle(frame, frame.run.models[slot])),
    };
  };

  Object.assign(Libra, { duration, timeLine });
})((window.Libra = window.Libra || {}));

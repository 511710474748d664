/* The compare view: takes payloads, keeps its parts, and draws one frame for each change of the store.
   Parts are made once for a language; a run that grows only adds to them, so slider and focus survive. */
(function (Libra) {
  'use strict';

  const { h, store } = Libra;
  const TOP = 8; // rows of a ranking before "all candidates"
  const PAGE = 100; // rows at a time after it: a thousand candidates must not freeze the page
  const REST = 120; // ms without a move before what is costly follows
  const COSTLY = 400000; // heatmap cells in all, above which the heatmaps follow at rest only

  // Survives a new mount of the view (Gradio mounts anew when it rebuilds the page around it).
  const choices = {
    all: false, // all candidates instead of the first
    page: 0,
    overlap: 10, // k of the agreement
    commonScale: false,
    predict: false,
    revealed: new Set(), // queries whose results were revealed in predict mode
    guesses: new Map(), // query → candidate
  };

  let current = null; // the context of the view that is mounted: there is one in a page

  const sameTexts = (a, b) => a.length === b.length && a.every((text, index) => text === b[index]);
  const sameInputs = (a, b) => sameTexts(a.queries, b.queries) && sameTexts(a.candidates, b.candidates);

  /** `dimension` on the ladder of a run: the largest stop not above it; the largest of all where there was none. */
  function clampDimension(run, dimension) {
    if (!run.ladder.length) return 0;
    if (dimension === null || dimension === undefined) return run.largest;
    return run.ladder[Libra.rank.rungIndex(run.ladder, dimension)];
  }

  /** The expected answers of `run` that its payload does not name, carried over from the run before it: a query keeps its
      mark while its answer is still a candidate; an edited query keeps that of its place. Map query → candidate. */
  function carriedGold(earlier, run) {
    const carried = new Map();
    const samePlaces = earlier.queries.length === run.queries.length;
    run.queries.forEach((text, query) => {
      if (run.gold[query] !== null && run.gold[query] !== undefined) return;
      const same = earlier.queries.indexOf(text);
      const from = same >= 0 ? same : samePlaces ? query : -1;
      const answer = from >= 0 ? Libra.goldOf(earlier, from) : null;
      const candidate = answer === null ? -1 : run.candidates.indexOf(earlier.candidates[answer]);
      if (candidate >= 0) carried.set(query, candidate);
    });
    return carried;
  }

  const begun = new Set(); // ids of the runs that have been shown

  /** Takes a payload into the store. What the visitor set is kept as far as it fits the new run. */
  function take(payload) {
    const earlier = store.run;
    // The last of a run that a newer one has replaced may arrive after all of the newer one: the newest counts.
    if (earlier && earlier.id !== payload.run && begun.has(payload.run)) return;
    begun.add(payload.run);
    const run = Libra.prepare(payload, earlier);
    const values = { payload, run };
    if (!earlier || earlier.id !== run.id) {
      const marks = earlier && !sameInputs(earlier, run) ? { gold: carriedGold(earlier, run) } : {};
      // A slider at the end of its track was never moved: it stays at the end, whatever size the new models have.
      const moved = earlier && store.dimension < earlier.largest;
      Object.assign(values, marks, {
        extra: null,
        cell: null,
        dimension: clampDimension(run, moved ? store.dimension : null),
        query: Math.min(Math.max(0, store.query || 0), Math.max(0, run.queries.length - 1)),
      });
      if (marks.gold) choices.guesses.clear();
      choices.page = 0;
      choices.revealed.clear();
    } else if (store.extra === null && !run.ladder.includes(store.dimension)) {
      values.dimension = clampDimension(run, store.dimension);
    }
    if (store.pinned && store.pinned.id === run.id) values.pinned = run; // pinned before all its models were there
    store.set(values);
  }

  /** The dimension to draw: the typed one if the server has answered for it, else a stop of the ladder. */
  function dimensionOf(run) {
    const { extra, dimension } = store;
    return extra && extra.run === run.id && extra.dimension === dimension ? dimension : clampDimension(run, dimension);
  }

  /** Everything that a frame shows, computed once: {run, query, dimension, reference, gold, shown, rankings: Map}. */
  function frameOf(run) {
    const query = Math.min(Math.max(0, store.query), run.queries.length - 1);
    const dimension = dimensionOf(run);
    const { rank } = Libra;
    const rankings = new Map();
    for (const model of run.ready) {
      const scores = Libra.rowAt(run, model, dimension, query);
      const order = rank.order(scores);
      rankings.set(model, { scores, order, ranks: rank.ranks(order), full: Libra.settled(run, model, query) });
    }
    const count = run.candidates.length;
    const first = choices.all ? choices.page * PAGE : 0;
    const last = Math.min(count, choices.all ? first + PAGE : TOP);
    const cells = run.ready.length * run.queries.length * count;
    return {
      run, query, dimension, rankings,
      costly: cells > COSTLY,
      reference: Libra.referenceOf(run),
      gold: Libra.goldOf(run, query),
      shown: { first, last },
      pinned: store.pinned && store.pinned.id !== run.id ? store.pinned : null,
      hidden: choices.predict && !choices.revealed.has(query),
    };
  }

  function mount(root, props, watch, server) {
    const drawSoon = Libra.oncePerFrame(() => draw());
    const context = {
      root, server, choices, TOP, PAGE,
      t: (key, values) => Libra.t(store.lang, `view.${key}`, values),
      number: (value) => Libra.number(store.lang, value),
      error: (error) => Libra.errorText(store.lang, error),
      redraw: drawSoon,
      openText: null, // set by the text dialog
      tip: null,
    };
    current = context;
    let parts = null;
    let language = null; // the last that Gradio told; the store's may since have been set by a link

    function build() {
      const { parts: make } = Libra;
      root.lang = Libra.localeOf(store.lang);
      context.tip = Libra.tooltip(root);
      const dialog = make.textDialog(context);
      context.openText = dialog.open;
      const named = {
        bar: make.bar(context), query: make.query(context), predict: make.predict(context),
        head: make.rankHead(context), table: make.rankTable(context), cards: make.cards(context),
        chart: make.rankChart(context), matrices: make.matrices(context),
        agreement: make.agreement(context), curve: make.goldCurve(context), details: make.details(context),
      };
      const results = h('div', { class: 'lv-results' },
        named.head.node, named.table.node, named.cards.node,
        h('div', { class: 'lv-duo' }, named.chart.node, named.matrices.node),
        h('div', { class: 'lv-duo lv-duo-even' }, named.agreement.node, named.curve.node),
        named.details.node);
      root.replaceChildren(named.bar.node, named.query.node, named.predict.node, results, context.tip.node, dialog.node);
      parts = { named, results, all: Object.values(named) };
      for (const part of parts.all) if (part.sync) part.sync(store.run);
    }

    function empty() {
      parts = null;
      root.lang = Libra.localeOf(store.lang);
      root.replaceChildren(h('p', { class: 'lv-empty', text: context.t('empty') }));
    }

    /** What costs more than a frame has: drawn when the slider rests. */
    const settle = Libra.atRest(() => {
      if (!parts || !root.isConnected) return;
      const frame = frameOf(store.run);
      if (frame.hidden) return;
      for (const part of parts.all) if (part.settle) part.settle(frame);
    }, REST);

    function draw() {
      if (!parts || !store.run) return;
      const frame = frameOf(store.run);
      Libra.setHidden(parts.results, frame.hidden);
      if (store.hidden !== frame.hidden) store.set({ hidden: frame.hidden });
      for (const part of parts.all) if (!frame.hidden || part.always) part.draw(frame);
      Libra.setAttribute(root, 'data-drawn', String(frame.dimension));
      Libra.setAttribute(root, 'data-query', String(frame.query));
      settle();
    }

    function update() {
      const payload = props.value;
      if (props.lang && props.lang !== language) {
        language = props.lang;
        store.set({ lang: language });
      }
      if (payload && payload.models && payload.models.length) take(payload);
      else if (!store.run) empty();
    }

    store.subscribe((keys) => {
      if (keys.has('lang')) parts = null;
      if (!store.run) return empty();
      if (!parts) build();
      else if (keys.has('run')) for (const part of parts.all) if (part.sync) part.sync(store.run);
      drawSoon();
      return undefined;
    }, root);
    watch(['value', 'lang'], update);
    update();
    if (store.run && !parts) {
      build();
      drawSoon();
    }
  }

  Libra.views.compare = { mount };
  /** Show a dimension that is no rung: the server is asked, as for a typed one. */
  Libra.showDimension = (dimension) => current && current.showDimension && current.showDimension(dimension);
})((window.Libra = window.Libra || {}));

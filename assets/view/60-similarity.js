/* The similarity view: heatmaps of queries × candidates, one pair in every model, all texts against each other, and a
   map of them. Everything follows the store; only the last two ask the server, once for a run, when they are seen.

   From Gradio: props.lang; server.pairs(request, dimension | null, null). */
(function (Libra) {
  'use strict';

  const { h, store, setText, setHidden } = Libra;

  // Survives a new mount of the view.
  const view = { common: false, byScript: false, chosen: null };

  function mount(root, props, watch, server) {
    const lang = () => Libra.ui.langOf(props);
    const tip = Libra.tooltip(root);
    const drawSoon = Libra.oncePerFrame(() => draw());
    const context = {
      lang, tip, view, server,
      t: (key, values) => Libra.t(lang(), `view.similarity.${key}`, values),
      redraw: drawSoon,
      rebuild() {
        built = { ...built, answer: null };
        drawSoon();
      },
      released: () => source.released(),
      choose(place) {
        view.chosen = place;
        drawSoon();
      },
    };
    const source = Libra.parts.pairsSource(context);
    context.source = source;

    const empty = h('p', { class: 'lv-empty' });
    const bar = Libra.parts.similarityBar(context);
    const parts = [Libra.parts.crossMaps(context), Libra.parts.pairPanel(context)];
    const notice = h('p', { class: 'lv-notice', role: 'status' });
    const again = Libra.ui.button('lv-again', () => source.again());
    const asked = [Libra.parts.pairMaps(context), Libra.parts.textMaps(context)];
    const body = h(
      'div', { class: 'lv-sim-body' },
      ...parts.map((part) => part.node), h('div', { class: 'lv-notice-row' }, notice, again), ...asked.map((part) => part.node),
    );
    root.replaceChildren(empty, bar.node, body, tip.node);

    let built = { run: null, ready: '', lang: '', answer: null };
    let seen = false;

    /** What depends on the run or the language is made anew only when one of them changes, not when the slider moves. */
    function build(run) {
      const ready = run.ready.map((model) => model.id).join();
      if (built.run !== run.id || built.ready !== ready || built.lang !== lang()) {
        if (built.run !== run.id) view.chosen = null;
        built = { run: run.id, ready, lang: lang(), answer: null };
        for (const part of parts) part.build(run);
      }
      const { answer } = source.state();
      for (const part of asked) setHidden(part.node, !answer);
      if (!answer || built.answer === answer) return;
      built.answer = answer;
      for (const part of asked) part.build(run, answer);
    }

    function tell(run) {
      const { status, error, asked: shown } = source.state();
      const { t } = context;
      const dense = run.ready.some((model) => model.dimensions);
      const moved = status === 'ready' && !source.moving() && shown !== null && shown !== store.dimension;
      let words = '';
      if (!dense) words = run.done ? t('no_vectors_at_all') : '';
      else if (status === 'failed') words = Libra.errorText(lang(), error);
      else if (status === 'asking') words = t('asking');
      else if (moved) words = t('follows_later', { count: Libra.number(lang(), shown) });
      else if (!run.done) words = t('after_run');
      setText(notice, words);
      setText(again, t('again'));
      setHidden(again, status !== 'failed');
      setHidden(notice.parentNode, !words);
    }

    function draw() {
      if (!root.isConnected || !seen) return; // drawn when it comes into view
      const { run } = store;
      const show = run && run.ready.length > 0 && !store.hidden;
      root.lang = Libra.localeOf(lang());
      setHidden(empty, Boolean(show));
      setHidden(bar.node, !show);
      setHidden(body, !show);
      setText(empty, context.t(store.hidden ? 'hidden' : 'empty'));
      if (!show) return;
      build(run);
      bar.draw(run);
      for (const part of parts) part.draw(run);
      const { answer } = source.state();
      if (answer) for (const part of asked) part.draw(run, answer);
      tell(run);
      root.dataset.drawn = store.dimension;
    }

    store.subscribe((keys) => {
      if (keys.has('run') && store.run) source.want(store.run);
      if (keys.has('hidden') && store.run) source.want(store.run);
      if (keys.has('dimension')) source.moved();
      drawSoon();
    }, root);
    watch(['lang'], drawSoon);
    Libra.ui.whenSeen(root, (isSeen) => {
      seen = isSeen;
      source.look(isSeen);
      if (isSeen) drawSoon();
    });
    if (store.run) source.want(store.run);
  }

  Libra.views.similarity = { mount };
})((window.Libra = window.Libra || {}));

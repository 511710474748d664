/* What a link carries, kept in the address while the visitor works, and given back when the page is opened with one.

   Libra.share.read()        -> Promise of the state in the address, or null; for Gradio's js= at page load
   Libra.share.current()     -> the state of what is on the page now, or null before the first run
   Libra.share.expect(state) -> the next run that answers this state also gets its dimension, query, reference, answers
   Libra.share.link(state)   -> Promise of the whole address */
(function (Libra) {
  'use strict';

  const { store } = Libra;
  const { share } = Libra;
  const SPACE_PARENT = 'https://huggingface.co'; // a Space runs in a frame of this page, whose address people copy
  const SETTLE_MS = 300;
  const KEPT = ['run', 'dimension', 'query', 'reference', 'gold', 'lang'];

  let expected = null; // a state that was opened and whose run has not come yet
  let before = null; // the run that was there when it was opened: it does not answer it
  let viewed = null; // the run that already got its query and answers back
  let written = '';

  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const page = () => location.href.split('#')[0];

  function current() {
    const { run } = store;
    if (!run) return null;
    const { queries, candidates, models, instruction } = run.request;
    return {
      v: share.VERSION,
      queries,
      candidates,
      models,
      instruction: instruction || null,
      gold: queries.map((_, query) => Libra.goldOf(run, query)), // an example's answers too: the link does not name it
      dimension: store.dimension || null,
      query: store.query || 0,
      reference: store.reference || null,
      lang: store.lang || null,
    };
  }

  const link = async (state) => page() + (await share.encode(state));

  /** The state of the address. Its view is kept until the run of its texts arrives. */
  async function read() {
    const state = await share.decode(location.hash);
    if (state) expect(state);
    return state;
  }

  function expect(state) {
    expected = { ...state };
    before = store.run && store.run.id;
    viewed = null;
  }

  /** Give an opened link its view back. Models arrive one by one, and their ladder grows with them. */
  function restore() {
    const { run } = store;
    if (!expected || !run || run.id === before) return;
    if (!same(run.queries, expected.queries) || !same(run.candidates, expected.candidates)) {
      if (run.done) expected = null; // the visitor runs something else
      return;
    }
    const change = {};
    if (viewed !== run.id) {
      viewed = run.id;
      change.query = expected.query;
      const answers = expected.gold.map((candidate, query) => [query, candidate]).filter(([, candidate]) => candidate !== null);
      if (answers.length) change.gold = new Map(answers);
    }
    if (expected.dimension && run.ladder.includes(expected.dimension)) {
      change.dimension = expected.dimension;
      expected.dimension = null; // once: from now on the slider is the visitor's
    }
    if (expected.reference && run.ready.some((model) => model.id === expected.reference)) {
      change.reference = expected.reference;
      expected.reference = null;
    }
    const typed = run.done && expected.dimension; // no rung: one that was typed
    if (run.done) expected = null;
    if (typed) Libra.showDimension(typed);
    if (Object.keys(change).length) store.set(change);
  }

  /** Keep the address up to date. Too much for a link: the old fragment goes, as it would restore something else. */
  async function write() {
    const state = current();
    if (expected || !state) return;
    const fragment = await share.encode(state);
    if (written === fragment) return;
    written = fragment;
    const fits = page().length + fragment.length <= share.LONGEST_LINK;
    history.replaceState(history.state, '', fits ? page() + fragment : page());
    if (window.parent !== window) window.parent.postMessage({ queryString: '', hash: fits ? fragment : '' }, SPACE_PARENT);
  }

  const writeSoon = Libra.atRest(write, SETTLE_MS);
  store.subscribe((keys) => {
    // Not at once: setting the store while it tells its listeners would show them the changes in the wrong order.
    if (keys.has('run')) queueMicrotask(restore);
    if (KEPT.some((key) => keys.has(key))) writeSoon();
  });

  Object.assign(share, { current, link, read, expect });
})((window.Libra = window.Libra || {}));

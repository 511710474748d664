/* Where the all-pairs matrices and the maps come from: asked once for a run, when somebody looks; above 64 texts again
   whenever the slider was let go. */
(function (Libra) {
  'use strict';

  const { store } = Libra;
  const MOVING = 64; // texts up to which the server sends every rung
  const REST_MS = 500; // the compare tab's slider does not say when it is let go

  // The writing systems that blocks and colours tell apart. Languages of one script look alike to it, and honestly so.
  const SCRIPTS = [
    ['kana', /[\p{Script=Hiragana}\p{Script=Katakana}]/u], // before Han: Japanese mixes both
    ['hangul', /\p{Script=Hangul}/u],
    ['han', /\p{Script=Han}/u],
    ['cyrillic', /\p{Script=Cyrillic}/u],
    ['arabic', /\p{Script=Arabic}/u],
    ['latin', /\p{Script=Latin}/u],
  ];
  const SAMPLE = 400; // characters that decide

  function scriptOf(text, isCode) {
    if (isCode) return 'code';
    const sample = text.slice(0, SAMPLE);
    const found = SCRIPTS.find(([, pattern]) => pattern.test(sample));
    return found ? found[0] : 'other';
  }

  /** The server's answer with its matrices decoded, and each text with its words and its script. */
  function decode(answer, run) {
    const texts = answer.texts.map(({ side, index }, place) => {
      const list = side === 'query' ? 'queries' : 'candidates';
      const text = run[list][index];
      return { place, side, index, text, script: scriptOf(text, Boolean(run.code[list] && run.code[list][index])) };
    });
    const models = new Map();
    for (const [id, one] of Object.entries(answer.models || {})) {
      const map = Libra.decodeFloat32(one.map);
      let extent = 0;
      for (const value of map) extent = Math.max(extent, Math.abs(value));
      models.set(id, { rungs: [...one.rungs], pairs: Libra.decodeInt16(one.pairs), map, explained: one.explained, extent: extent || 1 });
    }
    return { texts, models, failures: answer.failures || {} };
  }

  /** context: {server, redraw()} → {state, moving, want(run), look(seen), released()}
      state: {run id, status: 'idle' | 'asking' | 'ready' | 'failed', answer, error, asked: dimension | null, turn} */
  function pairsSource(context) {
    let seen = false;
    let run = null;
    let state = { run: null, status: 'idle', answer: null, error: null, asked: null };
    let asking = false;
    let tried = new Set(); // dimensions asked for in this run: one that failed is not asked for again by itself
    const count = () => run.queries.length + run.candidates.length;
    const moving = () => run !== null && count() <= MOVING;
    const wanted = () => (moving() ? null : store.dimension);
    const settled = Libra.atRest(() => go(), REST_MS);

    async function go() {
      if (!seen || asking || !run || !run.done || store.hidden || !run.ready.some((model) => model.dimensions)) return;
      const dimension = wanted();
      if (tried.has(dimension) && state.asked === dimension) return;
      tried.add(dimension);
      asking = true;
      const of = run;
      state = { ...state, run: of.id, status: 'asking', error: null };
      context.redraw();
      const answer = await Libra.ui.ask(context.server.pairs, Libra.answeredRequest(of), dimension, null);
      asking = false;
      if (run !== of && (!run || run.id !== of.id)) return void go(); // another run came in the meantime
      if (answer.error) state = { ...state, status: 'failed', error: answer.error, asked: dimension };
      else state = { run: of.id, status: 'ready', answer: decode(answer, of), error: null, asked: dimension };
      context.redraw();
      if (wanted() !== dimension) settled();
    }

    return {
      state: () => state,
      moving,
      want(next) {
        if (!run || run.id !== next.id) {
          state = { run: next.id, status: 'idle', answer: null, error: null, asked: null };
          tried = new Set();
        }
        run = next;
        go();
      },
      look(isSeen) {
        seen = isSeen;
        go();
      },
      moved: () => !moving() && settled(),
      released: () => go(),
      again() {
        tried = new Set();
        state.asked = undefined;
        go();
      },
    };
  }

  Libra.parts.pairsSource = pairsSource;
})((window.Libra = window.Libra || {}));

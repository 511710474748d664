/* A payload, decoded: what the server sent as base64 becomes matrices, once, and keeps its identity while a run grows. */
(function (Libra) {
  'use strict';

  const QUANTILES = 101; // 0 … 100 %
  const SHORT = 300; // characters of a text that rows and lists show

  const bytesOf = (base64) => {
    const binary = atob(base64);
    const bytes = new Uint8Array(binary.length);
    for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
    return bytes.buffer;
  };
  /** base64 of little-endian int16 → Int16Array (every browser that runs this is little-endian). */
  const decodeInt16 = (base64) => new Int16Array(bytesOf(base64));
  /** base64 of little-endian float32 → Float32Array. */
  const decodeFloat32 = (base64) => new Float32Array(bytesOf(base64));

  /** {rungs, quantiles: Int16Array (rungs × 101)} of a model's unrelated pairs; null as long as there are none. */
  const decodeBackground = (raw) => (raw ? { rungs: [...raw.rungs], quantiles: decodeInt16(raw.quantiles) } : null);

  let prepared = 0; // runs decoded so far

  /** Plain copy of a value that may sit behind a framework's proxy, which would make every read slow. */
  const plain = (value) => (value === null || value === undefined ? null : JSON.parse(JSON.stringify(value)));

  function decodeModel(raw, slot, earlier) {
    const known = earlier && earlier.state === raw.state ? earlier : null;
    if (known && raw.state === 'ready') {
      if (!known.background && raw.background) known.background = decodeBackground(raw.background); // comes after the result
      return known;
    }
    if (raw.state !== 'ready') return { ...plain(raw), slot };
    const { similarities, background, ...rest } = raw;
    return {
      ...plain(rest),
      slot,
      lexical: raw.dimensions === null || raw.dimensions === undefined,
      matrix: decodeInt16(similarities), // rungs × queries × candidates
      background: decodeBackground(background),
      memo: new Map(), // query → what never changes with the slider
    };
  }

  /** The decoded run of `payload`; models of `earlier`, if it is the same run, are kept as they are. */
  function prepare(payload, earlier) {
    const same = earlier && earlier.id === payload.run ? earlier : null;
    const base = same || {
      id: payload.run,
      key: (prepared += 1), // told apart even if an id comes back: what was drawn for other models is stale
      request: plain(payload.request),
      queries: [...payload.request.queries],
      candidates: [...payload.request.candidates],
      code: plain(payload.code) || { queries: [], candidates: [] },
      gold: plain(payload.gold) || [],
      gloss: plain(payload.gloss),
    };
    const models = Array.from(payload.models, (raw, slot) => decodeModel(raw, slot, same && same.models[slot]));
    const ladder = Array.from(payload.ladder || []);
    return {
      ...base,
      done: Boolean(payload.done),
      total: payload.total || models.length,
      ladder,
      largest: ladder.length ? ladder[ladder.length - 1] : 0,
      models,
      ready: models.filter((model) => model.state === 'ready'),
    };
  }

  /** What the server answered for `model` at a typed dimension that is no rung; undefined where it did not. */
  function typedMatrix(run, model, dimension) {
    const { extra } = Libra.store;
    return extra && extra.run === run.id && extra.dimension === dimension ? extra.models.get(model.id) : undefined;
  }
  /** Similarities of `model` at `dimension`, Int16Array (queries × candidates): its nearest rung below, or a typed one. */
  function matrixAt(run, model, dimension) {
    const typed = typedMatrix(run, model, dimension);
    if (typed) return typed;
    const size = run.queries.length * run.candidates.length;
    return Libra.rank.slice(model.matrix, Libra.rank.rungIndex(model.rungs, dimension), size);
  }
  /** The dimensions that this matrix really stands on; 0 for a model without vectors. */
  function usedDimension(run, model, dimension) {
    if (typedMatrix(run, model, dimension)) return Math.min(dimension, model.dimensions);
    return model.rungs[Libra.rank.rungIndex(model.rungs, dimension)];
  }
  /** One query's row of it, Int16Array (candidates,). */
  function rowAt(run, model, dimension, query) {
    return Libra.rank.slice(matrixAt(run, model, dimension), query, run.candidates.length);
  }
  /** What a fixed-point value stands for: a cosine, or a BM25 score. */
  const scoreOf = (model, value) => (value / Libra.rank.FIXED_POINT) * (model.scale || 1);

  /** Percentile 0 … 100 of `value` in the model's own unrelated pairs at `dimension`; null without a background. */
  function percentileAt(run, model, dimension, value) {
    if (!model.background) return null;
    const { rungs, quantiles } = model.background;
    const rung = Libra.rank.rungIndex(rungs, usedDimension(run, model, dimension));
    return Libra.rank.percentile(Libra.rank.slice(quantiles, rung, QUANTILES), value);
  }

  /** What a query's ranking is at full size and on the way there; kept, as the slider does not change it. */
  function settled(run, model, query) {
    let known = model.memo.get(query);
    if (!known) {
      const { rank } = Libra;
      const full = rowAt(run, model, Infinity, query);
      const order = rank.order(full);
      known = { order, ranks: rank.ranks(order), stable: null };
      model.memo.set(query, known);
    }
    return known;
  }
  /** {1: dimension, 3: …, 10: …}: the rung from which on the model's own top k stays what it is at full size. */
  function stableDimensions(run, model, query) {
    const known = settled(run, model, query);
    if (!known.stable) {
      const rows = model.rungs.map((dimension) => rowAt(run, model, dimension, query));
      known.stable = Libra.rank.stableRungs(rows, [1, 3, 10]).map((rung) => model.rungs[rung]);
    }
    return known.stable;
  }

  /** The request of `run` for the models that answered: to ask for more starts none that was stopped or has failed. */
  const answeredRequest = (run) => ({ ...run.request, models: run.ready.map((model) => model.id) });
  const referenceOf = (run) => run.ready.find((model) => model.id === Libra.store.reference) || run.ready[0] || null;
  /** The expected answer of a query: the visitor's mark, else the example's; null where there is none. */
  function goldOf(run, query) {
    const marks = Libra.store.gold;
    const gold = marks.has(query) ? marks.get(query) : run.gold[query] ?? null;
    return gold !== null && gold < run.candidates.length ? gold : null;
  }

  /** The first `limit` characters of a text; a text of any length costs the same. */
  function shorten(text, limit = SHORT) {
    if (text.length <= limit) return text;
    const head = text.slice(0, limit);
    return `${/[\uD800-\uDBFF]$/.test(head) ? head.slice(0, -1) : head}…`; // never half of a surrogate pair
  }

  Object.assign(Libra, {
    decodeInt16, decodeFloat32, prepare, matrixAt, usedDimension, rowAt, scoreOf, percentileAt, settled,
    stableDimensions, answeredRequest, referenceOf, goldOf, shorten,
  });
})((window.Libra = window.Libra || {}));

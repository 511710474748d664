/* A link that carries a whole comparison: JSON -> deflate -> base64url -> the address's fragment.
   A fragment never reaches a server, so the visitor's texts are in nobody's log. */
(function (Libra) {
  'use strict';

  const MARK = '#s=';
  const VERSION = 1;
  const LONGEST_STATE = 5 * 1024 * 1024; // bytes after inflating: a link of 8,000 characters could hold a zip bomb
  const LONGEST_LINK = 8000; // characters; mail programs and chat windows cut longer ones

  const through = (bytes, stream) => new Blob([bytes]).stream().pipeThrough(stream);

  function toBase64Url(bytes) {
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  }

  function fromBase64Url(text) {
    const raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
  }

  /** All bytes of a stream; throws as soon as there are more than `most`, so that a bomb is never held in memory. */
  async function collect(stream, most) {
    const reader = stream.getReader();
    const parts = [];
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return new Blob(parts).arrayBuffer();
      size += value.byteLength;
      if (size > most) {
        reader.cancel().catch(() => {}); // the inflater may already be in error
        throw new RangeError('too long');
      }
      parts.push(value);
    }
  }

  /** State -> "#s=…". */
  async function encode(state) {
    const json = new TextEncoder().encode(JSON.stringify(state));
    const packed = await collect(through(json, new CompressionStream('deflate-raw')), Infinity);
    return MARK + toBase64Url(new Uint8Array(packed));
  }

  /** "#s=…" (or a whole address) -> state, or null for anything that is not a link of ours. */
  async function decode(fragment) {
    try {
      const at = String(fragment).indexOf(MARK);
      if (at < 0) return null;
      const packed = fromBase64Url(String(fragment).slice(at + MARK.length));
      const bytes = await collect(through(packed, new DecompressionStream('deflate-raw')), LONGEST_STATE);
      return clean(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
    } catch {
      return null; // cut, mistyped, from another page: the visitor simply gets the usual start
    }
  }

  const strings = (list) => (Array.isArray(list) && list.every((x) => typeof x === 'string') ? list : null);
  const whole = (x) => (Number.isSafeInteger(x) && x >= 0 ? x : null);

  /** A state with every field of the right kind, or null: whoever reads it need not doubt it again. */
  function clean(state) {
    if (!state || typeof state !== 'object' || state.v !== VERSION) return null;
    const [queries, candidates, models] = [state.queries, state.candidates, state.models].map(strings);
    if (!queries || !candidates || !models) return null;
    const gold = Array.isArray(state.gold) ? queries.map((_, i) => whole(state.gold[i])) : queries.map(() => null);
    return {
      v: VERSION,
      queries,
      candidates,
      models,
      instruction: typeof state.instruction === 'string' ? state.instruction : null,
      gold: gold.map((c) => (c !== null && c < candidates.length ? c : null)),
      dimension: whole(state.dimension) || null,
      query: Math.min(whole(state.query) || 0, Math.max(0, queries.length - 1)),
      reference: models.includes(state.reference) ? state.reference : null,
      lang: state.lang === 'zh' || state.lang === 'en' ? state.lang : null,
    };
  }

  Libra.share = Object.assign(Libra.share || {}, { encode, decode, clean, MARK, VERSION, LONGEST_LINK });
})((window.Libra = window.Libra || {}));

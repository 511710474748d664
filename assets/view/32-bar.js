/* The sticky bar: the dimension slider over the rungs, any other dimension by number, the reference, pin and predict. */
(function (Libra) {
  'use strict';

  const { h, store, setText, setAttribute, setStyle, setHidden } = Libra;
  const SMALLEST = 32; // dimensions that the server takes
  const CLOSE = 0.08; // ticks nearer than this share of the track would touch
  const isPowerOfTwo = (value) => (value & (value - 1)) === 0;

  /** Which rungs are written under the track: powers of two and the last; every other one is dropped on a phone. */
  function tickSpans(ladder) {
    const last = ladder.length - 1;
    const place = (index) => (last ? index / last : 0);
    return ladder.flatMap((dimension, index) => {
      if (index !== last && (!isPowerOfTwo(dimension) || 1 - place(index) < CLOSE)) return [];
      const minor = index !== last && Math.log2(dimension) % 2 === 0;
      const span = h('span', { class: minor ? 'lv-minor' : null, text: dimension });
      span.style.left = `${100 * place(index)}%`;
      return [span];
    });
  }

  function slider(context) {
    const id = Libra.uid('slider');
    const value = h('output', { class: 'lv-number', for: id });
    const limit = h('span', { class: 'lv-limit' });
    const range = h('input', { type: 'range', id, min: 0, step: 1 });
    const ticks = h('div', { class: 'lv-ticks', 'aria-hidden': 'true' });
    const node = h('div', { class: 'lv-dimension' },
      h('div', { class: 'lv-dimension-head' }, h('label', { class: 'lv-label', for: id, text: context.t('bar.dimension') }), value, limit),
      h('div', { class: 'lv-track' }, range, ticks));
    let ladder = [];

    range.addEventListener('input', () => store.set({ dimension: ladder[Number(range.value)], extra: null }));
    return {
      node,
      sync(run) {
        if (String(ladder) === String(run.ladder)) return;
        ladder = run.ladder;
        range.max = Math.max(0, ladder.length - 1);
        range.disabled = ladder.length < 2;
        ticks.replaceChildren(...tickSpans(ladder));
      },
      draw({ dimension, run }) {
        const index = Libra.rank.rungIndex(ladder, dimension);
        if (Number(range.value) !== index) range.value = index;
        setText(value, ladder.length ? context.number(dimension) : '–');
        setText(limit, context.t('bar.of', { n: context.number(run.largest) }));
        setAttribute(range, 'aria-valuetext', context.t('bar.dimensions', { n: context.number(dimension) }));
        setStyle(range, '--part', `${ladder.length > 1 ? (100 * index) / (ladder.length - 1) : 100}%`);
      },
    };
  }

  /** A dimension that is no rung: the server is asked for its similarities, which stay until the slider moves. */
  function typedDimension(context) {
    const id = Libra.uid('typed');
    const message = h('p', { class: 'lv-problem', role: 'alert', id: `${id}-problem`, hidden: true });
    const field = h('input', {
      type: 'number', id, min: SMALLEST, step: 1, inputmode: 'numeric', autocomplete: 'off', 'aria-describedby': message.id,
    });
    const go = h('button', { type: 'submit', class: 'lv-button', text: context.t('bar.show') });
    const form = h('form', { class: 'lv-field lv-typed', novalidate: true },
      h('label', { class: 'lv-label', for: id, text: context.t('bar.typed') }), h('div', { class: 'lv-joined' }, field, go));
    let asked = 0;
    let drawn = null;

    function complain(sentence) {
      setText(message, sentence || '');
      setHidden(message, !sentence);
      setAttribute(field, 'aria-invalid', sentence ? 'true' : null);
    }
    async function ask(run, dimension) {
      const turn = (asked += 1);
      complain('');
      setAttribute(form, 'aria-busy', 'true');
      let answer;
      try {
        answer = await context.server.similarities(Libra.answeredRequest(run), dimension);
      } catch {
        answer = { error: { code: 'server_unreachable', values: {}, message: context.t('bar.unreachable') } };
      }
      if (turn !== asked) return;
      setAttribute(form, 'aria-busy', null);
      if (!store.run || store.run.id !== run.id) return;
      if (!answer || answer.error) {
        complain(context.error((answer && answer.error) || { code: 'server_unreachable', message: context.t('bar.unreachable') }));
        return;
      }
      const failed = Object.values(answer.failures || {})[0];
      if (failed) complain(context.error(failed)); // its card goes on showing the nearest rung
      const models = new Map(Object.entries(answer.models).map(([key, text]) => [key, Libra.decodeInt16(text)]));
      store.set({ extra: { run: run.id, dimension, models }, dimension });
    }
    context.showDimension = (dimension) => ask(store.run, dimension); // a link may hold one that is no rung
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const { run } = store;
      const dimension = Number(field.value);
      if (!field.value.trim() || !Number.isInteger(dimension) || dimension < SMALLEST || dimension > run.largest) {
        complain(context.t('bar.range', { m: SMALLEST, n: context.number(run.largest) }));
      } else if (run.ladder.includes(dimension)) {
        complain('');
        store.set({ dimension, extra: null });
      } else ask(run, dimension);
    });
    field.addEventListener('input', () => complain(''));
    return {
      node: form,
      message,
      sync(run) {
        field.max = run.largest;
        field.disabled = go.disabled = !run.ladder.length;
      },
      draw({ dimension }) {
        if (drawn !== dimension) complain(''); // the slider has moved on
        drawn = dimension;
        if (document.activeElement !== field && !form.hasAttribute('aria-busy') && message.hidden) field.value = dimension || '';
      },
    };
  }

  function referenceSelect(context) {
    const id = Libra.uid('reference');
    const select = h('select', { id });
    select.addEventListener('change', () => store.set({ reference: select.value }));
    return {
      node: h('div', { class: 'lv-field lv-reference' },
        h('label', { class: 'lv-label', for: id, text: context.t('bar.reference') }), select),
      draw({ run, reference }) {
        Libra.setOptions(select, run.ready.map((model) => [model.id, model.name]), reference ? reference.id : '');
        select.disabled = run.ready.length < 1;
      },
    };
  }

  function buttons(context) {
    const pin = h('button', { type: 'button', class: 'lv-button' });
    const predict = h('button', { type: 'button', class: 'lv-button' });
    pin.addEventListener('click', () => store.set({ pinned: store.pinned ? null : store.run }));
    predict.addEventListener('click', () => {
      context.choices.predict = !context.choices.predict;
      context.choices.revealed.clear();
      context.redraw();
    });
    return {
      node: h('div', { class: 'lv-actions' }, pin, predict),
      draw({ run }) {
        setText(pin, context.t(store.pinned ? 'bar.unpin' : 'bar.pin'));
        setAttribute(pin, 'title', context.t('bar.pin_help'));
        setAttribute(pin, 'aria-pressed', String(Boolean(store.pinned)));
        pin.disabled = !store.pinned && !run.ready.length;
        setText(predict, context.t('bar.predict'));
        setAttribute(predict, 'title', context.t('bar.predict_help'));
        setAttribute(predict, 'aria-pressed', String(context.choices.predict));
      },
    };
  }

  Libra.parts.bar = (context) => {
    const pieces = [slider(context), referenceSelect(context), typedDimension(context), buttons(context)];
    const node = h('div', { class: 'lv-bar' }, ...pieces.map((piece) => piece.node), pieces[2].message);
    return {
      node,
      always: true,
      sync: (run) => pieces.forEach((piece) => piece.sync && piece.sync(run)),
      draw: (frame) => pieces.forEach((piece) => piece.draw(frame)),
    };
  };

  Libra.tickSpans = tickSpans;
})((window.Libra = window.Libra || {}));

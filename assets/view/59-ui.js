/* Small things that the similarity, shelf, strip and share views have in common. */
(function (Libra) {
  'use strict';

  const { h } = Libra;
  const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const STEP = 1024; // as NVML, the published table and the server's own sentences count

  /** The language of a view: Gradio's prop, else what the other views speak. */
  const langOf = (props) => props.lang || Libra.store.lang;

  /** 15134590976 → "14.1 GiB". */
  function bytes(count) {
    let value = Math.max(0, count || 0);
    let unit = 0;
    while (value >= STEP && unit < UNITS.length - 1) {
      value /= STEP;
      unit += 1;
    }
    return `${value.toFixed(unit < 2 || value >= 100 ? 0 : 1)} ${UNITS[unit]}`;
  }
  /** 7567295488 → "7.6B", in Chinese "75.7亿". */
  const compact = (lang, value) =>
    new Intl.NumberFormat(Libra.localeOf(lang), { notation: 'compact', maximumFractionDigits: 1 }).format(value);
  /** A speed: few digits, as the next run gives others. */
  const rate = (lang, value) => Libra.number(lang, Number((value || 0).toFixed(value >= 10 ? 0 : 1)));

  /** A server function's answer; {error} instead of an exception, for a server that went away too. */
  async function ask(serverFunction, ...args) {
    try {
      return (await serverFunction(...args)) || {};
    } catch (error) {
      return { error: { code: 'server_unreachable', values: {}, message: String((error && error.message) || error) } };
    }
  }

  const button = (name, click) => h('button', { type: 'button', class: `lv-button ${name}`, onclick: click });

  /** A row of which one is chosen: {node, draw(legend, [[value, label], …], value)}. Native radio buttons: arrow keys work. */
  function choice(onChoose) {
    const legend = h('span', { class: 'lv-label', id: Libra.uid('choice') });
    const row = h('div', { class: 'lv-choice-row', role: 'radiogroup', 'aria-labelledby': legend.id });
    const name = Libra.uid('radio');
    let inputs = new Map();
    function draw(text, entries, value) {
      Libra.setText(legend, text);
      if (inputs.size !== entries.length) {
        inputs = new Map(entries.map(([key]) => [key, h('input', { type: 'radio', name, value: key, onchange: () => onChoose(key) })]));
        row.replaceChildren(...entries.map(([key]) => h('label', { class: 'lv-choice-item' }, inputs.get(key), h('span'))));
      }
      for (const [key, label] of entries) {
        const input = inputs.get(key);
        if (input.checked !== (key === value)) input.checked = key === value;
        Libra.setText(input.nextSibling, label);
      }
    }
    return { node: h('div', { class: 'lv-choice' }, legend, row), draw };
  }

  /** Heading of a model's figure: its shape, its name, and what is to be said about it. */
  function caption(model) {
    const note = h('span', { class: 'lv-figure-note' });
    const node = h(
      'figcaption', { class: 'lv-figure-head' },
      h('b', { class: 'lv-mark', 'aria-hidden': 'true', text: Libra.MARKS[model.slot] || '●' }),
      h('span', { class: 'lv-figure-name', text: model.name, title: model.name }), note,
    );
    return { node, note };
  }

  /** `seen(true | false)` when the node comes into view or leaves it; a view in a closed tab costs nothing. */
  function whenSeen(node, seen) {
    new IntersectionObserver((entries) => seen(entries[entries.length - 1].isIntersecting)).observe(node);
  }

  /** A model's name, as far as the page knows it yet: the shelf and the runs tell. */
  const labels = new Map();
  function labelOf(id) {
    const run = Libra.store.run;
    const model = run && run.models.find((one) => one.id === id);
    return labels.get(id) || (model && model.name) || id;
  }

  // A state is told by its shape as well as by its colour.
  const STATE_MARKS = { absent: '○', available: '◌', downloading: '↓', loading: '◔', ready: '●', busy: '◉', failed: '✕' };

  Libra.ui = { langOf, bytes, compact, rate, ask, button, choice, caption, whenSeen, labels, labelOf, STATE_MARKS };
})((window.Libra = window.Libra || {}));

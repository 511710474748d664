/* The ground every view stands on: DOM helpers, strings, the shared store, and the mounting of views by name.
   Classic script, joined with its neighbours in name order. Text from people enters the page only as text nodes. */
(function (Libra) {
  'use strict';

  const SVG_NAMESPACE = 'http://www.w3.org/2000/svg';
  const LAST = Symbol('last written'); // on a node: what was written to it last

  // ---------- DOM ----------

  /** Attributes of `node` from a plain object: `class`, `text`, `data`, `on<event>` functions, anything else as attribute. */
  function dress(node, attributes) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === 'text') node.textContent = value;
      else if (name === 'data') Object.assign(node.dataset, value);
      else if (typeof value === 'function') node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? '' : value);
    }
    return node;
  }

  /** An HTML element: h('p', {class: 'note', text: 'x'}, child, …). Strings among the children become text nodes. */
  function h(tag, attributes, ...children) {
    const node = dress(document.createElement(tag), attributes);
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }

  /** The same for SVG. */
  function svg(tag, attributes, ...children) {
    const node = dress(document.createElementNS(SVG_NAMESPACE, tag), attributes);
    node.append(...children);
    return node;
  }

  /** True, and remembered, when `value` is not what was written under `key` last: the DOM is touched only for changes. */
  function changed(node, key, value) {
    const last = node[LAST] || (node[LAST] = new Map());
    if (last.get(key) === value) return false;
    last.set(key, value);
    return true;
  }

  function setText(node, text) {
    if (changed(node, 'text', text)) node.textContent = text;
  }
  function setClass(node, name) {
    if (changed(node, 'class', name)) node.setAttribute('class', name);
  }
  function setAttribute(node, name, value) {
    if (!changed(node, `@${name}`, value)) return;
    if (value === null || value === undefined || value === false) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? '' : value);
  }
  function setStyle(node, property, value) {
    if (changed(node, `:${property}`, value)) node.style.setProperty(property, value);
  }
  function setHidden(node, hidden) {
    if (changed(node, 'hidden', hidden)) node.hidden = hidden;
  }
  /** The options of a select, rebuilt only when they differ: focus and an open list survive. entries: [value, label]. */
  function setOptions(select, entries, value) {
    if (changed(select, 'options', JSON.stringify(entries))) {
      select.replaceChildren(...entries.map(([key, label]) => h('option', { value: key, text: label })));
    }
    if (select.value !== String(value)) select.value = String(value);
  }

  let counter = 0;
  /** An id that no other element has, to tie labels and descriptions to their controls. */
  const uid = (prefix) => `libra-${prefix}-${(counter += 1)}`;

  // ---------- strings ----------

  Libra.strings = Libra.strings || { en: {}, zh: {} };

  /** The string `key` in `lang` with its {fields} filled; English, then the key itself, where it is missing. */
  function t(lang, key, values) {
    const table = Libra.strings[lang] || {};
    const text = table[key] ?? (Libra.strings.en || {})[key] ?? key;
    return values ? text.replace(/\{(\w+)\}/g, (field, name) => (name in values ? String(values[name]) : field)) : text;
  }
  /** An error {code, values, message} as a sentence of `lang`; its English message where the code has no sentence. */
  function errorText(lang, error) {
    const key = `error.${error.code}`;
    const values = { ...error.values };
    if (values.side) values.side = t(lang, `error.side.${values.side}`);
    const text = t(lang, key, values);
    return text === key ? error.message || error.code : text;
  }
  const localeOf = (lang) => (lang === 'zh' ? 'zh-CN' : 'en');
  const number = (lang, value) => value.toLocaleString(localeOf(lang));

  // ---------- store ----------

  const subscribers = new Set();
  /** What every view looks at. Change it only through `set`, which tells the subscribers which keys changed. */
  const store = {
    payload: null, // the compare payload, plain data
    run: null, // the same decoded (15-run.js)
    dimension: null,
    query: 0,
    reference: null, // model id; where it is absent or not ready, the first ready model serves
    cell: null, // {query, candidate}
    gold: new Map(), // query → candidate or null: what the visitor marked; the payload's own otherwise
    lang: 'en',
    pinned: null, // a decoded run to compare with
    extra: null, // {run, dimension, models: Map id → Int16Array}: a typed dimension that is no rung
    hidden: false, // predict mode: results stay hidden until revealed

    set(values) {
      const keys = Object.keys(values).filter((key) => store[key] !== values[key]);
      if (!keys.length) return;
      Object.assign(store, values);
      const names = new Set(keys);
      for (const subscriber of [...subscribers]) {
        if (!subscriber.root || subscriber.root.isConnected) subscriber.listener(names);
      }
    },
    /** listener(Set of changed keys); with `root`, only while that element is in the page. Returns the way out. */
    subscribe(listener, root) {
      const subscriber = { listener, root: root || null };
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    },
  };

  // ---------- views ----------

  const views = {};
  /** Gradio calls this for every gr.HTML that holds a view; the view itself is named by data-view. */
  function mount(element, props, watch, server, trigger) {
    const root = element.querySelector('.libra-view');
    for (const subscriber of [...subscribers]) {
      // Gradio may mount a view anew: what the old one left behind would draw into nothing.
      const old = subscriber.root;
      if (old && !old.isConnected && old.dataset.view === root.dataset.view) subscribers.delete(subscriber);
    }
    const view = views[root.dataset.view];
    if (view) view.mount(root, props, watch, server || {}, trigger);
  }

  /** `draw` at most once a frame, however often it is asked for. */
  function oncePerFrame(draw) {
    let asked = false;
    return () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        draw();
      });
    };
  }
  /** `work` after `delay` ms without another call. */
  function atRest(work, delay) {
    let timer = 0;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(work, delay);
    };
  }

  Object.assign(Libra, {
    h, svg, setText, setClass, setAttribute, setStyle, setHidden, setOptions, uid,
    t, errorText, number, localeOf, store, views, mount, oncePerFrame, atRest,
    parts: {},
    MARKS: ['●', '■', '▲', '◆'], // a model is told by its shape as well as by its colour
  });
})((window.Libra = window.Libra || {}));

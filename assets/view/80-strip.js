/* The status strip, and the one poller that every view listens to: Libra.status.

   Libra.status.subscribe(fn, root) -> unsubscribe     fn({reachable, data}); root: dropped once it left the page
   Libra.status.refresh()                              ask now (after a button was pressed)
   Libra.status.last                                   the newest {reachable, data}, or null before the first answer

   It asks only while somebody listens and the page can be seen. A browser writes a line into its console for every
   failed request, so after a failure the pauses grow: a server that restarts costs a handful of lines. */
(function (Libra) {
  'use strict';

  const { h, setText, setHidden, setAttribute, setStyle, setClass } = Libra;
  const PATH = 'libra/status'; // relative: the app may live under a prefix
  const PERIOD_MS = 1000;
  const ANSWER_MS = 5000; // a server that accepts and never answers counts as out of reach
  const LONGEST_PAUSE_MS = 15000;

  const listeners = new Map(); // fn -> root | null
  let timer = 0;
  let asking = null; // AbortController of the request under way
  let failures = 0;

  const visible = () => document.visibilityState === 'visible';

  function tell(state) {
    status.last = state;
    for (const [fn, root] of listeners) {
      if (root && !root.isConnected) listeners.delete(fn); // Gradio replaced the element
      else fn(state);
    }
  }

  async function ask() {
    clearTimeout(timer);
    if (asking || !visible() || !listeners.size) return;
    const started = Date.now();
    const request = (asking = new AbortController());
    const limit = setTimeout(() => request.abort(), ANSWER_MS);
    let state;
    try {
      const answer = await fetch(PATH, { signal: request.signal, cache: 'no-store', headers: { Accept: 'application/json' } });
      if (!answer.ok) throw new Error(String(answer.status));
      state = { reachable: true, data: await answer.json() };
      failures = 0;
    } catch {
      failures += 1;
      state = { reachable: false, data: status.last ? status.last.data : null };
    }
    clearTimeout(limit);
    asking = null;
    tell(state);
    const pause = failures ? Math.min(LONGEST_PAUSE_MS, PERIOD_MS * 2 ** failures) : PERIOD_MS - (Date.now() - started);
    timer = setTimeout(ask, Math.max(100, pause));
  }

  const status = (Libra.status = {
    last: null,
    subscribe(fn, root = null) {
      listeners.set(fn, root);
      if (status.last) fn(status.last);
      if (!timer || listeners.size === 1) ask();
      return () => listeners.delete(fn);
    },
    refresh() {
      ask();
    },
  });

  document.addEventListener('visibilitychange', () => {
    if (!visible()) return clearTimeout(timer);
    failures = 0;
    ask();
  });

  /* ---- the view ---- */

  const LOADED = new Set(['ready', 'busy']);
  const COMING = new Set(['loading', 'downloading']);
  const TIGHT = 0.9; // share of the memory from which the bar warns

  function mount(root, props, watch) {
    const lang = () => Libra.ui.langOf(props);
    const t = (key, values) => Libra.t(lang(), `view.strip.${key}`, values);
    const ui = build();
    root.replaceChildren(ui.box);
    let shown = null;
    let chipsKey = '';

    function draw() {
      const data = shown && shown.data;
      const reachable = Boolean(shown && shown.reachable);
      root.lang = Libra.localeOf(lang());
      setAttribute(ui.box, 'aria-label', t('title'));
      setClass(ui.box, `lv-strip${shown && !reachable ? ' lost' : ''}`);
      setText(ui.state, shown ? t('unreachable') : t('waiting'));
      setHidden(ui.state, reachable);
      for (const part of [ui.device, ui.memory, ui.models, ui.last]) setHidden(part.node, !data);
      if (!data) return;
      drawDevice(data.device, data.devices || [data.device]);
      drawChips(data.models || []);
      drawLast(data.last, data.models || []);
    }

    /** The device and its memory; where there are several GPUs, all of theirs, and each one's in the title. */
    function drawDevice(device, devices) {
      const gpu = device.id !== 'cpu';
      const all = gpu ? devices.filter((one) => one.id !== 'cpu') : [device];
      const sum = (field) => all.reduce((total, one) => total + one[field], 0);
      const [used, total] = [sum('used'), sum('total')];
      const memory = t(gpu ? 'vram' : 'ram');
      const said = (one) => t('used', { used: Libra.ui.bytes(one.used), total: Libra.ui.bytes(one.total) });
      const words = said({ used, total });
      const share = total ? Math.min(1, used / total) : 0;
      setText(ui.device.label, t(gpu ? 'gpu' : 'cpu'));
      setText(ui.device.value, `${all.length > 1 ? `${all.length} × ` : ''}${device.name || device.id}`);
      setAttribute(ui.device.value, 'title', device.name || device.id);
      setText(ui.memory.label, memory);
      setText(ui.memory.value, words);
      setAttribute(ui.memory.value, 'title', all.map((one) => `${one.id}: ${said(one)}`).join('\n'));
      setStyle(ui.fill, 'transform', `scaleX(${share.toFixed(4)})`);
      setClass(ui.meter, `lv-meter${share > TIGHT ? ' tight' : ''}`);
      const values = { label: memory, valuemin: 0, valuemax: total, valuenow: used, valuetext: words };
      for (const [name, value] of Object.entries(values)) setAttribute(ui.meter, `aria-${name}`, value);
    }

    /** What a chip says: [state, mark, name, memory or progress, state in words]. */
    function chipOf(model) {
      const share = model.total ? `${Math.floor((100 * model.done) / model.total)} %` : '…';
      const words = COMING.has(model.state) ? share : model.memory ? Libra.ui.bytes(model.memory) : '';
      const said = Libra.t(lang(), `view.shelf.state.${model.state}`);
      return [model.state, Libra.ui.STATE_MARKS[model.state], model.label || Libra.ui.labelOf(model.id), words, said];
    }
    function drawChips(models) {
      setText(ui.models.label, t('models'));
      const chips = models.filter((model) => LOADED.has(model.state) || COMING.has(model.state)).map(chipOf);
      const key = JSON.stringify([lang(), chips]);
      if (key === chipsKey) return; // the same as a second ago: leave the page alone
      chipsKey = key;
      const none = h('li', { class: 'lv-strip-none', text: t('none') });
      ui.chips.replaceChildren(...(chips.length ? chips.map(chip) : [none]));
    }

    function drawLast(run, models) {
      const model = run && models.find((one) => one.id === run.model);
      const name = (model && model.label) || (run && run.model ? Libra.ui.labelOf(run.model) : '');
      setText(ui.last.label, name ? `${t('last')} · ${name}` : t('last'));
      if (!run) return setText(ui.last.value, t('no_run'));
      const { rate } = Libra.ui;
      const speed = { texts: rate(lang(), run.texts_per_second), tokens: rate(lang(), run.tokens_per_second) };
      return setText(ui.last.value, run.cached ? t('cached') : t('speed', speed));
    }

    watch(['lang'], draw);
    Libra.store.subscribe((keys) => keys.has('lang') && draw(), root);
    Libra.status.subscribe((state) => {
      shown = state;
      draw();
    }, root);
    draw();
  }

  function chip([state, mark, name, words, said]) {
    return h(
      'li', { class: `lv-chip ${state}` },
      h('b', { 'aria-hidden': 'true', text: mark }), h('span', { text: name }), h('em', { text: words }),
    h('span', { class: 'lv-said', text: said }),
    );
  }

  /** The strip's parts; the words come in draw(), so that a change of language rebuilds nothing. */
  function build() {
    const part = (name, ...more) => {
      const label = h('span', { class: 'lv-label' });
      const value = h('b', { class: 'lv-strip-value' });
      return { label, value, node: h('div', { class: `lv-strip-part lv-strip-${name}` }, label, value, ...more) };
    };
    const fill = h('i');
    const meter = h('div', { class: 'lv-meter', role: 'meter' }, fill);
    const chips = h('ul', { class: 'lv-chips' });
    const state = h('p', { class: 'lv-strip-state' });
    const parts = { device: part('device'), memory: part('memory', meter), models: part('models', chips), last: part('last') };
    parts.models.value.remove();
    const box = h('section', { class: 'lv-strip' }, state, ...Object.values(parts).map((one) => one.node));
    return { box, state, fill, meter, chips, ...parts };
  }

  Libra.views.strip = { mount };
})((window.Libra = window.Libra || {}));

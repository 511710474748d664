/* The shelf of models: a card each, with what it is, whether it fits, its state, and what can be done with it.

   From Gradio: props.value = {models: […]}; server.load_model(id), unload_model(id), cancel_model(id) -> {} or {error}.
   What changes comes from Libra.status (80-strip.js). */
(function (Libra) {
  'use strict';

  const { h, setText, setHidden, setClass, setAttribute, setStyle } = Libra;
  const FACTS = ['parameters', 'dimensions', 'context', 'licence', 'languages', 'source'];
  const HUB = 'https://huggingface.co/';
  const HUB_ID = /^[\w.-]+\/[\w.-]+$/;
  const RUNNING = new Set(['downloading', 'loading']);
  const LOADED = new Set(['ready', 'busy']);

  /** One card: {node, draw(live)}; live: the model's part of the status, or null before the first answer. */
  function card(model, context) {
    const { t, lang } = context;
    const title = h('h3', { class: 'lv-shelf-name', id: Libra.uid('model'), text: model.label });
    const state = h('span', { class: 'lv-shelf-state' });
    const note = h('p', { class: 'lv-shelf-note' });
    const facts = FACTS.map((name) => ({ name, head: h('dt'), body: h('dd') }));
    const fill = h('i');
    const meter = h('div', { class: 'lv-meter', role: 'meter' }, fill);
    const fits = h('p', { class: 'lv-shelf-fits' });
    const progress = h('progress', { class: 'lv-progress' });
    const stage = h('span', { class: 'lv-sub' });
    const progressRow = h('div', { class: 'lv-shelf-progress' }, progress, stage);
    const problem = h('p', { class: 'lv-problem', role: 'alert' });
    const act = Libra.ui.button('lv-shelf-act');
    const node = h(
      'article', { class: 'lv-shelf-card', 'aria-labelledby': title.id, data: { model: model.id } },
      h('header', { class: 'lv-shelf-head' }, title, state), note,
      h('dl', { class: 'lv-shelf-facts' }, ...facts.map((fact) => h('div', { class: `lv-fact-${fact.name}` }, fact.head, fact.body))),
      h('div', { class: 'lv-shelf-memory' }, fits, meter), progressRow, problem, h('div', { class: 'lv-shelf-buttons' }, act),
    );
    let live = null;
    let refused = null; // the error that the last press of the button was answered with
    let pressed = false;

    const action = () => {
      if (!live) return null;
      if (RUNNING.has(live.state)) return 'cancel';
      if (LOADED.has(live.state)) return 'unload';
      return live.here ? 'load' : 'download';
    };
    act.addEventListener('click', async () => {
      const what = action();
      if (!what || pressed) return;
      pressed = true;
      refused = null;
      draw();
      const call = { cancel: 'cancel_model', unload: 'unload_model', download: 'load_model', load: 'load_model' }[what];
      const answer = await Libra.ui.ask(context.server[call], model.id);
      refused = answer.error || null;
      pressed = false;
      Libra.status.refresh();
      draw();
    });

    function drawFacts() {
      for (const { name, head, body } of facts) {
        const value = factOf(model, name, context);
        setHidden(head.parentNode, !value);
        setText(head, t(`fact.${name}`));
        if (name === 'source' && HUB_ID.test(value || '')) link(body, value);
        else setText(body, value || '');
      }
    }

    function drawMemory() {
      const needed = live ? live.needed : 0;
      const { bytes } = Libra.ui;
      setHidden(meter.parentNode, !needed);
      if (!needed) return;
      const loaded = LOADED.has(live.state);
      const words = loaded && live.memory
        ? t('holds', { memory: bytes(live.memory), device: live.device })
        : t(live.fits ? 'fits' : 'fits_not', { needed: bytes(needed), free: bytes(live.free) });
      setText(fits, words);
      setClass(fits, `lv-shelf-fits${live.fits || loaded ? '' : ' no'}`);
      setHidden(meter, loaded);
      setStyle(fill, 'transform', `scaleX(${Math.min(1, needed / Math.max(1, live.free)).toFixed(4)})`);
      setClass(meter, `lv-meter${live.fits ? '' : ' tight'}`);
      const values = { label: t('memory'), valuemin: 0, valuemax: Math.max(needed, live.free), valuenow: needed, valuetext: words };
      for (const [name, value] of Object.entries(values)) setAttribute(meter, `aria-${name}`, value);
    }

    function drawProgress() {
      const running = Boolean(live && RUNNING.has(live.state));
      setHidden(progressRow, !running);
      if (!running) return;
      const known = live.total > 0;
      setAttribute(progress, 'max', known ? live.total : null);
      setAttribute(progress, 'value', known ? Math.min(live.done, live.total) : null); // without a value it shows that something moves
      setAttribute(progress, 'aria-label', t(`state.${live.state}`));
      const { bytes } = Libra.ui;
      const counted = live.state === 'downloading' && known;
      setText(stage, counted ? t('bytes', { done: bytes(live.done), total: bytes(live.total) }) : t(`state.${live.state}`));
    }

    function drawState() {
      const name = live ? live.state : 'unknown';
      setClass(state, `lv-shelf-state ${name}`);
      setText(state, `${Libra.ui.STATE_MARKS[name] || '…'} ${t(`state.${name}`)}`);
      const error = refused || (live && live.state === 'failed' ? live.error : null);
      setText(problem, error ? Libra.errorText(lang(), error) : '');
      setHidden(problem, !error);
      const what = action();
      setText(act, t(what || 'load'));
      setAttribute(act, 'aria-label', `${t(what || 'load')}: ${model.label}`);
      const blocked = !live || pressed || live.state === 'busy' || ((what === 'load' || what === 'download') && !live.fits);
      setAttribute(act, 'aria-disabled', String(blocked)); // still in the tab order, so that its reason can be read
      act.disabled = !live || pressed || live.state === 'busy';
      setAttribute(act, 'title', live && live.state === 'busy' ? t('busy_hint') : null);
    }

    function draw() {
      setText(note, model.note ? Libra.t(lang(), model.note) : '');
      drawFacts();
      drawMemory();
      drawProgress();
      drawState();
    }
    return {
      node,
      draw(next) {
        if (next !== undefined) live = next;
        draw();
      },
    };
  }

  function link(body, id) {
    if (body.firstChild && body.firstChild.href) return;
    body.replaceChildren(h('a', { href: HUB + id, target: '_blank', rel: 'noreferrer noopener', text: id }));
  }

  /** What a fact says, in the reader's language; empty where the model has none. */
  function factOf(model, name, { t, lang }) {
    const count = (value) => Libra.number(lang(), value);
    switch (name) {
      case 'parameters':
        return model.parameters ? Libra.ui.compact(lang(), model.parameters) : t('none');
      case 'dimensions':
        if (!model.dimensions) return t('none');
        if (!model.matryoshka) return t('dimensions_fixed', { full: count(model.dimensions) });
        return t('dimensions_range', { smallest: count(model.smallest), full: count(model.dimensions) });
      case 'context':
        return model.kind === 'bm25' ? t('no_limit') : t('tokens', { count: count(model.max_tokens) });
      case 'languages':
        return model.languages === '*' ? t('any') : model.languages;
      case 'source':
        if (model.builtin) return t('builtin');
        return model.source || (model.local ? t('local') : '');
      default:
        return model[name] || '';
    }
  }

  function mount(root, props, watch, server) {
    const lang = () => Libra.ui.langOf(props);
    const context = { server, lang, t: (key, values) => Libra.t(lang(), `view.shelf.${key}`, values) };
    const lost = h('p', { class: 'lv-notice', role: 'status', hidden: true });
    const list = h('div', { class: 'lv-shelf' });
    root.replaceChildren(lost, list);
    let cards = new Map();
    let known = '';

    function draw() {
      const models = (props.value && props.value.models) || [];
      const key = JSON.stringify(models);
      root.lang = Libra.localeOf(lang());
      if (key !== known) {
        known = key;
        for (const model of models) Libra.ui.labels.set(model.id, model.label); // the strip names them as well
        cards = new Map(models.map((model) => [model.id, card({ ...model }, context)]));
        list.replaceChildren(...[...cards.values()].map((one) => one.node));
      }
      const status = Libra.status.last;
      const live = new Map(((status && status.data && status.data.models) || []).map((model) => [model.id, model]));
      for (const [id, one] of cards) one.draw(live.get(id) || null);
      setText(lost, Libra.t(lang(), 'view.strip.unreachable'));
      setHidden(lost, !status || status.reachable);
    }
    watch(['value', 'lang'], draw);
    Libra.store.subscribe((keys) => keys.has('lang') && draw(), root);
    Libra.status.subscribe(draw, root);
    draw();
  }

  Libra.views.shelf = { mount };
})((window.Libra = window.Libra || {}));

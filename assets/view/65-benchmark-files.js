/* Small regions of the benchmark: its notice, the downloads of a run, and what is said of a set of one's own. */
(function (Libra) {
  'use strict';

  const { h, setText, setHidden } = Libra;
  const STORAGE_KEY = 'libra-visitor';
  const KINDS = ['json', 'csv', 'queries', 'markdown', 'html'];

  function save(file) {
    const url = URL.createObjectURL(new Blob([file.content], { type: file.type }));
    h('a', { href: url, download: file.name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  /** A button that asks the server for a file and saves it; `said` tells what went wrong. */
  function saver(lang, said, ask) {
    const node = Libra.ui.button('lv-small', async () => {
      node.disabled = true;
      setText(said, '');
      const file = await ask();
      if (file.error) setText(said, Libra.errorText(lang(), file.error));
      else save(file);
      node.disabled = false;
    });
    return node;
  }

  function files(root, props, watch, server) {
    const lang = () => Libra.ui.langOf(props);
    const label = h('span', { class: 'lv-label' });
    const said = h('span', { class: 'lv-problem', role: 'status' });
    const buttons = KINDS.map((kind) => {
      const node = saver(lang, said, () => Libra.ui.ask(server.file, props.value.run, props.value.owner, kind, lang()));
      node.dataset.kind = kind;
      return node;
    });
    const row = h('div', { class: 'lb-files' }, label, ...buttons, said);
    root.replaceChildren(row);
    function draw() {
      setHidden(row, !props.value || !props.value.run);
      setText(label, Libra.t(lang(), 'view.bench.download'));
      for (const node of buttons) setText(node, Libra.t(lang(), `view.bench.file.${node.dataset.kind}`));
    }
    watch(['value', 'lang'], draw);
    draw();
  }

  function own(root, props, watch, server) {
    const lang = () => Libra.ui.langOf(props);
    const said = h('p', { class: 'libra-notice', role: 'status' });
    const problem = h('span', { class: 'lv-problem', role: 'status' });
    const template = saver(lang, problem, () => Libra.ui.ask(server.template));
    root.replaceChildren(said, h('div', { class: 'lb-files' }, template, problem));
    function draw() {
      const told = props.value;
      setHidden(said, !told);
      setText(template, Libra.t(lang(), 'view.bench.template'));
      if (!told) return;
      Libra.setClass(said, `libra-notice ${told.error ? 'failed' : 'fine'}`);
      setText(said, told.error ? Libra.errorText(lang(), told.error) : Libra.t(lang(), `view.notice.${told.said}`, told.values));
    }
    watch(['value', 'lang'], draw);
    draw();
  }

  /** What tells this visitor from others: a secret that the browser keeps, made at the first visit. */
  function visitor() {
    const made = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
    try {
      const kept = localStorage.getItem(STORAGE_KEY) || made;
      localStorage.setItem(STORAGE_KEY, kept);
      return kept;
    } catch {
      return made; // a browser that keeps nothing: good for this visit
    }
  }

  Libra.bench.visitor = visitor;
  Object.assign(Libra.views, {
    'bench-files': { mount: files },
    'bench-own': { mount: own },
    'bench-notice': Libra.views.notice,
  });
})((window.Libra = window.Libra || {}));

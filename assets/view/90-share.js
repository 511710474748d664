/* The share view: copy the link, show it as a QR code, save it to a file, open such a file.

   From Gradio: server.qr(url) -> {size, dark: ["0101…", …]} or {error}. An opened file or link sets
   props.value = state and triggers "submit"; Gradio fills the boxes from it and runs. */
(function (Libra) {
  'use strict';

  const { h, store, share, setText, setAttribute, setHidden } = Libra;
  const LARGEST_FILE = 5 * 1024 * 1024; // bytes
  const QUIET = 4; // modules of white around the code: the standard's least
  const QR_PIXELS = 640;
  const FILE_NAME = 'libra-comparison.json';
  const BUTTONS = ['copy', 'qr', 'save', 'open'];

  function mount(root, props, watch, server, trigger) {
    const lang = () => Libra.ui.langOf(props);
    const t = (key, values) => Libra.t(lang(), `view.share.${key}`, values);
    const ui = build();
    root.replaceChildren(ui.box);
    let said = () => ''; // a function, so that a change of language says it again in the other one

    function words() {
      root.lang = Libra.localeOf(lang());
      setAttribute(ui.box, 'aria-label', t('title'));
      for (const name of BUTTONS) setText(ui[name], t(name));
      for (const name of ['copy', 'qr', 'save']) ui[name].disabled = !store.run;
      setAttribute(ui.link, 'aria-label', t('link'));
      setAttribute(ui.canvas, 'aria-label', t('qr_alt'));
      setAttribute(ui.file, 'aria-label', t('open'));
      setText(ui.close, t('close'));
      setText(ui.qrTitle, t('qr_title'));
      setText(ui.said, said());
      setHidden(ui.said, !said());
    }
    function say(what) {
      said = what;
      words();
    }

    /** The link; or null, after saying that it would be too long and what to do instead. */
    async function shortLink() {
      const state = share.current();
      if (!state) return null;
      const url = await share.link(state);
      const fits = url.length <= share.LONGEST_LINK;
      ui.save.classList.toggle('lv-primary', !fits);
      if (fits) return url;
      say(() => t('too_long', { length: Libra.number(lang(), url.length), most: Libra.number(lang(), share.LONGEST_LINK) }));
      return null;
    }

    async function copy() {
      const url = await shortLink();
      setHidden(ui.link, true);
      if (!url) return;
      try {
        await navigator.clipboard.writeText(url);
        say(() => t('copied'));
      } catch {
        ui.link.value = url; // no permission, or a page without https: let the visitor copy it by hand
        setHidden(ui.link, false);
        ui.link.focus();
        ui.link.select();
        say(() => t('copy_by_hand'));
      }
    }

    async function showQr() {
      const url = await shortLink();
      if (!url) return;
      const code = await Libra.ui.ask(server.qr, url);
      if (code.error) return say(() => Libra.errorText(lang(), code.error));
      say(() => '');
      paint(ui.canvas, code);
      ui.dialog.showModal();
    }

    function save() {
      const state = share.current();
      if (!state) return;
      const href = URL.createObjectURL(new Blob([JSON.stringify(state, null, 1)], { type: 'application/json' }));
      h('a', { href, download: FILE_NAME }).click();
      setTimeout(() => URL.revokeObjectURL(href), 1000); // after the download has taken hold of it
      say(() => t('saved', { name: FILE_NAME }));
    }

    async function openFile(file) {
      if (!file) return;
      let state = null;
      try {
        if (file.size <= LARGEST_FILE) state = share.clean(JSON.parse(await file.text()));
      } catch {
        state = null; // no JSON, or no text at all
      }
      if (!state) return say(() => t('not_ours', { name: file.name }));
      say(() => t('opened', { name: file.name }));
      openState(state);
    }

    function openState(state) {
      share.expect(state);
      props.value = state;
      trigger('submit', state);
    }

    ui.copy.onclick = copy;
    ui.qr.onclick = showQr;
    ui.save.onclick = save;
    ui.open.onclick = () => ui.file.click();
    ui.file.onchange = () => {
      openFile(ui.file.files[0]);
      ui.file.value = ''; // the same file may be opened twice
    };
    ui.close.onclick = () => ui.dialog.close();
    ui.dialog.onclick = (event) => event.target === ui.dialog && ui.dialog.close(); // the backdrop
    // What is said hangs over the page: the next press anywhere else takes it away.
    const away = (event) => {
      if (!root.isConnected) return document.removeEventListener('pointerdown', away);
      if (!ui.box.contains(event.target)) {
        setHidden(ui.link, true);
        say(() => '');
      }
      return undefined;
    };
    document.addEventListener('pointerdown', away);
    ui.box.ondragover = (event) => event.preventDefault();
    ui.box.ondrop = (event) => {
      event.preventDefault();
      openFile(event.dataTransfer.files[0]);
    };
    // A link pasted into the address of an open page changes the fragment only: nothing else would notice.
    const pasted = async () => {
      if (!root.isConnected) return window.removeEventListener('hashchange', pasted);
      const state = await share.decode(location.hash);
      if (state) openState(state);
      return undefined;
    };
    window.addEventListener('hashchange', pasted);

    watch(['lang'], words);
    store.subscribe((keys) => (keys.has('lang') || keys.has('run')) && words(), root);
    words();
  }

  /** Draw the modules, black on white in the dark page too: many readers cannot read an inverted code. */
  function paint(canvas, { size, dark }) {
    const side = size + 2 * QUIET;
    const pixels = Math.max(2, Math.floor(QR_PIXELS / side)); // whole pixels a module keep the edges sharp
    [canvas.width, canvas.height] = [side * pixels, side * pixels];
    const pen = canvas.getContext('2d');
    pen.fillStyle = '#fff';
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = '#000';
    for (let y = 0; y < size; y += 1) {
      for (let x = 0; x < size; x += 1) {
        if (dark[y][x] === '1') pen.fillRect((x + QUIET) * pixels, (y + QUIET) * pixels, pixels, pixels);
      }
    }
  }

  function build() {
    const buttons = Object.fromEntries(BUTTONS.map((name) => [name, Libra.ui.button(`lv-share-${name}`)]));
    const file = h('input', { type: 'file', accept: '.json,application/json', hidden: true });
    const link = h('input', { type: 'text', class: 'lv-share-link', readonly: true, dir: 'ltr', hidden: true });
    const said = h('p', { class: 'lv-share-said', role: 'status', hidden: true });
    const qrTitle = h('h3', { class: 'lv-heading', id: Libra.uid('qr') });
    const canvas = h('canvas', { role: 'img', class: 'lv-share-code' });
    const close = Libra.ui.button('lv-share-close');
    const dialog = h('dialog', { class: 'lv-dialog lv-share-dialog', 'aria-labelledby': qrTitle.id }, qrTitle, canvas, close);
    const row = h('div', { class: 'lv-share-row' }, ...Object.values(buttons), file);
    const told = h('div', { class: 'lv-share-told' }, link, said);
    const box = h('section', { class: 'lv-share' }, row, told, dialog);
    return { ...buttons, box, file, link, said, qrTitle, canvas, close, dialog };
  }

  Libra.views.share = { mount };
})((window.Libra = window.Libra || {}));

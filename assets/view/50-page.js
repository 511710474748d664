/* Small regions of the page: the brand with the theme switch, notices, what is sent to each model, downloads. */
(function (Libra) {
  'use strict';
  const { h, t, setText, store } = Libra;
  const THEME_KEY = 'libra-theme';

  /** Redraw at each change of what the server sent or of the language. */
  function drawn(root, props, watch, draw) {
    watch(['value', 'lang'], draw);
    root.classList.add('libra-region');
    draw();
  }

  // ---------- brand ----------

  const dark = () => document.body.classList.contains('dark');

  function applyTheme(theme) {
    document.body.classList.toggle('dark', theme === 'dark');
  }

  function brand(root, props, watch) {
    const title = h('h1', {}, h('b', { text: 'Libra' }), h('i', { lang: 'zh-CN', text: '天秤' }));
    const tagline = h('span', { class: 'libra-tagline' });
    const theme = h('button', { type: 'button', class: 'libra-theme' });
    const said = () => {
      const key = dark() ? 'view.brand.light' : 'view.brand.dark';
      theme.setAttribute('aria-label', t(props.lang, key));
      theme.title = t(props.lang, key);
      setText(theme, dark() ? '☀' : '☾');
    };
    theme.onclick = () => {
      const next = dark() ? 'light' : 'dark';
      applyTheme(next);
      try {
        localStorage.setItem(THEME_KEY, next);
      } catch {
        /* a browser that keeps nothing still switches */
      }
      said();
    };
    title.append(tagline);
    root.append(title, theme);
    const kept = (() => {
      try {
        return localStorage.getItem(THEME_KEY);
      } catch {
        return null;
      }
    })();
    if (kept && !new URLSearchParams(location.search).has('__theme')) applyTheme(kept);
    drawn(root, props, watch, () => {
      setText(tagline, t(props.lang, 'view.brand.tagline'));
      document.documentElement.lang = Libra.localeOf(props.lang);
      if (store.lang !== props.lang) store.set({ lang: props.lang });
      said();
    });
  }

  // ---------- notice ----------

  function notice(root, props, watch) {
    const box = h('p', { class: 'libra-notice', role: 'alert' });
    root.append(box);
    drawn(root, props, watch, () => {
      const told = props.value;
      box.hidden = !told;
      if (!told) return;
      const failed = Boolean(told.error);
      box.className = `libra-notice ${failed ? 'failed' : told.waiting ? 'waiting' : 'fine'}`;
      const sentence = failed ? Libra.errorText(props.lang, told.error) : t(props.lang, `view.notice.${told.said}`, told.values);
      setText(box, sentence); // its sign comes from the style sheet
    });
  }

  // ---------- the word before the examples ----------

  function examplesLabel(root, props, watch) {
    const label = h('span', { class: 'lv-label' });
    root.append(label);
    drawn(root, props, watch, () => setText(label, t(props.lang, 'view.examples.title')));
  }

  // ---------- what each model is sent ----------

  /** A piece of text whose spaces and line breaks can be seen. */
  const visible = (text) => h('code', { class: 'libra-piece', dir: 'auto', text: text.replaceAll('\n', '⏎\n').replace(/ $/, '␣') });

  function sentLine(lang, label, around) {
    const line = h('p', { class: 'libra-sent-line' }, h('span', { class: 'libra-sent-role', text: label }));
    if (around.prefix) line.append(visible(around.prefix));
    line.append(h('em', { text: t(lang, 'view.sent.text') }));
    if (around.suffix) line.append(visible(around.suffix));
    return line;
  }

  function sent(root, props, watch) {
    drawn(root, props, watch, () => {
      const { lang } = props;
      const rows = Array.from((props.value || { rows: [] }).rows, (row) => {
        const card = h('section', { class: 'libra-sent' }, h('h3', { text: row.name }));
        if (!row.dense) card.append(h('p', { class: 'libra-muted', text: t(lang, 'view.sent.lexical') }));
        else {
          card.append(sentLine(lang, t(lang, 'view.sent.query'), row.query));
          card.append(sentLine(lang, t(lang, 'view.sent.document'), row.document));
          if (!row.instructed) card.append(h('p', { class: 'libra-muted', text: t(lang, 'view.sent.fixed') }));
        }
        return card;
      });
      root.replaceChildren(...rows, h('p', { class: 'libra-muted', text: t(lang, 'view.sent.special') }));
    });
  }

  // ---------- downloads ----------

  function save(file) {
    const url = URL.createObjectURL(new Blob([file.content], { type: file.type }));
    const anchor = h('a', { href: url, download: file.name });
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  function downloads(root, props, watch, server) {
    const said = h('span', { class: 'libra-muted', role: 'status' });
    const button = (kind) => {
      const node = h('button', { type: 'button', class: 'lv-button', 'data-kind': kind });
      node.onclick = async () => {
        if (!store.run) return;
        node.disabled = true;
        setText(said, '');
        try {
          const file = await server.export(Libra.answeredRequest(store.run), store.dimension || null, kind);
          if (file.error) setText(said, Libra.errorText(props.lang, file.error));
          else save(file);
        } catch {
          setText(said, t(props.lang, 'view.downloads.unreachable'));
        }
        node.disabled = false;
      };
      return node;
    };
    const csv = button('csv');
    const json = button('json');
    root.append(csv, json, said);
    const draw = () => {
      setText(csv, t(props.lang, 'view.downloads.csv'));
      setText(json, t(props.lang, 'view.downloads.json'));
      const answered = store.run && store.run.ready.length > 0;
      csv.disabled = json.disabled = !answered || store.hidden; // a file would tell what the class is still to guess
    };
    store.subscribe((keys) => (keys.has('run') || keys.has('hidden')) && draw(), root);
    drawn(root, props, watch, draw);
  }

  // ---------- foot ----------

  function foot(root, props, watch) {
    const link = h('a', { href: '?view=api' });
    root.append(link);
    drawn(root, props, watch, () => setText(link, t(props.lang, 'view.foot.api')));
  }

  Object.assign(Libra.views, {
    foot: { mount: foot },
    brand: { mount: brand },
    examples: { mount: examplesLabel },
    notice: { mount: notice },
    sent: { mount: sent },
    downloads: { mount: downloads },
  });
})((window.Libra = window.Libra || {}));

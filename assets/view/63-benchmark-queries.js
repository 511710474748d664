/* The queries of a run one by one: what each model put first, filtered by who was right and by category. No request.
   From Gradio: props.value {key, set, texts, models, queries} (ui/benchmark/data.py), props.lang. */
(function (Libra) {
  'use strict';

  const { h, setText, setHidden, setOptions } = Libra;
  const PAGE = 20; // queries at once
  const SHOWS = ['all', 'all_right', 'all_wrong', 'disagree', 'a_not_b'];
  const ALL = '';

  // Survives a new mount of the view.
  const view = { key: '', show: 'all', category: ALL, a: 0, b: 1, page: 0 };

  const right = (query, index) => Boolean(query.answers[index]) && query.answers[index].rank === 1;
  const wrong = (query, index) => Boolean(query.answers[index]) && query.answers[index].rank !== 1;

  /** The queries of one kind and category; a and b are places among the models. The same rule as eval/queries.py. */
  function select(queries, { show, category, a, b }) {
    return queries.filter(
      (query) =>
        (category === ALL || query.category === category) &&
        (show === 'a_not_b' ? right(query, a) && wrong(query, b) : query.shows.includes(show)),
    );
  }

  function field(label, select) {
    select.id = Libra.uid('bench');
    return { node: h('div', { class: 'lb-field' }, h('label', { class: 'lv-label', for: select.id }), select), label: (text) => setText(select.previousSibling, text), key: label };
  }

  function answerRow(t, model, answer) {
    const score = (value) => (value === null || value === undefined ? '–' : value.toFixed(3));
    if (!answer) return [Libra.bench.named(model), t('no_answer'), '', '–', '–'];
    const verdict = answer.rank === 1 ? `✓ ${t('right')}` : `✗ ${t('rank', { rank: answer.rank })}`;
    const ties = answer.ties ? ` ${t('ties', { n: answer.ties })}` : '';
    return [Libra.bench.named(model), `${verdict}${ties}`, answer.first, score(answer.goldScore), score(answer.firstScore)];
  }

  /** A built-in set's category in the visitor's language (as in ui/benchmark/categories.py); one's own sets keep theirs. */
  function spoken(lang, name, own) {
    const key = `view.bench.category.${name}`;
    const length = /^(\d+) tokens$/.exec(name);
    if (length && !own) return Libra.t(lang, 'view.bench.category.tokens', { count: length[1] });
    return own || !(key in (Libra.strings.en || {})) ? name : Libra.t(lang, key);
  }

  function card(t, query, models, category) {
    const heads = ['model', 'verdict', 'first', 'gold_score', 'first_score'].map((key) => t(`head.${key}`));
    const rows = models.map((model, index) => answerRow(t, model, query.answers[index]));
    const more = [query.gloss, query.rationale].filter(Boolean);
    return h(
      'li', { class: 'lb-query', 'data-query-id': query.id },
      h('p', { class: 'lb-query-head' }, h('span', { class: 'lv-tag', text: category }), h('span', { class: 'lv-sub', text: query.id })),
      h('p', { class: 'lb-query-text', dir: 'auto', text: query.text || query.id }),
      query.gold.length ? h('p', { class: 'lb-gold', dir: 'auto' }, h('b', { text: `${t('gold')} ` }), query.gold.join(' / ')) : null,
      Libra.bench.table(query.text || query.id, heads, rows, 3),
      more.length ? h('details', {}, h('summary', { text: t('why') }), ...more.map((text) => h('p', { dir: 'auto', text }))) : null,
    );
  }

  function mount(root, props, watch) {
    const lang = () => Libra.ui.langOf(props);
    const t = (key, values) => Libra.t(lang(), `view.bench.${key}`, values);
    const empty = h('p', { class: 'lv-empty' });
    const controls = ['show', 'category', 'a', 'b'].map((name) => {
      const select = h('select', { 'data-filter': name, onchange: () => choose(name, select.value) });
      return field(name, select);
    });
    const count = h('p', { class: 'lv-sub', role: 'status' });
    const list = h('ol', { class: 'lb-queries' });
    const before = Libra.ui.button('lb-before', () => turn(-1));
    const after = Libra.ui.button('lb-after', () => turn(1));
    const pages = h('div', { class: 'lb-pages' }, before, after);
    const body = h('section', { class: 'lv-panel lb-panel' }, h('div', { class: 'lb-filters' }, ...controls.map((one) => one.node)), count, list, pages);
    root.replaceChildren(empty, body);
    let value = {};
    const categoryOf = (name) => spoken(lang(), name, value.own);

    function choose(name, chosen) {
      view[name] = name === 'a' || name === 'b' ? Number(chosen) : chosen;
      view.page = 0;
      draw();
    }
    function turn(step) {
      view.page += step;
      draw();
      root.scrollIntoView({ block: 'start' });
      count.tabIndex = -1;
      count.focus({ preventScroll: true }); // the button that was pressed may be gone
    }

    /** Every option says how many queries it would leave: nobody chooses an empty list unwarned. */
    function drawFilters() {
      const shown = (change) => select(value.queries, { ...view, ...change }).length;
      const kinds = value.models.length > 1 ? SHOWS : SHOWS.slice(0, 3);
      const names = [...new Set(value.queries.map((query) => query.category))];
      const [show, category, a, b] = controls.map((one) => one.node.querySelector('select'));
      setOptions(show, kinds.map((kind) => [kind, `${t(`show.${kind}`)} (${shown({ show: kind })})`]), view.show);
      setOptions(category, [[ALL, `${t('all_categories')} (${shown({ category: ALL })})`], ...names.map((name) => [name, `${categoryOf(name)} (${shown({ category: name })})`])], view.category);
      for (const control of [a, b]) setOptions(control, value.models.map((model, index) => [index, model.name]), control === a ? view.a : view.b);
      for (const one of controls) one.label(t(`filter.${one.key}`));
      for (const one of controls.slice(2)) setHidden(one.node, view.show !== 'a_not_b');
    }

    function draw() {
      root.lang = Libra.localeOf(lang());
      const none = !value.queries || !value.queries.length;
      setHidden(body, none);
      setHidden(empty, !none);
      setText(empty, value.error ? Libra.errorText(lang(), value.error) : t('no_queries'));
      if (none) return;
      drawFilters();
      const found = select(value.queries, view);
      const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
      view.page = Math.min(Math.max(0, view.page), last);
      const from = view.page * PAGE;
      const page = found.slice(from, from + PAGE);
      const words = found.length ? t('shown', { from: from + 1, to: from + page.length, n: found.length }) : t('shown_none');
      setText(count, value.texts ? words : `${words} ${t('no_texts')}`);
      list.replaceChildren(...page.map((query) => card(t, query, value.models, categoryOf(query.category))));
      setText(before, t('page_before'));
      setText(after, t('page_after'));
      before.disabled = view.page === 0;
      after.disabled = view.page === last;
      setHidden(pages, last === 0);
      root.dataset.shown = String(found.length);
    }
    function changed() {
      value = props.value ? JSON.parse(JSON.stringify(props.value)) : {};
      if (value.key && value.key !== view.key) Object.assign(view, { key: value.key, show: 'all', category: ALL, a: 0, b: 1, page: 0 });
      draw();
    }
    watch('value', changed);
    watch('lang', draw);
    changed();
  }

  Libra.bench.select = select;
  Libra.views['bench-queries'] = { mount };
})((window.Libra = window.Libra || {}));

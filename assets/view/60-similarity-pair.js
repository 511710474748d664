/* One pair of texts in every model: what the cell chosen in a heatmap means, side by side. */
(function (Libra) {
  'use strict';

  const { h, store, setText, setHidden } = Libra;
  const COLUMNS = ['model', 'score', 'percentile', 'rank'];

  /** context: {lang(), t()} → {node, draw(run)} */
  function pairPanel(context) {
    const { t } = context;
    const title = h('h3', { class: 'lv-heading' });
    const hint = h('p', { class: 'lv-sub' });
    const sides = ['query', 'candidate'].map((side) => {
      const label = h('span', { class: 'lv-label' });
      const text = h('p', { class: 'lv-pair-text', dir: 'auto' });
      return { side, label, text, node: h('div', { class: 'lv-pair-side' }, label, text) };
    });
    const texts = h('div', { class: 'lv-pair-texts' }, ...sides.map((one) => one.node));
    const heads = COLUMNS.map((name) => h('th', { scope: 'col', class: `lv-pair-${name}` }));
    const body = h('tbody');
    const table = h('table', { class: 'lv-pair-table' }, h('thead', {}, h('tr', {}, ...heads)), body);
    const note = h('p', { class: 'lv-sub' });
    const node = h('section', { class: 'lv-panel lv-pair', 'aria-live': 'polite' }, title, hint, texts, table, note);
    let rows = new Map();

    function row(model) {
      let known = rows.get(model.id);
      if (!known) {
        const cells = COLUMNS.slice(1).map((name) => h('td', { class: `lv-pair-${name}` }));
        const mark = h('b', { class: 'lv-mark', 'aria-hidden': 'true', text: Libra.MARKS[model.slot] });
        const head = h('th', { scope: 'row', class: 'lv-pair-model' }, mark, ` ${model.name}`);
        known = { cells, node: h('tr', { class: `m${model.slot}` }, head, ...cells) };
        rows.set(model.id, known);
        body.append(known.node);
      }
      return known;
    }

    function drawModel(run, model, { query, candidate }) {
      const dimension = store.dimension ?? Infinity;
      const scores = Libra.rowAt(run, model, dimension, query);
      const percentile = Libra.percentileAt(run, model, dimension, scores[candidate]);
      const place = Libra.rank.ranks(Libra.rank.order(scores))[candidate] + 1;
      const { cells } = row(model);
      setText(cells[0], Libra.scoreOf(model, scores[candidate]).toFixed(3));
      setText(cells[1], percentile === null ? '–' : t('percentile_value', { value: percentile.toFixed(1) }));
      setText(cells[2], t('rank_value', { rank: place, count: run.candidates.length }));
    }

    function draw(run) {
      const { cell } = store;
      const valid = cell && cell.query < run.queries.length && cell.candidate < run.candidates.length;
      setText(title, t('pair'));
      setText(hint, t('pair_hint'));
      setHidden(hint, Boolean(valid));
      for (const part of [texts, table, note]) setHidden(part, !valid);
      if (!valid) return;
      for (const one of sides) {
        const list = one.side === 'query' ? 'queries' : 'candidates';
        const index = cell[one.side];
        setText(one.label, `${t(one.side)} ${index + 1}`);
        setText(one.text, run[list][index]);
        one.text.classList.toggle('lv-code', Boolean(run.code[list] && run.code[list][index]));
      }
      COLUMNS.forEach((name, i) => setText(heads[i], t(`pair_${name}`)));
      setText(note, t('pair_note'));
      for (const id of rows.keys()) {
        if (run.ready.some((model) => model.id === id)) continue;
        rows.get(id).node.remove(); // a model of the run before
        rows.delete(id);
      }
      for (const model of run.ready) drawModel(run, model, cell);
    }

    return {
      node,
      build() {
        rows = new Map();
        body.replaceChildren();
      },
      draw,
    };
  }

  Libra.parts.pairPanel = pairPanel;
})((window.Libra = window.Libra || {}));

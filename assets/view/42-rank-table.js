/* For a phone: one table of candidates × models with the ranks, in the reference's order. */
(function (Libra) {
  'use strict';

  const { h, setText, setClass, setAttribute } = Libra;
  const FIRST = 3; // ranks that stand out
  const PHONE = '(max-width: 700px)'; // as in 36-cards.css

  Libra.parts.rankTable = (context) => {
    const head = h('tr');
    const body = h('tbody');
    const caption = h('caption');
    const table = h('table', { class: 'lv-table' }, caption, h('thead', {}, head), body);
    const node = h('section', { class: 'lv-panel lv-rank-table' }, h('h3', { class: 'lv-heading', text: context.t('table.title') }), table);
    const phone = window.matchMedia(PHONE);
    let columns = '';
    let rows = [];
    phone.addEventListener('change', () => context.redraw());

    function build(models, count) {
      head.replaceChildren(h('th', { scope: 'col', text: context.t('table.candidate') }),
        ...models.map(Libra.columnHead));
      rows = Array.from({ length: count }, () => {
        const text = h('span', { class: 'lv-table-text', dir: 'auto' });
        const gold = h('b', { class: 'lv-tick' });
        const cells = models.map(() => h('td'));
        const row = { text, gold, cells, candidate: 0 };
        const open = h('button', {
          type: 'button', class: 'lv-link-plain', onclick: () => context.openText('candidates', row.candidate, null),
        }, gold, text);
        row.node = h('tr', {}, h('th', { scope: 'row' }, open), ...cells);
        return row;
      });
      body.replaceChildren(...rows.map((row) => row.node));
    }
    return {
      node,
      draw(frame) {
        const { run, shown, reference } = frame;
        Libra.setHidden(node, !reference);
        if (!reference || !phone.matches) return; // not shown at this width: nothing to keep up to date
        const models = run.ready;
        const order = frame.rankings.get(reference).order.subarray(shown.first, shown.last);
        const key = `${run.key}/${models.map((model) => model.id).join()}/${order.length}`;
        if (key !== columns) {
          columns = key;
          build(models, order.length);
        }
        setText(caption, context.t('table.sub', { model: reference.name }));
        rows.forEach((row, i) => {
          row.candidate = order[i];
          setText(row.text, Libra.shorten(run.candidates[row.candidate], 120));
          setText(row.gold, row.candidate === frame.gold ? '✓ ' : '');
          models.forEach((model, column) => {
            const rank = frame.rankings.get(model).ranks[row.candidate] + 1;
            setText(row.cells[column], String(rank));
            setClass(row.cells[column], rank <= FIRST ? 'lv-first' : '');
            setAttribute(row.cells[column], 'data-rank', String(rank));
          });
        });
      },
    };
  };
})((window.Libra = window.Libra || {}));

/* Agreement of the models: Kendall's τ below the diagonal, shared top k above it; for the query in view and over all. */
(function (Libra) {
  'use strict';

  const { h, setText, setStyle, setHidden } = Libra;
  const KS = [1, 3, 10];
  const SLICE = 8; // ms of work at a time for the means, so that the page answers in between

  const decimals = (value) => (Number.isNaN(value) ? '–' : value.toFixed(2).replace('-', '−'));

  /** {tau, overlap (0 … 1)} of two rankings. */
  const compare = (first, second, k) => ({
    tau: Libra.rank.kendall(first.scores, second.scores),
    overlap: Libra.rank.overlap(first.order, second.order, k) / Math.min(k, first.order.length),
  });

  Libra.parts.agreement = (context) => {
    const id = Libra.uid('overlap');
    const select = h('select', { id });
    const head = h('tr');
    const body = h('tbody');
    const caption = h('caption', { class: 'lv-said', text: context.t('agreement.title') });
    const table = h('table', { class: 'lv-table lv-agreement' }, caption, h('thead', {}, head), body);
    const sub = h('p', { class: 'lv-sub' });
    const node = h('section', { class: 'lv-panel' },
      h('div', { class: 'lv-panel-head' }, h('h3', { class: 'lv-heading', text: context.t('agreement.title') }),
        h('span', { class: 'lv-inline' }, h('label', { class: 'lv-label', for: id, text: context.t('agreement.k') }), select)),
      sub, h('div', { class: 'lv-table-box' }, table));
    let pairs = [];
    let key = '';
    let turn = 0; // a newer frame ends the means of an older one

    Libra.setOptions(select, KS.map((k) => [k, `${k}`]), context.choices.overlap);
    select.addEventListener('change', () => {
      context.choices.overlap = Number(select.value);
      context.redraw();
    });

    function cell() {
      const value = h('b');
      const mean = h('small');
      return { node: h('td', {}, value, mean), value, mean };
    }
    function sync(run) {
      const wanted = `${run.key}/${run.ready.map((model) => model.id).join()}`;
      if (wanted === key) return;
      key = wanted;
      pairs = [];
      const { ready } = run;
      head.replaceChildren(h('td'), ...ready.map(Libra.columnHead));
      const grid = ready.map(() => ready.map(() => cell()));
      body.replaceChildren(...ready.map((model, i) => h('tr', {},
        h('th', { scope: 'row', title: model.name }, Libra.modelMark(model), h('span', { class: 'lv-agreement-name', text: model.name })),
        ...ready.map((_, j) => (i === j ? h('td', { class: 'lv-diagonal', 'aria-hidden': 'true', text: '·' }) : grid[i][j].node)))));
      for (let i = 0; i < ready.length; i += 1) {
        for (let j = i + 1; j < ready.length; j += 1) {
          pairs.push({ first: ready[i], second: ready[j], tau: grid[j][i], overlap: grid[i][j] });
        }
      }
    }
    function drawCell(one, text, share) {
      setText(one.value, text);
      setStyle(one.node, '--share', `${Math.round(100 * Math.max(0, share || 0))}%`);
    }
    const overlapText = (share, k) => `${Number((share * k).toFixed(1))}/${k}`;

    /** The means over all queries, a slice of time after the other. */
    function means(frame) {
      const { run, dimension } = frame;
      const mine = (turn += 1);
      const k = Math.min(context.choices.overlap, run.candidates.length);
      const sums = pairs.map(() => ({ tau: 0, counted: 0, overlap: 0 }));
      let query = 0;
      function work() {
        if (mine !== turn || !node.isConnected) return;
        const until = performance.now() + SLICE;
        while (query < run.queries.length && performance.now() < until) {
          const rankings = new Map(run.ready.map((model) => {
            const scores = Libra.rowAt(run, model, dimension, query);
            return [model, { scores, order: Libra.rank.order(scores) }];
          }));
          pairs.forEach(({ first, second }, i) => {
            const { tau, overlap } = compare(rankings.get(first), rankings.get(second), k);
            if (!Number.isNaN(tau)) {
              sums[i].tau += tau;
              sums[i].counted += 1;
            }
            sums[i].overlap += overlap;
          });
          query += 1;
        }
        if (query < run.queries.length) setTimeout(work, 0);
        else show();
      }
      function show() {
        pairs.forEach((pair, i) => {
          setText(pair.tau.mean, context.t('agreement.mean', { value: decimals(sums[i].tau / sums[i].counted) }));
          setText(pair.overlap.mean, context.t('agreement.mean', { value: overlapText(sums[i].overlap / run.queries.length, k) }));
        });
      }
      work();
    }
    return {
      node,
      sync,
      draw(frame) {
        turn += 1;
        setHidden(node, frame.run.ready.length < 2);
        const k = Math.min(context.choices.overlap, frame.run.candidates.length);
        setText(sub, context.t('agreement.sub', { k, n: frame.run.queries.length }));
        for (const pair of pairs) {
          const { tau, overlap } = compare(frame.rankings.get(pair.first), frame.rankings.get(pair.second), k);
          drawCell(pair.tau, decimals(tau), tau);
          drawCell(pair.overlap, overlapText(overlap, k), overlap);
        }
      },
      settle: means,
    };
  };
})((window.Libra = window.Libra || {}));

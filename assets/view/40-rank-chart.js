/* The rank chart: the reference's first candidates as lines through the models, each point at its rank in that model. */
(function (Libra) {
  'use strict';

  const { h, svg, setText, setAttribute, setStyle, setHidden } = Libra;
  const LINES = 8; // candidates followed
  const DEPTH = 12; // ranks with a height of their own at most; what is below shares a band
  const EDGE = 12.5; // % of the width left and right of the outer columns
  const BEND = 0.45; // how far the curves run level, as a share of the gap between two columns

  /** A name that fits over a column: "Qwen3-Embedding-8B" → "Qwen3-8B". */
  const shortName = (model) => model.name.replace(/-?embedding-?/i, '-').replace(/^-|-$/g, '');

  const columnX = (column, count) => (count > 1 ? EDGE + ((100 - 2 * EDGE) * column) / (count - 1) : 50);

  /** Models in the order of the columns: the reference first, as it gives the lines their places. */
  const columnsOf = ({ run, reference }) => [reference, ...run.ready.filter((model) => model !== reference)];

  /** candidate → height in % for one model; those that share the band are spread in it in their order. */
  function heights(followed, ranks) {
    const depth = Math.min(DEPTH, ranks.length);
    const low = (candidate) => ranks.length > depth && ranks[candidate] >= depth - 1;
    const banded = followed.filter(low).sort((a, b) => ranks[a] - ranks[b]);
    const top = (100 * (depth - 1)) / depth;
    return (candidate) => {
      const place = banded.indexOf(candidate);
      if (place < 0) return ((ranks[candidate] + 0.5) * 100) / depth;
      return top + ((100 / depth) * (place + 1)) / (banded.length + 1);
    };
  }

  function linePath(points) {
    return points.map(([x, y], i) => {
      if (!i) return `M${x} ${y}`;
      const [beforeX, beforeY] = points[i - 1];
      const reach = (x - beforeX) * BEND;
      return `C${beforeX + reach} ${beforeY} ${x - reach} ${y} ${x} ${y}`;
    }).join('');
  }
  // A stroke of no length with round ends is a dot that keeps its shape however the picture is stretched.
  const dotPath = (points) => points.map(([x, y]) => `M${x} ${y}h.001`).join('');

  function line(index, onFocus) {
    const curve = svg('path', { fill: 'none', 'vector-effect': 'non-scaling-stroke' });
    const dots = svg('path', { class: 'lv-dots', 'vector-effect': 'non-scaling-stroke' });
    const group = svg('g', { class: `lv-line lv-b${index}` }, curve, dots);
    const gold = h('b', { class: 'lv-tick', 'aria-hidden': 'true' });
    const text = h('span', { dir: 'auto' });
    const label = h('li', { class: `lv-b${index}` }, h('b', { text: index + 1 }), h('i', { 'aria-hidden': 'true' }), text, gold);
    for (const node of [group, label]) {
      node.addEventListener('pointerenter', () => onFocus(index));
      node.addEventListener('pointerleave', () => onFocus(null));
    }
    return { curve, dots, group, label, text, gold };
  }

  Libra.parts.rankChart = (context) => {
    const sub = h('p', { class: 'lv-sub' });
    const names = h('div', { class: 'lv-chart-columns', 'aria-hidden': 'true' });
    const labels = h('ol', { class: 'lv-chart-labels' });
    const beyond = h('li', { class: 'lv-beyond', text: context.t('chart.beyond', { n: DEPTH }) });
    const picture = svg('svg', { viewBox: '0 0 100 100', preserveAspectRatio: 'none', role: 'img' });
    const band = h('div', { class: 'lv-band' });
    const chart = h('div', { class: 'lv-chart' }, h('span'), names, labels, h('div', { class: 'lv-chart-box' }, band, picture));
    const title = h('h3', { class: 'lv-heading', text: context.t('chart.title') });
    const node = h('section', { class: 'lv-panel lv-chart-panel' }, title, sub, chart);
    let lines = [];
    let columns = '';

    function focus(index) {
      chart.classList.toggle('lv-focus', index !== null);
      lines.forEach((one, i) => {
        one.group.classList.toggle('lv-on', i === index);
        one.label.classList.toggle('lv-on', i === index);
      });
    }
    function sync(run) {
      const count = Math.min(LINES, run.candidates.length);
      const deep = run.candidates.length > DEPTH;
      setHidden(band, !deep);
      setHidden(beyond, !deep);
      setStyle(chart, '--depth', String(Math.min(DEPTH, run.candidates.length)));
      if (lines.length === count) return;
      lines = Array.from({ length: count }, (_, index) => line(index, focus));
      labels.replaceChildren(...lines.map((one) => one.label), beyond);
      picture.replaceChildren(...lines.map((one) => one.group));
    }
    function drawNames(models) {
      const key = models.map((model) => model.id).join('\n');
      if (key === columns) return;
      columns = key;
      names.replaceChildren(...models.map((model) => h('span', { class: `m${model.slot}` },
        Libra.modelMark(model), h('span', { text: shortName(model) }))));
    }
    return {
      node,
      sync,
      draw(frame) {
        setHidden(node, !frame.reference);
        if (!frame.reference) return;
        const models = columnsOf(frame);
        const followed = Array.from(frame.rankings.get(frame.reference).order.subarray(0, lines.length));
        const height = models.map((model) => heights(followed, frame.rankings.get(model).ranks));
        setText(sub, context.t('chart.sub', { n: lines.length, model: frame.reference.name }));
        drawNames(models);
        lines.forEach((one, i) => {
          const candidate = followed[i];
          const points = models.map((_, column) => [columnX(column, models.length), height[column](candidate)]);
          setText(one.text, Libra.shorten(frame.run.candidates[candidate], 80));
          setText(one.gold, candidate === frame.gold ? '✓' : '');
          setAttribute(one.curve, 'd', linePath(points));
          setAttribute(one.dots, 'd', dotPath(points));
        });
        const said = models.map((model) => model.name).join(', ');
        setAttribute(picture, 'aria-label', context.t('chart.label', { n: lines.length, models: said }));
      },
    };
  };
})((window.Libra = window.Libra || {}));

/* The rank of the expected answer against the dimension, a line for each model, told apart by colour, marker and dash. */
(function (Libra) {
  'use strict';

  const { h, svg, store, setText, setAttribute, setHidden } = Libra;
  const HEIGHT = 250;
  const EDGE = { left: 38, right: 14, top: 16, bottom: 26 };
  const DASHES = ['none', '7 4', '2 3', '9 3 2 3'];
  const RADIUS = 4;
  const APART = 2.5; // px between lines of equal rank, so that none hides another
  const LEAST_DEPTH = 5; // ranks on the axis at least, or the step from 1 to 2 would fill the picture
  const RANK_TICKS = [1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];
  const MARKERS = [ // ● ■ ▲ ◆ around (0, 0)
    (r) => `m${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
    (r) => `m${-r} ${-r}h${2 * r}v${2 * r}h${-2 * r}z`,
    (r) => `m0 ${-r * 1.2}l${r * 1.15} ${r * 2}h${-2.3 * r}z`,
    (r) => `m0 ${-r * 1.3}l${r * 1.3} ${r * 1.3}l${-r * 1.3} ${r * 1.3}l${-r * 1.3} ${-r * 1.3}z`,
  ];

  const isPowerOfTwo = (value) => (value & (value - 1)) === 0;

  /** [rung, rank from 1] of the expected answer for each rung of a model. */
  const ranksOf = (run, model, query, gold) => model.rungs.map((rung) => [
    rung, Libra.rank.judge(Libra.rowAt(run, model, rung, query), gold).rank,
  ]);

  Libra.parts.goldCurve = (context) => {
    const picture = svg('svg', { class: 'lv-curve', height: HEIGHT, role: 'img' });
    const now = svg('line', { class: 'lv-now', y1: EDGE.top - 6, y2: HEIGHT - EDGE.bottom });
    const legend = h('ul', { class: 'lv-curve-legend' });
    const hint = h('p', { class: 'lv-curve-hint', text: context.t('curve.hint') });
    const box = h('div', { class: 'lv-curve-box' }, picture);
    const node = h('section', { class: 'lv-panel' }, h('h3', { class: 'lv-heading', text: context.t('curve.title') }),
      h('p', { class: 'lv-sub', text: context.t('curve.sub') }), hint, box, legend);
    let key = '';
    let width = 0; // of the picture
    let wide = 0; // of the box, as it was told: asking would cost a layout in every frame
    let series = [];
    let entries = [];

    const x = (ladder, dimension) => {
      const last = Math.max(1, ladder.length - 1);
      return EDGE.left + ((width - EDGE.left - EDGE.right) * Libra.rank.rungIndex(ladder, dimension)) / last;
    };
    const y = (rank, worst) => EDGE.top + ((HEIGHT - EDGE.top - EDGE.bottom) * Math.log(rank)) / Math.log(Math.max(2, worst));

    function axes(run, worst) {
      const group = svg('g', { class: 'lv-axes' });
      for (const rank of RANK_TICKS.filter((tick) => tick <= worst)) {
        const at = y(rank, worst);
        group.append(svg('line', { x1: EDGE.left, x2: width - EDGE.right, y1: at, y2: at }),
          svg('text', { x: EDGE.left - 8, y: at + 4, 'text-anchor': 'end', text: rank }));
      }
      const roomy = width > 480;
      const last = run.ladder.length - 1;
      run.ladder.forEach((dimension, index) => {
        const power = isPowerOfTwo(dimension) && (roomy || Math.log2(dimension) % 2 === 1);
        if (index !== last && (!power || (last - index) / last < 0.08)) return;
        group.append(svg('text', { x: x(run.ladder, dimension), y: HEIGHT - 6, 'text-anchor': 'middle', text: dimension }));
      });
      return group;
    }
    function drawLine(run, model, ranks, worst) {
      const shift = (model.slot - 1.5) * APART;
      const points = ranks.map(([rung, rank]) => [model.lexical ? EDGE.left : x(run.ladder, rung), y(rank, worst) + shift]);
      const [endX, endY] = points[points.length - 1];
      const marker = MARKERS[model.slot](RADIUS);
      const way = points.map(([px, py], i) => `${i ? 'L' : 'M'}${px} ${py}`).join('');
      // A marker at each octave, at the end, and where the rank changes; one at every rung would be a wall of them.
      const marked = (_, i) => i === ranks.length - 1 || isPowerOfTwo(ranks[i][0]) || (i > 0 && ranks[i][1] !== ranks[i - 1][1]);
      return svg('g', { class: `lv-series m${model.slot}` },
        svg('path', { class: 'lv-series-on', d: `M${endX} ${endY}H${width - EDGE.right}` }), // it uses all it has from here on
        svg('path', { class: 'lv-series-line', 'stroke-dasharray': DASHES[model.slot], d: way }),
        svg('path', { class: 'lv-series-dots', d: points.filter(marked).map(([px, py]) => `M${px} ${py}${marker}`).join('') }));
    }
    function rebuild(run, query, gold) {
      series = run.ready.map((model) => ({ model, ranks: ranksOf(run, model, query, gold) }));
      const worst = Math.max(Math.min(LEAST_DEPTH, run.candidates.length), ...series.flatMap(({ ranks }) => ranks.map(([, rank]) => rank)));
      setAttribute(picture, 'width', String(width));
      setAttribute(picture, 'viewBox', `0 0 ${width} ${HEIGHT}`);
      picture.replaceChildren(axes(run, worst), now, ...series.map(({ model, ranks }) => drawLine(run, model, ranks, worst)));
      entries = series.map(({ model }) => {
        const rank = h('b');
        return { rank, node: h('li', {}, Libra.modelMark(model), h('span', { text: model.name }), rank) };
      });
      legend.replaceChildren(...entries.map((entry) => entry.node));
    }
    picture.addEventListener('click', (event) => {
      const { ladder } = store.run;
      const share = (event.clientX - picture.getBoundingClientRect().left - EDGE.left) / (width - EDGE.left - EDGE.right);
      const index = Math.round(Math.min(1, Math.max(0, share)) * (ladder.length - 1));
      store.set({ dimension: ladder[index], extra: null });
    });
    new ResizeObserver(() => {
      wide = box.clientWidth;
      if (wide) context.redraw();
    }).observe(box);

    return {
      node,
      draw(frame) {
        const { run, query, gold, dimension } = frame;
        setHidden(hint, gold !== null);
        setHidden(box, gold === null);
        setHidden(legend, gold === null);
        if (gold === null || !run.ready.length || !wide) return; // the observer asks again once there is a width
        const wanted = `${run.key}/${query}/${gold}/${run.ready.length}/${run.ladder.length}/${wide}`;
        if (wanted !== key) {
          key = wanted;
          width = wide;
          rebuild(run, query, gold);
        }
        setAttribute(now, 'x1', x(run.ladder, dimension));
        setAttribute(now, 'x2', x(run.ladder, dimension));
        const said = series.map(({ model }, i) => {
          const { rank } = Libra.rank.judge(frame.rankings.get(model).scores, gold);
          setText(entries[i].rank, context.t('curve.rank', { rank }));
          return `${model.name}: ${context.t('curve.rank', { rank })}`;
        });
        setAttribute(picture, 'aria-label', `${context.t('curve.title')}. ${said.join('; ')}`);
      },
    };
  };
})((window.Libra = window.Libra || {}));

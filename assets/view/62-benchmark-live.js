/* A run of the benchmark while it goes on: how far each model is, memory and speed as curves, and the table that fills.
   From Gradio: props.value {state, sets, models, curves, rows} (ui/benchmark/live.py), props.lang. */
(function (Libra) {
  'use strict';

  const { h, svg, setText, setHidden } = Libra;
  const MINUTE = 60;
  const STATES = { waiting: '○', working: '◔', done: '✓', failed: '✕', stopped: '■' };
  const HEADS = ['memory', 'peak', 'seconds', 'rate', 'top1', 'interval', 'top3', 'top5', 'dimensions'];

  // Eight models are told by shape and colour, as in the plots of a run (eval/svg.py).
  const SHAPES = ['●', '■', '▲', '◆', '▼', '✚', '⬟', '⧗'];
  const markOf = (slot) => SHAPES[(slot + Math.floor(slot / SHAPES.length)) % SHAPES.length];
  const colourOf = (slot) => `m${slot % SHAPES.length}`;
  const mark = (slot) => h('b', { class: `lv-mark ${colourOf(slot)}`, 'aria-hidden': 'true', text: markOf(slot) });

  /** A table in a box that scrolls by itself, by keyboard too. rows: of nodes or strings; the first is the row's name. */
  function table(name, heads, rows, texts = 1) {
    const cell = (tag, index, content) =>
      h(tag, { class: index >= texts ? 'lb-number' : null, scope: tag === 'th' ? 'row' : null }, content);
    return h(
      'div', { class: 'lb-wide', tabindex: '0', role: 'region', 'aria-label': name },
      h(
        'table', { class: 'lb-table' },
        h('thead', {}, h('tr', {}, ...heads.map((text, index) => h('th', { scope: 'col', class: index >= texts ? 'lb-number' : null, text })))),
        h('tbody', {}, ...rows.map((row) => h('tr', {}, ...row.map((content, index) => cell(index ? 'td' : 'th', index, content))))),
      ),
    );
  }
  const named = (model) => h('span', { class: 'lb-model' }, mark(model.slot), h('span', { text: model.name }));

  /** A drawing of 100 × 100 that fills its box; what is written stands beside it in HTML, or it would be stretched too. */
  const stretched = (name, ...parts) => svg('svg', { class: name, viewBox: '0 0 100 100', preserveAspectRatio: 'none' }, ...parts);
  /** What stands at the ends of an axis. */
  const ends = (name, ...texts) => h('div', { class: name }, ...texts.map((text) => (typeof text === 'string' ? h('span', { text }) : text)));

  /** One chart: a line for each model over its own seconds. column: of the points; shown: a value as text. */
  function chart(title, models, curves, column, shown) {
    const lines = models
      .map((model) => ({ model, points: (curves[model.id] || []).filter((point) => point[column] !== null) }))
      .filter((line) => line.points.length);
    const all = lines.flatMap((line) => line.points);
    if (!all.length) return null;
    const longest = Math.max(1, ...all.map((point) => point[0]));
    const most = Math.max(...all.map((point) => point[column])) || 1;
    const x = (seconds) => (100 * seconds) / longest;
    const y = (value) => 100 - (100 * value) / most;
    const curve = ({ model, points }) =>
      svg('polyline', { class: `lb-curve ${colourOf(model.slot)}`, points: points.map((point) => `${x(point[0]).toFixed(2)},${y(point[column]).toFixed(2)}`).join(' ') });
    const end = ({ model, points }) => {
      const last = points[points.length - 1];
      return h('b', { class: `lv-mark lb-end ${colourOf(model.slot)}`, style: `left: ${x(last[0]).toFixed(2)}%; top: ${y(last[column]).toFixed(2)}%`, text: markOf(model.slot) });
    };
    return h(
      'figure', { class: 'lb-chart', role: 'img', 'aria-label': title },
      ends('lb-chart-head', h('figcaption', { text: title }), shown(most)),
      h('div', { class: 'lb-plot', 'aria-hidden': 'true' }, stretched('lb-curves', ...lines.map(curve)), ...lines.map(end)),
      ends('lb-ticks', '0 s', `${longest.toFixed(0)} s`),
    );
  }

  function mount(root, props, watch) {
    const lang = () => Libra.ui.langOf(props);
    const t = (key, values) => Libra.t(lang(), `view.bench.${key}`, values);
    const state = h('p', { class: 'lb-state', role: 'status' });
    const progress = h('div');
    const charts = h('div', { class: 'lb-charts' });
    const filled = h('div');
    const body = h('section', { class: 'lv-panel lb-panel' }, state, progress, charts, filled);
    root.replaceChildren(body);

    const figure = (value, shown) => (value === null || value === undefined ? '–' : shown(value));
    const memory = (value) => Libra.ui.bytes(value);
    const speed = (value) => Libra.ui.rate(lang(), value);

    function left(seconds) {
      if (seconds === null || seconds === undefined) return '';
      const whole = Math.ceil(seconds);
      return whole < MINUTE ? t('left_seconds', { n: whole }) : t('left_minutes', { n: Math.ceil(whole / MINUTE) });
    }

    /** What a model does now, as a sentence, and how far it is. */
    function doing(model) {
      if (model.state === 'failed') return h('span', { class: 'lb-failed', text: `✕ ${Libra.errorText(lang(), model.error)}` });
      const words = [`${STATES[model.state]} ${t(`state.${model.state}`)}`];
      if (model.state !== 'working') return h('span', { text: words[0] });
      const stage = t(`stage.${model.stage}`);
      const where = model.set ? `${stage} · ${model.set}` : stage;
      const bar = h('progress', { class: 'lv-progress', 'aria-label': where });
      if (model.total) {
        bar.max = model.total;
        bar.value = model.done;
      }
      const amount = model.total && model.stage !== 'download' ? ` ${Libra.number(lang(), model.done)}/${Libra.number(lang(), model.total)}` : '';
      return h('span', { class: 'lb-doing' }, h('span', { text: `${where}${amount}` }), bar, h('span', { class: 'lv-sub', text: left(model.left) }));
    }

    function draw() {
      const value = props.value ? JSON.parse(JSON.stringify(props.value)) : { state: 'idle' };
      root.lang = Libra.localeOf(lang());
      root.dataset.state = value.state;
      setHidden(body, value.state === 'idle');
      if (value.state === 'idle') return;
      const models = value.models || [];
      const slots = new Map(models.map((model) => [model.id, model]));
      const through = value.state === 'running' && models.length && models.every((model) => model.state === 'done' || model.state === 'failed');
      setText(state, t(`run.${through ? 'concluding' : value.state}`));
      const heads = [t('head.model'), t('head.progress'), t('head.memory_now'), t('head.memory_most'), t('head.rate_now')];
      progress.replaceChildren(
        ...(models.length
          ? [table(t('progress'), heads, models.map((model) => [named(model), doing(model), figure(model.memory, memory), figure(model.peak, memory), figure(model.rate, speed)]), 2)]
          : []),
      );
      for (const [index, model] of models.entries()) {
        const row = progress.querySelectorAll('tbody tr')[index];
        row.dataset.benchModel = model.id;
        row.dataset.state = model.state;
      }
      const drawn = models.length
        ? [chart(t('curve.memory'), models, value.curves, 1, memory), chart(t('curve.rate'), models, value.curves, 2, speed)]
        : [];
      charts.replaceChildren(...drawn.filter(Boolean));
      const rows = (value.rows || []).map((row) => [named(slots.get(row.model) || { slot: 0, name: row.model }), row.set, ...row.cells]);
      filled.replaceChildren(
        ...(rows.length ? [table(t('filling'), [t('head.model'), t('head.set'), ...HEADS.map((key) => t(`head.${key}`))], rows, 2)] : []),
      );
      setHidden(filled, !rows.length || value.state === 'done' || value.state === 'stopped'); // then it stands below, with more
    }
    watch(['value', 'lang'], Libra.oncePerFrame(draw));
    draw();
  }

  Libra.bench = { mark, markOf, colourOf, table, named, stretched, ends };
  Libra.views['bench-live'] = { mount };
})((window.Libra = window.Libra || {}));

/* A heatmap on a canvas, one pixel a cell, stretched by CSS; reached by pointer and by keyboard. */
(function (Libra) {
  'use strict';

  const { h, setText, setStyle, setAttribute } = Libra;
  const STEPS = 256;
  const DISTANCES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  // Both can be told apart with any of the common colour blindnesses. Stops as [red, green, blue].
  const PALETTES = {
    sequential: [ // cividis: dark blue to yellow, evenly lighter
      [0, 32, 76], [0, 42, 102], [53, 65, 108], [87, 92, 109], [116, 117, 118],
      [148, 142, 119], [182, 168, 107], [218, 196, 85], [253, 234, 69],
    ],
    diverging: [ // purple–orange (PuOr): orange is lower, purple is higher
      [127, 59, 8], [179, 88, 6], [224, 130, 20], [253, 184, 99], [245, 245, 245],
      [178, 171, 210], [128, 115, 172], [84, 39, 136], [45, 0, 75],
    ],
  };

  /** The palette as 256 pixels, each a little-endian RGBA word. */
  function pixelsOf(stops) {
    return Uint32Array.from({ length: STEPS }, (_, step) => {
      const place = (step / (STEPS - 1)) * (stops.length - 1);
      const stop = Math.min(stops.length - 2, Math.floor(place));
      const share = place - stop;
      const [red, green, blue] = stops[stop].map((part, i) => Math.round(part * (1 - share) + stops[stop + 1][i] * share));
      return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
    });
  }
  const PIXELS = { sequential: pixelsOf(PALETTES.sequential), diverging: pixelsOf(PALETTES.diverging) };
  const gradientOf = (name) => `linear-gradient(90deg,${PALETTES[name].map((stop) => `rgb(${stop})`).join(',')})`;

  /** A colour key with its two ends: {node, draw(lowText, highText)}. */
  function legend(palette) {
    const low = h('span');
    const high = h('span');
    const bar = h('i', { 'aria-hidden': 'true' });
    bar.style.background = gradientOf(palette);
    const node = h('div', { class: 'lv-legend' }, low, bar, high);
    return {
      node,
      draw(lowText, highText) {
        setText(low, lowText);
        setText(high, highText);
      },
    };
  }

  /**
   * options: {palette: 'sequential' | 'diverging', label, describe(row, column) → sentence for screen readers,
   *           onHover({row, column, x, y} | null), onSelect({row, column})}
   * returns {node, canvas, resize(rows, columns), draw(values, low, high), mark(row, column | null), label(text)}
   * Arrow keys, Home and End move a cursor, Enter or space selects, Escape puts the cursor away.
   */
  function heatmap(options) {
    const pixels = PIXELS[options.palette || 'sequential'];
    const canvas = h('canvas', { 'aria-hidden': 'true' });
    const rowMark = h('span', { class: 'lv-heat-row', 'aria-hidden': 'true', hidden: true });
    const cellMark = h('span', { class: 'lv-heat-cell', 'aria-hidden': 'true', hidden: true });
    const said = h('span', { class: 'lv-said', 'aria-live': 'polite' });
    const node = h('div', { class: 'lv-heat', tabindex: '0', role: 'application', 'aria-label': options.label },
      canvas, rowMark, cellMark, said);
    const context = canvas.getContext('2d');
    let rows = 0;
    let columns = 0;
    let image = null;
    let words = null;
    let cursor = null; // {row, column} under the keyboard
    let marked = null; // {row, column | null} that the view points at

    function resize(rowCount, columnCount) {
      if (rowCount === rows && columnCount === columns) return;
      [rows, columns] = [rowCount, columnCount];
      [canvas.width, canvas.height] = [columns, rows];
      image = new ImageData(columns, rows);
      words = new Uint32Array(image.data.buffer);
      cursor = null;
      outline();
    }

    function draw(values, low, high) {
      const factor = (STEPS - 1) / (high - low || 1);
      for (let i = 0; i < words.length; i += 1) {
        const step = (values[i] - low) * factor;
        words[i] = pixels[step < 0 ? 0 : step > STEPS - 1 ? STEPS - 1 : step | 0];
      }
      context.putImageData(image, 0, 0);
    }

    function outline() {
      const cell = cursor || (marked && marked.column !== null ? marked : null);
      cellMark.hidden = !cell;
      if (cell) {
        setStyle(cellMark, 'left', `${(100 * cell.column) / columns}%`);
        setStyle(cellMark, 'top', `${(100 * cell.row) / rows}%`);
        setStyle(cellMark, 'width', `${100 / columns}%`);
        setStyle(cellMark, 'height', `${100 / rows}%`);
      }
      rowMark.hidden = !marked;
      if (marked) {
        setStyle(rowMark, 'top', `${(100 * marked.row) / rows}%`);
        setStyle(rowMark, 'height', `${100 / rows}%`);
      }
    }
    function mark(row, column = null) {
      if (marked && marked.row === row && marked.column === column) return;
      marked = row === null ? null : { row, column };
      outline();
    }

    const clamp = (value, count) => Math.min(count - 1, Math.max(0, value));
    function cellAt(event) {
      const box = canvas.getBoundingClientRect();
      return {
        row: clamp(Math.floor(((event.clientY - box.top) / box.height) * rows), rows),
        column: clamp(Math.floor(((event.clientX - box.left) / box.width) * columns), columns),
      };
    }
    const hover = (cell) => options.onHover && options.onHover(cell);

    function moveTo(row, column) {
      cursor = { row: clamp(row, rows), column: clamp(column, columns) };
      outline();
      if (options.describe) setText(said, options.describe(cursor.row, cursor.column));
      const box = cellMark.getBoundingClientRect();
      hover({ ...cursor, x: box.right, y: box.bottom });
    }
    function leave() {
      cursor = null;
      outline();
      hover(null);
    }

    canvas.addEventListener('click', (event) => options.onSelect && options.onSelect(cellAt(event)));
    canvas.addEventListener('pointermove', (event) => hover({ ...cellAt(event), x: event.clientX, y: event.clientY }));
    canvas.addEventListener('pointerleave', () => hover(null));
    node.addEventListener('blur', leave);
    node.addEventListener('keydown', (event) => {
      if (!rows || !columns) return;
      const at = cursor || { row: marked ? marked.row : 0, column: -1 };
      const distance = DISTANCES[event.key];
      if (distance) moveTo(at.row + distance[0], cursor ? at.column + distance[1] : 0);
      else if (event.key === 'Home') moveTo(at.row, 0);
      else if (event.key === 'End') moveTo(at.row, columns - 1);
      else if ((event.key === 'Enter' || event.key === ' ') && cursor) options.onSelect && options.onSelect({ ...cursor });
      else if (event.key === 'Escape' && cursor) leave();
      else return;
      event.preventDefault();
    });

    return { node, canvas, resize, draw, mark, label: (text) => setAttribute(node, 'aria-label', text) };
  }

  /** A small box of text beside the pointer, one for a view: {node, show(x, y, bold, …lines), hide()}. */
  function tooltip(root) {
    const MARGIN = 14;
    const node = h('div', { class: 'lv-tip', role: 'presentation', hidden: true });
    return {
      node,
      show(x, y, bold, ...lines) {
        node.replaceChildren(h('b', { text: bold }), ...lines.map((line) => h('span', { dir: 'auto', text: Libra.shorten(line, 120) })));
        node.hidden = false;
        const box = root.getBoundingClientRect();
        const left = Math.max(0, Math.min(x - box.left + MARGIN, box.width - node.offsetWidth));
        node.style.transform = `translate(${left}px,${y - box.top + MARGIN}px)`;
      },
      hide() {
        node.hidden = true;
      },
    };
  }

  Object.assign(Libra, { heatmap, legend, tooltip, gradientOf });
})((window.Libra = window.Libra || {}));

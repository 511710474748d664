/* What a run was: for each model the revision, device and number format, the time split, tokens and the exact frame of a text. */
(function (Libra) {
  'use strict';

  const { h } = Libra;

  Libra.parts.details = (context) => {
    const head = h('tr');
    const body = h('tbody');
    const table = h('table', { class: 'lv-table lv-details-table' }, h('thead', {}, head), body);
    const node = h('details', { class: 'lv-panel lv-details' },
      h('summary', { text: context.t('details.title') }), h('div', { class: 'lv-table-box', tabindex: '0' }, table));
    let key = '';

    /** The text that a model is sent, with a place holder where the person's own text stands. */
    function sentCell(model, role) {
      const frame = (model.sent || {})[role];
      if (!frame) return '–';
      const place = h('span', { class: 'lv-tag', text: context.t(role === 'query' ? 'details.the_query' : 'details.the_candidate') });
      return h('code', { class: 'lv-sent' }, frame.prefix, place, frame.suffix);
    }
    const total = (counts) => context.number(counts.reduce((sum, count) => sum + count, 0));
    const ROWS = {
      'details.dimensions': (model) => (model.lexical ? context.t('card.no_dimensions') : context.number(model.dimensions)),
      'details.device': (model) => [model.device, model.dtype].filter(Boolean).join(' · ') || '–',
      'details.revision': (model) => (model.revision ? h('code', { text: model.revision.slice(0, 12), title: model.revision }) : '–'),
      'details.time': (model) => Libra.timeLine(context, model),
      'details.tokens_queries': (model) => total(model.tokens.queries),
      'details.tokens_candidates': (model) => total(model.tokens.candidates),
      'details.sent_query': (model) => sentCell(model, 'query'),
      'details.sent_document': (model) => sentCell(model, 'document'),
    };
    return {
      node,
      draw({ run }) {
        const wanted = `${run.key}/${run.ready.map((model) => model.id).join()}`;
        Libra.setHidden(node, !run.ready.length);
        if (wanted === key) return;
        key = wanted;
        head.replaceChildren(h('td'), ...run.ready.map((model) => h('th', { scope: 'col' }, Libra.modelMark(model), ` ${model.name}`)));
        body.replaceChildren(...Object.entries(ROWS).map(([label, cell]) => h('tr', {}, h('th', { scope: 'row', text: context.t(label) }),
          ...run.ready.map((model) => h('td', {}, cell(model))))));
      },
    };
  };
})((window.Libra = window.Libra || {}));

/* A whole text on demand: what each model read of it, the cut tail greyed. */
(function (Libra) {
  'use strict';

  const { h, store } = Libra;

  Libra.parts.textDialog = (context) => {
    const title = h('h3', { class: 'lv-heading', id: Libra.uid('text') });
    const facts = h('ul', { class: 'lv-text-facts' });
    const body = h('div', { class: 'lv-text-body', dir: 'auto', tabindex: '0' });
    const close = h('button', { type: 'button', class: 'lv-button', text: context.t('text.close') });
    const node = h('dialog', { class: 'lv-dialog', 'aria-labelledby': title.id }, title, facts, body, close);
    close.addEventListener('click', () => node.close());
    node.addEventListener('click', (event) => event.target === node && node.close()); // the backdrop

    /** side: 'queries' | 'candidates'; with a model the tail is that model's, else the shortest reading's. */
    function open(side, index, model) {
      const { run } = store;
      const text = run[side][index];
      const read = model ? [model] : run.ready;
      const cut = read.filter((one) => one.truncated[side][index]);
      title.textContent = context.t(side === 'queries' ? 'text.query' : 'text.candidate', { i: index + 1 });
      facts.replaceChildren(...run.ready.map((one) => h('li', {}, Libra.modelMark(one), ` ${one.name}: `,
        context.t(one.truncated[side][index] ? 'text.tokens_cut' : 'text.tokens', {
          n: context.number(one.tokens[side][index]), kept: context.number(one.kept[side][index]),
        }))));
      Libra.writeCut(body, text, cut.length ? Math.min(...cut.map((one) => one.kept[side][index])) : null);
      body.className = `lv-text-body${run.code[side][index] ? ' lv-code' : ''}`;
      node.showModal();
      body.scrollTop = 0;
    }
    return { node, open };
  };
})((window.Libra = window.Libra || {}));

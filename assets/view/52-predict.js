/* Predict first: the candidates without scores, a guess, and a button that reveals what the models say. */
(function (Libra) {
  'use strict';

  const { h, setText, setHidden } = Libra;
  const MOST = 100; // candidates to choose from; nobody reads more before guessing

  Libra.parts.predict = (context) => {
    const { choices } = context;
    const legend = h('legend', { class: 'lv-heading', text: context.t('predict.question') });
    const options = h('div', { class: 'lv-options' });
    const more = h('p', { class: 'lv-sub' });
    const reveal = h('button', { type: 'button', class: 'lv-button lv-primary' });
    const form = h('fieldset', { class: 'lv-predict-form' }, legend, options, more, reveal);
    const outcome = h('p', { class: 'lv-outcome', role: 'status' });
    const node = h('section', { class: 'lv-panel lv-predict' }, form, outcome);
    const name = Libra.uid('guess');
    let listed = '';

    reveal.addEventListener('click', () => {
      choices.revealed.add(Libra.store.query);
      context.redraw();
    });
    function option(run, query, candidate) {
      const input = h('input', { type: 'radio', name, value: candidate, onchange: () => {
        choices.guesses.set(query, candidate);
        context.redraw();
      } });
      input.checked = choices.guesses.get(query) === candidate;
      return h('label', { class: 'lv-option' }, input, h('span', {
        class: run.code.candidates[candidate] ? 'lv-code' : null, dir: 'auto', text: Libra.shorten(run.candidates[candidate]),
      }));
    }
    function list(run, query) {
      const key = `${run.key}/${query}`;
      if (key === listed) return;
      listed = key;
      const count = Math.min(MOST, run.candidates.length);
      options.replaceChildren(...Array.from({ length: count }, (_, candidate) => option(run, query, candidate)));
      setHidden(more, count === run.candidates.length);
      setText(more, context.t('predict.first', { n: count, c: context.number(run.candidates.length) }));
    }
    function tell(frame) {
      const guess = choices.guesses.get(frame.query);
      if (guess === undefined) return outcome.replaceChildren(context.t('predict.none'));
      const rankIn = (model) => context.t('curve.rank', { rank: frame.rankings.get(model).ranks[guess] + 1 });
      const ranks = frame.run.ready.flatMap((model) => [' ', Libra.modelMark(model), ` ${rankIn(model)}`]);
      const right = frame.gold === null ? '' : context.t(frame.gold === guess ? 'predict.right' : 'predict.wrong');
      return outcome.replaceChildren(h('b', { text: context.t('predict.yours') }), ' ',
        h('span', { dir: 'auto', text: Libra.shorten(frame.run.candidates[guess], 120) }), ' ', h('b', { text: right }), ...ranks);
    }
    return {
      node,
      always: true,
      draw(frame) {
        setHidden(node, !choices.predict);
        if (!choices.predict) return;
        setHidden(form, !frame.hidden);
        setHidden(outcome, frame.hidden);
        if (!frame.hidden) {
          tell(frame);
          return;
        }
        list(frame.run, frame.query);
        setText(reveal, context.t(choices.guesses.has(frame.query) ? 'predict.reveal' : 'predict.reveal_without'));
      },
    };
  };
})((window.Libra = window.Libra || {}));

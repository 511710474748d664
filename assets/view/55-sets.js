/* Candidate sets with names, in the browser's own storage, which all tabs of this address share.

   Libra.sets.read()            -> what is kept now: {name: candidates, …}; for Gradio's js= before each handler
   Libra.sets.write(sets, told) -> the notice: `told`, or that the browser kept nothing
   From Gradio: props.value = the sets to write, null where nothing is to change. Another tab's change triggers "submit". */
(function (Libra) {
  'use strict';

  const STORAGE_KEY = 'libra-candidate-sets';

  /** Read anew each time: a copy from this tab's start would write over what another tab has kept since. */
  function read() {
    try {
      return JSON.parse(localStorage.getItem(STORAGE_KEY)) || {};
    } catch {
      return {}; // a browser that keeps nothing, or another app's words under our key
    }
  }

  function write(sets, told) {
    if (!sets) return told;
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify(sets));
      return told;
    } catch {
      return { error: { code: 'sets_not_kept', values: {} } };
    }
  }

  function mount(root, props, watch, server, trigger) {
    const changed = (event) => {
      if (!root.isConnected) window.removeEventListener('storage', changed);
      else if (event.key === STORAGE_KEY) trigger('submit');
    };
    window.addEventListener('storage', changed);
  }

  Libra.sets = { read, write };
  Libra.views.sets = { mount };
})((window.Libra = window.Libra || {}));

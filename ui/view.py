"""How the browser view gets into the page: scripts, styles and strings; and the region that mounts it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from ui.language import DEFAULT, LANGUAGES, strings

VIEW = Path(__file__).resolve().parent.parent / "assets" / "view"
FOR_THE_BROWSER = ("view.", "error.", "model.")
# How the page's own events are wired: no progress bar, no name in the API; and what is over at once needs no queue.
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
QUICK: dict[str, Any] = {"queue": False, **QUIET}


def head() -> str:
    """All of the view for ``launch(head=…)``: inline, so that no request and no order of loading matters.

    Page-level rules must stand here: Gradio prefixes the selectors of ``css=`` and ``css_paths=``.
    """
    styles = "\n".join(path.read_text(encoding="utf-8") for path in sorted(VIEW.glob("*.css")))
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in sorted(VIEW.glob("*.js")))
    spoken = {
        language: {key: text for key, text in strings(language).items() if key.startswith(FOR_THE_BROWSER)}
        for language in LANGUAGES
    }
    told = json.dumps(spoken, ensure_ascii=False).replace("</", "<\\/")
    return (
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{styles}</style>'
        f"<script>window.Libra = {{strings: {told}}};\n{scripts}</script>"
    )


def mounted(
    name: str, *, value: Any = None, functions: Sequence[Callable[..., Any]] = (), **properties: Any
) -> gr.HTML:
    """A region that ``Libra.views[name]`` draws into.

    A factory and not a subclass of ``gr.HTML``: that would make Gradio write a stub file beside this module. The
    template is fixed, so nothing typed ever stands in it; values reach the view as data.
    """
    return gr.HTML(
        value=value,
        html_template=f'<div class="libra-view" data-view="{name}"></div>',
        js_on_load="Libra.mount(element, props, watch, server, trigger)",
        apply_default_css=False,
        elem_id=f"libra-{name}",
        server_functions=[_plain(function) for function in functions] or None,
        lang=DEFAULT,
        **properties,
    )


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that Gradio can mark as callable from the browser, which it cannot do with a bound method.

    The browser sends one argument as it is and several as one list.
    """

    def call(data: Any = None) -> Any:
        return function(data)

    call.__name__ = function.__name__
    return call

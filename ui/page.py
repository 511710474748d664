"""The page's table of contents: header, status strip, tabs, the language switch, links, and the public API."""

from __future__ import annotations

import functools
import os
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read at import; with it Gradio asks outside hosts

import gradio as gr

from models import Workbench
from ui.api import create_api
from ui.benchmark.tab import create_benchmark_tab
from ui.compare import FIRST_MODELS, CompareTab, create_compare_tab
from ui.language import DEFAULT, LANGUAGES, Labels, known
from ui.model_shelf import create_shelf_tab
from ui.runs import SIDE_BY_SIDE, StopFlags
from ui.service import Service
from ui.sets import keep_listed
from ui.similarity import create_similarity_tab
from ui.text import join_texts, sendable
from ui.view import QUICK, mounted

TITLE = "Libra 天秤"


def create_page(bench: Workbench) -> gr.Blocks:
    """The whole page around one workbench."""
    service = Service(bench)
    labels = Labels()
    stops = StopFlags()
    page: gr.Blocks = gr.Blocks(title=TITLE, analytics_enabled=False)
    with page:
        with gr.Row(elem_classes="libra-top"):
            labels.view(mounted("brand", scale=4, min_width=240))
            language = _language_switch()
        labels.view(mounted("strip", value=None))
        with gr.Tabs(elem_id="tabs"):
            with labels.add(gr.Tab, say={"label": "page.tab.compare"}, id="compare"):
                tab = create_compare_tab(service, labels, stops)
            with labels.add(gr.Tab, say={"label": "page.tab.similarity"}, id="similarity"):
                create_similarity_tab(service, labels)
            with labels.add(gr.Tab, say={"label": "page.tab.benchmark"}, id="benchmark"):
                create_benchmark_tab(service, labels, language, page)
            with labels.add(gr.Tab, say={"label": "page.tab.models"}, id="models"):
                create_shelf_tab(service, labels)
        labels.view(mounted("foot"))
        _wire(page, tab, language, labels, stops, service)
        create_api(service)
    return page


def _language_switch() -> gr.Radio:
    return gr.Radio(
        [(label, language) for language, label in LANGUAGES.items()],
        value=DEFAULT,
        label="Language / 语言",
        show_label=False,
        container=False,
        elem_id="language",
        scale=0,
        min_width=170,
    )


def _wire(
    page: gr.Blocks,
    tab: CompareTab,
    language: gr.Radio,
    labels: Labels,
    stops: StopFlags,
    service: Service,
) -> None:
    language.change(labels.updates, language, labels.components, **QUICK)
    restore = functools.partial(restore_state, models={spec.id for spec in service.bench.settings.catalog})
    boxes = [tab.queries, tab.candidates, tab.models, tab.instruction, language]
    # What a link holds is read in the browser: its fragment never reaches a server's log.
    opened = page.load(restore, tab.share, boxes, js="async () => [await Libra.share.read()]", **QUICK)
    tab.then_run(opened)  # the first example, where there is no link: something is there on first sight
    tab.then_run(tab.share.submit(restore, tab.share, boxes, **QUICK))
    keep_listed(tab.sets, page)

    def left(request: gr.Request) -> None:
        stops.stop(request.session_hash or "")

    page.unload(left)


def restore_state(state: Any, models: set[str]) -> tuple[Any, ...]:
    """Boxes as a link or a saved file describes them, each only where it is well-formed; else as they are."""
    if not isinstance(state, dict):
        return (gr.skip(),) * 5
    texts = [state.get(side) for side in ("queries", "candidates")]
    chosen = [model for model in dict.fromkeys(_strings(state.get("models"))) if model in models][:SIDE_BY_SIDE]
    instruction = state.get("instruction")
    return (
        *(join_texts(_strings(side)) if _strings(side) else gr.skip() for side in texts),
        chosen or list(FIRST_MODELS),
        sendable(instruction) if isinstance(instruction, str) else "",
        known(state.get("lang")) if state.get("lang") else gr.skip(),
    )


def _strings(value: Any) -> list[str]:
    return [sendable(item) for item in value if isinstance(item, str)] if isinstance(value, list) else []

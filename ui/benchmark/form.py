"""The choices of a run: models, sets, a set of one's own, speed, sweep, limit; and the buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from eval.dataset import names
from eval.plan import SPEEDS
from models import Settings
from ui.benchmark.archive import Archive
from ui.benchmark.runs import MOST_MODELS
from ui.compare import FIRST_MODELS
from ui.language import LANGUAGES, Labels, strings
from ui.view import mounted

OWN_LINES = 6


@dataclass(frozen=True)
class Form:
    """Components of the choices."""

    models: gr.Dropdown
    sets: gr.CheckboxGroup
    speed: gr.Radio
    sweep: gr.Checkbox
    limit: gr.Number
    title: gr.Textbox
    run: gr.Button
    stop: gr.Button
    inside: gr.Accordion
    inside_view: gr.HTML
    own_text: gr.Textbox
    own_name: gr.Textbox
    own_file: gr.File
    own_notice: gr.HTML

    @property
    def choices(self) -> list[Any]:
        """What a run is made from, in the order of the callback's arguments."""
        return [
            *(self.models, self.sets, self.own_text, self.own_name),
            *(self.speed, self.sweep, self.limit, self.title),
        ]


def create_form(labels: Labels, settings: Settings, archive: Archive) -> Form:
    """Lay the choices out."""
    with gr.Row(elem_classes="libra-choices"):
        models = _models(labels, settings)
        title = labels.add(gr.Textbox, say={"label": "page.bench.title"}, max_lines=1, elem_id="bench-title", scale=2)
        with gr.Column(scale=2, min_width=290, elem_classes="libra-run"):
            run = labels.add(gr.Button, say={"value": "page.bench.run"}, variant="primary", elem_id="bench-run")
            stop = labels.add(gr.Button, say={"value": "page.stop"}, elem_id="bench-stop")
    with gr.Row(elem_classes="libra-choices lb-amounts"):
        sets = labels.add(
            gr.CheckboxGroup,
            say={"label": "page.bench.sets"},
            choices=names(),
            value=names()[-1:],
            elem_id="bench-sets",
            scale=3,
            min_width=240,
        )
        speed = labels.add(
            gr.Radio,
            say={"label": "page.bench.speed", "choices": speeds()},  # type: ignore[dict-item]
            value=SPEEDS[0],
            elem_id="bench-speed",
            scale=3,
            min_width=280,
        )
        sweep, limit = _amount(labels)
    with gr.Row(elem_classes="libra-more lb-more"):
        with labels.add(gr.Accordion, say={"label": "page.bench.inside"}, open=False, elem_id="bench-inside") as inside:
            inside_view = gr.HTML("", elem_id="bench-inside-view", apply_default_css=False)
        with labels.add(gr.Accordion, say={"label": "page.bench.own"}, open=False, elem_id="bench-own"):
            own = _own(labels, archive)
    return Form(models, sets, speed, sweep, limit, title, run, stop, inside, inside_view, *own)


def speeds() -> Mapping[str, Sequence[tuple[str, str]]]:
    """The choices of the speed protocol in every language."""
    return {
        language: [(strings(language)[f"page.bench.speed.{speed}"], speed) for speed in SPEEDS]
        for language in LANGUAGES
    }


def _models(labels: Labels, settings: Settings) -> Any:
    return labels.add(
        gr.Dropdown,
        say={"label": "page.bench.models"},
        choices=[(spec.label, spec.id) for spec in settings.catalog],
        value=list(FIRST_MODELS),
        multiselect=True,
        max_choices=MOST_MODELS,
        elem_id="bench-models",
        scale=5,
        min_width=280,
    )


def _amount(labels: Labels) -> tuple[Any, Any]:
    with gr.Column(scale=2, min_width=200):
        sweep = labels.add(gr.Checkbox, say={"label": "page.bench.sweep"}, value=True, elem_id="bench-sweep")
        limit = labels.add(
            gr.Number,
            say={"label": "page.bench.limit"},
            value=0,  # Gradio shows an empty number as 0 anyway: so 0 says all
            minimum=0,
            precision=0,
            elem_id="bench-limit",
        )
    return sweep, limit


def _own(labels: Labels, archive: Archive) -> tuple[Any, Any, Any, Any]:
    text = labels.add(
        gr.Textbox,
        say={"label": "page.bench.own.text", "info": "page.bench.own.info"},
        placeholder="query,gold,candidate 1,candidate 2\nHow do I undo a commit?,git revert …,git push …,git clone …",
        lines=OWN_LINES,
        max_lines=OWN_LINES,
        elem_id="bench-own-text",
    )
    with gr.Row():
        name = labels.add(gr.Textbox, say={"label": "page.bench.own.name"}, max_lines=1, elem_id="bench-own-name")
        file = labels.add(
            gr.File,
            say={"label": "page.bench.own.file"},
            file_count="single",
            type="filepath",
            height=120,
            elem_id="bench-drop",
        )
    notice = labels.view(mounted("bench-own", functions=[archive.template]))
    return text, name, file, notice

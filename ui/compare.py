"""The compare tab: what goes in, the run, and where its results are drawn."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from models import LibraError, Settings, Workbench
from ui.examples import examples
from ui.language import LANGUAGES, Labels
from ui.payload import error_of
from ui.runs import SIDE_BY_SIDE, StopFlags, fill_from_file, read_request, run_events, sent_texts
from ui.service import Service
from ui.set_examples import set_examples
from ui.sets import SetControls, create_sets, wire_sets
from ui.text import join_texts
from ui.view import QUICK, QUIET, mounted

FIRST_MODELS = ("libra-mini-encoder", "libra-mini-decoder", "bm25")
BOX_LINES = 6
RUNS_AT_ONCE = 8  # of all visitors; more wait in the queue
ANY_TIME: dict[str, Any] = {  # the newest run counts: Gradio's "once" would drop it while an older one goes on
    "trigger_mode": "multiple",
    **QUIET,
}


@dataclass(frozen=True)
class CompareTab:
    """Components of the tab that others wire to."""

    queries: gr.Textbox
    candidates: gr.Textbox
    models: gr.Dropdown
    instruction: gr.Textbox
    run: gr.Button
    stop: gr.Button
    notice: gr.HTML
    view: gr.HTML
    share: gr.HTML
    sets: SetControls
    _steps: list[Callable[..., Any]] = field(default_factory=list)

    def started(self, wait: Callable[..., Any], run: Callable[..., Any]) -> None:
        """Run on the button, and remember how for whatever else starts a run.

        ``wait`` takes the boxes at once, whatever the queue is like; ``run`` has its turn after it.
        """
        self._steps.extend((wait, run))
        self._run_on(self.run.click)

    def then_run(self, event: Any) -> None:
        """Run once ``event`` has filled the boxes."""
        self._run_on(event.then)

    def _run_on(self, listen: Callable[..., Any]) -> None:
        wait, run = self._steps
        boxes = [self.queries, self.candidates, self.models, self.instruction]
        asked = listen(wait, boxes, self.notice, queue=False, **ANY_TIME)
        asked.then(
            run, None, [self.view, self.notice], concurrency_limit=RUNS_AT_ONCE, concurrency_id="run", **ANY_TIME
        )


def create_compare_tab(service: Service, labels: Labels, stops: StopFlags) -> CompareTab:
    """Lay the tab out, then wire it."""
    settings = service.bench.settings
    first = examples()[0]
    share = labels.view(mounted("share", functions=[service.qr]))
    picks, of_sets = _examples(labels)
    with gr.Row(elem_classes="libra-boxes"):
        queries = _box(labels, "queries", first["queries"])
        candidates = _box(labels, "candidates", first["candidates"])
    with gr.Row(elem_classes="libra-choices"):
        models, instruction = _choices(labels, settings)
        with gr.Column(scale=2, min_width=200, elem_classes="libra-run"):
            run = labels.add(gr.Button, say={"value": "page.run"}, variant="primary", elem_id="run")
            stop = labels.add(gr.Button, say={"value": "page.stop"}, elem_id="stop")
    notice = labels.view(mounted("notice"))
    with gr.Row(elem_classes="libra-more"):
        with labels.add(gr.Accordion, say={"label": "page.sent"}, open=False, elem_id="sent"):
            sent_view = labels.view(mounted("sent", value=sent_texts(FIRST_MODELS, None, settings)))
        with labels.add(gr.Accordion, say={"label": "page.files"}, open=False, elem_id="files"):
            with gr.Row():
                drops = [_drop(labels, side) for side in ("queries", "candidates")]
            sets = create_sets(labels)
    view = labels.view(mounted("compare", functions=[service.similarities]))
    labels.view(mounted("downloads", functions=[service.export]))
    tab = CompareTab(queries, candidates, models, instruction, run, stop, notice, view, share, sets)
    _wire_run(tab, service.bench, stops)
    _wire_examples(tab, picks)
    _wire_set_examples(tab, of_sets)
    _wire_inputs(tab, sent_view, drops, settings)
    wire_sets(sets, candidates, notice)
    return tab


def _box(labels: Labels, side: str, texts: Sequence[str]) -> Any:
    return labels.add(
        gr.Textbox,
        say={"label": f"page.{side}", "info": f"page.{side}.info", "placeholder": f"page.{side}.placeholder"},
        value=join_texts(texts),
        lines=BOX_LINES,
        max_lines=BOX_LINES,
        elem_id=side,
        scale=2 if side == "queries" else 3,
        min_width=280,
    )


def _choices(labels: Labels, settings: Settings) -> tuple[Any, Any]:
    models = labels.add(
        gr.Dropdown,
        say={"label": "page.models"},
        choices=[(spec.label, spec.id) for spec in settings.catalog],
        value=list(FIRST_MODELS),
        multiselect=True,
        max_choices=SIDE_BY_SIDE,
        elem_id="models",
        scale=5,
        min_width=280,
    )
    instruction = labels.add(
        gr.Textbox,
        say={"label": "page.instruction", "placeholder": "page.instruction.placeholder"},
        lines=1,
        max_lines=4,
        elem_id="instruction",
        scale=4,
        min_width=280,
    )
    return models, instruction


def _drop(labels: Labels, side: str) -> Any:
    return labels.add(
        gr.File,
        say={"label": f"page.drop.{side}"},
        file_count="single",
        type="filepath",
        height=150,
        elem_id=f"drop-{side}",
    )


def _examples(labels: Labels) -> tuple[list[tuple[Any, dict[str, Any]]], Any]:
    """A button for each example, and a list of those that the benchmark's sets hold."""
    with gr.Row(elem_classes="libra-examples", elem_id="examples"):
        labels.view(mounted("examples", min_width=0))
        buttons = [
            (
                labels.add(
                    gr.Button,
                    say={"value": example["title"]},
                    size="sm",
                    elem_id=f"example-{example['id']}",
                    min_width=40,
                ),
                example,
            )
            for example in examples()
        ]
    with gr.Row(elem_classes="libra-choices libra-set-examples"):
        choices = {
            language: [(example["title"][language], example["id"]) for example in set_examples()]
            for language in LANGUAGES
        }
        of_sets = labels.add(
            gr.Dropdown,
            say={"label": "page.examples.sets", "choices": choices},  # type: ignore[dict-item]
            value=None,
            elem_id="set-examples",
            min_width=260,
        )
    return buttons, of_sets


def _wire_run(tab: CompareTab, bench: Workbench, stops: StopFlags) -> None:
    def wait(queries: str, candidates: str, models: list[str], instruction: str, request: gr.Request) -> Any:
        try:
            asked = read_request(queries, candidates, models, instruction)
        except LibraError as error:
            return {"error": error_of(error)}
        before = stops.ask(request.session_hash or "", asked)
        return {"said": "run_waits", "waiting": True} if before >= RUNS_AT_ONCE else gr.skip()

    def run(request: gr.Request) -> Iterator[tuple[Any, Any]]:
        with stops.turn(request.session_hash or "") as turn:
            if turn is None:
                yield gr.skip(), gr.skip()
                return
            flag, asked = turn
            yield from run_events(bench, asked, flag)

    def stop(request: gr.Request) -> Any:
        return None if stops.stop(request.session_hash or "") else gr.skip()

    tab.started(wait, run)
    tab.stop.click(stop, None, tab.notice, **QUICK)


def _wire_examples(tab: CompareTab, picks: Sequence[tuple[Any, dict[str, Any]]]) -> None:
    for button, example in picks:
        filled = button.click(
            functools.partial(_fill_example, example),
            tab.models,
            [tab.queries, tab.candidates, tab.models, tab.instruction],
            **QUICK,
        )
        tab.then_run(filled)


def _wire_set_examples(tab: CompareTab, of_sets: Any) -> None:
    by_id = {example["id"]: example for example in set_examples()}

    def fill(chosen: str | None, models: list[str]) -> Any:
        return _fill_example(by_id[chosen], models) if chosen else (gr.skip(),) * 4

    filled = of_sets.input(
        fill,
        [of_sets, tab.models],
        [tab.queries, tab.candidates, tab.models, tab.instruction],
        **QUICK,
    )
    tab.then_run(filled)


def _fill_example(example: dict[str, Any], models: list[str]) -> tuple[str, str, list[str], str]:
    """What an example puts into the boxes; the models stay as chosen unless it is about certain ones."""
    return (
        join_texts(example["queries"]),
        join_texts(example["candidates"]),
        example.get("models") or models or list(FIRST_MODELS),
        example.get("instruction") or "",
    )


def _wire_inputs(tab: CompareTab, sent_view: Any, drops: Sequence[Any], settings: Settings) -> None:
    for component in (tab.models, tab.instruction):
        component.change(
            functools.partial(sent_texts, settings=settings), [tab.models, tab.instruction], sent_view, **QUICK
        )
    for drop, box in zip(drops, (tab.queries, tab.candidates), strict=True):
        drop.upload(fill_from_file, drop, [box, tab.notice], **QUICK)

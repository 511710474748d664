"""Runs that are kept: the list of a visitor's own and the published ones, to open, go on with, compare and remove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from eval import sheets
from eval.runs import Summary
from eval.sheets import Sheet
from models import LibraError
from ui.benchmark.archive import Archive
from ui.benchmark.markup import Words, alarm, empty, error_text, panel, region, table
from ui.benchmark.report import compared
from ui.language import Labels, strings
from ui.payload import error_of
from ui.runs import Notice

MINUTES = 16  # characters of an ISO time up to the minute


@dataclass(frozen=True)
class History:
    """Components of the list of runs."""

    pick: gr.Dropdown
    open: gr.Button
    resume: gr.Button
    remove: gr.Button
    listed: gr.HTML
    other: gr.Dropdown
    compare: gr.Button
    compared: gr.HTML


def create_history(labels: Labels) -> History:
    """Lay it out: the choice and its buttons, the list, the comparison."""
    with gr.Row(elem_classes="libra-choices lb-history"):
        pick = labels.add(gr.Dropdown, say={"label": "page.bench.runs.pick"}, choices=[], elem_id="bench-pick", scale=4)
        with gr.Column(scale=3, min_width=260, elem_classes="libra-run"):
            buttons = [
                labels.add(gr.Button, say={"value": f"page.bench.runs.{name}"}, elem_id=f"bench-{name}")
                for name in ("open", "resume", "remove")
            ]
    listed = gr.HTML("", elem_id="bench-listed", apply_default_css=False)
    with gr.Row(elem_classes="libra-choices lb-history"):
        other = labels.add(
            gr.Dropdown, say={"label": "page.bench.runs.other"}, choices=[], elem_id="bench-other", scale=4
        )
        with gr.Column(scale=3, min_width=260, elem_classes="libra-run"):
            compare = labels.add(gr.Button, say={"value": "page.bench.runs.compare"}, elem_id="bench-compare")
    shown = gr.HTML("", elem_id="bench-versus", apply_default_css=False)
    return History(pick, buttons[0], buttons[1], buttons[2], listed, other, compare, shown)


def list_runs(
    archive: Archive, owner: str, language: str, picked: str | None, other: str | None
) -> tuple[Any, Any, str]:
    """(choice, second choice, list) of what ``owner`` may see; what is chosen stays chosen while it is there."""
    words = strings(language)
    found = archive.summaries(owner)
    choices = [(_title(item, archive, words), item.id) for item in found]
    known = [item.id for item in found]
    first = picked if picked in known else next(iter(known), None)
    second = other if other in known else next((run_id for run_id in known if run_id != first), None)
    picks = gr.Dropdown(choices=choices, value=first), gr.Dropdown(choices=choices, value=second)
    return *picks, _list(found, archive, words)


def _title(item: Summary, archive: Archive, words: Words) -> str:
    """A run in one line."""
    parts = [_when(item), item.title or _models(item, archive), ", ".join(item.sets)]
    return " · ".join([*parts, *_state(item, words)])


def _when(item: Summary) -> str:
    return item.created[:MINUTES].replace("T", " ")


def _models(item: Summary, archive: Archive) -> str:
    return ", ".join(archive.labels.get(model, model) for model in item.models)


def _state(item: Summary, words: Words) -> list[str]:
    """What is special about a run."""
    return [
        *([words["page.bench.runs.published"]] if item.published else []),
        *([] if item.complete else [words["page.bench.runs.incomplete"]]),
        *([words["page.bench.runs.failures"].format(count=item.failures)] if item.failures else []),
    ]


def _list(found: list[Summary], archive: Archive, words: Words) -> str:
    title = words["page.bench.runs"]
    if not found:
        return region(panel(title, empty(words["page.bench.runs.none"])))
    head = (words["page.bench.runs.when"], words["page.bench.title.short"], *sheets.heads(words, ("model",)))
    head = (*head, words["page.bench.sets"], words["page.bench.runs.state"])
    rows = tuple(
        (
            _when(item),
            item.title or item.id,
            _models(item, archive),
            ", ".join(item.sets),
            ", ".join(_state(item, words)) or words["page.bench.runs.complete"],
        )
        for item in found
    )
    return region(panel(title, table(Sheet(head, rows, len(head)), title, words)))


def compare_runs(archive: Archive, owner: str, language: str, first: str | None, second: str | None) -> str:
    """Two runs side by side, or why they cannot be."""
    words = strings(language)
    if not first or not second:
        return region(empty(words["page.bench.runs.choose"]))
    try:
        pair = archive.opened(first, owner), archive.opened(second, owner)
        return compared(*pair, words, archive.labels)
    except LibraError as error:
        return region(alarm(error_text(error, words)))


def remove_run(archive: Archive, owner: str, picked: str | None) -> Notice:
    """Remove a run of one's own; what is to be said of it."""
    if not picked:
        return None
    try:
        archive.delete(picked, owner)
    except LibraError as error:
        return {"error": error_of(error)}
    return {"said": "run_removed", "values": {"run": picked}}

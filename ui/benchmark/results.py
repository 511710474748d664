"""What a run said, in tabs: results, article, queries, thresholds, advice, kept runs. A region is one callback."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from eval.outcomes import set_names
from models import LibraError
from ui.benchmark.advice import Wanted, answer, create_advice, read_needs
from ui.benchmark.archive import Archive
from ui.benchmark.data import queries_of, thresholds_of
from ui.benchmark.history import History, create_history, list_runs
from ui.benchmark.report import article, nothing, of_run, results
from ui.language import DEFAULT, Labels
from ui.view import QUICK, mounted


@dataclass(frozen=True)
class Results:
    """Components of the results."""

    pick_set: gr.Dropdown
    files: gr.HTML
    results: gr.HTML
    article: gr.HTML
    queries: gr.HTML
    thresholds: gr.HTML
    wanted: Wanted
    history: History


@dataclass(frozen=True)
class Region:
    """What is drawn anew when another run is opened: ``show(*values of inputs)`` → outputs."""

    show: Callable[..., Any]
    inputs: Sequence[Any]
    outputs: Any
    by_set: bool = True  # also when another set is chosen
    by_language: bool = True


def create_results(labels: Labels, archive: Archive) -> Results:
    """Lay the tabs out."""
    with gr.Row(elem_classes="libra-choices lb-open"):
        pick_set = labels.add(
            gr.Dropdown, say={"label": "page.bench.set"}, choices=[], elem_id="bench-set", scale=2, min_width=200
        )
        files = labels.view(mounted("bench-files", value={}, functions=[archive.file], scale=5, min_width=280))
    with gr.Tabs(elem_id="bench-tabs"):
        with labels.add(gr.Tab, say={"label": "page.bench.tab.results"}, id="bench-tab-results"):
            first = gr.HTML(nothing(DEFAULT), elem_id="bench-results", apply_default_css=False)
        with labels.add(gr.Tab, say={"label": "page.bench.tab.queries"}, id="bench-tab-queries"):
            queries = labels.view(mounted("bench-queries", value={}))
        with labels.add(gr.Tab, say={"label": "page.bench.tab.thresholds"}, id="bench-tab-thresholds"):
            thresholds = labels.view(mounted("bench-thresholds", value={}))
        with labels.add(gr.Tab, say={"label": "page.bench.tab.article"}, id="bench-tab-article"):
            second = gr.HTML(nothing(DEFAULT), elem_id="bench-article", apply_default_css=False)
        with labels.add(gr.Tab, say={"label": "page.bench.tab.advice"}, id="bench-tab-advice"):
            wanted = create_advice(labels, archive)
        with labels.add(gr.Tab, say={"label": "page.bench.tab.runs"}, id="bench-tab-runs"):
            history = create_history(labels)
    return Results(pick_set, files, first, second, queries, thresholds, wanted, history)


def list_sets_of(archive: Archive, run_id: str | None, owner: str, asked: str | None) -> Any:
    """The choice of the run's sets; what is chosen stays chosen where the run has it."""
    try:
        opened = archive.opened(run_id, owner) if run_id else None
    except LibraError:  # the results say why
        opened = None
    if opened is None:
        return gr.Dropdown(choices=[], value=None)
    return gr.Dropdown(choices=list(set_names(opened.run)), value=opened.set_name(asked))


def file_source(run_id: str | None, owner: str) -> dict[str, str]:
    """What the download buttons send back: the run, and who asks."""
    return {"run": run_id, "owner": owner} if run_id else {}


def regions(shown: Results, archive: Archive, run: gr.State, owner: gr.State, language: gr.Radio) -> list[Region]:
    """Every region with what it is drawn from."""
    place = [run, owner, shown.pick_set]

    def show_results(run: str, owner: str, name: str | None, language: str) -> str:
        return of_run(archive, run, owner, name, language, results)

    def show_article(run: str, owner: str, name: str | None, language: str) -> str:
        return of_run(archive, run, owner, name, language, article)

    def show_queries(run: str, owner: str, name: str | None) -> dict[str, Any]:
        return queries_of(archive, run, owner, name)

    def show_thresholds(run: str, owner: str, name: str | None, language: str) -> dict[str, Any]:
        return thresholds_of(archive, run, owner, name, language)

    def show_advice(run: str, owner: str, name: str | None, language: str, *needs: Any) -> str:
        return answer(archive, run, owner, name, language, read_needs(*needs))

    def show_sets(run: str, owner: str, name: str | None) -> Any:
        return list_sets_of(archive, run, owner, name)

    def show_runs(owner: str, language: str, picked: str | None, other: str | None) -> tuple[Any, Any, str]:
        return list_runs(archive, owner, language, picked, other)

    history = shown.history
    return [
        Region(show_sets, place, shown.pick_set, by_set=False, by_language=False),
        Region(file_source, [run, owner], shown.files, by_set=False, by_language=False),
        Region(show_results, [*place, language], shown.results),
        Region(show_queries, place, shown.queries, by_language=False),
        Region(show_thresholds, [*place, language], shown.thresholds),
        Region(show_article, [*place, language], shown.article),
        advice_region(show_advice, shown.wanted, [*place, language]),
        Region(
            show_runs,
            [owner, language, history.pick, history.other],
            [history.pick, history.other, history.listed],
            by_set=False,
        ),
    ]


def advice_region(show: Callable[..., Any], wanted: Wanted, place: Sequence[Any]) -> Region:
    """The advice; it also follows every need as it is changed."""
    inputs = [*place, *wanted.needs]
    for component in wanted.needs:
        component.change(show, inputs, wanted.answer, trigger_mode="always_last", **QUICK)
    return Region(show, inputs, wanted.answer)

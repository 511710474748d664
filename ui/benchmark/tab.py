"""The benchmark tab: choices, the run as it goes on, and what it said. Layout first, wiring last.

form.py     the choices                     runs.py     from the choices to a run
live.py     a run while it goes on          archive.py  runs that are kept, and files
results.py  the tabs of the results         report.py   regions that the server draws
data.py     what the browser filters        history.py  the list of runs
categories.py  their names in both languages
advice.py   which model for me              sets.py     what sets hold, and typed ones
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from models import LibraError
from ui.benchmark.archive import Archive, builtin
from ui.benchmark.form import Form, create_form
from ui.benchmark.history import compare_runs, remove_run
from ui.benchmark.results import Region, Results, create_results, regions
from ui.benchmark.runs import (
    Shown,
    idle,
    owner_of,
    queued,
    read_plan,
    resumed_plan,
    run_events,
)
from ui.benchmark.sets import checked_own, inside, own_from_file, own_set
from ui.language import Labels, strings
from ui.payload import error_of
from ui.runs import StopFlags
from ui.service import Service
from ui.view import QUICK, QUIET, mounted

SLOW: dict[str, Any] = {**QUICK, "show_progress": "minimal"}  # the shuffles of two runs take seconds
TURN: dict[str, Any] = {  # runs wait for each other: two at once would measure each other's load
    **QUIET,
    "trigger_mode": "multiple",  # Gradio's "once" would drop a press while an earlier run goes on
    "concurrency_limit": 1,
    "concurrency_id": "benchmark",
}


def create_benchmark_tab(service: Service, labels: Labels, language: gr.Radio, page: gr.Blocks) -> None:
    """Lay the tab out, then wire it."""
    archive = Archive(service.bench.settings)
    flags = StopFlags()
    owner, run = gr.State(""), gr.State("")
    form = create_form(labels, service.bench.settings, archive)
    notice = labels.view(mounted("bench-notice"))
    live = labels.view(mounted("bench-live", value=idle()))
    shown = create_results(labels, archive)
    drawn = regions(shown, archive, run, owner, language)

    ended = _wire_runs(service, archive, flags, form, shown, owner, [live, notice, run])
    # Not gr.BrowserState: at a page's load it has not read the browser's storage yet, and the secret would be lost.
    entered = page.load(enter, notice, owner, js="() => [Libra.bench.visitor()]", **QUICK)
    entered.then(drawn[-1].show, drawn[-1].inputs, drawn[-1].outputs, **QUICK)  # the runs; all else is there already
    opened = shown.history.open.click(open_run, shown.history.pick, [run, live], **QUICK)
    for event in (*ended, opened):
        for region in drawn:
            event.then(region.show, region.inputs, region.outputs, **QUICK)
    _wire_changes(drawn, shown, language)
    _wire_history(archive, shown, owner, language, notice, drawn[-1])
    _wire_sets(form, language)

    def give_up(request: gr.Request) -> Any:
        return idle() if flags.stop(request.session_hash or "") else gr.skip()

    def left(request: gr.Request) -> None:
        flags.stop(request.session_hash or "")

    form.stop.click(give_up, None, live, **QUICK)
    page.unload(left)


def enter(secret: Any, request: gr.Request) -> str:
    """Who the visitor is: the secret that their browser keeps, by which runs are found again."""
    return owner_of(secret, request.session_hash)


def open_run(picked: str | None) -> tuple[str, dict[str, Any]]:
    """(run to show, live view): another run is opened, and the curves of the last one go."""
    return picked or "", idle()


def _wire_runs(
    service: Service,
    archive: Archive,
    flags: StopFlags,
    form: Form,
    shown: Results,
    owner: gr.State,
    outputs: list[Any],
) -> list[Any]:
    """The run and the resume button; the events after which a run is over."""
    bench = service.bench

    def ask(made: Callable[[], Any], request: gr.Request) -> tuple[dict[str, Any], None]:
        session = request.session_hash or ""
        flags.replace(session)  # at once: the new run has its turn when the old one is over
        flags.ask(session, made)
        return queued(), None

    def wait(
        models: list[str] | None,
        sets: list[str] | None,
        text: str,
        name: str,
        speed: str,
        sweep: bool,
        limit: float | None,
        title: str,
        owner: str,
        request: gr.Request,
    ) -> tuple[dict[str, Any], None]:
        def plan() -> Any:
            own = own_set(text, name)
            who = owner_of(owner, request.session_hash)
            return read_plan(models, sets, own, speed=speed, sweep=sweep, limit=limit, title=title, owner=who), None

        return ask(plan, request)

    def wait_again(picked: str | None, owner: str, request: gr.Request) -> tuple[dict[str, Any], None]:
        def plan() -> Any:  # at its turn, not now: the run to resume may be going on still
            who = owner_of(owner, request.session_hash)
            opened = archive.opened(picked or "", who)
            return resumed_plan(opened, who), opened.run

        return ask(plan, request)

    def run(request: gr.Request) -> Iterator[Shown]:
        with flags.turn(request.session_hash or "") as turn:
            if turn is None:
                yield gr.skip(), gr.skip(), gr.skip()
                return
            flag, made = turn
            try:
                plan, earlier = made()
            except LibraError as error:
                yield idle(), {"error": error_of(error)}, gr.skip()
                return
            yield from run_events(bench, archive, plan, flag, earlier)

    waiting = form.run.click(wait, [*form.choices, owner], outputs[:2], **QUICK)
    again = shown.history.resume.click(wait_again, [shown.history.pick, owner], outputs[:2], **QUICK)
    return [event.then(run, None, outputs, **TURN) for event in (waiting, again)]


def _wire_changes(drawn: list[Region], shown: Results, language: gr.Radio) -> None:
    """Another set, another language: nothing is encoded again."""
    for region in drawn:
        if region.by_set:
            shown.pick_set.input(region.show, region.inputs, region.outputs, **QUICK)
        if region.by_language:
            language.change(region.show, region.inputs, region.outputs, **QUICK)


def _wire_history(
    archive: Archive, shown: Results, owner: gr.State, language: gr.Radio, notice: gr.HTML, listed: Region
) -> None:
    history = shown.history

    def remove(picked: str | None, owner: str) -> Any:
        return remove_run(archive, owner, picked)

    def side_by_side(first: str | None, second: str | None, owner: str, language: str) -> str:
        return compare_runs(archive, owner, language, first, second)

    removed = history.remove.click(remove, [history.pick, owner], notice, **QUICK)
    removed.then(listed.show, listed.inputs, listed.outputs, **QUICK)
    history.compare.click(side_by_side, [history.pick, history.other, owner, language], history.compared, **SLOW)


def _wire_sets(form: Form, language: gr.Radio) -> None:
    """What the chosen sets hold, and whether a typed one can be read."""

    def look(sets: list[str] | None, language: str) -> str:
        return inside([builtin(name) for name in sets or ()], strings(language))

    for event in (form.inside.expand, form.sets.change, language.change):
        event(look, [form.sets, language], form.inside_view, **QUICK)
    own = [form.own_text, form.own_name]
    for box in own:
        box.blur(checked_own, own, form.own_notice, **QUICK)
    form.own_file.upload(own_from_file, [form.own_file, form.own_name], [*own, form.own_notice], **QUICK)

"""A run of the benchmark from the boxes to what is shown. Plain values in and out; no components."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, cast

import gradio as gr

from eval.benchmark import run as benchmark
from eval.dataset import load
from eval.events import Done, Event
from eval.plan import RunPlan
from eval.sets import EvalSet
from models import LibraError, Workbench
from models.errors import InputError
from ui.benchmark.archive import Archive, Opened, builtin
from ui.benchmark.live import Live
from ui.payload import Payload, error_of
from ui.runs import Notice, StopFlag
from ui.text import sendable

log = logging.getLogger("libra")

MOST_MODELS = 8  # as many colours and shapes as the plots have
SHORTEST_SECRET, LONGEST_SECRET = 16, 200  # characters of what tells a visitor from others

Shown = tuple[Any, Any, Any]  # live payload, notice, id of the run


def owner_of(secret: object, session: str | None) -> str:
    """Who a visitor is: what their browser keeps, else their session, so that nobody shares "nobody"'s runs."""
    if isinstance(secret, str) and SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        return sendable(secret)
    return f"session-{session}" if session else ""


def read_plan(
    models: Sequence[str] | None,
    sets: Sequence[str] | None,
    own: EvalSet | None,
    *,
    speed: str,
    sweep: bool,
    limit: float | None,
    title: str | None,
    owner: str,
) -> RunPlan:
    """The choices as a plan.

    Raises:
        InputError: too many models, a set that is not there, a limit that is no whole number.
    """
    chosen = tuple(models or ())
    if len(chosen) > MOST_MODELS:
        raise InputError(
            "too_many_models",
            "{count} models are chosen; at most {limit} stand side by side.",
            count=len(chosen),
            limit=MOST_MODELS,
        )
    found = [builtin(name) for name in dict.fromkeys(sets or ())]
    return RunPlan(
        models=chosen,
        sets=(*found, *([own] if own else [])),
        limit=_whole(limit),
        speed=speed,
        sweep=bool(sweep),
        title=sendable(title or ""),
        owner=owner,
    )


def _whole(limit: float | None) -> Any:
    """``limit`` as an int where it is one; anything else stays, for the plan's check to refuse. Empty and 0: all."""
    if not limit:
        return None
    return int(limit) if float(limit).is_integer() else limit


def resumed_plan(opened: Opened, owner: str) -> RunPlan:
    """The plan of a run that was interrupted. Raises InputError where one of its sets is no longer what it was."""
    plan = opened.run.get("plan", {})
    for name in plan.get("sets", ()):
        if name not in opened.sets:
            load(name)  # says so where there is no such set
            raise InputError("set_changed", "The set {set} has changed since this run. Start a new one.", set=name)
    return RunPlan(
        models=tuple(plan.get("models", ())),
        sets=tuple(opened.sets[name] for name in plan.get("sets", ())),
        dimensions=tuple(plan.get("dimensions", ())),
        limit=plan.get("limit"),
        speed=plan.get("speed", ""),
        sweep=bool(plan.get("sweep")),
        title=str(opened.run.get("title", "")),
        owner=owner,
    )


def run_events(
    bench: Workbench, archive: Archive, plan: RunPlan, flag: StopFlag, resume: Mapping[str, Any] | None = None
) -> Iterator[Shown]:
    """(live payload, notice, id of the run to open) as a run goes on; the id comes last, finished or stopped.

    Closing this generator, as Gradio does when the page is left, ends the run and frees the device.
    """
    try:
        events = benchmark(bench, plan, flag.is_set, keep=archive.keep, resume=resume)
    except LibraError as error:
        yield idle(), {"error": error_of(error)}, gr.skip()
        return
    live = Live(plan, archive.labels)
    live.resume(resume or {})
    made: str | None = None
    notice: Notice = None
    yield live.value(), None, gr.skip()
    try:
        for event in events:
            if flag.replaced:  # the page shows the newer run
                return
            if isinstance(event, Done):
                made = str(archive.hold(event.run, plan.owner).run["id"])
            if live.add(event):
                yield live.value(), gr.skip(), gr.skip()
    except LibraError as error:
        notice = {"error": error_of(error)}
    except Exception:
        log.exception("a benchmark failed")
        notice = {"error": error_of(LibraError("unexpected", "Something went wrong; the log tells what."))}
    finally:
        cast(Generator[Event, None, None], events).close()
    if made is None:
        live.state = "stopped"
    yield live.value(), notice, made or gr.skip()
    # Gradio sends the last thing yielded once more, and keeps it as long as it knows the session: let it be nothing.
    yield gr.skip(), gr.skip(), gr.skip()


def idle() -> Payload:
    """The live view when nothing runs."""
    return {"state": "idle"}


def queued() -> Payload:
    """The live view before a run has its turn: one runs at a time, or the figures of each would be the others'."""
    return {"state": "queued"}

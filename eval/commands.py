"""What the command line does, one function a command; each returns the exit status."""

from __future__ import annotations

import argparse
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eval import formats, gates
from eval.arguments import bar_of, check_target, listed, plan_of, read_set
from eval.benchmark import run as benchmark
from eval.console import progress, result_tables, table
from eval.dataset import load, names
from eval.events import Done
from eval.own import sets_of
from eval.plan import limited
from eval.runfile import read_run, write_run
from eval.sets import EvalSet
from eval.versus import Change, versus
from models import LibraError, Workbench, load_settings

OK, BELOW, BAD_INPUT, FAILED, STOPPED = 0, 1, 2, 3, 130


def run(options: argparse.Namespace) -> int:
    """Run the benchmark, show it, write it."""
    bars = [bar_of(text) for text in options.fail_below]
    earlier = read_run(options.resume) if options.resume else None
    plan = plan_of(options, earlier)
    target = options.json or options.resume
    for path in (target, options.html):
        check_target(path)
    bench = Workbench(load_settings(options.config))
    found: Mapping[str, Any] = {}
    with _interruptible() as stop, _closed(bench):
        shown = progress()
        try:
            keep = {"keep": lambda record: write_run(target, record)} if target else {}
            for event in benchmark(bench, plan, stop.is_set, resume=earlier, **keep):
                shown.show(event)
                if isinstance(event, Done):
                    found = event.run
        finally:
            shown.close()
        print(result_tables(found))
        if options.html:
            _write_html(options.html, found, {item.name: limited(item, plan.limit) for item in plan.sets})
        return _status(found, bars, stopped=stop.is_set() and not found["complete"])


def _write_html(path: Path, found: Mapping[str, Any], sets: Mapping[str, EvalSet]) -> None:
    from eval.report import html

    path.write_text(html(dict(found), sets), encoding="utf-8")


def _status(found: Mapping[str, Any], bars: Sequence[tuple[str, float]], *, stopped: bool) -> int:
    low = [
        f"{row['model']} on {row['set']}: {name} {row['metrics'][name]:.4f} is below {bar}"
        for row in found["results"]
        for name, bar in bars
        if row["metrics"][name] < bar
    ]
    for line in low:
        print(line)
    if stopped:
        return STOPPED
    if found["failures"]:
        return FAILED
    return BELOW if low else OK


def show_list(options: argparse.Namespace) -> int:
    """The models of the catalog and the built-in sets."""
    bench = Workbench(load_settings(options.config))
    with _closed(bench):
        rows = [
            (spec.id, str(spec.dimensions or formats.NONE), "yes" if status.here else "to be downloaded")
            for spec, status in zip(bench.settings.catalog, bench.statuses(), strict=True)
        ]
    print(table(("model", "dimensions", "here"), rows))
    sets = [load(name) for name in names()]
    print("\n" + table(("set", "queries", "families", "categories"), [_sizes(item) for item in sets]))
    return OK


def _sizes(item: EvalSet) -> tuple[str, ...]:
    families, categories = ({getattr(query, key) for query in item.queries} for key in ("family", "category"))
    return item.name, str(len(item.queries)), str(len(families)), str(len(categories))


def compare(options: argparse.Namespace) -> int:
    """Two runs, model by model."""
    first, second = (read_run(path) for path in (options.first, options.second))
    changes = versus(first, second, sets_of(first))
    header = ("model", "set", "queries", "Top-1 before", "after", "points", "p", "ranks moved", "texts/s")
    print(table(header, [_change(item) for item in changes]))
    for item in changes:
        if item.differs:
            print(f"{item.model} on {item.set}: not the same {', '.join(item.differs)}")
    return OK


def _change(item: Change) -> tuple[str, ...]:
    return (
        item.model,
        item.set,
        str(item.queries),
        formats.percent(item.before),
        formats.percent(item.after),
        formats.points(item.after - item.before),
        formats.NONE if item.p is None else formats.chance(item.p),
        str(item.moved),
        formats.ratio(item.speed),
    )


def check(options: argparse.Namespace) -> int:
    """The gates of one set, or of every built-in one."""
    chosen = [options.set] if options.set else names()
    found = [_checked(read_set(name, options.top)) for name in chosen]
    return OK if all(found) else BELOW


def _checked(item: EvalSet) -> bool:
    """Whether a set passes; its sizes and gates are printed."""
    print(f"{item.name}: {len(item.queries)} queries in form. sha256 {item.sha256}")
    for category, count in Counter(query.category for query in item.queries).items():
        print(f"  {category}: {count}")
    found = gates.check(item)
    rows = [(gate.name, gate.value, gate.bar, "ok" if gate.passed else "FAILED") for gate in found]
    print(table(("gate", "value", "bound", "pass"), rows), end="\n\n", flush=True)
    return all(gate.passed for gate in found)


def mteb(options: argparse.Namespace) -> int:
    """Run tasks of mteb."""
    from eval.mteb_bridge import evaluate

    bench = Workbench(load_settings(options.config))
    failed = False
    with _closed(bench):
        for model in listed(options.models):
            try:
                for task, score in evaluate(bench, model, listed(options.tasks), options.out):
                    print(f"{model}  {task}  {score:.4f}", flush=True)
            except LibraError as error:
                failed = True
                print(f"{model} failed: {error}", flush=True)
    return FAILED if failed else OK


@contextmanager
def _closed(bench: Workbench) -> Iterator[None]:
    try:
        yield
    finally:
        bench.close()


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """The first Ctrl-C stops the run and keeps what is done; the second ends the program."""
    stop = threading.Event()

    def on_signal(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

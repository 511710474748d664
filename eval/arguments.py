"""From what stands on the command line to a plan."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from eval.beir import read_utf8
from eval.dataset import load, names, read_beir, read_table
from eval.own import sets_of
from eval.plan import RunPlan
from eval.runfile import unwritable
from eval.sets import EvalSet
from models.errors import InputError

MEASURES = ("top1", "top3", "top5", "mrr", "ndcg10", "family")


def listed(values: Sequence[str] | None) -> tuple[str, ...]:
    """``a,b c`` as three."""
    return tuple(part for value in values or () for part in value.split(",") if part)


def read_set(argument: str, top: int | None = None) -> EvalSet:
    """A built-in set by name, a BEIR folder, or a file (JSON lines, CSV, TSV). Raises InputError."""
    path = Path(argument)
    if argument in names():
        return load(argument)
    if path.is_dir():
        return read_beir(path, top=top)
    if path.is_file():
        return read_table(read_utf8(path), path.stem)
    return load(argument)  # says which names are near


def plan_of(options: argparse.Namespace, earlier: Mapping[str, Any] | None) -> RunPlan:
    """What was asked for; what was not is as in the run to resume."""
    before = earlier["plan"] if earlier else {}
    sets = tuple(read_set(name, options.top) for name in listed(options.sets))
    if not sets and earlier:
        known = sets_of(earlier)
        sets = tuple(known[name] if name in known else read_set(name, options.top) for name in before["sets"])
    dimensions = tuple(_whole(text) for text in listed(options.dims))
    return RunPlan(
        models=listed(options.models) or tuple(before.get("models", ())),
        sets=sets,
        dimensions=dimensions or tuple(before.get("dimensions", ())),
        limit=before.get("limit") if options.limit is None else options.limit,
        speed=options.speed or before.get("speed", RunPlan.speed),
        sweep=not options.no_sweep and before.get("sweep", True),
        title=options.title,
    )


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise InputError("eval_number", '"{text}" is no whole number.', text=text) from error


def bar_of(text: str) -> tuple[str, float]:
    """``top1=0.8`` as ("top1", 0.8)."""
    name, _, value = text.partition("=")
    bar = -1.0
    with suppress(ValueError):
        bar = float(value)
    if name not in MEASURES or not 0 <= bar <= 1:
        raise InputError(
            "eval_bar",
            '"{text}" is no bar. Write a measure and a share from 0 to 1, like top1=0.8; measures: {known}.',
            text=text,
            known=", ".join(MEASURES),
        )
    return name, bar


def check_target(path: Path | None) -> None:
    """Say now, not after an hour, that a file cannot be written."""
    if path is None:
        return
    try:
        with path.open("ab"):
            pass
        if path.stat().st_size == 0:
            path.unlink()
    except OSError as error:
        raise unwritable(path, error) from error

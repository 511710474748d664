"""A run record as typed, plain fields: whatever it lacks, or holds in another form than stated, is None here.

The record is what ``eval.runs`` keeps; a run of an older version or one that was cut short is read all the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.catalog import CATALOG

Run = Mapping[str, Any]
Labels = Mapping[str, str]


@dataclass(frozen=True)
class Part:
    """Accuracy in one category."""

    queries: int
    top1: float | None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One model on one set, at its full dimension. Shares from 0 to 1, sizes in bytes, times in seconds.

    Attributes:
        metrics: ``top1``, ``top3``, ``top5``, ``mrr``, ``ndcg10`` and perhaps ``family``.
        low, high, method: the 95 % interval of Top-1, and how it was made.
        ranks: query id → pessimistic rank.
        record: the entry itself, for everything else.
    """

    model: str
    label: str
    set: str
    queries: int
    dimensions: int | None
    metrics: Mapping[str, float]
    low: float | None
    high: float | None
    method: str
    categories: Mapping[str, Part]
    ranks: Mapping[str, int]
    weights_bytes: float | None
    peak_bytes: float | None
    mean_seconds: float | None
    texts_per_second: float | None
    tokens_per_second: float | None
    load_seconds: float | None
    device: str
    record: Mapping[str, Any]

    @property
    def top1(self) -> float | None:
        """Share of queries whose right answer came first."""
        return self.metrics.get("top1")

    @property
    def memory_bytes(self) -> float | None:
        """The most that was held, or the weights where only they are known."""
        return self.weights_bytes if self.peak_bytes is None else self.peak_bytes

    @property
    def on_gpu(self) -> bool:
        """Whether its memory is that of a GPU."""
        return self.device.startswith("cuda")


def label_of(model: str, labels: Labels | None = None) -> str:
    """What people call a model: as ``labels`` says, else the catalog, else its id."""
    known = {spec.id: spec.label for spec in CATALOG} | dict(labels or {})
    return known.get(model, model)


def labels_of(run: Run, labels: Labels | None = None) -> dict[str, str]:
    """What people call every model of a run, failed ones too: as ``labels``, the run, or the catalog says."""
    found = records(run, "results")
    models = [*(str(item.get("model")) for item in found), *(str(model) for model in mapping(run.get("failures")))]
    known = {str(item["model"]): str(item["label"]) for item in found if item.get("label") and item.get("model")}
    return {model: label_of(model, known | dict(labels or {})) for model in dict.fromkeys(models)}


def outcomes(run: Run, labels: Labels | None = None, name: str | None = None) -> tuple[Outcome, ...]:
    """Every result of the run, in its order; with ``name`` those of one set."""
    names = labels_of(run, labels)
    found = (_outcome(item, names) for item in records(run, "results"))
    return tuple(item for item in found if name is None or item.set == name)


def set_names(run: Run) -> tuple[str, ...]:
    """The sets that have results, in the order of the run."""
    return tuple(dict.fromkeys(item.set for item in outcomes(run)))


def main_set(run: Run) -> str | None:
    """The set with most queries, which says most; None for a run without results."""
    return max(outcomes(run), key=lambda item: item.queries).set if outcomes(run) else None


def records(run: Run, key: str) -> list[Mapping[str, Any]]:
    """The entries of a list of the run."""
    value = run.get(key)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []


def environments(run: Run) -> list[Mapping[str, Any]]:
    """What the run ran on: where it was begun, then each other place where it was resumed."""
    return [mapping(run.get("environment")), *(mapping(item.get("environment")) for item in records(run, "resumed"))]


def environment_of(run: Run, item: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an entry of ``results`` was measured on; its ``resumed`` counts how often the run had moved by then."""
    found, moves = environments(run), item.get("resumed", 0)
    return found[moves] if isinstance(moves, int) and 0 <= moves < len(found) else {}


def figure(value: object) -> float | None:
    """``value`` if it is a finite number, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def mapping(value: object) -> Mapping[str, Any]:
    """``value`` if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def _outcome(item: Mapping[str, Any], names: Labels) -> Outcome:
    speed, memory, intervals = (mapping(item.get(key)) for key in ("speed", "memory", "intervals"))
    low, high = _pair(intervals.get("top1"))
    parts = {str(name): mapping(part) for name, part in mapping(item.get("categories")).items()}
    measured = {name: figure(value) for name, value in mapping(item.get("metrics")).items()}
    model = str(item.get("model"))
    return Outcome(
        model=model,
        label=names[model],
        set=str(item.get("set")),
        queries=_whole(item.get("queries")) or 0,
        dimensions=_whole(item.get("dimensions")),
        metrics={name: value for name, value in measured.items() if value is not None},
        low=low,
        high=high,
        method=str(intervals.get("method", "")),
        categories={
            name: Part(_whole(part.get("queries")) or 0, figure(part.get("top1"))) for name, part in parts.items()
        },
        ranks=mapping(item.get("ranks")),
        weights_bytes=figure(memory.get("weights_bytes")),
        peak_bytes=figure(memory.get("peak_bytes")),
        mean_seconds=figure(speed.get("mean_seconds")),
        texts_per_second=figure(speed.get("texts_per_second")),
        tokens_per_second=figure(speed.get("tokens_per_second")),
        load_seconds=figure(speed.get("load_seconds")),
        device=str(item.get("device") or ""),
        record=item,
    )


def _pair(value: object) -> tuple[float | None, float | None]:
    if isinstance(value, list | tuple) and len(value) == 2:
        return figure(value[0]), figure(value[1])
    return None, None


def _whole(value: object) -> int | None:
    number = figure(value)
    return None if number is None else int(number)

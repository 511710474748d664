"""What happens during a run of the benchmark, as it happens. Plain data; page, command line and tests read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.errors import LibraError

STAGES = ("download", "load", "speed", "encode", "judge", "sweep")


@dataclass(frozen=True)
class Step:
    """A stage of one model goes on.

    Attributes:
        set: name; empty for what is done once for a model (download, load, speed).
        stage: ``download`` in bytes, ``load`` in steps, ``speed`` in measurements, ``encode`` in texts, ``judge`` in
            queries, ``sweep`` in cells.
        done, total: a total of 0 is not known yet.
        seconds_left: of this stage; None while it cannot be told.
    """

    model: str
    set: str
    stage: str
    done: int
    total: int
    seconds_left: float | None


@dataclass(frozen=True)
class Sample:
    """How a model's device stands while the model works.

    Attributes:
        seconds: since this model began.
        memory_bytes: VRAM in use on its GPU, by all processes; on a CPU what this process holds.
        texts_per_second: since the last sample, texts really encoded; None where none were.
    """

    model: str
    seconds: float
    memory_bytes: int
    texts_per_second: float | None


@dataclass(frozen=True)
class Row:
    """One model on one set is finished: ``record`` is its entry of the run's ``results``."""

    record: Mapping[str, Any]


@dataclass(frozen=True)
class Trouble:
    """This model could not do it; the run goes on."""

    model: str
    error: LibraError


@dataclass(frozen=True)
class Done:
    """The whole record of the run, finished or stopped: ``complete`` in it tells which. The last event."""

    run: Mapping[str, Any]


Event = Step | Sample | Row | Trouble | Done

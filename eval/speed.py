"""How fast a model encodes, past every cache, warm-up apart from timing.

Two protocols:

- ``article``: 30 short texts in one call, mean of ten, as the published comparison measured it;
- ``standard``: the same, and then latency and throughput at the lengths and batch sizes stated below.

A batch is what is given in one call; the encoder may cut it into smaller ones, and does (``batch`` of a result).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval import meters
from eval.texts import SHORT, short_texts, texts_of
from models.encoder import Encoding, OnProgress
from models.pool import Lease
from models.spec import Role

WARM_UPS = 2  # calls before each measurement that are not counted: kernels load, memory grows
ARTICLE_RUNS = 10
LENGTHS = (16, 64, 256)  # tokens of a text, as near as can be
BATCHES = (1, 32)  # 1: a query, its latency; 32: documents
MOST_RUNS = 50
LEAST_RUNS = 3
CELL_SECONDS = 1.0  # of timing after which a cell has runs enough
ENERGY_SECONDS = 2.0  # NVML counts energy in steps of up to 0.1 s
PROBE = (40, 160)  # characters of the two texts that tell how many a token has

#: Called after each measurement with (done, in all).
OnMeasured = Callable[[int, int], None]


@dataclass(frozen=True)
class Timing:
    """What some equal calls took: seconds of each (runs,), texts and tokens of one, the latter on average."""

    seconds: tuple[float, ...]
    texts: int
    tokens: float

    def record(self) -> dict[str, Any]:
        """``runs``, ``mean_seconds``, ``median_seconds``, ``p95_seconds``, ``texts_per_second``,
        ``tokens_per_second``."""
        mean = float(np.mean(self.seconds))
        return {
            "runs": len(self.seconds),
            "mean_seconds": mean,
            "median_seconds": float(np.median(self.seconds)),
            "p95_seconds": float(np.percentile(self.seconds, 95)),
            "texts_per_second": self.texts / mean,
            "tokens_per_second": self.tokens / mean,
        }


class Stopwatch:
    """Times calls of one leased model.

    Args:
        on_progress: called by the encoder at each batch; it may raise ``Cancelled``.
        count: told how many texts each call encoded.
    """

    def __init__(self, lease: Lease, on_progress: OnProgress, count: Callable[[int], None]) -> None:
        self.lease, self.on_progress, self.count = lease, on_progress, count

    def call(self, texts: Sequence[str], role: Role) -> Encoding:
        """Encode past the cache. The encoder's own seconds: waiting for other visitors' turns is not in them."""
        meters.synchronise(self.lease.model.device)
        encoding = self.lease.encode(texts, role, None, self.on_progress)
        meters.synchronise(self.lease.model.device)
        self.count(len(texts))
        return encoding

    def repeat(
        self, batch: Callable[[int], list[str]], role: Role, least: int, most: int, enough: float = CELL_SECONDS
    ) -> Timing:
        """Time calls with ``batch(run)``: at least ``least``, at most ``most``, until ``enough`` seconds are timed."""
        for run in range(WARM_UPS):
            self.call(batch(run), role)
        seconds: list[float] = []
        tokens = 0
        while len(seconds) < least or (len(seconds) < most and sum(seconds) < enough):
            encoding = self.call(batch(WARM_UPS + len(seconds)), role)
            seconds.append(max(encoding.seconds, 1e-9))  # a clock that did not move
            tokens += int(encoding.tokens.sum())
        return Timing(tuple(seconds), len(encoding.tokens), tokens / len(seconds))


def measure(watch: Stopwatch, protocol: str, on_measured: OnMeasured) -> dict[str, Any] | None:
    """``speed`` of a result, without ``load_seconds``; None for the protocol ``off``.

    The figures at the top are those of the article's protocol whatever was chosen, so that columns compare.
    """
    if protocol == "off":
        return None
    cells = [(length, batch) for length in LENGTHS for batch in BATCHES] if protocol == "standard" else []
    on_measured(0, len(cells) + 1)
    found: dict[str, Any] = {"protocol": protocol, "texts": len(SHORT)}
    found |= watch.repeat(short_texts, Role.DOCUMENT, ARTICLE_RUNS, ARTICLE_RUNS).record()
    found |= _energy(watch)
    on_measured(1, len(cells) + 1)
    found["cells"] = []
    ruler = _Ruler(watch) if cells else None
    for number, (length, batch) in enumerate(cells, 2):
        assert ruler is not None
        found["cells"].append(_cell(watch, ruler, length, batch))
        on_measured(number, len(cells) + 1)
    return found


def _cell(watch: Stopwatch, ruler: _Ruler, length: int, batch: int) -> dict[str, Any]:
    """One length and batch size; ``length`` is what was aimed at, ``tokens`` of a text what it came to on average."""
    role = Role.QUERY if batch == 1 else Role.DOCUMENT
    characters = ruler.characters(length, role)
    timing = watch.repeat(lambda run: texts_of(characters, batch, run), role, LEAST_RUNS, MOST_RUNS)
    about = {"role": str(role), "length": length, "batch": batch, "tokens": timing.tokens / batch}
    return about | timing.record()


class _Ruler:
    """How many characters make how many tokens, for one model: found by encoding two texts of each role."""

    def __init__(self, watch: Stopwatch) -> None:
        self._found = {}
        for role in Role:
            few, many = (int(watch.call(texts_of(size, 1, 0), role).tokens[0]) for size in PROBE)
            each = max(many - few, 1) / (PROBE[1] - PROBE[0])
            self._found[role] = each, max(0.0, few - each * PROBE[0])

    def characters(self, tokens: int, role: Role) -> int:
        """Of a text of so many tokens, prompt included; a few at least, where the prompt alone is longer."""
        each, prompt = self._found[role]
        return max(8, round((tokens - prompt) / each))


def _energy(watch: Stopwatch) -> dict[str, Any]:
    """``watts`` on average and ``joules_per_1000_texts`` of the whole GPU, for short texts; None where NVML is mute."""
    device = watch.lease.model.device
    before = meters.joules(device)
    if before is None:
        return {"watts": None, "joules_per_1000_texts": None}
    seconds, texts = 0.0, 0
    while seconds < ENERGY_SECONDS:
        seconds += max(watch.call(short_texts(texts), Role.DOCUMENT).seconds, 1e-3)
        texts += len(SHORT)
    used = (meters.joules(device) or before) - before
    return {"watts": used / seconds, "joules_per_1000_texts": 1000 * used / texts}

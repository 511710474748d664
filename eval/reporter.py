"""From what long work reports to events: at most ten a second, with the time left."""

from __future__ import annotations

import time
from collections.abc import Callable

from eval.events import Event, Step
from eval.sampler import Sampler

EVERY = 0.1  # seconds between two events of one stage; its first and last always come
SURE = 0.5  # seconds of a stage before its time left is told


class Reporter:
    """The progress of one model through one stage after the other.

    Attributes:
        sampler: told how many texts were really encoded.
    """

    def __init__(self, model: str, emit: Callable[[Event], None]) -> None:
        self.model, self.emit = model, emit
        self.sampler: Sampler | None = None
        self._set = self._stage = ""
        self._total = 0
        self._begun = self._told = 0.0
        self._base = self._size = self._seen = 0

    def begin(self, stage: str, total: int, set_name: str = "") -> None:
        """A stage begins."""
        self._set, self._stage, self._total = set_name, stage, total
        self._begun = time.perf_counter()
        self._told = 0.0
        self.step(0)

    def step(self, done: int, total: int | None = None) -> None:
        """The stage has come so far."""
        self._total = self._total if total is None else total
        now = time.perf_counter()
        if 0 < done < self._total and now - self._told < EVERY:
            return
        self._told = now
        passed = now - self._begun
        left = passed / done * (self._total - done) if done and self._total and passed > SURE else None
        self.emit(Step(self.model, self._set, self._stage, done, self._total, left))

    def part(self, base: int, size: int) -> None:
        """The next call of the encoder is ``size`` texts of the stage, after ``base`` others."""
        self._base, self._size, self._seen = base, size, 0

    def count(self, texts: int) -> None:
        """So many texts more were really encoded."""
        if self.sampler is not None:
            self.sampler.count(texts)

    def on_job(self, stage: str, done: int, total: int) -> None:
        """What a ``models.job.Job`` reports: of an encoding, (texts done, texts in all) without the cached ones."""
        if stage == "encode":
            self.count(max(0, done - self._seen))
            self._seen = done
            self.step(self._base + self._size - total + done)
            return
        if stage != self._stage:
            self.begin(stage, total)
        self.step(done, total)

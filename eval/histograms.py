"""Scores of right and of wrong pairs, counted while a set is judged: what thresholds are found from.

A set may have millions of pairs, so that they are counted, not kept. Bins are as wide as a power of two and begin at
its multiples; when they get too many, two become one. What comes out does not depend on the order of what went in.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_BINS = 512
NARROWEST = -12  # the finest bins are 2⁻¹² wide: the differences that float16 vectors leave alone

Counts = NDArray[np.int64]


class Tally:
    """The counts of one model on one set. Add blocks in any order; then ``record`` goes into the run."""

    def __init__(self) -> None:
        self._exponent = NARROWEST
        self._first = 0  # index of the first bin: it begins at _first · 2^exponent
        self._counts: Counts = np.zeros((2, 0), np.int64)  # right, wrong

    def add(self, scores: NDArray[np.floating[Any]], relevant: NDArray[np.bool_]) -> None:
        """Count pairs.

        Args:
            scores: of any shape, one for each pair of a query and a candidate, finite.
            relevant: of the same shape, whether the candidate is a right one.
        """
        values, right = np.asarray(scores, np.float64).ravel(), np.asarray(relevant).ravel()
        if not values.size:
            return
        self._make_room(float(values.min()), float(values.max()))
        bins = np.floor(np.ldexp(values, -self._exponent)).astype(np.int64) - self._first
        size = self._counts.shape[1]
        self._counts += np.stack([np.bincount(bins[chosen], minlength=size) for chosen in (right, ~right)])

    def record(self) -> dict[str, list[float] | list[int]]:
        """``edges`` (n + 1), and in each bin, edge included below and not above, how many pairs are ``right`` and
        ``wrong`` (n)."""
        edges = np.ldexp(np.arange(self._counts.shape[1] + 1, dtype=np.float64) + self._first, self._exponent)
        right, wrong = self._counts.tolist()
        return {"edges": edges.tolist() if right else [], "right": right, "wrong": wrong}

    def _make_room(self, low: float, high: float) -> None:
        """Widen the bins until all fit, and have one for every score from ``low`` to ``high``."""
        while True:
            first, last = (int(np.floor(np.ldexp(end, -self._exponent))) for end in (low, high))
            if size := self._counts.shape[1]:
                first, last = min(first, self._first), max(last, self._first + size - 1)
            if last - first < MAX_BINS:
                break
            self._widen()
        if size:
            self._counts = np.pad(self._counts, ((0, 0), (self._first - first, last - self._first - size + 1)))
        else:
            self._counts = np.zeros((2, last - first + 1), np.int64)
        self._first = first

    def _widen(self) -> None:
        """Make two bins one, from an even one on."""
        size = self._counts.shape[1]
        padded = np.pad(self._counts, ((0, 0), (self._first % 2, (self._first + size) % 2)))
        self._counts = padded.reshape(2, -1, 2).sum(axis=2)
        self._first //= 2
        self._exponent += 1

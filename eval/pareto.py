"""What nothing else beats in everything at once."""

from __future__ import annotations

from collections.abc import Sequence


def front(points: Sequence[Sequence[float]]) -> list[bool]:
    """For each point whether it stands on the Pareto front; larger is better in every coordinate.

    A point is off the front if another is at least as good everywhere and better somewhere; equal points both stay.
    """
    return [not any(_beats(other, point) for other in points) for point in points]


def _beats(other: Sequence[float], point: Sequence[float]) -> bool:
    pairs = list(zip(other, point, strict=True))
    return all(theirs >= ours for theirs, ours in pairs) and any(theirs > ours for theirs, ours in pairs)

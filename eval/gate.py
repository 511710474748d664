"""One gate: what was found, what is wanted, and whether that is so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eval import formats, long
from eval.sets import EvalSet

SHOWN = 3  # faults that are named; the others are counted


@dataclass(frozen=True)
class Gate:
    """A demand on a set: ``value`` is what was found, ``bar`` what is wanted, both to be read by a person."""

    name: str
    value: str
    bar: str
    passed: bool


def shipped(item: EvalSet) -> bool:
    """Whether it is a built-in set that lies in ``eval/data``, which everything is asked of."""
    return item.source == "built-in" and not generated(item)


def generated(item: EvalSet) -> bool:
    """Whether it is a probe of length made by ``eval.long``: its needles share their questions' words, by design."""
    return item.source == "built-in" and item.name in long.NAMES


def unasked(name: str, why: str, value: str = formats.NONE) -> Gate:
    """A gate that does not bind this set, and why not; what was found may be shown all the same."""
    return Gate(name, value, f"not asked: {why}", True)


def faultless(name: str, faults: Sequence[str], bar: str, good: str = "none") -> Gate:
    """A gate that no fault may stop; ``good`` is its value where there is none."""
    if not faults:
        return Gate(name, good, bar, True)
    more = "" if len(faults) <= SHOWN else " …"
    return Gate(name, f"{len(faults)}: {', '.join(faults[:SHOWN])}{more}", bar, False)

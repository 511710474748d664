"""Two runs side by side: the same models on the same sets, before and after something changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eval.outcomes import environment_of
from eval.sets import EvalSet
from eval.stats import compare
from models.errors import InputError

Run = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One model on one set in two runs; shares from 0 to 1.

    Attributes:
        queries: that both runs judged. before, after: Top-1 on these.
        p: of the paired test over families; None where the set is not at hand, and with it its families.
        moved: queries whose rank is another.
        speed: texts per second of the second run over those of the first; None where one was not measured.
        differs: what else is not the same: revision, dtype, device, threads, the machine, …
    """

    model: str
    set: str
    queries: int
    before: float
    after: float
    p: float | None
    moved: int
    speed: float | None
    differs: tuple[str, ...]


FACTS = ("revision", "dtype", "device", "threads", "attention", "batch", "prompts", "max_tokens", "dimensions")
# What decides a speed besides the model; the size of a host's memory does not.
SURROUNDINGS = {"machine": ("cpu", "cores", "gpus"), "software": ("python", "platform", "packages")}


def versus(first: Run, second: Run, sets: Mapping[str, EvalSet]) -> list[Change]:
    """What changed from one run to the other, in the order of the first.

    Args:
        sets: those at hand, by name; for the test.

    Raises:
        InputError: ``runs_nothing_shared``; no model ran on the same set in both.
    """
    later = {(row["model"], row["set"]): row for row in second["results"]}
    found = []
    for row in first["results"]:
        other = later.get((row["model"], row["set"]))
        if other is not None and _hash(first, row["set"]) == _hash(second, row["set"]):
            shared = [query for query in row["ranks"] if query in other["ranks"]]
            if shared:
                places = environment_of(first, row), environment_of(second, other)
                differs = (*_facts(row, other), *_surroundings(*places))
                found.append(_change(row, other, shared, sets.get(row["set"]), differs))
    if not found:
        raise InputError("runs_nothing_shared", "The two runs share no model on the same set, so nothing compares.")
    return found


def _hash(run: Run, name: str) -> object:
    return run.get("sets", {}).get(name, {}).get("sha256")


def _facts(row: Run, other: Run) -> tuple[str, ...]:
    return tuple(name for name in FACTS if row.get(name) != other.get(name))


def _surroundings(before: Run, after: Run) -> tuple[str, ...]:
    return tuple(name for name, keys in SURROUNDINGS.items() if any(before.get(key) != after.get(key) for key in keys))


def _change(row: Run, other: Run, shared: list[str], eval_set: EvalSet | None, differs: tuple[str, ...]) -> Change:
    before, after = ([one["ranks"][query] for query in shared] for one in (row, other))
    return Change(
        model=row["model"],
        set=row["set"],
        queries=len(shared),
        before=sum(rank == 1 for rank in before) / len(shared),
        after=sum(rank == 1 for rank in after) / len(shared),
        p=_p(before, after, shared, eval_set),
        moved=sum(one != two for one, two in zip(before, after, strict=True)),
        speed=_ratio(row, other),
        differs=differs,
    )


def _p(before: list[int], after: list[int], shared: list[str], eval_set: EvalSet | None) -> float | None:
    families = {} if eval_set is None else {query.id: query.family for query in eval_set.queries}
    if any(query not in families for query in shared):
        return None
    (found,) = compare("", {"before": before, "after": after}, [families[query] for query in shared])
    return found.p


def _ratio(row: Run, other: Run) -> float | None:
    rates = [(one.get("speed") or {}).get("texts_per_second") for one in (row, other)]
    return rates[1] / rates[0] if rates[0] and rates[1] else None

"""What a run of the benchmark is to do, checked before any model is touched."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import zip_longest
from typing import Any

from eval.sets import EvalSet, Query
from models.catalog import find
from models.errors import InputError
from models.settings import Settings
from models.vectors import LARGEST

SPEEDS = ("standard", "article", "off")
MOST_SETS = 32
MOST_RUNGS = 64
LONGEST_TITLE = 200


@dataclass(frozen=True, kw_only=True)
class RunPlan:
    """One run.

    Attributes:
        models: ids. sets: with their texts, names all different.
        dimensions: rungs of the sweep; empty for the usual ones. Every model's full size is always among them.
        limit: how many queries of each set, spread over its categories; None for all.
        speed: one of ``SPEEDS``; see ``eval.speed``.
        sweep: whether to measure smaller dimensions and storage.
        title: what the person calls the run. owner: a secret that tells a visitor's runs from others'; only its hash
            is kept.
    """

    models: tuple[str, ...]
    sets: tuple[EvalSet, ...]
    dimensions: tuple[int, ...] = ()
    limit: int | None = None
    speed: str = SPEEDS[0]
    sweep: bool = True
    title: str = ""
    owner: str = ""

    def record(self) -> dict[str, Any]:
        """What has to be equal for one run to go on where another was interrupted, besides the hashes of the sets."""
        return {
            "models": list(self.models),
            "sets": [item.name for item in self.sets],
            "dimensions": list(self.dimensions),
            "limit": self.limit,
            "speed": self.speed,
            "sweep": self.sweep,
        }


def owner_id(owner: str) -> str:
    """What a run keeps of its owner: enough to find it again, nothing that opens other runs. Empty for nobody."""
    return sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:32] if owner else ""


def check(plan: RunPlan, settings: Settings) -> RunPlan:
    """The plan, if it can be run: each model and rung once, sets cut to the limit.

    Raises:
        UnknownModelError: a model that the catalog does not have.
        InputError: no model or no set, too many, two sets of one name, rungs, a limit or a protocol that cannot be.
    """
    models = tuple(dict.fromkeys(plan.models))
    if not models:
        raise InputError("no_models", "No model is chosen: choose at least one.")
    if len(models) > settings.limits.models:
        raise InputError(
            "too_many_models",
            "{count} models are chosen; at most {limit} stand side by side.",
            count=len(models),
            limit=settings.limits.models,
        )
    for model in models:
        find(model, settings.catalog)
    _check_sets(plan.sets)
    _check_numbers(plan)
    if plan.speed not in SPEEDS:
        raise InputError(
            "eval_speed",
            'There is no speed protocol "{speed}". Choose one of {known}.',
            speed=plan.speed,
            known=", ".join(SPEEDS),
        )
    return replace(
        plan,
        models=models,
        sets=tuple(limited(item, plan.limit) for item in plan.sets),
        dimensions=tuple(sorted(set(plan.dimensions))),
        title=" ".join(plan.title.encode("utf-8", "replace").decode().split())[:LONGEST_TITLE],
    )


def _check_sets(sets: tuple[EvalSet, ...]) -> None:
    if not sets:
        raise InputError("eval_no_sets", "No set of queries is chosen: choose at least one.")
    if len(sets) > MOST_SETS:
        raise InputError(
            "eval_many_sets", "{count} sets are chosen; at most {limit} fit.", count=len(sets), limit=MOST_SETS
        )
    seen: set[str] = set()
    for item in sets:
        if item.name in seen:
            raise InputError("eval_sets_alike", 'Two sets are called "{set}". Rename one.', set=item.name)
        seen.add(item.name)


def _check_numbers(plan: RunPlan) -> None:
    if len(set(plan.dimensions)) > MOST_RUNGS:
        raise InputError(
            "eval_many_dimensions",
            "{count} dimensions are chosen; at most {limit} fit.",
            count=len(set(plan.dimensions)),
            limit=MOST_RUNGS,
        )
    for dimensions in plan.dimensions:
        if not _whole(dimensions) or not 1 <= dimensions <= LARGEST:
            raise InputError(
                "dimensions_range",
                "{dimensions} dimensions: choose a whole number from {smallest} to {full}.",
                dimensions=dimensions,
                smallest=1,
                full=LARGEST,
            )
    if plan.limit is not None and (not _whole(plan.limit) or plan.limit < 1):
        raise InputError("eval_limit", "A limit of {limit} queries: choose a whole number from 1 on.", limit=plan.limit)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def limited(eval_set: EvalSet, limit: int | None) -> EvalSet:
    """``eval_set`` with ``limit`` of its queries: a family of each category in turn, so that none is left out.

    The hash stays that of the whole set. Always the same queries, in the order of the set.
    """
    if limit is None or limit >= len(eval_set.queries):
        return eval_set
    families: dict[str, dict[str, list[Query]]] = defaultdict(lambda: defaultdict(list))
    for query in eval_set.queries:
        families[query.category][query.family].append(query)
    turns = zip_longest(*(by_family.values() for by_family in families.values()), fillvalue=[])
    chosen = [query.id for turn in turns for family in turn for query in family][:limit]
    kept = set(chosen)
    return replace(eval_set, queries=tuple(query for query in eval_set.queries if query.id in kept))

"""The sets of a run: their texts in the run where nobody else has them, and the way back to ``EvalSet``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eval.dataset import load, names
from eval.plan import limited
from eval.sets import Candidate, EvalSet, Query
from models.errors import InputError

OWN = "own"


def query_record(query: Query) -> dict[str, Any]:
    """A query as the built-in sets have it, and ``relevant`` with all grades."""
    return {
        "id": query.id,
        "category": query.category,
        "family": query.family,
        "lang": query.lang,
        "query": query.text,
        "candidates": [{"id": item.id, "text": item.text} for item in query.candidates],
        "gold": max(query.relevant, key=lambda candidate: query.relevant[candidate]),
        "relevant": query.relevant,
        "rationale": query.rationale,
        "gloss_en": query.gloss,
        "instruction": query.instruction,
        "pair": query.pair,
    }


def own_records(sets: tuple[EvalSet, ...]) -> dict[str, list[dict[str, Any]]]:
    """Name → queries, of the sets that a visitor brought. A corpus in a folder of the host stays there."""
    return {item.name: [query_record(query) for query in item.queries] for item in sets if item.source == OWN}


def _query(row: Mapping[str, Any]) -> Query:
    return Query(
        id=row["id"],
        category=row["category"],
        family=row["family"],
        lang=row["lang"],
        text=row["query"],
        candidates=tuple(Candidate(item["id"], item["text"]) for item in row["candidates"]),
        relevant=dict(row["relevant"]),
        rationale=row["rationale"],
        gloss=row["gloss_en"],
        instruction=row["instruction"],
        pair=row["pair"],
    )


def sets_of(run: Mapping[str, Any]) -> dict[str, EvalSet]:
    """The sets of a run with the queries that it judged: its own, and the built-in ones that are still the same.

    One that has changed since, or lies in a folder, is left out: its texts are not those of the run.

    Raises:
        InputError: ``run_damaged``; the run's own sets are not as a run keeps them.
    """
    found: dict[str, EvalSet] = {}
    try:
        limit = run.get("plan", {}).get("limit")
        for name, facts in run.get("sets", {}).items():
            if name in run.get("own_sets", {}):
                queries = tuple(_query(row) for row in run["own_sets"][name])
                found[name] = EvalSet(name, queries, facts["sha256"], source=OWN)
            elif facts["source"] == "built-in" and name in names() and load(name).sha256 == facts["sha256"]:
                found[name] = limited(load(name), limit)
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(
            "run_damaged", "The sets in this run are not as a run keeps them: {reason}.", reason=repr(error)
        ) from error
    return found

"""A family of every category of the built-in sets as an example to click: the benchmark's questions, a few at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from eval import long
from eval.dataset import load, names
from eval.sets import Query
from ui.language import LANGUAGES, strings

MOST_CATEGORIES = 12  # of a set that has more, pairs of languages, one for each language is shown


@cache
def set_examples() -> tuple[dict[str, Any], ...]:
    """The first family of each set's category, in the form of ``assets/examples.json``."""
    found = []
    for name in names():
        if name in long.NAMES:  # documents of whole pages: nothing to read at a glance
            continue
        families: dict[str, list[Query]] = {}
        queries = load(name).queries
        is_pairs = len({query.category for query in queries}) > MOST_CATEGORIES
        for query in queries:
            family = families.setdefault(query.lang if is_pairs else query.category, [])
            if not family or family[0].family == query.family:
                family.append(query)
        found += [_example(name, family) for family in families.values()]
    return tuple(found)


def _example(name: str, family: Sequence[Query]) -> dict[str, Any]:
    first = family[0]
    # An instruction holds for a whole run, so of the two readings of a query one is shown.
    asked = [query for query in family if query.instruction == first.instruction]
    places = {candidate.id: place for place, candidate in enumerate(first.candidates)}
    asked = [query for query in asked if set(query.relevant) <= set(places)]
    return {
        "id": f"{name}-{first.category}",
        "title": {language: f"{name} · {_category(first.category, language)}" for language in LANGUAGES},
        "text": {"en": first.gloss, "zh": first.rationale},
        "queries": [query.text for query in asked],
        "candidates": [candidate.text for candidate in first.candidates],
        "gold": [places[next(iter(query.relevant))] for query in asked],
        "instruction": first.instruction,
        "models": None,
    }


def _category(name: str, language: str) -> str:
    return strings(language).get(f"view.bench.category.{name}", name)

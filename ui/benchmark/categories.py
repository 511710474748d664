"""The categories of the built-in sets in the visitor's language. A set of one's own keeps the names that it came with.

The browser does the same with the list of queries (``assets/view/63-benchmark-queries.js``), from the same strings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from eval.outcomes import mapping, records
from eval.sets import EvalSet

Words = Mapping[str, str]

LENGTH = re.compile(r"(\d+) tokens")  # the sets of long texts are sorted by length


def category(name: str, words: Words) -> str:
    """A category as a visitor reads it; a name that nobody has translated stays as it is."""
    if length := LENGTH.fullmatch(name):
        return words["view.bench.category.tokens"].format(count=length[1])
    return words.get(f"view.bench.category.{name}", name)


def is_own(run: Mapping[str, Any], name: str) -> bool:
    """Whether the set ``name`` is a visitor's own: its texts are in the run."""
    return name in mapping(run.get("own_sets"))


def spoken_run(run: Mapping[str, Any], words: Words) -> Mapping[str, Any]:
    """The run with its categories translated, for what people read; what is kept and what programs read stays."""
    results = [
        _result(item, words) if not is_own(run, str(item.get("set"))) else item for item in records(run, "results")
    ]
    cells = [
        {**item, "category": category(str(item.get("category")), words)}
        if not is_own(run, str(item.get("set")))
        else item
        for item in records(run, "category_comparisons")
    ]
    return {**run, "results": results, "category_comparisons": cells}


def spoken_set(evalset: EvalSet, words: Words) -> EvalSet:
    """The set with its categories translated; ids, texts and hash stay."""
    queries = tuple(replace(query, category=category(query.category, words)) for query in evalset.queries)
    return replace(evalset, queries=queries)


def _result(item: Mapping[str, Any], words: Words) -> Mapping[str, Any]:
    found = mapping(item.get("categories"))
    return {**item, "categories": {category(str(name), words): part for name, part in found.items()}}

"""Which text of a set stands where: every distinct text once, and the rows of each query among them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.sets import Candidate, EvalSet, Query

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Group:
    """Queries whose candidates form one rectangle.

    Attributes:
        queries: places in the set (n,).
        candidates: rows of ``Layout.texts`` (n, c); (1, c) where all of them share their candidates.
    """

    queries: Ints
    candidates: Ints

    @property
    def shared(self) -> bool:
        """Whether one list of candidates serves all queries, as the corpus of a BEIR folder does."""
        return len(self.candidates) == 1


@dataclass(frozen=True)
class Layout:
    """A set, told apart into what has to be encoded and what has to be compared.

    Attributes:
        queries: of the set, in its order (q).
        asked: distinct query texts, each with its instruction (None for a model that takes none).
        asked_rows: row of each query in ``asked`` (q,).
        texts: distinct candidate texts.
        groups: every query is in exactly one.
        relevant: of each query, place among its candidates → grade (q).
    """

    queries: tuple[Query, ...]
    asked: tuple[tuple[str, str | None], ...]
    asked_rows: Ints
    texts: tuple[str, ...]
    groups: tuple[Group, ...]
    relevant: tuple[Mapping[int, int], ...]

    @property
    def families(self) -> list[str]:
        """The family of each query (q)."""
        return [query.family for query in self.queries]

    @property
    def pairs(self) -> int:
        """How many scores judge the set."""
        return sum(len(group.queries) * group.candidates.shape[1] for group in self.groups)


def lay_out(eval_set: EvalSet, instructions: bool) -> Layout:
    """Find the distinct texts. ``instructions``: whether the model takes those that single queries have."""
    asked: dict[tuple[str, str | None], int] = {}
    texts: dict[str, int] = {}
    lists: dict[int, tuple[Ints, dict[str, int]]] = {}  # by identity: a BEIR set has one list for all queries
    rows: list[int] = []
    relevant: list[Mapping[int, int]] = []
    for query in eval_set.queries:
        key = (query.text, query.instruction if instructions else None)
        rows.append(asked.setdefault(key, len(asked)))
        if id(query.candidates) not in lists:
            lists[id(query.candidates)] = _rows(query.candidates, texts)
        places = lists[id(query.candidates)][1]
        relevant.append({places[candidate]: grade for candidate, grade in query.relevant.items()})
    return Layout(
        queries=eval_set.queries,
        asked=tuple(asked),
        asked_rows=np.array(rows, np.int64),
        texts=tuple(texts),
        groups=_groups(eval_set.queries, {key: found for key, (found, _) in lists.items()}),
        relevant=tuple(relevant),
    )


def _rows(candidates: tuple[Candidate, ...], texts: dict[str, int]) -> tuple[Ints, dict[str, int]]:
    """(rows of the candidates in ``texts``, which grows; candidate id → place)."""
    rows = np.array([texts.setdefault(item.text, len(texts)) for item in candidates], np.int64)
    return rows, {item.id: place for place, item in enumerate(candidates)}


def _groups(queries: tuple[Query, ...], lists: Mapping[int, Ints]) -> tuple[Group, ...]:
    """Queries that share one list together; the others by how many candidates they have."""
    uses = Counter(id(query.candidates) for query in queries)
    members: dict[tuple[str, int], list[int]] = defaultdict(list)
    for place, query in enumerate(queries):
        mine = id(query.candidates)
        members[("list", mine) if uses[mine] > 1 else ("size", len(query.candidates))].append(place)
    groups = []
    for (kind, _), places in members.items():
        found = [lists[id(queries[place].candidates)] for place in places]
        groups.append(Group(np.array(places, np.int64), np.stack(found[:1] if kind == "list" else found)))
    return tuple(groups)

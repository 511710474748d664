"""Questions with known answers, as plain data: what every other part of the benchmark reads.

Import these from ``eval.dataset``; they stand apart only so that the readers can share them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

NO_CATEGORY = "all"  # of a query whose source sorts nothing: there is one category then


@dataclass(frozen=True)
class Candidate:
    """One text that could answer a query; ``id`` is unique among the candidates of that query."""

    id: str
    text: str


@dataclass(frozen=True)
class Query:
    """A query, the texts to choose from, and which of them are right.

    Attributes:
        id: unique in the set.
        category: what the query is hard by; ``NO_CATEGORY`` where the source has none.
        family: queries about one contrast share it and are not independent; the query's own id where it has none.
        lang: language tag such as ``zh`` or ``en``; empty where the source has none.
        text: the query itself.
        candidates: at least 2, no two alike.
        relevant: candidate id → grade ≥ 1, never empty; in the built-in sets exactly one, the gold. Do not change it.
        rationale: why the gold is right.
        gloss: what the query says, in English.
        instruction: replaces the query prompt of models that take one.
        pair: id of the query that this one belongs to in another language or direction.
    """

    id: str
    category: str
    family: str
    lang: str
    text: str
    candidates: tuple[Candidate, ...]
    relevant: dict[str, int]
    rationale: str = ""
    gloss: str = ""
    instruction: str | None = None
    pair: str | None = None


@dataclass(frozen=True)
class EvalSet:
    """Queries with a name.

    Attributes:
        name: what a run calls the set.
        queries: in the order of the source, at least 1.
        sha256: of the bytes it was read from, hexadecimal; which bytes, each reader says.
        canary: a string that must never be seen in training data, where the set has one.
        source: ``built-in``, ``beir`` or ``own``.
    """

    name: str
    queries: tuple[Query, ...]
    sha256: str
    canary: str | None = None
    source: str = ""

    @property
    def families_matter(self) -> bool:
        """Whether some family has more than one query, so that queries must not be counted as independent."""
        return max(Counter(query.family for query in self.queries).values(), default=0) > 1

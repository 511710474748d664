"""Rankings that know no meaning: shared signs, likeness to the other candidates, length. A fair set leaves them chance.

A ranking gives each query an array of scores, float64 (candidates,), larger is better. They are rounded, so that what
ties on paper ties here.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.ngrams import Lexical, Scores
from eval.sets import Query
from models.ranking import pessimistic_rank

DIGITS = 9
# Han, kana, Hangul and Thai: each sign by itself. What other scripts part by spaces is a word.
_SIGNS = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af\u0e00-\u0e7f"
_TERM = re.compile(f"[{_SIGNS}]|[^\\W{_SIGNS}]+")


@dataclass(frozen=True)
class Reach:
    """How many golds of ``count`` a ranking puts first: every tie against the gold, or ties shared evenly."""

    right: int
    shared: float
    count: int

    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share with ties shared (rounded to whole queries)."""
        from scipy.stats import binomtest

        found = binomtest(round(self.shared), self.count).proportion_ci(method="wilson")
        return float(found.low), float(found.high)


def reach(rows: Sequence[Scores], golds: Sequence[int], *, reverse: bool = False) -> Reach:
    """What a ranking reaches, or the same ranking with its last first."""
    right, shared = 0, 0.0
    for row, gold in zip(rows, golds, strict=True):
        scores = np.round(-row if reverse else row, DIGITS)
        right += pessimistic_rank(scores, gold) == 1  # type: ignore[arg-type]
        best = scores == scores.max()
        shared += best[gold] / best.sum()
    return Reach(right, shared, len(golds))


def gold_places(queries: Sequence[Query]) -> list[int]:
    """Where each query's gold stands among its candidates, from 0; each has one gold."""
    return [next(i for i, item in enumerate(query.candidates) if item.id in query.relevant) for query in queries]


def asked(query: Query) -> str:
    """What a model reads of a query: its instruction, where it has one, and its text."""
    return f"{query.instruction}\n{query.text}" if query.instruction else query.text


def texts_of(query: Query) -> list[str]:
    """Its candidates' texts."""
    return [item.text for item in query.candidates]


def tfidf(queries: Sequence[Query], lexical: Lexical) -> list[Scores]:
    """Cosine of character 1-3-gram TF-IDF with the query."""
    return [lexical.tfidf(asked(query), texts_of(query)) for query in queries]


def likeness(queries: Sequence[Query], lexical: Lexical) -> list[Scores]:
    """Mean cosine with the query's other candidates: the query itself is not read."""
    return [lexical.likeness(texts_of(query)) for query in queries]


def lengths(queries: Sequence[Query]) -> list[Scores]:
    """Characters."""
    return [np.array([len(text) for text in texts_of(query)], np.float64) for query in queries]


def terms(text: str) -> list[str]:
    """The signs of scripts without spaces, the words of others; width and case do not count."""
    return _TERM.findall(unicodedata.normalize("NFKC", text).casefold())


def bm25(queries: Sequence[Query]) -> list[Scores]:
    """BM25 over ``terms``; a term's rarity is that among all texts of the set."""
    places: dict[str, int] = {}
    for query in queries:
        for text in texts_of(query):
            places.setdefault(text, len(places))
    numbers: dict[str, int] = {}
    documents = [[numbers.setdefault(term, len(numbers)) for term in terms(text)] for text in places]
    if not numbers:  # nothing but punctuation
        return [np.zeros(len(query.candidates)) for query in queries]
    index = _index(documents, numbers)
    rows = []
    for query in queries:
        known = [numbers[term] for term in terms(asked(query)) if term in numbers]
        scores = index.get_scores_from_ids(known) if known else np.zeros(len(places))
        rows.append(np.asarray(scores, np.float64)[[places[text] for text in texts_of(query)]])
    return rows


def _index(documents: list[list[int]], numbers: dict[str, int]) -> Any:
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG when imported
    index = bm25s.BM25(method="lucene", backend="numpy", csc_backend="numpy", auto_compile=False)
    index.index((documents, numbers), create_empty_token=False, show_progress=False)
    return index

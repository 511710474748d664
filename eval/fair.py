"""Gates on what a ranking without understanding reaches: near chance, or the set measures something else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from eval import formats
from eval.gate import Gate, generated, shipped, unasked
from eval.ngrams import Lexical, Scores
from eval.sets import EvalSet, Query
from eval.wordless import Reach, bm25, gold_places, lengths, likeness, reach, texts_of, tfidf

CANDIDATES = 16
HIGHEST = 0.15  # Top-1 of a lexical ranking of sixteen
SMALLEST_P = 0.05
EACH_PLACE = 5  # queries for each place among the candidates: below that, neither χ² nor a share says anything

LEXICAL = ("BM25", "n-gram TF-IDF")
BLIND = ("query-blind, most like the others", "query-blind, least like the others")
LENGTH = ("longest first", "shortest first")
NAMES = (*(name for part in LEXICAL for name in (part, f"{part} reversed")), *BLIND)
POSITION, LENGTH_RANK = "gold position", "gold length rank"

# Where the gold is in another language than most of its rivals and its query, whatever shares no sign with the query
# is one of four: the last by words is right by a chance of 1/4, by design. Nothing else is let off: the facts demand
# the lexical bounds of zh-hard, and code, cross-lingual and instruction keep them too.
FOREIGN = {"mixed-language"}


def gates(item: EvalSet) -> Iterator[Gate]:
    """Lexical, query-blind and length-only rankings, and how golds lie by position and by length."""
    queries = [query for query in item.queries if len(query.relevant) == 1]
    if why := _unfit(queries):
        yield from (unasked(name, why) for name in (*NAMES, *LENGTH, POSITION, LENGTH_RANK))
        return
    golds, chance = gold_places(queries), float(np.mean([1 / len(query.candidates) for query in queries]))
    if generated(item):
        yield from (unasked(name, "generated, words lead to a needle") for name in NAMES)
    else:
        yield from _alike(item, queries, golds, chance)
    sizes = lengths(queries)
    for name, way in zip(LENGTH, (False, True), strict=True):
        yield _blind(name, reach(sizes, golds, reverse=way), chance)
    if shipped(item) or generated(item):
        yield _even(POSITION, [_one(len(query.candidates), gold) for query, gold in zip(queries, golds, strict=True)])
    else:
        yield unasked(POSITION, "the reader of a table puts the gold where it likes")
    yield _even(LENGTH_RANK, [_rank(row, gold) for row, gold in zip(sizes, golds, strict=True)])


def _alike(item: EvalSet, queries: Sequence[Query], golds: Sequence[int], chance: float) -> Iterator[Gate]:
    """Rankings by likeness to the query, and to the other candidates."""
    lexical = Lexical([text for query in queries for text in texts_of(query)])
    for name, rows in zip(LEXICAL, (bm25(queries), tfidf(queries, lexical)), strict=True):
        yield _lexical(name, reach(rows, golds), chance)
        yield _lexical(f"{name} reversed", reach(rows, golds, reverse=True), chance, foreign=item.name in FOREIGN)
    rows = likeness(queries, lexical)
    for name, way in zip(BLIND, (False, True), strict=True):
        yield _blind(name, reach(rows, golds, reverse=way), chance)


def _unfit(queries: Sequence[Query]) -> str:
    """Why figures would say nothing; empty where they do."""
    most = max((len(query.candidates) for query in queries), default=1)
    return f"{len(queries)} queries with one gold are too few" if len(queries) < EACH_PLACE * most else ""


def _share(value: float) -> str:
    return f"{formats.percent(value)} %"


def _lexical(name: str, found: Reach, chance: float, *, foreign: bool = False) -> Gate:
    """At most 2.4 times chance, even with luck in every tie's share; a pessimistic rank can only be better."""
    bar = min(1.0, HIGHEST * CANDIDATES * chance)
    value = f"{_share(found.right / found.count)}, ties shared {_share(found.shared / found.count)}"
    if foreign:
        return unasked(name, "four of sixteen are in the gold's language, by design", value)
    return Gate(name, value, f"≤ {_share(bar)}, ties shared", found.shared / found.count <= bar)


def _blind(name: str, found: Reach, chance: float) -> Gate:
    """Ties are shared: lengths are whole numbers, and a tie against the gold would read as below chance."""
    low, high = found.interval()
    value = f"{_share(found.shared / found.count)} ({formats.span(low, high)})"
    return Gate(name, value, f"Wilson interval holds {100 * chance:.4g} %", low <= chance <= high)


def _one(count: int, place: int) -> Scores:
    shares = np.zeros(count)
    shares[place] = 1
    return shares


def _rank(sizes: Scores, gold: int) -> Scores:
    """The gold's rank by length, (candidates,), shortest first; with ties its share of each rank that it may hold."""
    shares = np.zeros(len(sizes))
    first, ties = int((sizes < sizes[gold]).sum()), int((sizes == sizes[gold]).sum())
    shares[first : first + ties] = 1 / ties
    return shares


def _even(name: str, shares: Sequence[Scores]) -> Gate:
    """Pearson's χ² of the places against what even chances would give."""
    from scipy.stats import chisquare

    found, expected = (np.zeros(max(map(len, shares))) for _ in range(2))
    for row in shares:
        found[: len(row)] += row
        expected[: len(row)] += 1 / len(row)
    p = float(chisquare(found, expected).pvalue)
    return Gate(name, f"p = {p:.3f}", f"χ², p > {SMALLEST_P}", p > SMALLEST_P)

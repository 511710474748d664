"""Scores of every query and its candidates, block by block. Equal vectors always get equal scores.

That is not a matter of course: a matrix product may add the columns at its edge in another order than the rest, and
two candidates with one and the same vector then differ in the last bit. A tie would be judged as luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b

import numpy as np

from eval.layout import Group, Ints, Layout
from models.vectors import Floats

BLOCK = 1 << 22  # numbers that a block holds at once: 16 MB
SCORER_BLOCK = 1 << 24  # larger: a scorer reads all texts anew for each block

#: Places of queries in the set (n,) and their scores (n, c), in the order of their candidates.
Block = tuple[Ints, Floats]


def blocks(layout: Layout, queries: Floats, candidates: Floats) -> Iterator[Block]:
    """Dot products of vectors.

    Args:
        queries: float32 (asked, d), rows as ``layout.asked``. candidates: float32 (texts, d), rows as ``layout.texts``.
    """
    for group in layout.groups:
        yield from (_shared if group.shared else _own)(layout, group, queries, candidates)


def _own(layout: Layout, group: Group, queries: Floats, candidates: Floats) -> Iterator[Block]:
    """Queries with candidates of their own: every pair is one sum, all added in the same order."""
    step = max(1, BLOCK // (group.candidates.shape[1] * candidates.shape[1]))
    for start in range(0, len(group.queries), step):
        places = group.queries[start : start + step]
        found = candidates[group.candidates[start : start + step]]
        yield places, np.einsum("nd,ncd->nc", queries[layout.asked_rows[places]], found)


def _shared(layout: Layout, group: Group, queries: Floats, candidates: Floats) -> Iterator[Block]:
    """One list of candidates for all: a matrix product, each distinct vector once."""
    found = candidates[group.candidates[0]]
    first, places_of = _distinct(found)
    kept = found[first] if len(first) < len(found) else found
    step = max(1, BLOCK // len(found))
    for start in range(0, len(group.queries), step):
        places = group.queries[start : start + step]
        scores = queries[layout.asked_rows[places]] @ kept.T
        yield places, scores[:, places_of] if len(first) < len(found) else scores


def _distinct(vectors: Floats) -> tuple[Ints, Ints]:
    """(a row for each distinct vector, which of them each row is)."""
    seen: dict[bytes, int] = {}
    first: list[int] = []
    which = np.empty(len(vectors), np.int64)
    for row, vector in enumerate(np.ascontiguousarray(vectors)):
        which[row] = seen.setdefault(blake2b(vector, digest_size=16).digest(), len(seen))
        if len(seen) > len(first):
            first.append(row)
    return np.array(first, np.int64), which


def scorer_blocks(layout: Layout, scores: Callable[[list[str], list[str]], Floats]) -> Iterator[Block]:
    """Blocks of a model without vectors, which scores every query against all texts of the set.

    So it knows how rare a word is in the whole set, not among one query's few candidates only.

    Args:
        scores: as ``Scorer.scores``.
    """
    texts = list(layout.texts)
    step = max(1, SCORER_BLOCK // len(texts))
    for start in range(0, len(layout.queries), step):  # over all groups: a scorer reads all texts anew for each call
        every = scores([query.text for query in layout.queries[start : start + step]], texts)
        for group in layout.groups:
            inside = (group.queries >= start) & (group.queries < start + step)
            places = group.queries[inside]
            if len(places):
                rows = group.candidates if group.shared else group.candidates[inside]
                found = np.broadcast_to(rows, (len(places), rows.shape[1]))
                yield places, np.take_along_axis(every[places - start], found, axis=1)

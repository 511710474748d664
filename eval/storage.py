"""How vectors can be kept, from four bytes a number to one bit, and what scores are then computed from.

- ``float32``, ``float16``: as they are, or rounded.
- ``int8``: every vector scaled so that its largest number becomes 127, then rounded; the score is the cosine of the
  codes, which needs no scale. Both sides are coded.
- ``binary``: one bit a number, its sign. Candidates are found by Hamming distance, as an index would, and the best
  ``SHORTLIST`` of them rescored with the query in float32 against the signs (Yamada et al. 2021, arXiv:2106.00882).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from eval.layout import Layout
from eval.scoring import Block, blocks
from models.vectors import Floats, normalise

SHORTLIST = 40  # candidates that are rescored: the first ten, times four

Stored = Callable[[Layout, Floats, Floats], Iterator[Block]]


def bytes_per_vector(storage: str, dimensions: int) -> int:
    """Bytes that one vector takes."""
    return {
        "float32": 4 * dimensions,
        "float16": 2 * dimensions,
        "int8": dimensions,
        "binary": -(-dimensions // 8),
    }[storage]


def float16(vectors: Floats) -> Floats:
    """Rounded to half precision and back, float32 (n, d)."""
    return vectors.astype(np.float16).astype(np.float32)


def int8(vectors: Floats) -> Floats:
    """The codes -127 … 127 of each vector, normalised: float32 (n, d), whose dot products are cosines of the codes."""
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    return normalise(np.rint(vectors / np.where(largest == 0, 1, largest) * 127))


def signs(vectors: Floats) -> Floats:
    """+1 where a number is above 0, else -1, float32 (n, d)."""
    return np.where(vectors > 0, np.float32(1), np.float32(-1))


def _float32(layout: Layout, queries: Floats, candidates: Floats) -> Iterator[Block]:
    return blocks(layout, queries, candidates)


def _float16(layout: Layout, queries: Floats, candidates: Floats) -> Iterator[Block]:
    return blocks(layout, float16(queries), float16(candidates))


def _int8(layout: Layout, queries: Floats, candidates: Floats) -> Iterator[Block]:
    return blocks(layout, int8(queries), int8(candidates))


def _binary(layout: Layout, queries: Floats, candidates: Floats) -> Iterator[Block]:
    codes = signs(candidates)
    if all(group.candidates.shape[1] <= SHORTLIST for group in layout.groups):
        yield from blocks(layout, queries, codes)  # all are rescored
        return
    coarse = blocks(layout, signs(queries), codes)
    for (places, rescored), (_, agreement) in zip(blocks(layout, queries, codes), coarse, strict=True):
        yield places, shortlisted(rescored, agreement, candidates.shape[1])


def shortlisted(rescored: Floats, agreement: Floats, dimensions: int) -> Floats:
    """Scores (n, c): those of the shortlist, then far below them the others by agreement alone.

    Args:
        rescored: (n, c), between ±√d. agreement: (n, c), d minus twice the Hamming distance.
    """
    count = rescored.shape[1]
    if count <= SHORTLIST:
        return rescored
    least = np.partition(agreement, count - SHORTLIST, axis=1)[:, count - SHORTLIST, None]
    return np.where(agreement >= least, rescored, agreement - np.float32(3 * dimensions))


#: How each kind of storage scores truncated, normalised vectors.
STORAGES: dict[str, Stored] = {"float32": _float32, "float16": _float16, "int8": _int8, "binary": _binary}

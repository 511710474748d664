"""The one place that decides order and ties.

It stands in ``models`` and not in ``eval`` because the workbench ranks too, and ``eval`` stands to its right.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def order(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """Candidate indices (q, c) by falling score; equal scores by index, so that a listing never jumps."""
    return np.argsort(-scores, axis=-1, kind="stable")


def pessimistic_rank(scores: NDArray[np.float32], gold: int) -> int:
    """Rank of candidate ``gold`` in one row of scores (c,), from 1; every tie counts against it.

    1 + how many score higher + how many others score the same: a model that gives everything one score gets the
    last place, not a lucky first.
    """
    value = scores[gold]
    return int((scores > value).sum() + (scores == value).sum())

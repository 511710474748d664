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
    ranks, _ = pessimistic_ranks(scores[None], np.array([gold]))
    return int(ranks[0])


def pessimistic_ranks(
    scores: NDArray[np.float32], gold: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ranks (q,) of one gold candidate a query, from 1, and how many others tie with it (q,).

    Args:
        scores: (q, c), larger is better, no NaN. gold: index of the gold candidate in each row (q,).
    """
    value = np.take_along_axis(scores, gold[:, None], axis=1)
    ties = (scores == value).sum(axis=1) - 1
    return 1 + (scores > value).sum(axis=1) + ties, ties


def relevant_ranks(scores: NDArray[np.float32], relevant: NDArray[np.int64], grades: NDArray[np.int64]) -> list[int]:
    """Ranks, from 1 and all different, of several relevant candidates of one query, in the order of ``relevant``.

    The same rule as for a single gold: at equal scores what is not relevant comes first, then the lower grade.

    Args:
        scores: (c,), larger is better, no NaN. relevant: indices of the relevant candidates (r,).
        grades: how relevant each of them is, 1 or more (r,).
    """
    graded = np.zeros(len(scores), np.int64)
    graded[relevant] = grades
    ranks = []
    for index in relevant:
        tied = scores == scores[index]
        worse = (tied & (graded < graded[index])).sum()
        twins = (tied[:index] & (graded[:index] == graded[index])).sum()  # they need places of their own
        ranks.append(int(1 + (scores > scores[index]).sum() + worse + twins))
    return ranks

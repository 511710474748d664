"""How well a model ranks: from scores to ranks, from ranks to Top-1/3/5, MRR, nDCG@10 and families all right.

Definitions are trec_eval's (Success@k, RR, nDCG@10 with the grade as gain), except for ties, which trec_eval breaks
by the document's name: here ``models.ranking`` lets every tie count against the model.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.collisions import collisions
from models.errors import ModelError
from models.events import Side
from models.ranking import pessimistic_ranks, relevant_ranks
from models.spec import Kind, ModelSpec
from models.vectors import Floats

CUTOFFS = (1, 3, 5)
DEPTH = 10  # of nDCG

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Judgement:
    """What one model made of one query.

    Attributes:
        rank: of the best placed relevant candidate, from 1, ties counted against it.
        ties: how many candidates that are not relevant have the same score as that one.
        ranks: of all relevant candidates; (rank,) where there is a single gold.
        grades: how relevant each of them is, in the same order.
    """

    rank: int
    ties: int
    ranks: tuple[int, ...]
    grades: tuple[int, ...]

    @classmethod
    def single(cls, rank: int, ties: int = 0) -> Judgement:
        """The judgement of a query with one gold candidate, as a saved run keeps it."""
        return cls(rank, ties, (rank,), (1,))

    @property
    def ndcg(self) -> float:
        """nDCG@10, gain = grade, discount = log2(1 + rank); of a single gold 1 / log2(1 + rank) within the first 10."""
        found = sum(
            grade / np.log2(1 + rank) for rank, grade in zip(self.ranks, self.grades, strict=True) if rank <= DEPTH
        )
        best = sorted(self.grades, reverse=True)[:DEPTH]
        return float(found / sum(grade / np.log2(1 + rank) for rank, grade in enumerate(best, 1)))


def check_scores(model: str, scores: Floats) -> None:
    """Raises ModelError (``score_not_finite``), naming ``model``, if a score of any shape is NaN."""
    if np.isnan(scores).any():
        raise ModelError("score_not_finite", "{model} gave a score that is no number (NaN).", model=model)


def judge(model: str, scores: Floats, relevant: Mapping[int, int]) -> Judgement:
    """Judge one query.

    Args:
        model: for the error. scores: (c,), larger is better. relevant: candidate index → grade, 1 or more.

    Raises:
        ModelError: ``score_not_finite``.
    """
    check_scores(model, scores)
    if len(relevant) == 1:
        ranks, ties = pessimistic_ranks(scores[None], np.array(list(relevant)))
        return Judgement(int(ranks[0]), int(ties[0]), (int(ranks[0]),), tuple(relevant.values()))
    indices, grades = np.array(list(relevant)), np.array(list(relevant.values()))
    places = relevant_ranks(scores, indices, grades)
    best = int(np.argmin(places))
    same = scores == scores[indices[best]]
    return Judgement(places[best], int(same.sum() - same[indices].sum()), tuple(places), tuple(relevant.values()))


def judge_all(model: str, scores: Floats, gold: NDArray[np.int64]) -> list[Judgement]:
    """Judge queries with one gold and equally many candidates each: scores (q, c), gold (q,). Errors as ``judge``."""
    check_scores(model, scores)
    ranks, ties = pessimistic_ranks(scores, gold)
    return [Judgement.single(rank, tie) for rank, tie in zip(ranks.tolist(), ties.tolist(), strict=True)]


def per_query(judgements: Sequence[Judgement]) -> dict[str, Values]:
    """Every measure of every query, (q,) from 0 to 1; their means are the measures of the set."""
    ranks = np.array([item.rank for item in judgements])
    hits = {f"top{cutoff}": (ranks <= cutoff).astype(np.float64) for cutoff in CUTOFFS}
    return {**hits, "mrr": 1 / ranks, "ndcg10": np.array([item.ndcg for item in judgements])}


def measures(judgements: Sequence[Judgement], families: Sequence[Hashable] | None = None) -> dict[str, float]:
    """``top1``, ``top3``, ``top5``, ``mrr``, ``ndcg10`` and, with ``families``, ``family``. At least one query.

    ``family`` is the share of families in which every query put a relevant candidate first; at chance it is far
    below Top-1, so that it tells a model that understood the contrast from one that guessed one side of it.

    Args:
        judgements: one for each query (q). families: the family of each query (q), unique in the whole set.
    """
    found = {name: float(values.mean()) for name, values in per_query(judgements).items()}
    if families is not None:
        found["family"] = families_right([item.rank for item in judgements], families)
    return found


def families_right(ranks: Sequence[int], families: Sequence[Hashable]) -> float:
    """Share of families all of whose queries have rank 1. Both arguments (q,)."""
    right: dict[Hashable, bool] = defaultdict(lambda: True)
    for rank, family in zip(ranks, families, strict=True):
        right[family] &= rank == 1
    return sum(right.values()) / len(right)


def by_category(
    judgements: Sequence[Judgement], categories: Sequence[str], families: Sequence[Hashable]
) -> dict[str, dict[str, float]]:
    """``measures`` of each category and its number of ``queries``, in the order in which they first appear."""
    members: dict[str, list[int]] = defaultdict(list)
    for index, category in enumerate(categories):
        members[category].append(index)
    return {
        category: {"queries": len(chosen)}
        | measures([judgements[index] for index in chosen], [families[index] for index in chosen])
        for category, chosen in members.items()
    }


def identical_vectors(texts: Sequence[str], vectors: Floats) -> int:
    """How many texts have the vector (n, d) of another text that reads differently; 0 where all is well.

    The rule is that of ``models.collisions``, whose warning every result of the workbench carries already; this is
    for vectors that come from elsewhere, texts uncut.
    """
    nothing = np.zeros(len(texts), np.int32)
    side = Side(nothing, np.array([len(text) for text in texts], np.int32), nothing > 0, nothing > 0)
    notices = collisions(ModelSpec(id="", label="", kind=Kind.DENSE), texts, vectors, side)
    return sum(int(str(notice.values["count"])) for notice in notices)

"""Ranks and measures: worked by hand, and against ir_measures where the definitions coincide."""

from __future__ import annotations

import math

import ir_measures
import numpy as np
import pytest
from ir_measures import RR, Success, nDCG

from eval.metrics import (
    Judgement,
    by_category,
    families_right,
    identical_vectors,
    judge,
    judge_all,
    measures,
    per_query,
)
from models.errors import ModelError
from models.ranking import pessimistic_rank, pessimistic_ranks, relevant_ranks
from models.vectors import Floats

OUTSIDE = {"top1": Success @ 1, "top3": Success @ 3, "top5": Success @ 5, "mrr": RR, "ndcg10": nDCG @ 10}


def scores_of(*values: float) -> Floats:
    return np.array(values, np.float32)


def test_measures_by_hand() -> None:
    found = measures([Judgement.single(rank) for rank in (1, 3, 6, 12)])
    assert found == pytest.approx(
        {
            "top1": 1 / 4,
            "top3": 2 / 4,
            "top5": 2 / 4,
            "mrr": (1 + 1 / 3 + 1 / 6 + 1 / 12) / 4,
            "ndcg10": (1 + 1 / 2 + 1 / math.log2(7) + 0) / 4,
        }
    )


def test_the_tenth_place_counts_and_the_eleventh_does_not() -> None:
    assert Judgement.single(10).ndcg == pytest.approx(1 / math.log2(11))
    assert Judgement.single(11).ndcg == 0


def test_several_graded_relevant_by_hand() -> None:
    found = judge("m", scores_of(0.3, 0.9, 0.2), {0: 2, 2: 1})
    assert (found.rank, found.ties, found.ranks, found.grades) == (2, 0, (2, 3), (2, 1))
    assert found.ndcg == pytest.approx((2 / math.log2(3) + 1 / 2) / (2 + 1 / math.log2(3)))


def test_more_relevant_than_places_can_still_be_perfect() -> None:
    scores = -np.arange(15, dtype=np.float32)
    assert judge("m", scores, dict.fromkeys(range(12), 1)).ndcg == pytest.approx(1)


@pytest.mark.parametrize("relevant", [1, 4])
def test_measures_equal_ir_measures_on_random_rankings(relevant: int) -> None:
    rng = np.random.default_rng(relevant)
    judgements, qrels, run = [], [], []
    for query in range(60):
        scores = (rng.permutation(40) / 64).astype(np.float32)  # all different, exact in any precision
        grades = {int(at): int(rng.integers(1, 4)) for at in rng.choice(40, relevant, replace=False)}
        judgements.append(judge("m", scores, grades))
        qrels += [ir_measures.Qrel(str(query), str(at), grade) for at, grade in grades.items()]
        run += [ir_measures.ScoredDoc(str(query), str(at), float(score)) for at, score in enumerate(scores)]
    outside = ir_measures.calc_aggregate(list(OUTSIDE.values()), qrels, run)
    ours = measures(judgements)
    assert {name: ours[name] for name in OUTSIDE} == pytest.approx(
        {name: outside[measure] for name, measure in OUTSIDE.items()}
    )
    for name, measure in OUTSIDE.items():
        each = {item.query_id: item.value for item in ir_measures.iter_calc([measure], qrels, run)}
        assert per_query(judgements)[name] == pytest.approx([each[str(query)] for query in range(60)])


def test_a_model_that_gives_constant_scores_is_last_everywhere() -> None:
    judgements = judge_all("m", np.full((16, 16), 0.7, np.float32), np.arange(16))
    assert {(item.rank, item.ties) for item in judgements} == {(16, 15)}
    assert measures(judgements) == {"top1": 0, "top3": 0, "top5": 0, "mrr": 1 / 16, "ndcg10": 0}
    assert judge("m", np.full(16, 0.7, np.float32), {3: 1, 8: 2}).ranks == (15, 16)


def test_ranks_and_ties_of_many_queries_are_those_of_each() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 6, (50, 16)).astype(np.float32)
    gold = rng.integers(0, 16, 50)
    ranks, ties = pessimistic_ranks(scores, gold)
    for row, at, rank, tie in zip(scores, gold, ranks, ties, strict=True):
        others = np.delete(row, at)
        assert tie == (others == row[at]).sum()
        assert rank == 1 + (others >= row[at]).sum() == pessimistic_rank(row, int(at))
        single = judge("m", row, {int(at): 1})
        assert (single.rank, single.ties) == (rank, tie)


def test_ties_among_several_relevant_take_the_worst_order() -> None:
    # One better, then four with one score: two not relevant, the grade 1, the grade 3.
    scores, grades = scores_of(0.5, 0.9, 0.5, 0.5, 0.5, 0.1), {0: 3, 3: 1}
    assert relevant_ranks(scores, np.array([0, 3]), np.array([3, 1])) == [5, 4]
    found = judge("m", scores, grades)
    assert (found.rank, found.ties, found.ranks) == (4, 2, (5, 4))


def test_equal_relevant_candidates_have_places_of_their_own() -> None:
    assert judge("m", scores_of(0.5, 0.5, 0.5, 0.1), {0: 1, 1: 1, 2: 1}).ranks == (1, 2, 3)
    assert judge("m", scores_of(0.5, 0.5, 0.5, 0.1), {0: 1, 1: 1, 2: 1}).ndcg == pytest.approx(1)


@pytest.mark.parametrize("infinite", [float("inf"), float("-inf")])
def test_infinite_scores_are_still_an_order(infinite: float) -> None:
    assert judge("m", scores_of(0, infinite), {1: 1}).rank == (1 if infinite > 0 else 2)


def test_nan_stops_the_model_by_name() -> None:
    scores = np.zeros((2, 3), np.float32)
    scores[1, 2] = np.nan
    with pytest.raises(ModelError, match="bge-m3") as caught:
        judge_all("bge-m3", scores, np.array([0, 0]))
    assert caught.value.code == "score_not_finite"
    with pytest.raises(ModelError, match="bge-m3"):
        judge("bge-m3", scores[1], {0: 1})


def test_a_family_is_right_when_all_of_it_is() -> None:
    ranks, families = [1, 1, 1, 2, 1], ["a", "a", "b", "b", "c"]
    assert families_right(ranks, families) == pytest.approx(2 / 3)
    found = measures([Judgement.single(rank) for rank in ranks], families)
    assert [found["family"], found["top1"]] == pytest.approx([2 / 3, 4 / 5])


def test_categories_are_measured_apart() -> None:
    judgements = [Judgement.single(rank) for rank in (1, 2, 1, 1)]
    found = by_category(judgements, ["order", "order", "idiom", "idiom"], ["a", "a", "b", "c"])
    assert list(found) == ["order", "idiom"]
    assert found["order"] == {"queries": 2, **measures(judgements[:2], ["a", "a"])}
    assert (found["order"]["top1"], found["order"]["family"]) == (0.5, 0)
    assert (found["idiom"]["top1"], found["idiom"]["family"]) == (1, 1)


def test_texts_that_share_a_vector_are_counted() -> None:
    vectors = np.eye(4, dtype=np.float32)
    texts = ["a", "b", "c", "d"]
    assert identical_vectors(texts, vectors) == 0
    assert identical_vectors(texts, vectors[[0, 0, 1, 2]]) == 2
    assert identical_vectors(["a", "a", "b", "c"], vectors[[0, 0, 1, 2]]) == 0  # one text twice is no collision

"""Texts to rows, vectors to scores, scores to ranks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eval.judge import judge_blocks, ranks
from eval.layout import Layout, lay_out
from eval.scoring import blocks, scorer_blocks
from eval.sets import Candidate, EvalSet, Query
from models.errors import ModelError
from models.vectors import Floats, normalise
from tests.eval.samples import query, sample


def unit(rows: int, dimensions: int, seed: int = 0) -> Floats:
    return normalise(np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32))


def corpus(texts: int, queries: int) -> EvalSet:
    """A BEIR-like set: one list of candidates for all."""
    shared = tuple(Candidate(f"d{number}", f"text {number}") for number in range(texts))
    rows = [
        Query(f"q{number}", "all", f"q{number}", "", f"query {number}", shared, {f"d{number % texts}": 1})
        for number in range(queries)
    ]
    return EvalSet("corpus", tuple(rows), "x", source="beir")


def judged(layout: Layout, scores: dict[int, list[float]], **_: Any) -> Any:
    found = [(np.array([place]), np.array([row], np.float32)) for place, row in scores.items()]
    return judge_blocks("M", layout, found, lambda _: None)


def test_every_text_stands_once() -> None:
    first, second = query(0), query(0)
    layout = lay_out(EvalSet("s", (first, Query(**{**vars(second), "id": "again"})), "x"), instructions=False)
    assert len(layout.asked) == 1
    assert layout.asked_rows.tolist() == [0, 0]
    assert layout.texts == tuple(item.text for item in first.candidates)
    assert layout.pairs == 8
    assert layout.relevant == ({0: 1}, {0: 1})


def test_an_instruction_makes_another_text_only_for_models_that_take_one() -> None:
    queries = (query(0), Query(**{**vars(query(0)), "id": "b", "instruction": "Find songs"}))
    assert len(lay_out(EvalSet("s", queries, "x"), instructions=True).asked) == 2
    assert len(lay_out(EvalSet("s", queries, "x"), instructions=False).asked) == 1


@pytest.mark.parametrize("eval_set", [sample(), corpus(37, 5), sample("mixed", [query(0), query(1, candidates=7)])])
def test_scores_are_dot_products(eval_set: EvalSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eval.scoring.BLOCK", 300)  # several blocks
    layout = lay_out(eval_set, instructions=False)
    left, right = unit(len(layout.asked), 24), unit(len(layout.texts), 24, seed=1)
    places_of = {text: row for row, text in enumerate(layout.texts)}
    seen = set()
    for places, scores in blocks(layout, left, right):
        for place, row in zip(places, scores, strict=True):
            mine = [places_of[item.text] for item in layout.queries[place].candidates]
            assert row == pytest.approx(right[mine] @ left[layout.asked_rows[place]], abs=1e-6)
            seen.add(int(place))
    assert seen == set(range(len(eval_set.queries)))


@pytest.mark.parametrize("eval_set", [sample(), corpus(37, 5), corpus(1001, 3)])
@pytest.mark.parametrize("dimensions", [33, 384, 1024])
def test_equal_vectors_get_equal_scores(eval_set: EvalSet, dimensions: int) -> None:
    layout = lay_out(eval_set, instructions=False)
    same = np.repeat(unit(1, dimensions, seed=2), len(layout.texts), axis=0)
    for _, scores in blocks(layout, unit(len(layout.asked), dimensions), same):
        assert (scores == scores[:, :1]).all()


def test_ranks_by_hand() -> None:
    layout = lay_out(sample("three", [query(0), query(1), query(2)]), instructions=False)
    found = judged(layout, {0: [0.9, 0.1, 0.2, 0.3], 1: [0.5, 0.5, 0.5, 0.1], 2: [0.4, 0.3, 0.2, 0.1]})
    assert [item.rank for item in found.judgements] == [1, 3, 3]
    assert [item.ties for item in found.judgements] == [0, 2, 0]
    # Of the three equal ones the right answer is not what was put first: ties count against the model.
    assert found.first == ("c0", "c0", "c0")
    assert found.scores.tolist() == [pytest.approx(pair) for pair in ([0.9, 0.9], [0.5, 0.5], [0.2, 0.4])]
    assert sum(found.histograms["right"]) == 3
    assert sum(found.histograms["wrong"]) == 9


def test_what_was_put_first_of_equals_is_a_wrong_one() -> None:
    layout = lay_out(sample("one", [query(0)]), instructions=False)
    assert judged(layout, {0: [0.5, 0.1, 0.5, 0.5]}).first == ("c2",)


def test_several_right_answers() -> None:
    graded = Query(**{**vars(query(0)), "relevant": {"c1": 1, "c3": 2}})
    layout = lay_out(sample("graded", [graded]), instructions=False)
    (found,) = judged(layout, {0: [0.9, 0.8, 0.1, 0.2]}).judgements
    assert (found.rank, found.ranks, found.grades) == (2, (2, 3), (1, 2))
    places = (np.array([0]), np.array([[0.9, 0.8, 0.1, 0.2]], np.float32))
    assert ranks("M", layout, [places]).tolist() == [2]


def test_nan_names_the_model() -> None:
    layout = lay_out(sample("one", [query(0)]), instructions=False)
    with pytest.raises(ModelError, match=r"^M gave a score that is no number"):
        judged(layout, {0: [0.5, float("nan"), 0.5, 0.5]})


@pytest.mark.parametrize("eval_set", [sample(), corpus(9, 4)])
def test_a_scorer_sees_all_texts_of_the_set(eval_set: EvalSet) -> None:
    layout = lay_out(eval_set, instructions=False)
    asked: list[int] = []

    def scores(queries: list[str], texts: list[str]) -> Floats:
        asked.append(len(texts))
        return np.array([[len(text) + texts.index(text) / 1000 for text in texts] for _ in queries], np.float32)

    for places, block in scorer_blocks(layout, scores):
        for place, row in zip(places, block, strict=True):
            texts = [item.text for item in layout.queries[place].candidates]
            assert row == pytest.approx([len(text) + layout.texts.index(text) / 1000 for text in texts])
    assert set(asked) == {len(layout.texts)}

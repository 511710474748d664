from __future__ import annotations

import numpy as np
import pytest

from models.errors import InputError
from models.ranking import order, pessimistic_rank
from models.vectors import (
    LADDER,
    Floats,
    from_fixed_point,
    ladder,
    normalise,
    rungs_of,
    similarity,
    to_fixed_point,
    truncate,
)


def random_vectors(count: int, dimensions: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    return normalise(rng.normal(size=(count, dimensions)).astype(np.float32) + np.float32(0.2))


def test_ladder_has_29_rungs_of_four_steps_an_octave() -> None:
    assert len(LADDER) == 29
    assert LADDER[:6] == (32, 40, 48, 56, 64, 80)
    assert LADDER[-1] == 4096


@pytest.mark.parametrize(
    ("dimensions", "last"), [(384, [320, 384]), (1024, [896, 1024]), (2560, [2048, 2560]), (20, [20])]
)
def test_rungs_end_at_the_models_own_size(dimensions: int, last: list[int]) -> None:
    assert rungs_of(dimensions)[-len(last) :] == last


def test_ladder_equals_truncating_and_normalising_in_float64() -> None:
    queries, candidates = random_vectors(8, 1024, 1), random_vectors(32, 1024, 2)
    rungs = rungs_of(1024)
    found = ladder(queries, candidates, rungs)
    for index, rung in enumerate(rungs):
        left, right = queries[:, :rung].astype(float), candidates[:, :rung].astype(float)
        left /= np.linalg.norm(left, axis=1, keepdims=True)
        right /= np.linalg.norm(right, axis=1, keepdims=True)
        assert np.abs(found[index] - left @ right.T).max() < 1e-6


def test_similarity_truncates_then_normalises() -> None:
    queries, candidates = random_vectors(3, 64, 3), random_vectors(4, 64, 4)
    cut = similarity(queries, candidates, 40)
    assert cut == pytest.approx(truncate(queries, 40) @ truncate(candidates, 40).T)
    assert np.linalg.norm(truncate(queries, 40), axis=1) == pytest.approx(1)
    assert similarity(queries, candidates, 999) == pytest.approx(queries @ candidates.T)


@pytest.mark.parametrize("dimensions", [0, -1, 65])
def test_truncate_refuses_what_is_not_there(dimensions: int) -> None:
    with pytest.raises(InputError, match=str(dimensions)):
        truncate(random_vectors(2, 64, 5), dimensions)


def test_a_zero_vector_is_similar_to_nothing() -> None:
    zero = np.zeros((1, 64), np.float32)
    assert ladder(zero, random_vectors(3, 64, 6), [32, 64]).tolist() == np.zeros((2, 1, 3)).tolist()


def test_fixed_point_is_within_half_a_step() -> None:
    values = np.linspace(-1, 1, 4001, dtype=np.float32)
    assert np.abs(from_fixed_point(to_fixed_point(values)) - values).max() <= 0.5 / 32767 + 1e-7


def test_order_lists_equal_scores_by_index() -> None:
    assert order(np.array([[0.5, 0.9, 0.5, 0.9]], np.float32)).tolist() == [[1, 3, 0, 2]]


def test_a_collapsed_model_ranks_last_not_first_by_luck() -> None:
    same = np.full(16, 0.7, np.float32)
    assert [pessimistic_rank(same, gold) for gold in range(16)] == [16] * 16
    assert pessimistic_rank(np.array([0.9, 0.5, 0.5], np.float32), 1) == 3
    assert pessimistic_rank(np.array([0.9, 0.5, 0.4], np.float32), 1) == 2

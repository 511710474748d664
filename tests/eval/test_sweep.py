"""Smaller vectors: fewer numbers, or fewer bits of each."""

from __future__ import annotations

import numpy as np
import pytest

from eval.judge import ranks
from eval.layout import lay_out
from eval.scoring import blocks
from eval.storage import SHORTLIST, bytes_per_vector, float16, int8, shortlisted, signs
from eval.sweep import RUNGS, sweep
from models.errors import Cancelled
from models.vectors import Floats, normalise, truncate
from tests.eval.samples import query, sample

LAYOUT = lay_out(sample(), instructions=False)


def vectors(dimensions: int, seed: int = 0) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    texts = rng.normal(size=(len(LAYOUT.texts), dimensions)).astype(np.float32)
    asked = np.empty((len(LAYOUT.asked), dimensions), np.float32)
    for place, one in enumerate(LAYOUT.queries):  # near the gold, but not very
        gold = LAYOUT.texts.index(next(item.text for item in one.candidates if item.id in one.relevant))
        asked[LAYOUT.asked_rows[place]] = texts[gold] + 1.5 * rng.normal(size=dimensions)
    return normalise(asked), normalise(texts)


def test_the_usual_rungs() -> None:
    assert RUNGS[:6] == (32, 48, 64, 96, 128, 192)
    assert RUNGS[-1] == 4096


def test_every_rung_and_kind_of_storage_once() -> None:
    seen: list[tuple[int, int]] = []
    found = sweep("M", LAYOUT, *vectors(100), (), lambda *step: seen.append(step))
    cells = [(item["dimensions"], item["storage"]) for item in found]
    assert cells == [
        (rung, kind) for rung in (32, 48, 64, 96, 100) for kind in ("float32", "float16", "int8", "binary")
    ]
    assert seen == [(number, 20) for number in range(21)]
    assert [item["bytes_per_vector"] for item in found[-4:]] == [400, 200, 100, 13]


def test_dimensions_asked_for_and_none_above_the_models_own() -> None:
    found = sweep("M", LAYOUT, *vectors(64), (20, 40, 512), lambda *_: None)
    assert sorted({item["dimensions"] for item in found}) == [20, 40, 64]


def test_a_cell_is_truncate_store_rank() -> None:
    queries, candidates = vectors(64)
    found = {
        (item["dimensions"], item["storage"]): item
        for item in sweep("M", LAYOUT, queries, candidates, (), lambda *_: None)
    }
    whole = ranks("M", LAYOUT, blocks(LAYOUT, queries, candidates))
    assert found[64, "float32"]["ranks"] == whole.tolist()
    assert (found[64, "float32"]["p"], found[64, "float32"]["difference"]) == (1.0, 0.0)
    cut = ranks("M", LAYOUT, blocks(LAYOUT, int8(truncate(queries, 32)), int8(truncate(candidates, 32))))
    mine = found[32, "int8"]
    assert mine["ranks"] == cut.tolist()
    assert mine["top1"] == pytest.approx((cut == 1).mean())
    assert mine["mrr"] == pytest.approx((1 / cut).mean())
    assert mine["difference"] == pytest.approx((cut == 1).mean() - (whole == 1).mean())


def test_constant_vectors_are_wrong_at_every_cell() -> None:
    same = normalise(np.random.default_rng(1).normal(size=(1, 96)).astype(np.float32))
    queries, texts = np.repeat(same, len(LAYOUT.asked), axis=0), np.repeat(same, len(LAYOUT.texts), axis=0)
    found = sweep("M", LAYOUT, queries, texts, (), lambda *_: None)
    assert {item["top1"] for item in found} == {0.0}
    assert {rank for item in found for rank in item["ranks"]} == {4}


def test_it_stops_between_cells() -> None:
    def stop(done: int, total: int) -> None:
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        sweep("M", LAYOUT, *vectors(64), (), stop)


def test_storage_by_hand() -> None:
    row = np.array([[1.0, -0.5, 0.004, 0.0]], np.float32)
    assert signs(row).tolist() == [[1, -1, 1, -1]]
    codes = np.array([127, -64, 1, 0]) / np.linalg.norm([127, -64, 1, 0])
    assert int8(row)[0] == pytest.approx(codes)
    assert int8(np.zeros((1, 4), np.float32)).tolist() == [[0, 0, 0, 0]]
    assert float16(np.array([[0.1]], np.float32))[0, 0] == np.float32(np.float16(0.1))
    assert bytes_per_vector("binary", 9) == 2


def test_only_the_shortlist_is_rescored() -> None:
    agreement = np.arange(SHORTLIST + 2, dtype=np.float32)[None] - 20
    rescored = -np.arange(SHORTLIST + 2, dtype=np.float32)[None] / np.float32(10)
    found = shortlisted(rescored, agreement, 64)
    assert found[0, 2:].tolist() == rescored[0, 2:].tolist()
    # The two that agree least stay below all others, in the order of their agreement.
    assert found[0, 0] < found[0, 1] < found[0, 2:].min()


def test_a_long_list_of_candidates_is_shortlisted() -> None:
    long = lay_out(sample("long", [query(0, candidates=60)]), instructions=False)
    rng = np.random.default_rng(0)
    asked, texts = (normalise(rng.normal(size=(rows, 64)).astype(np.float32)) for rows in (1, 60))
    agreement = (signs(asked) @ signs(texts).T)[0]
    gold = int(np.argsort(agreement)[0])  # the one that an index of bits would find last
    texts[[0, gold]] = texts[[gold, 0]]
    found = {item["storage"]: item for item in sweep("M", long, asked, texts, (64,), lambda *_: None)}
    assert found["binary"]["ranks"][0] > SHORTLIST

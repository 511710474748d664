"""The article beside a run, and its conclusions: supported, contradicted, or not to be told."""

from __future__ import annotations

from typing import Any

import pytest

from eval.answers import judged, published
from eval.conclusions import Conclusion, Judged, conclusions, half_width
from eval.published import ARTICLE, BGE, LARGE, MIDDLE, SMALL, beside
from eval.sets import EvalSet
from eval.words import told, words
from tests.eval.handmade import NAME, compared, evalset, result, run

ENGLISH = words()


def chinese() -> EvalSet:
    """The hand-made set as if every query were Chinese, so that the run's own comparisons count."""
    whole = evalset()
    return EvalSet(whole.name, tuple(query for query in whole.queries if query.lang == "zh"), whole.sha256)


def with_comparisons(*made: dict[str, Any]) -> dict[str, Any]:
    found = run()
    found["results"] = [result(0, None, None, 8) | {"model": model} for model in (BGE, SMALL, MIDDLE, LARGE)]
    found["comparisons"] = list(made)
    return found


def verdict(key: str, made: dict[str, Any], evalset: EvalSet | None = None) -> Conclusion:
    found = conclusions(made, NAME, {NAME: evalset or chinese()})
    return next(item for item in found if item.key == key)


def reasons(found: Conclusion) -> str:
    return " ".join(told(one, ENGLISH) for one in found.because)


def test_the_table_is_the_article_s() -> None:
    assert [(row.vram_gib, row.mean_seconds, row.texts_per_second) for row in ARTICLE] == [
        (1.06, 0.020, 1496.5),
        (1.12, 0.019, 1611.4),
        (7.55, 0.073, 412.0),
        (14.10, 0.122, 246.0),
    ]
    assert [(row.top1, row.top3, row.top5, row.dimensions) for row in ARTICLE] == [
        (1.0, 1.0, None, 1024),
        (0.875, 1.0, None, 1024),
        (0.875, 1.0, None, 2560),
        (1.0, 1.0, None, 4096),
    ]


def test_ratios_to_a_run() -> None:
    rows = beside(run(), NAME)
    assert rows[0].memory_ratio == pytest.approx(1 / 1.06)
    assert rows[0].rate_ratio == pytest.approx(3000 / 1496.5)
    assert rows[0].seconds_ratio == pytest.approx(0.01 / 0.020)
    assert rows[3].ours is None
    assert rows[3].memory_ratio is None
    sheet = published(run(), NAME, ENGLISH)
    assert sheet.rows[0][3] == "1,496.5 / 3,000.0 (×2.00)"
    assert sheet.rows[0][6] == "– / 100.0"  # no Top-5 was published
    assert sheet.rows[3][1:] == ("14.10", "0.122", "246.0", "100.0", "100.0", "–", "4,096")


def test_bge_against_4b() -> None:
    key = "bge_beats_4b"
    assert verdict(key, with_comparisons(compared(BGE, MIDDLE, 0.3, 0.01))).verdict is Judged.SUPPORTED
    assert verdict(key, with_comparisons(compared(MIDDLE, BGE, 0.3, 0.01))).verdict is Judged.CONTRADICTED
    unclear = verdict(key, with_comparisons(compared(MIDDLE, BGE, -0.3, 0.06)))
    assert unclear.verdict is Judged.OPEN
    assert "cannot tell Qwen3-Embedding-4B and BGE-M3 apart" in reasons(unclear)
    assert "one query of eight" in reasons(unclear)


def test_8b_alone() -> None:
    better = compared(LARGE, BGE, 0.2, 0.01)
    worse = [compared(SMALL, BGE, -0.2, 0.01), compared(BGE, MIDDLE, 0.2, 0.01)]
    assert verdict("only_8b", with_comparisons(better, *worse)).verdict is Judged.SUPPORTED
    # that the smaller ones do not surpass it has to be shown as well
    assert (
        verdict("only_8b", with_comparisons(better, worse[0], compared(BGE, MIDDLE, 0.2, 0.5))).verdict is Judged.OPEN
    )
    assert verdict("only_8b", with_comparisons(better, compared(SMALL, BGE, 0.2, 0.01))).verdict is Judged.CONTRADICTED
    assert verdict("only_8b", with_comparisons(compared(LARGE, BGE, -0.2, 0.01))).verdict is Judged.CONTRADICTED
    assert "own table has the two equal" in reasons(verdict("only_8b", with_comparisons(better)))


@pytest.mark.parametrize(
    ("gain", "detectable", "expected"),
    [
        (0.01, 0.065, Judged.SUPPORTED),  # 0.01 + 0.037 is below 5 points
        (0.01, 0.08, Judged.OPEN),
        (0.30, 0.20, Judged.CONTRADICTED),
        (0.10, 0.20, Judged.OPEN),
        (-0.10, 0.10, Judged.SUPPORTED),
        (0.30, None, Judged.OPEN),
    ],
)
def test_more_parameters_bring_little(gain: float, detectable: float | None, expected: Judged) -> None:
    assert [half_width(comparisons) for comparisons in (1, 6)] == pytest.approx([0.7, 0.563], abs=0.001)
    for made in (compared(LARGE, SMALL, gain, 0.5, detectable), compared(SMALL, LARGE, -gain, 0.5, detectable)):
        found = verdict("little", with_comparisons(made))
        assert found.verdict is expected
        assert ("“little” means at most 5" in reasons(found)) == (detectable is not None)


def test_models_that_a_run_lacks_are_named() -> None:
    found = conclusions(run(), NAME, {NAME: chinese()})
    assert "no result of Qwen3-Embedding-8B" in reasons(found[1])
    nothing = conclusions({"results": []}, NAME)
    assert {item.verdict for item in nothing} == {Judged.OPEN}


def test_only_the_chinese_queries_count() -> None:
    found = verdict("bge_beats_4b", run(), evalset())
    assert found.verdict is Judged.OPEN
    assert "Only the 6 Chinese queries of hand count here." in reasons(found)
    assert "On these 6 queries" in reasons(found)


def test_a_set_without_chinese_tells_nothing() -> None:
    whole = evalset()
    english = EvalSet(NAME, tuple(query for query in whole.queries if query.lang == "en"), whole.sha256)
    made = with_comparisons(compared(BGE, MIDDLE, 0.3, 0.01))
    assert verdict("bge_beats_4b", made, english).verdict is Judged.OPEN
    assert "hand has no Chinese query." in reasons(verdict("bge_beats_4b", made, english))
    unknown = conclusions(made, NAME)[0]
    assert "whether its queries are Chinese is not known" in reasons(unknown)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_verdict_can_be_said(language: str) -> None:
    rows = judged(run(), NAME, words(language), {NAME: evalset()}).rows
    assert len(rows) == 3
    assert all(all(row) for row in rows)

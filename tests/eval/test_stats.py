"""Statistics: worked by hand, against the libraries directly, and calibrated on simulated models."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from eval.calibration import coverage, false_alarms, power
from eval.families import Values, effective_families, family_index, family_sums, variance_of_mean
from eval.intervals import BOOTSTRAP, EFFECTIVE, WILSON, interval
from eval.power import design_effect, detectable, few_families, least_families, queries_for, queries_needed
from eval.stats import category_cells, compare, family_test, holm_correction, mcnemar_test, rank_intervals
from eval.verdicts import ENGLISH, Comparison, say

LOCALES = Path(__file__).resolve().parent.parent.parent / "ui" / "locales"


def table(language: str) -> dict[str, str]:
    loaded: dict[str, str] = json.loads((LOCALES / f"{language}.json").read_text(encoding="utf-8"))
    return loaded


def ranks_of(right: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[int]:
    return [1 if one else 4 for one in right]


def singles(count: int) -> list[str]:
    return [f"f{number}" for number in range(count)]


def fours(count: int) -> list[str]:
    return [f"f{number // 4}" for number in range(count)]


# --- families


def test_sums_of_families_in_any_order() -> None:
    index = family_index(["b", "a", "b", "c"])
    assert index.tolist() == [0, 1, 0, 2]
    assert family_sums(np.array([[1, 2, 3, 4], [1, 0, 0, 0]]), index).tolist() == [[4, 2, 4], [1, 0, 0]]


def test_effective_families() -> None:
    assert effective_families(np.array([4, 4, 4])) == pytest.approx(3)
    assert effective_families(np.array([8, 1, 1])) == pytest.approx(100 / 66)


def test_without_families_the_variance_is_the_usual_one() -> None:
    values = np.random.default_rng(0).random(30)
    assert variance_of_mean(values, np.ones(30, np.int64)) == pytest.approx(values.var(ddof=1) / 30)


# --- intervals


def test_independent_queries_get_wilsons_interval() -> None:
    found = interval([1] * 8 + [0] * 2, singles(10))
    assert found.method == WILSON
    assert (found.low, found.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)  # 8 of 10, as tabled


def test_many_families_are_bootstrapped_and_few_are_not() -> None:
    rng = np.random.default_rng(1)
    many = interval(rng.random(640) < 0.6, fours(640))
    few = interval(rng.random(40) < 0.6, fours(40))
    assert (many.method, few.method) == (BOOTSTRAP, EFFECTIVE)
    assert 0 < many.low < 0.6 < many.high < 1
    assert interval(rng.random(640) < 0.005, fours(640)).method == EFFECTIVE  # nearly all alike: it would collapse


def test_an_interval_is_the_same_twice() -> None:
    right = np.random.default_rng(2).random(640) < 0.5
    assert interval(right, fours(640)) == interval(right, fours(640))


@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("families", [1, 2, 10, 160])
def test_all_right_or_all_wrong_is_no_certainty(value: int, families: int) -> None:
    found = interval([value] * 4 * families, fours(4 * families))
    wilson = stats.binomtest(value * families, families).proportion_ci(method="wilson")
    # Nothing tells how alike a family is: families count, not queries.
    assert (found.low, found.high) == pytest.approx((wilson.low, wilson.high))
    assert found.low <= value <= found.high


def test_alike_families_widen_the_interval_up_to_that_of_families() -> None:
    mixed = interval([1, 0, 1, 0] * 10, fours(40))
    alike = interval([1] * 20 + [0] * 20, fours(40))
    alone = interval([1, 0] * 20, singles(40))
    of_families = interval([1, 0] * 5, singles(10))
    assert alike.high - alike.low > 1.5 * (alone.high - alone.low)
    assert (alike.low, alike.high) == pytest.approx((of_families.low, of_families.high))
    assert mixed.high - mixed.low >= alone.high - alone.low


def test_reciprocal_ranks_have_intervals_too() -> None:
    values = 1 / np.random.default_rng(3).integers(1, 9, 320)
    found = interval(values, singles(320))
    half = 1.96 * values.std(ddof=1) / math.sqrt(320)
    assert found.method == BOOTSTRAP
    assert (found.low, found.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.01)


# --- tests


def enumerated(sums: list[int]) -> float:
    totals = np.array([np.dot(signs, sums) for signs in product((1, -1), repeat=len(sums))])
    return float(min(1, 2 * min((totals >= sum(sums)).mean(), (totals <= sum(sums)).mean())))


@pytest.mark.parametrize("sums", [[4, 3, 2, 4, 1, 2], [1, -1, 2, 3, -2, 4, 4], [1], [2, -2], [3, 3, 3, -1] * 3])
def test_few_families_are_tested_exactly(sums: list[int]) -> None:
    assert family_test(np.array([sums], float)).tolist() == pytest.approx([enumerated(sums)])


def test_families_without_a_difference_change_nothing() -> None:
    sums = [4, 3, 2, 4, 1, 2, -1]
    spread = np.zeros((1, 100))
    spread[0, 3:97:14] = sums
    assert family_test(spread).tolist() == pytest.approx([enumerated(sums)])


def test_many_families_are_tested_by_random_signs_close_to_all_of_them() -> None:
    sums = [4, 3, -2, 4, 1, 2, -1, -3, 2, 2, -1, 3, -2, 1, 1]
    found = family_test(np.array([sums], float))
    assert found[0] == pytest.approx(enumerated(sums), abs=0.015)
    assert found[0] == family_test(np.array([sums], float))[0]


def test_rows_are_tested_as_if_alone() -> None:
    rows = np.random.default_rng(0).integers(-3, 4, (6, 12)).astype(float)
    rows[2] = 0
    together = family_test(rows)
    assert together.tolist() == pytest.approx([family_test(row[None])[0] for row in rows])
    assert together[2] == 1


def test_the_test_is_scipys() -> None:
    def difference(a: Values, b: Values, axis: int) -> Values:
        return np.asarray(np.mean(a, axis=axis) - np.mean(b, axis=axis))

    rng = np.random.default_rng(5)
    a, b = rng.integers(0, 5, (2, 9)).astype(float)
    ours = family_test((a - b)[None])[0]
    theirs = stats.permutation_test((a, b), difference, permutation_type="samples", n_resamples=9_999)
    assert ours == pytest.approx(theirs.pvalue)


@pytest.mark.parametrize(("first", "second"), [(9, 2), (5, 5), (6, 0), (0, 0), (1, 12)])
def test_without_families_it_is_mcnemars_exact_test(first: int, second: int) -> None:
    against = np.array([1] * first + [-1] * second + [0] * 30)
    expected = stats.binomtest(first, first + second).pvalue if first + second else 1
    assert mcnemar_test(against) == pytest.approx(expected)
    assert family_test(against[None].astype(float))[0] == pytest.approx(expected)


def test_holm_by_hand() -> None:
    assert holm_correction(np.array([0.01, 0.04, 0.03])).tolist() == pytest.approx([0.03, 0.06, 0.06])


# --- power


@pytest.mark.parametrize(("discordant", "queries"), [(0.2, 155), (0.3, 234), (0.4, 312)])
def test_queries_for_ten_points(discordant: float, queries: int) -> None:
    assert math.ceil(queries_for(0.1, discordant)) == queries
    assert queries_needed(-0.1, 40, 40, discordant) == queries


@pytest.mark.parametrize(("queries", "points"), [(40, 24), (100, 15), (240, 9.9), (1920, 3.5)])
def test_what_can_be_seen(queries: int, points: float) -> None:
    seen = detectable(queries, queries, 0.3)
    assert seen is not None
    assert round(100 * seen, 1 if points < 10 else None) == points


@pytest.mark.parametrize(("comparisons", "factor"), [(6, 1.54), (28, 2.0)])
def test_holm_costs_queries(comparisons: int, factor: float) -> None:
    alone, among = queries_for(0.1, 0.3), queries_for(0.1, 0.3, comparisons)
    assert among / alone == pytest.approx(factor, rel=0.02)
    assert queries_needed(0.1, 40, 40, 0.3, comparisons=comparisons) == math.ceil(among)
    assert detectable(round(among), round(among), 0.3, comparisons=comparisons) == pytest.approx(0.1, rel=0.01)
    assert few_families(10, 40, comparisons) > few_families(10, 40)


def test_holm_costs_families() -> None:
    # All six families one way: p = 2 / 2^6 is below 5 %, and six times that is not.
    assert (least_families(), least_families(6)) == (6, 8)
    assert detectable(640, 6, 0.3) is not None
    assert detectable(640, 6, 0.3, comparisons=6) is None
    assert queries_needed(1, 16, 4, 1.0, comparisons=6) >= 32  # type: ignore[operator]


def test_what_cannot_be_seen() -> None:
    assert detectable(20, 5, 0.3) is None  # all five families one way: p = .0625
    assert detectable(3, 3, 0.3) is None
    least = detectable(40, 40, 0.0)  # nothing seen yet: the least is where all goes one way
    assert least is not None
    assert queries_for(least, least) == pytest.approx(40)
    assert queries_needed(0, 40, 40, 0.3) is None


def test_families_cost_queries() -> None:
    alone, together = detectable(640, 640, 0.3), detectable(640, 160, 0.3, 2.0)
    assert alone is not None
    assert together is not None
    assert together == pytest.approx(alone * math.sqrt(2 * few_families(160, 640)), rel=0.01)
    assert queries_needed(0.02, 640, 160, 0.3, 2.0) == pytest.approx(2 * queries_for(0.02, 0.3), rel=0.01)
    assert queries_needed(1, 16, 4, 1.0) >= 24  # type: ignore[operator]  # six families at least


def test_design_effect_is_one_alone_and_the_size_when_alike() -> None:
    rng = np.random.default_rng(0)
    one = rng.choice((-1, 0, 1), 160)
    assert design_effect(one.astype(float), np.ones(160, np.int64), 0.6) == 1
    alike = design_effect(4.0 * one, np.full(160, 4), float((one != 0).mean()))
    assert 3.9 < alike <= 4
    apart = rng.choice((-1, 0, 1), (160, 4))
    assert design_effect(apart.sum(1).astype(float), np.full(160, 4), float((apart != 0).mean())) < 1.4


# --- comparisons


def three_models() -> dict[str, list[int]]:
    rng = np.random.default_rng(0)
    good = rng.random(160) < 0.8
    same = good ^ (rng.random(160) < 0.1)
    return {"good": ranks_of(good), "same": ranks_of(same), "bad": ranks_of(rng.random(160) < 0.2)}


def test_every_pair_is_compared_once() -> None:
    ranks = three_models()
    found = compare("set", ranks, fours(160))
    assert [(item.a, item.b) for item in found] == [("good", "same"), ("good", "bad"), ("same", "bad")]
    top1 = {model: np.mean(np.array(row) == 1) for model, row in ranks.items()}
    for item in found:
        assert item.difference == pytest.approx(top1[item.a] - top1[item.b])
        assert (item.set, item.queries, item.families, item.comparisons) == ("set", 160, 40, 3)
        assert item.sentence == say(item)
    assert [item.p_holm for item in found] == pytest.approx(holm_correction(np.array([item.p for item in found])))
    assert [item.settled for item in found] == [False, True, True]
    pair = {model: ranks[model] for model in ("good", "same")}
    (alone,) = compare("set", pair, fours(160))
    assert found[0].p == alone.p  # the verdict is Holm's, and so is what it says would take to settle it
    assert found[0].queries_needed > 1.2 * alone.queries_needed  # type: ignore[operator]
    assert found[0].detectable > 1.1 * alone.detectable  # type: ignore[operator]
    assert found == compare("set", ranks, fours(160))
    assert rank_intervals(list(ranks), found) == {"good": (1, 2), "same": (1, 2), "bad": (3, 3)}


def test_one_model_is_compared_with_nothing() -> None:
    assert compare("set", {"a": [1, 2]}, ["x", "y"]) == ()
    assert category_cells({"a": [1, 2]}, ["x", "y"], ["c", "c"]) == ()
    assert rank_intervals(["a"], []) == {"a": (1, 1)}


def test_identical_models() -> None:
    (found,) = compare("set", {"a": [1, 2] * 20, "b": [1, 3] * 20}, fours(40))
    assert (found.p, found.p_holm, found.mcnemar, found.difference, found.discordant) == (1, 1, 1, 0, 0)
    assert found.queries_needed is None
    assert found.sentence.startswith(
        "On these 40 queries a and b are right on the very same ones (0 points, p = 1; a diff"
    )


def test_a_stated_psi_is_used() -> None:
    ranks = {"a": [1] * 40, "b": [1] * 39 + [2]}
    (found,) = compare("set", ranks, singles(40), discordant=0.3)
    assert found.detectable == pytest.approx(detectable(40, 40, 0.3))
    assert found.queries_needed == 3_766
    assert found.discordant == pytest.approx(1 / 40)


def test_category_cells_are_corrected_together() -> None:
    rng = np.random.default_rng(4)
    categories = ["order"] * 80 + ["idiom"] * 80
    right = rng.random(160) < 0.5
    better = right | (np.arange(160) < 80)
    cells = category_cells({"a": ranks_of(better), "b": ranks_of(right)}, fours(160), categories)
    assert [(cell.category, cell.queries) for cell in cells] == [("order", 80), ("idiom", 80)]
    assert cells[0].difference == pytest.approx((~right[:80]).mean())
    assert cells[1].difference == 0
    assert [cell.q for cell in cells] == pytest.approx(stats.false_discovery_control([cell.p for cell in cells]))
    assert cells[0].q < 0.05 < cells[1].p == 1
    (alone,) = compare("x", {"a": ranks_of(better[:80]), "b": ranks_of(right[:80])}, fours(80))
    assert cells[0].p == pytest.approx(alone.p, abs=1e-3)


# --- sentences

SEEN = Comparison(
    set="s",
    a="bge-m3",
    b="qwen3-0.6b",
    queries=40,
    families=40,
    difference=0.025,
    p=0.7423,
    p_holm=0.7423,
    comparisons=1,
    mcnemar=0.74,
    discordant=0.3,
    detectable=0.2355,
    queries_needed=3766,
)
NAMES = {"bge-m3": "BGE-M3", "qwen3-0.6b": "Qwen3-0.6B"}
CASES = {
    "unclear": (
        SEEN,
        "On these 40 queries the data cannot tell BGE-M3 and Qwen3-0.6B apart (2.5 points, p = .74; a difference under"
        " 24 points would not show; about 3,800 queries would be needed).",
        "在这 40 条查询上，数据无法区分 BGE-M3 和 Qwen3-0.6B（相差 2.5 个百分点，p = .74；小于 24 个百分点的差异"
        "显示不出来；约需 3,800 条查询才能分出高下）。",
    ),
    "better": (
        replace(SEEN, difference=-0.3, p=0.0004, p_holm=0.0004),
        "On these 40 queries Qwen3-0.6B is better than BGE-M3 (30 points, p < .001).",
        "在这 40 条查询上，Qwen3-0.6B 优于 BGE-M3（相差 30 个百分点，p < .001）。",
    ),
    "only alone": (
        replace(SEEN, difference=0.25, p=0.021, p_holm=0.13, comparisons=6, detectable=0.29, queries_needed=56),
        "On these 40 queries the data cannot tell BGE-M3 and Qwen3-0.6B apart (25 points, p = .021, after Holm's"
        " correction for 6 comparisons p = .13; a difference under 29 points would not show; about 56 queries would be"
        " needed).",
        "在这 40 条查询上，数据无法区分 BGE-M3 和 Qwen3-0.6B（相差 25 个百分点，p = .021，按 6 次比较作 Holm 校正"
        "后 p = .13；小于 29 个百分点的差异显示不出来；约需 56 条查询才能分出高下）。",
    ),
    "too few": (
        replace(SEEN, queries=4, difference=0.01, p=1, p_holm=1, detectable=None),
        "On these 4 queries the data cannot tell BGE-M3 and Qwen3-0.6B apart (1 point, p = 1; on so few queries no"
        " difference would show; about 3,800 queries would be needed).",
        "在这 4 条查询上，数据无法区分 BGE-M3 和 Qwen3-0.6B（相差 1 个百分点，p = 1；查询太少，任何差异都显示不出来；"
        "约需 3,800 条查询才能分出高下）。",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_sentences_in_both_languages(case: str) -> None:
    found, english, chinese = CASES[case]
    assert say(found, names=NAMES) == english
    assert say(found, table("zh"), NAMES) == chinese


def test_the_page_says_what_the_command_line_says() -> None:
    assert {key: table("en")[key] for key in ENGLISH} == dict(ENGLISH)
    for method in (WILSON, EFFECTIVE, BOOTSTRAP):
        assert f"eval.interval.{method}" in table("en")


def test_a_name_is_data() -> None:
    assert "{queries}" in say(replace(SEEN, a="{queries}"))


# --- calibration, small; `python -m eval.calibration` prints it in full


@pytest.mark.parametrize("own", [0.0, 0.3])
@pytest.mark.parametrize("sizes", [(1,) * 60, (4,) * 10, (4,) * 40, (16,) * 10])
def test_equal_models_are_rarely_told_apart(sizes: tuple[int, ...], own: float) -> None:
    found = false_alarms(sizes, 0.6, shared=0.2, own=own, runs=1_000)
    # The test has at most 5 %; then 1,000 runs exceed 6.5 % in 2 of 100 cases.
    assert found.family <= 0.065


def test_a_test_over_queries_would_raise_more_alarms() -> None:
    found = false_alarms((16,) * 10, 0.6, shared=0.2, own=0.3, runs=300)
    assert found.mcnemar > 0.2 > 4 * found.family


@pytest.mark.parametrize(
    ("sizes", "alike", "runs"),
    [((1,) * 40, 0.0, 100), ((4,) * 5, 0.3, 60), ((4,) * 10, 0.0, 80), ((4,) * 10, 0.6, 80), ((4,) * 44, 0.3, 30)],
)
def test_intervals_cover_the_truth(sizes: tuple[int, ...], alike: float, runs: int) -> None:
    covered = [coverage(sizes, accuracy, alike=alike, runs=runs) for accuracy in (0.1, 0.3, 0.5, 0.7, 0.9)]
    # 94 % less twice the standard error of the simulation
    assert np.mean(covered) >= 0.94 - 2 * math.sqrt(0.94 * 0.06 / (5 * runs))


@pytest.mark.parametrize("sizes", [(1,) * 240, (4,) * 10, (4,) * 60])
def test_what_is_called_detectable_is_detected_in_four_of_five_cases(sizes: tuple[int, ...]) -> None:
    found = power(sizes, 0.3, alike=0.0, runs=250)
    assert found is not None
    assert found.shown == pytest.approx(0.8, abs=0.08)  # the standard error is .025
    assert found.estimated == pytest.approx(found.difference, rel=0.1)

"""Scores of right and wrong pairs: counted exactly in any order, thresholds by hand and by brute force."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eval.histograms import MAX_BINS, Tally
from eval.outcomes import outcomes
from eval.thresholds import Separation, advice, meaning, separation, separations, unrelated
from eval.words import words
from tests.eval.handmade import NAME, run

ENGLISH = words()


def tally(*blocks: tuple[list[float], list[bool]]) -> dict[str, Any]:
    made = Tally()
    for scores, relevant in blocks:
        made.add(np.array(scores, np.float32), np.array(relevant))
    return made.record()


def made(record: dict[str, Any], background: list[float] | None = None) -> Separation:
    entry = run()["results"][0] | {"histograms": record, "background": background}
    found = separation(outcomes({"results": [entry]})[0])
    assert found is not None
    return found


def test_every_pair_is_counted_in_its_bin() -> None:
    record = tally(([0.5, 0.25, 0.25], [True, False, False]), ([0.5, 0.75], [True, False]))
    edges = np.array(record["edges"])
    assert len(edges) == len(record["right"]) + 1 == len(record["wrong"]) + 1
    for score, right, wrong in ((0.25, 0, 2), (0.5, 2, 0), (0.75, 0, 1)):
        at = int(np.searchsorted(edges, score, side="right")) - 1
        assert (record["right"][at], record["wrong"][at]) == (right, wrong)
    assert (sum(record["right"]), sum(record["wrong"])) == (2, 3)


def test_the_order_makes_no_difference_and_the_bins_stay_few() -> None:
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.normal(0, 1, 500), rng.normal(0, 1000, 50), [-0.5, 1e6]])
    relevant = rng.random(scores.size) < 0.2
    records = []
    for order in (np.arange(scores.size), rng.permutation(scores.size), np.argsort(scores), np.argsort(-scores)):
        counter = Tally()
        for part in np.array_split(order, 7):
            counter.add(scores[part], relevant[part])
        records.append(counter.record())
    assert records[1:] == records[:1] * 3
    assert MAX_BINS / 2 - 2 <= len(records[0]["right"]) <= MAX_BINS
    assert sum(records[0]["right"]) == relevant.sum()
    assert records[0]["edges"][0] <= scores.min() <= scores.max() < records[0]["edges"][-1]


def test_blocks_of_any_shape_and_none_at_all() -> None:
    counter = Tally()
    counter.add(np.zeros((0, 4), np.float32), np.zeros((0, 4), np.bool_))
    assert counter.record() == {"edges": [], "right": [], "wrong": []}
    counter.add(np.full((3, 4), 0.5, np.float32), np.eye(3, 4, dtype=np.bool_))
    assert (counter.record()["right"], counter.record()["wrong"]) == ([3], [9])


def test_thresholds_are_those_of_the_single_pairs() -> None:
    rng = np.random.default_rng(1)
    right, wrong = rng.normal(0.7, 0.1, 200), rng.normal(0.5, 0.1, 600)
    counter = Tally()
    counter.add(right, np.ones(200, np.bool_))
    counter.add(wrong, np.zeros(600, np.bool_))
    found = made(counter.record())
    for cut in found.cuts()[::40]:
        taken, false = (right >= cut.threshold).sum(), (wrong >= cut.threshold).sum()
        assert cut.recall == pytest.approx(taken / 200)
        assert cut.false_alarms == pytest.approx(false / 600)
        assert cut.precision == pytest.approx(taken / (taken + false))
    best = found.best()
    youden = max((right >= at).mean() - (wrong >= at).mean() for at in np.concatenate([right, wrong]))
    assert best.recall - best.false_alarms == pytest.approx(youden, abs=0.01)
    area = (right[:, None] > wrong).mean()
    assert found.area() == pytest.approx(area, abs=0.002)


def test_separation_by_hand() -> None:
    found = made(tally(([0.75, 0.75, 0.25, 0.25, 0.25, 0.75], [True, True, False, False, False, False])))
    best = found.best()
    assert (best.recall, best.false_alarms) == (1.0, 0.25)
    assert best.precision == pytest.approx(2 / 3)
    assert 0.25 < best.threshold <= 0.75  # the middle of what separates as well
    assert best.f1 == pytest.approx(0.8)
    assert found.at(9.0).precision is None
    assert found.area() == pytest.approx(0.875)


def test_what_a_score_means() -> None:
    background = [number / 100 for number in range(101)]
    found = made(tally(([0.75, 0.25, 0.25, 0.25], [True, False, False, False])), background)
    assert found.percentile(0.75) == pytest.approx(0.75)
    assert (found.percentile(-1), found.percentile(2)) == (0, 1)
    assert meaning(found, 0.75).text(ENGLISH) == (
        "BGE-M3, 0.750: 75.0 % of unrelated pairs score lower. Of the pairs of this set that score as much or more"
        " 100.0 % are right, and they are 100.0 % of all right ones."
    )
    ground = unrelated(found)
    assert ground is not None
    assert "score 0.500 in the middle, nine of ten from 0.050 to 0.950" in ground.text(ENGLISH)
    assert "with 3 wrong pairs to a right one" in advice(found).text(ENGLISH)


def test_without_a_background_nothing_is_said_about_unrelated_pairs() -> None:
    found = made(tally(([0.75, 0.25], [True, False])))
    assert found.percentile(0.5) is None
    assert unrelated(found) is None
    assert "unrelated" not in meaning(found, 0.5).text(ENGLISH)


@pytest.mark.parametrize(
    "record",
    [
        None,
        {},
        {"edges": [0, 1], "right": [1], "wrong": [0]},
        {"edges": [0, 1], "right": [1, 2], "wrong": [1, 2]},
        {"edges": [0, float("nan")], "right": [1], "wrong": [1]},
    ],
)
def test_a_record_without_usable_histograms_has_no_thresholds(record: Any) -> None:
    entry = run()["results"][0] | {"histograms": record}
    assert separations({"results": [entry]}) == ()


def test_the_page_gets_one_entry_for_each_edge_but_the_last() -> None:
    found = made(tally(([0.75, 0.5, 0.25], [True, False, False])))
    payload = found.payload()
    for key in ("thresholds", "precision", "recall", "false_alarms", "f1", "right", "wrong"):
        assert len(payload[key]) == len(payload["edges"]) - 1
    assert payload["set"] == NAME
    assert payload["thresholds"] == payload["edges"][:-1]

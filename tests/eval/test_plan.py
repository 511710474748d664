"""What a run may be, and which queries a limit leaves."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from eval.plan import MOST_RUNGS, RunPlan, check, limited, owner_id
from models.errors import LibraError
from models.settings import Limits, Settings
from tests.eval.samples import dense, query, sample

SETTINGS = Settings(catalog=(dense("a"), dense("b")), limits=Limits(models=2))
GOOD = RunPlan(models=("a",), sets=(sample(),))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"models": ()}, "no_models"),
        ({"models": ("a", "b", "c")}, "too_many_models"),
        ({"models": ("zz",)}, "unknown_model"),
        ({"sets": ()}, "eval_no_sets"),
        ({"sets": (sample(), sample())}, "eval_sets_alike"),
        ({"sets": tuple(sample(str(number)) for number in range(33))}, "eval_many_sets"),
        ({"dimensions": (0,)}, "dimensions_range"),
        ({"dimensions": (4097,)}, "dimensions_range"),
        ({"dimensions": (True,)}, "dimensions_range"),
        ({"dimensions": tuple(range(1, MOST_RUNGS + 2))}, "eval_many_dimensions"),
        ({"limit": 0}, "eval_limit"),
        ({"limit": 2.5}, "eval_limit"),
        ({"speed": "fast"}, "eval_speed"),
    ],
)
def test_what_cannot_be_run_is_said_at_once(change: dict[str, Any], code: str) -> None:
    with pytest.raises(LibraError) as caught:
        check(RunPlan(**({"models": ("a",), "sets": (sample(),)} | change)), SETTINGS)
    assert caught.value.code == code


def test_everything_once_and_in_order() -> None:
    found = check(
        RunPlan(models=("b", "a", "b"), sets=(sample(),), dimensions=(64, 32, 64), title=" x\n\ud800"), SETTINGS
    )
    assert (found.models, found.dimensions, found.title) == (("b", "a"), (32, 64), "x ?")


def test_a_limit_takes_from_every_category() -> None:
    whole = sample("s", [query(n, family=n // 4, category=f"k{n // 16}") for n in range(64)])
    some = limited(whole, 20)
    assert len(some.queries) == 20
    assert Counter(one.category for one in some.queries) == {"k0": 8, "k1": 4, "k2": 4, "k3": 4}
    assert Counter(Counter(one.family for one in some.queries).values()) == {4: 5}
    assert [one.id for one in some.queries] == [one.id for one in whole.queries if one in some.queries]
    assert some.sha256 == whole.sha256
    assert limited(whole, 64) is limited(whole, None) is whole


def test_a_run_does_not_keep_the_owners_secret() -> None:
    assert owner_id("") == ""
    assert owner_id("secret") != owner_id("other")
    assert "secret" not in owner_id("secret")

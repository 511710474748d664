"""The list of queries: ranks and first candidates as recorded, and filters by hand."""

from __future__ import annotations

from eval.queries import Listed, Show, categories, counts, listed, select
from tests.eval.handmade import MODELS, NAME, evalset, run

BGE, SMALL, MIDDLE, BM25 = MODELS


def ids(items: tuple[Listed, ...]) -> list[str]:
    return [item.id for item in items]


def test_a_query_has_every_answer() -> None:
    items = listed(run(), NAME, evalset())
    assert ids(items) == [f"q{number}" for number in range(1, 9)]
    seventh = items[6]
    assert (seventh.text, seventh.gold, seventh.category, seventh.rationale) == (
        "query q7",
        ("right q7",),
        "negation",
        "because q7",
    )
    bge = seventh.answers[0]
    assert (bge.model, bge.label, bge.rank, bge.first, bge.right) == (BGE, "BGE-M3", 2, "wrong 1 q7", False)
    assert (bge.gold_score, bge.first_score) == (0.5, 0.6)


def test_filters_by_hand() -> None:
    items = listed(run(), NAME, evalset())
    assert ids(select(items, Show.ALL_RIGHT)) == ["q1"]
    assert ids(select(items, Show.ALL_WRONG)) == []
    assert ids(select(items, Show.DISAGREE)) == [f"q{number}" for number in range(2, 9)]
    assert ids(select(items, Show.A_NOT_B, a=BGE, b=SMALL)) == ["q5", "q6"]
    assert ids(select(items, Show.A_NOT_B, a=SMALL, b=BGE)) == ["q7", "q8"]
    assert ids(select(items, Show.A_NOT_B, "negation", BGE, BM25)) == ["q5", "q6"]
    assert ids(select(items, Show.A_NOT_B)) == []


def test_counts_of_filters() -> None:
    items = listed(run(), NAME, evalset())
    assert counts(items, "idiom", BGE, BM25) == {
        Show.ALL: 4,
        Show.ALL_RIGHT: 1,
        Show.ALL_WRONG: 0,
        Show.DISAGREE: 3,
        Show.A_NOT_B: 3,
    }
    assert categories(items, Show.ALL_RIGHT) == {"idiom": 1, "negation": 0}


def test_without_the_set_ids_and_ranks_remain() -> None:
    items = listed(run(), NAME)
    assert ids(items) == [f"q{number}" for number in range(1, 9)]
    assert (items[0].text, items[0].gold, items[6].answers[0].first, items[6].answers[0].first_id) == (
        "",
        (),
        None,
        "w1",
    )


def test_a_limited_run_lists_only_what_was_asked() -> None:
    made = run()
    for item in made["results"]:
        item["ranks"] = {"q3": 1}
    assert ids(listed(made, NAME, evalset())) == ["q3"]


def test_a_model_that_failed_is_neither_right_nor_wrong() -> None:
    items = listed(run(), NAME, evalset())
    assert items[0].right("qwen3-embedding-8b") is None
    assert select(items, Show.A_NOT_B, a=BGE, b="qwen3-embedding-8b") == ()

"""Which model for me: needs met, not met, not known; an answer only where the data have one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eval import sheets
from eval.answers import advised
from eval.charts import forest_plot
from eval.needs import Needs, Prefer, Source
from eval.options import Fit, Option
from eval.recommend import Advice, Kind, recommend
from eval.words import words
from models.catalog import CATALOG
from models.errors import InputError
from tests.eval.handmade import GIB, MODELS, NAME, compared, evalset, run

ENGLISH = words()
BGE, SMALL, MIDDLE, BM25 = MODELS
LARGE = "qwen3-embedding-8b"


def option(advice: Advice, model: str) -> Option:
    return next(item for item in advice.options if item.model == model)


def reasons(item: Option) -> str:
    return " ".join(check.reason.text(ENGLISH) for check in item.checks)


def answer(advice: Advice) -> str:
    return " ".join(one.text(ENGLISH) for one in advice.answer)


def only_bge() -> dict[str, Any]:
    """BGE-M3 is told better than each of the others."""
    made = run()
    made["comparisons"] = [compared(BGE, model, 0.4, 0.01) for model in (SMALL, MIDDLE, BM25)]
    return made


def test_between_equals_there_is_no_answer_about_accuracy() -> None:
    found = recommend(run(), Needs())
    assert found.kind is Kind.TIE
    assert set(found.leaders) == {BGE, SMALL, MIDDLE}
    assert "the data cannot tell" in answer(found)
    assert "BGE-M3 needs the least VRAM of them: 1.25 GiB (this run)" in answer(found)
    assert option(found, BM25).place == (3, 4)


def test_what_is_told_is_said() -> None:
    found = recommend(only_bge(), Needs())
    assert (found.kind, found.leaders) == (Kind.ONE, (BGE,))
    assert answer(found).startswith("BGE-M3: right first in 75.0 % of 8 queries, and significantly better")


def test_the_only_one_that_none_beats_is_not_called_better_than_all() -> None:
    made = run()
    made["comparisons"] = [
        compared(BGE, SMALL, 0.4, 0.01),
        compared(SMALL, MIDDLE, 0.4, 0.01),
        compared(SMALL, BM25, 0.4, 0.01),
    ]
    found = recommend(made, Needs())
    assert (found.kind, found.leaders) == (Kind.ONE, (BGE,))
    assert "no other model that meets the needs is significantly better" in answer(found)


def test_what_nothing_compared_is_not_called_a_tie() -> None:
    made = run() | {"comparisons": [], "complete": False}
    found = recommend(made, Needs())
    assert (found.kind, set(found.leaders)) == (Kind.UNCOMPARED, set(MODELS))
    assert "were not all compared" in answer(found)
    assert "the data cannot tell" not in answer(found)
    assert {item.place for item in found.options} == {None}
    assert [row[-1] for row in sheets.results(made, NAME, ENGLISH).rows] == ["–"] * 4
    assert "place –" in (forest_plot(made, NAME, ENGLISH) or "")


def test_what_was_compared_counts_beside_what_was_not() -> None:
    made = run() | {"comparisons": [compared(BGE, SMALL, 0.4, 0.01)], "complete": False}
    found = recommend(made, Needs())
    assert (found.kind, set(found.leaders)) == (Kind.UNCOMPARED, {BGE, MIDDLE, BM25})
    assert [row[-1] for row in sheets.results(made, NAME, ENGLISH).rows] == ["1–3", "2–4", "–", "–"]
    assert [option(found, model).place for model in MODELS] == [(1, 3), (2, 4), None, None]


def test_what_decides_between_equals_is_the_visitor_s_choice() -> None:
    made = run()
    made["results"][1]["speed"]["mean_seconds"] = 0.001
    found = recommend(made, Needs(prefer=Prefer.SPEED))
    assert found.leaders[0] == SMALL
    assert "Qwen3-Embedding-0.6B is the fastest of them: 0.001 s (this run)" in answer(found)
    equal = recommend(run(), Needs(prefer=Prefer.STORAGE, custom_dimensions=False, memory_gib=2))
    assert set(equal.leaders) == {BGE, SMALL}
    assert "Nothing else that is known decides" in answer(equal)  # 1,024 dimensions both


def test_memory_and_latency() -> None:
    found = recommend(run(), Needs(memory_gib=2, seconds=0.015))
    assert option(found, BGE).fit is Fit.FITS
    assert "VRAM 1.25 GiB of 2.00 (this run)." in reasons(option(found, BGE))
    assert option(found, SMALL).fit is Fit.FAILS  # 0.020 s
    assert option(found, MIDDLE).fit is Fit.FAILS
    assert option(found, BM25).fit is Fit.UNKNOWN  # its time was not measured
    assert "not measured" in reasons(option(found, BM25))
    assert (found.kind, found.leaders) == (Kind.ONLY, (BGE,))
    assert option(found, LARGE).source is Source.PUBLISHED
    assert [item.fit for item in found.options] == sorted(
        (item.fit for item in found.options), key=["fits", "unknown", "fails"].index
    )


def test_ram_of_a_cpu_is_not_vram() -> None:
    made = run()
    for item in made["results"]:
        item["device"] = "cpu"
    bge = option(recommend(made, Needs(memory_gib=2)), BGE)
    assert (bge.memory.value, bge.memory.source) == (1.06 * GIB, Source.PUBLISHED)
    made["results"][0]["model"] = "multilingual-e5-small"
    small = option(recommend(made, Needs(memory_gib=2)), "multilingual-e5-small")
    assert (small.memory.value, small.memory.source) == (2 * 117_653_760, Source.ESTIMATE)


def test_storage_uses_the_sweep_and_does_not_compare_what_was_not_compared() -> None:
    found = recommend(only_bge(), Needs(storage_gb=1.5))  # full takes 4.1 GB
    bge, small = option(found, BGE), option(found, SMALL)
    assert bge.setting is not None
    assert (bge.setting.dimensions, bge.setting.storage, bge.top1) == (1024, "int8", 0.75)
    assert small.setting is not None
    assert (small.setting.dimensions, small.setting.storage) == (256, "float32")
    assert option(found, MIDDLE).fit is Fit.UNKNOWN  # could be cut, but nobody measured it
    assert "was not measured" in reasons(option(found, MIDDLE))
    assert found.kind is Kind.UNCOMPARED  # the comparisons are of full vectors


def test_storage_with_ranks_is_compared_anew() -> None:
    made = only_bge()
    for item in made["sweeps"]:
        item["ranks"] = [1] * 8 if item["model"] == SMALL else [2] * 8
    found = recommend(made, Needs(storage_gb=1.5), sets={NAME: evalset()})
    assert (option(found, SMALL).top1, option(found, BGE).top1) == (1.0, 0.0)
    assert option(found, SMALL).place == (1, 3)  # four families cannot tell anything at 5 %


def test_storage_that_cannot_be() -> None:
    found = recommend(run(), Needs(storage_gb=0.001))
    assert option(found, BGE).fit is Fit.FAILS
    assert option(found, BM25).fit is Fit.FITS
    assert "keeps no vectors" in reasons(option(found, BM25))


def test_dimensions_and_instructions() -> None:
    found = recommend(run(), Needs(custom_dimensions=True, instructions=True))
    assert {item.model for item in found.options if item.fit is Fit.FITS} == {SMALL, MIDDLE, LARGE}
    assert reasons(option(found, BGE)) == "Not trained to be cut to fewer dimensions. Takes no instructions."


def test_a_model_that_the_catalog_lacks_is_not_known() -> None:
    made = run()
    made["results"][0]["model"] = "own/model"
    found = option(recommend(made, Needs(custom_dimensions=True, memory_gib=2)), "own/model")
    assert found.fit is Fit.UNKNOWN
    own = replace(CATALOG[1], id="own/model")
    known = option(recommend(made, Needs(custom_dimensions=True), catalog=[own]), "own/model")
    assert known.fit is Fit.FITS


def test_languages_count_only_their_queries() -> None:
    found = recommend(run(), Needs(languages=("en",)), sets={NAME: evalset()})
    assert option(found, BGE).top1 == 0.0
    assert option(found, SMALL).top1 == 1.0
    assert option(found, SMALL).queries == 2
    assert "Accuracy is that on 2 queries in en." in reasons(option(found, SMALL))
    assert found.kind is Kind.TIE  # two queries tell nothing
    assert option(found, LARGE).fit is Fit.UNKNOWN  # the article is Chinese


@pytest.mark.parametrize("sets", [None, {NAME: evalset()}])
def test_a_language_nobody_was_asked_in(sets: Any) -> None:
    found = recommend(run(), Needs(languages=("fr",)), sets=sets)
    assert {item.fit for item in found.options} == {Fit.UNKNOWN}
    assert (found.kind, found.leaders) == (Kind.NONE, ())


def test_published_figures_stand_in_marked_where_no_run_fits() -> None:
    runs: tuple[dict[str, Any] | None, ...] = (None, {"results": []})
    for made in runs:
        found = recommend(made, Needs(memory_gib=2))
        assert (found.kind, set(found.leaders)) == (Kind.PUBLISHED, {BGE, SMALL})
        assert "cannot tell" in answer(found)
        assert "1.06 GiB (published, A100 40 GB, vLLM)" in answer(found)
    chinese = recommend(None, Needs(languages=("zh",)))
    assert chinese.kind is Kind.PUBLISHED


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, True, "3"])
def test_a_limit_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match="give a number of 0 or more"):
        recommend(run(), Needs(storage_gb=value))


def test_nothing_fits() -> None:
    found = recommend(run(), Needs(memory_gib=0.5, custom_dimensions=True))
    assert (found.kind, found.leaders) == (Kind.NONE, ())
    assert answer(found) == ENGLISH["eval.advice.none"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_table_behind_the_answer(language: str) -> None:
    needs = Needs(memory_gib=9, seconds=1, storage_gb=2, languages=("zh",), custom_dimensions=True, instructions=True)
    rows = advised(recommend(run(), needs, sets={NAME: evalset()}).options, words(language)).rows
    assert len(rows) == 5
    assert all(len(row) == 9 for row in rows)

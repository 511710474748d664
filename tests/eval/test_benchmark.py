"""A whole run over fake models: what it records, and what happens when something goes wrong."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval import findings, ledger, sheets
from eval.benchmark import run
from eval.events import Done, Event, Row, Sample, Step, Trouble
from eval.metrics import Judgement, by_category, measures
from eval.own import sets_of
from eval.plan import RunPlan, owner_id
from eval.runfile import read_run, write_run
from eval.sets import EvalSet
from eval.stats import compare
from eval.texts import short_texts
from eval.words import words
from eval.worker import FIRST_TEXT
from models import Workbench
from models.errors import Cancelled, InputError, ModelError
from models.pool import ModelPool, State
from models.settings import Settings
from models.spec import Role
from tests.eval.samples import (
    WORDY,
    Broken,
    Collapsed,
    Fails,
    FakeBench,
    Recorder,
    bench_with,
    dense,
    made,
    outcome,
    plan,
    query,
    sample,
)
from tests.fakes import Background, FakeEncoder, FakeLoader, FakeMachine, spec

TWO: dict[str, type[FakeEncoder]] = {"a": Recorder, "b": Recorder}


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name in {"libra-benchmark", "libra-sampler"}}


def rows(record: dict[str, Any]) -> list[tuple[str, str]]:
    return [(row["model"], row["set"]) for row in record["results"]]


def test_one_row_for_each_model_and_set_in_the_order_of_the_plan() -> None:
    sets = (sample("one"), sample("two"))
    bench = bench_with(TWO, WORDY)
    events = list(run(bench, plan("b", "words", "a", sets=sets)))
    last = events[-1]
    assert isinstance(last, Done)
    record = dict(last.run)
    assert rows(record) == [(model, name) for model in ("b", "words", "a") for name in ("one", "two")]
    assert [event.record for event in events if isinstance(event, Row)] == record["results"]
    assert record["complete"]
    assert record["failures"] == {}
    assert record["schema"] == 1
    assert record["plan"]["models"] == ["b", "words", "a"]
    assert record["sets"]["one"] == {"sha256": "hash of one", "queries": 8, "source": "own"}
    assert record["environment"]["packages"]["numpy"] == np.__version__
    json.dumps(record, allow_nan=False)


def test_progress_comes_by_model_and_stage() -> None:
    events = list(run(bench_with(TWO), plan("a", "b", speed="article")))
    steps = [event for event in events if isinstance(event, Step)]
    stages = list(dict.fromkeys((step.model, step.stage) for step in steps))
    after_load = [(model, stage) for model in "ab" for stage in ("speed", "encode", "judge", "sweep")]
    assert [pair for pair in stages if pair[1] != "load"] == after_load
    for model, stage in after_load:
        mine = [step for step in steps if (step.model, step.stage) == (model, stage)]
        assert mine[-1].done == mine[-1].total > 0
        assert [step.done for step in mine] == sorted(step.done for step in mine)
        assert {step.set for step in mine} == ({""} if stage == "speed" else {"small"})
    samples = [event for event in events if isinstance(event, Sample)]
    assert {event.model for event in samples} == {"a", "b"}
    assert all(event.memory_bytes > 0 for event in samples)


def test_a_result_says_what_it_was_measured_with() -> None:
    template = "Instruct: {instruction}\nQuery:"
    bench = bench_with(TWO, dense("a", query_prompt="query: ", instruction_template=template), WORDY)
    first, second = outcome(run(bench, plan("a", "words", speed="article")))["results"]
    assert first["dimensions"] == first["dimensions_full"] == 64
    assert (first["revision"], first["dtype"], first["device"]) == ("fake", "float32", "cpu")
    assert first["prompts"] == {"query": "query: ", "document": ""}
    assert first["max_tokens"] == 512
    assert set(first) >= {"attention", "batch", "label", "seconds", "encoding", "histograms"}
    assert len(first["background"]) == 101
    assert first["speed"].keys() >= {"texts_per_second", "tokens_per_second", "mean_seconds", "load_seconds"}
    assert first["memory"]["peak_bytes"] >= first["memory"]["weights_bytes"] == 1 << 30
    assert second["speed"] is second["memory"] is second["dimensions"] is None
    assert "background" not in second


def test_two_runs_rank_alike() -> None:
    one, two = (outcome(run(bench_with(TWO, WORDY), plan("a", "b", "words"))) for _ in range(2))
    for first, second in zip(one["results"], two["results"], strict=True):
        assert first["ranks"] == second["ranks"]
        assert first["first"] == second["first"]
    assert one["sweeps"] == two["sweeps"]
    assert one["comparisons"] == two["comparisons"]


def test_everything_can_be_computed_again_from_the_file_and_the_set(tmp_path: Path) -> None:
    whole = sample("small", [query(n, family=n // 4, category=f"k{n % 3}") for n in range(24)])
    write_run(tmp_path / "run.json", outcome(run(bench_with(TWO), plan("a", "b", sets=[whole]))))
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    queries = {one.id: one for one in whole.queries}
    ranks = {}
    for row in record["results"]:
        found = [Judgement.single(rank) for rank in row["ranks"].values()]
        families = [queries[key].family for key in row["ranks"]]
        categories = [queries[key].category for key in row["ranks"]]
        assert row["metrics"] == pytest.approx(measures(found, families))
        for name, values in by_category(found, categories, families).items():
            assert {key: row["categories"][name][key] for key in values} == pytest.approx(values)
        assert row["intervals"]["top1"][0] <= row["metrics"]["top1"] <= row["intervals"]["top1"][1]
        ranks[row["model"]] = list(row["ranks"].values())
        full = [item for item in record["sweeps"] if item["model"] == row["model"] and item["dimensions"] == 64]
        assert full[0]["ranks"] == ranks[row["model"]]
    (again,) = compare("small", ranks, [one.family for one in whole.queries], labels={"a": "A", "b": "B"})
    (said,) = record["comparisons"]
    assert (said["difference"], said["p"], said["p_holm"]) == (again.difference, again.p, again.p_holm)
    assert said["sentence"] == again.sentence
    assert {cell["category"] for cell in record["category_comparisons"]} == {"k0", "k1", "k2"}
    assert record["places"]["small"].keys() == {"a", "b"}


def test_the_rank_of_a_right_answer_says_what_was_put_first() -> None:
    (row,) = outcome(run(bench_with(TWO), plan("a")))["results"]
    for one in sample().queries:
        assert (row["first"][one.id] in one.relevant) == (row["ranks"][one.id] == 1)
        gold, best = row["scores"][one.id]
        assert gold <= best
        assert (gold == best) == (row["ranks"][one.id] - row["ties"][one.id] == 1)


def test_several_right_answers_keep_all_their_ranks() -> None:
    graded = replace(query(0), relevant={"c0": 2, "c2": 1})
    (row,) = outcome(run(bench_with(TWO), plan("a", sets=[sample("graded", [graded, query(1)])])))["results"]
    assert row["relevant_ranks"]["q0"].keys() == {"c0", "c2"}
    assert row["ranks"]["q0"] == min(row["relevant_ranks"]["q0"].values())
    assert "relevant_ranks" not in outcome(run(bench_with(TWO), plan("a")))["results"][0]


def test_every_text_is_encoded_once() -> None:
    twins = [query(0), replace(query(0), id="again", family="again"), query(1)]
    bench = bench_with(TWO)
    (row,) = outcome(run(bench, plan("a", sets=[sample("twins", twins)])))["results"]
    seen = made(bench, "a").seen
    assert seen[0] == (Role.DOCUMENT, None, FIRST_TEXT)
    assert len(set(seen)) == len(seen)
    mine = {text for one in twins for text in (one.text, *(item.text for item in one.candidates))}
    assert {text for _, _, text in seen} >= mine
    assert row["encoding"]["texts"] == len(mine)


def test_what_the_cache_has_is_not_encoded_again_and_is_no_speed() -> None:
    bench = bench_with(TWO)
    list(run(bench, plan("a")))
    before = len(made(bench, "a").seen)
    (row,) = outcome(run(bench, plan("a", speed="article")))["results"]
    later = [text for _, _, text in made(bench, "a").seen[before:]]
    fresh = [text for number in range(12) for text in short_texts(number)]
    assert later == [FIRST_TEXT, *fresh]  # nothing of the set, and each of these really encoded
    assert row["encoding"]["cached"] == row["encoding"]["texts"] > 0
    assert row["encoding"]["seconds"] == row["encoding"]["tokens"] == 0
    assert row["speed"]["texts_per_second"] == pytest.approx(30 / 0.001)  # the fake's own clock
    assert row["speed"]["load_seconds"] is None  # nobody waited for it


def test_instructions_go_to_the_models_that_take_them() -> None:
    told = [replace(query(0), instruction="Find songs"), replace(query(1), instruction="Find songs"), query(2)]
    bench = bench_with(TWO, dense("a", instruction_template="Instruct: {instruction}\nQuery:"))
    record = outcome(run(bench, plan("a", "b", sets=[sample("told", told)])))
    asked = {
        model: {(told, text) for role, told, text in made(bench, model).seen if role is Role.QUERY} for model in "ab"
    }
    texts = [one.text for one in told]
    assert asked["a"] >= {("Find songs", texts[0]), ("Find songs", texts[1]), (None, texts[2])}
    assert ("Find songs", texts[2]) not in asked["a"]
    assert {told for told, _ in asked["b"]} == {None}
    assert record["results"][0]["prompts"]["instruction"] == "Instruct: {instruction}\nQuery:"
    assert "instruction" not in record["results"][1]["prompts"]


def test_constant_vectors_score_nothing_and_say_so() -> None:
    record = outcome(run(bench_with({"a": Collapsed, "b": Recorder}), plan("a", "b")))
    row = record["results"][0]
    assert row["metrics"]["top1"] == row["metrics"]["top3"] == 0
    assert set(row["ranks"].values()) == {4}
    assert set(row["ties"].values()) == {3}
    assert {warning["code"] for warning in row["warnings"]} == {"identical_vectors"}
    assert "A gives the same vector" in row["warnings"][0]["message"]
    assert {item["top1"] for item in record["sweeps"] if item["model"] == "a"} == {0}
    assert record["results"][1]["warnings"] == []


def test_nan_stops_that_model_with_its_name() -> None:
    events = list(run(bench_with({"a": Broken, "b": Recorder}), plan("a", "b")))
    (trouble,) = [event for event in events if isinstance(event, Trouble)]
    assert (trouble.model, trouble.error.code) == ("a", "not_finite")
    record = outcome(iter(events))
    assert rows(record) == [("b", "small")]
    assert record["failures"] == {"a": str(trouble.error)}
    assert "A gave numbers that are none" in record["failures"]["a"]
    assert record["failure_details"]["a"]["code"] == "not_finite"
    assert record["complete"]


def test_a_failure_leaves_what_the_model_had_finished() -> None:
    sets = [sample("one"), sample("two", [query(20), query(21)]), sample("three")]
    record = outcome(run(bench_with({"a": Fails, "b": Recorder}), plan("a", "b", sets=sets)))
    assert rows(record) == [("a", "one"), ("b", "one"), ("b", "two"), ("b", "three")]
    assert record["failures"] == {"a": "a failed: surprise"}


def test_what_a_library_raises_becomes_a_sentence() -> None:
    bench = bench_with(TWO)
    bench.load("a")
    made(bench, "a").failures.append(ZeroDivisionError("surprise"))
    made(bench, "a").failures.append(Cancelled())  # of its load, by somebody else: nobody stopped this run
    record = outcome(run(bench, plan("a", "b")))
    assert record["failures"]["a"] == "a failed: surprise"
    assert rows(record) == [("b", "small")]
    assert outcome(run(bench, plan("a", "b")))["failures"] == {"a": "Stopped."}


def stopped_run(bench: FakeBench, chosen: RunPlan, kept: list[Any]) -> dict[str, Any]:
    """Run a, then stop while b is at work."""
    bench.load("b")
    encoder = made(bench, "b")
    encoder.gate.clear()
    stop = threading.Event()
    with Background(
        lambda: list(run(bench, chosen, stop.is_set, keep=lambda r: kept.append(copy.deepcopy(r))))
    ) as work:
        assert encoder.entered.wait(20)
        stop.set()
        encoder.gate.set()
        return outcome(iter(work.result()))


def test_a_stop_keeps_what_is_done_and_frees_the_rest() -> None:
    bench, kept = bench_with(TWO), []  # type: ignore[var-annotated]
    record = stopped_run(bench, plan("a", "b"), kept)
    assert rows(record) == [("a", "small")]
    assert record["failures"] == {}
    assert not record["complete"]
    assert rows(kept[-1]) == [("a", "small")]
    assert {status.state for status in bench.statuses()} == {State.READY}  # loaded, and nobody's
    assert threads() == set()


def test_an_interrupted_run_goes_on_where_it_was() -> None:
    bench, chosen = bench_with(TWO), plan("a", "b", speed="article", owner="me")
    earlier = json.loads(json.dumps(stopped_run(bench, chosen, [])))
    before = len(made(bench, "a").seen)
    record = outcome(run(bench, chosen, resume=earlier))
    assert rows(record) == [("a", "small"), ("b", "small")]
    assert record["complete"]
    assert record["id"] == earlier["id"]
    assert record["owner"] == owner_id("me")
    assert record["results"][0] == earlier["results"][0]
    assert len(record["comparisons"]) == 1
    assert len(made(bench, "a").seen) == before  # nothing of a was done again
    fresh = outcome(run(bench_with(TWO), chosen))
    assert [row["ranks"] for row in record["results"]] == [row["ranks"] for row in fresh["results"]]


def test_a_plan_can_be_had_from_its_run() -> None:
    bench = bench_with(TWO)
    chosen = plan("a", "b", dimensions=(16, 32), limit=5, title="mine", owner="me")
    record = outcome(run(bench, chosen))
    again = ledger.plan_again(record, sets_of(record), "me")
    assert replace(again, sets=chosen.sets) == chosen
    left = copy.deepcopy(record) | {"comparisons": [], "places": {}, "category_comparisons": []}
    ledger.conclude(left, again)  # what a run lacks whose visitor has left
    assert left == record
    assert outcome(run(bench, again, resume=record)) == record
    with pytest.raises(InputError, match="set small of this run is not here"):
        ledger.plan_again(record, {})


def killed_run(*models: str) -> dict[str, Any]:
    """What is kept of a run whose process ended when its first two models were done."""
    kept: list[dict[str, Any]] = []
    bench = bench_with(dict.fromkeys(models, Recorder))
    list(run(bench, plan(*models), keep=lambda record: kept.append(copy.deepcopy(dict(record)))))
    return kept[1]


def test_a_run_that_nobody_concluded_is_concluded_when_it_is_read() -> None:
    killed = killed_run("a", "b", "c")
    before = copy.deepcopy(killed)
    assert killed["comparisons"] == []
    found = ledger.concluded(killed, sets_of(killed))
    assert [(item["a"], item["b"]) for item in found["comparisons"]] == [("a", "b")]
    assert found["places"]["small"].keys() == {"a", "b"}
    assert not found["complete"]
    assert killed == before  # the run that is kept stays as it is
    assert ledger.concluded(killed_run("a", "b"), sets_of(killed))["complete"]  # only the conclusion was missing


def test_a_run_that_cannot_be_concluded_is_read_as_it_is() -> None:
    killed = killed_run("a", "b", "c")
    assert ledger.concluded(killed, {}) is killed
    edited = killed | {"plan": killed["plan"] | {"models": ["b"]}}
    assert ledger.concluded(edited, sets_of(killed)) is edited
    whole = outcome(run(bench_with(TWO), plan("a", "b")))
    assert ledger.concluded(whole, sets_of(whole)) is whole


def test_a_run_that_goes_on_elsewhere_measures_its_speed_there(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, wanted = bench_with(TWO), plan("a", sets=[sample("one"), sample("two"), sample("three")], speed="article")
    begun = outcome(run(bench, wanted))
    begun["results"] = begun["results"][:1]
    begun["results"][0]["speed"]["mean_seconds"] = 99.0
    monkeypatch.setattr(ledger, "environment", lambda: {"cpu": "another"})
    moved = outcome(run(bench, wanted, resume=begun))
    assert [row.get("resumed") for row in moved["results"]] == [None, 1, 1]
    assert [row["speed"]["mean_seconds"] == 99.0 for row in moved["results"]] == [True, False, False]
    shown = {row[0]: row[1] for row in sheets.environment(moved, words()).rows}
    assert shown["resumed.1.environment.cpu"] == "another"
    assert shown["resumed.1.results"] == "A · two, A · three"
    assert words()["eval.report.resumed"] in findings.alerts(moved, words())
    assert words()["eval.report.resumed"] not in findings.alerts(begun, words())
    moved["results"].pop()
    assert "resumed" not in json.dumps(outcome(run(bench, wanted, resume=begun | {"environment": {"cpu": "another"}})))
    monkeypatch.undo()
    back = outcome(run(bench, wanted, resume=moved))
    assert [row.get("resumed") for row in back["results"]] == [None, 1, 2]
    assert back["results"][2]["speed"]["mean_seconds"] == 99.0  # as it was measured here


def test_speed_is_measured_once_a_model() -> None:
    bench = bench_with(TWO)
    record = outcome(run(bench, plan("a", sets=[sample("one"), sample("two")], speed="article")))
    assert record["results"][0]["speed"] == record["results"][1]["speed"]
    half = copy.deepcopy(record)
    half["results"].pop()
    before = len(made(bench, "a").seen)
    again = outcome(run(bench, plan("a", sets=[sample("one"), sample("two")], speed="article"), resume=half))
    assert len(made(bench, "a").seen) == before + 1  # the first text
    assert again["results"][1]["speed"] == record["results"][0]["speed"]


def test_a_failed_model_is_tried_again() -> None:
    earlier = outcome(run(bench_with({"a": Broken, "b": Recorder}), plan("a", "b")))
    record = outcome(run(bench_with(TWO), plan("a", "b"), resume=earlier))
    assert rows(record) == [("a", "small"), ("b", "small")]
    assert record["failures"] == record["failure_details"] == {}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"models": ("a",)}, "eval_resume"),
        ({"dimensions": (32,)}, "eval_resume"),
        ({"limit": 3}, "eval_resume"),
        ({"sets": (replace(sample(), sha256="changed"),)}, "eval_resume"),
        ({"sets": (EvalSet("small", sample().queries[::-1], "hash of small", source="own"),)}, "eval_resume_results"),
    ],
)
def test_another_plan_does_not_resume(change: dict[str, Any], code: str) -> None:
    earlier = outcome(run(bench_with(TWO), plan("a", "b")))
    with pytest.raises(InputError) as caught:
        run(bench_with(TWO), replace(plan("a", "b"), **change), resume=earlier)
    assert caught.value.code == code


def test_closing_the_generator_frees_the_model() -> None:
    bench, kept = bench_with(TWO), []
    events: Iterator[Event] = run(bench, plan("a", "b"), keep=lambda record: kept.append(rows(dict(record))))
    for event in events:
        if isinstance(event, Row):
            break
    events.close()  # type: ignore[attr-defined]
    assert kept[0] == [("a", "small")]
    assert State.BUSY not in {status.state for status in bench.statuses()}
    assert threads() == set()


def test_a_plan_that_cannot_be_run_touches_no_model() -> None:
    bench = bench_with(TWO)
    with pytest.raises(InputError):
        run(bench, plan("a", speed="fast"))
    assert bench.made == {}


def test_a_run_that_cannot_be_kept_is_shown_all_the_same() -> None:
    def full(_: object) -> None:
        raise InputError("run_unwritable", "x cannot be written: no space.")

    events: list[Event] = []
    with pytest.raises(InputError, match="no space"):
        events.extend(run(bench_with(TWO), plan("a"), keep=full))  # extend takes what came before the error
    assert isinstance(events[-1], Done)
    assert rows(dict(events[-1].run)) == [("a", "small")]


def test_an_idle_model_makes_room_for_the_next() -> None:
    machine = FakeMachine(cpu=(2.0, 0.0))
    loader = FakeLoader(machine)
    chosen = Settings(catalog=tuple(replace(spec(name, gib=1.0), dimensions=64) for name in "ab"))
    bench = Workbench(chosen, ModelPool(chosen, load=loader, devices=machine))
    record = outcome(run(bench, plan("a", "b")))
    assert rows(record) == [("a", "small"), ("b", "small")]
    assert loader.models["a"][0].closed == 1


def test_a_load_that_fails_is_that_models_trouble() -> None:
    class Damaged(FakeLoader):
        def __call__(self, spec: Any, **more: Any) -> Any:
            if spec.id == "a":
                raise ModelError("load_failed", "A could not be loaded.")
            return super().__call__(spec, **more)

    chosen = Settings(catalog=(dense("a"), dense("b")))
    record = outcome(run(Workbench(chosen, ModelPool(chosen, load=Damaged(), devices=FakeMachine())), plan("a", "b")))
    assert record["failures"] == {"a": "A could not be loaded."}
    assert rows(record) == [("b", "small")]


def test_a_limit_and_a_visitors_texts() -> None:
    record = outcome(run(bench_with(TWO), plan("a", limit=3, sweep=False)))
    (row,) = record["results"]
    assert row["queries"] == len(row["ranks"]) == record["sets"]["small"]["queries"] == 3
    assert record["sweeps"] == []
    assert [one.id for one in sets_of(record)["small"].queries] == list(row["ranks"])
    built_in = outcome(run(bench_with(TWO), plan("a", sets=[sample(source="built-in")])))
    assert built_in["own_sets"] == {}


def test_a_saved_run_is_the_run(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    record = outcome(run(bench_with(TWO), plan("a"), keep=lambda found: write_run(path, found)))
    assert read_run(path) == json.loads(json.dumps(record))

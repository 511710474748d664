"""Runs as files, and who may see them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from eval import runs
from eval.own import own_records, sets_of
from eval.plan import owner_id
from eval.runfile import read_run, write_run
from eval.runs import RunStore
from eval.sets import EvalSet, Query
from eval.versus import versus
from models.errors import InputError
from tests.eval.samples import query, sample


def a_run(number: int = 1, owner: str = "me", **more: Any) -> dict[str, Any]:
    return {
        "schema": 1,
        "id": f"20260101-00000{number}-abcdef01",
        "created": f"2026-01-01T00:00:0{number}+00:00",
        "owner": owner_id(owner),
        "title": f"run {number}",
        "plan": {"models": ["a"], "sets": ["small"]},
        "complete": True,
        "results": [],
        "failures": {},
    } | more


def code_of(action: Any) -> str:
    with pytest.raises(InputError) as caught:
        action()
    return caught.value.code


def test_a_run_comes_back_as_it_was(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs")
    run = a_run(title="标题 “x”\u2028")
    path = store.save(run)
    assert store.open(run["id"], "me") == run == read_run(path)
    assert [item.name for item in path.parent.iterdir()] == [path.name]  # nothing is left aside


def test_a_number_that_is_none_does_not_cost_the_run(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    path = store.save(a_run(title="NaN", comparisons=[{"p": float("nan"), "high": float("inf"), "low": (1.5,)}]))
    assert json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)["comparisons"] == [
        {"p": None, "high": None, "low": [1.5]}
    ]
    assert store.summaries("me")[0].title == "NaN"


def test_visitors_see_their_own_and_what_the_host_published(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    mine, theirs, shown = a_run(1), a_run(2, "them"), a_run(3, "them")
    for run in (mine, theirs, shown):
        store.save(run)
    store.publish(shown["id"], "them")
    assert [item.title for item in store.summaries("me")] == ["run 3", "run 1"]
    assert [item.published for item in store.summaries("me")] == [True, False]
    assert store.open(shown["id"], "me")["owner"] == ""
    assert code_of(lambda: store.open(theirs["id"], "me")) == "run_unknown"
    assert code_of(lambda: store.open(theirs["id"], "")) == "run_unknown"
    assert [item.title for item in store.summaries("")] == ["run 3"]


def test_only_ones_own_runs_can_be_deleted(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    mine, theirs = a_run(1), a_run(2, "them")
    store.save(mine)
    store.save(theirs)
    store.publish(theirs["id"], "them")
    assert code_of(lambda: store.delete(theirs["id"], "me")) == "run_unknown"
    store.delete(mine["id"], "me")
    assert [item.id for item in store.summaries("me")] == [theirs["id"]]
    assert code_of(lambda: store.delete(mine["id"], "me")) == "run_unknown"


@pytest.mark.parametrize("name", ["../x", "a/b", "", "A", "x.json", "\x00", "x" * 65, ".."])
def test_an_id_is_never_a_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")
    store = RunStore(tmp_path / "runs")
    assert code_of(lambda: store.open(name, "me")) == "run_unknown"
    assert code_of(lambda: store.delete(name, "me")) == "run_unknown"
    assert code_of(lambda: store.save(a_run(id=name))) == "run_unknown"


def test_an_owner_in_a_file_is_never_a_folder(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    for owner in ("published", "../elsewhere"):
        assert store.save(a_run() | {"owner": owner}).parent == tmp_path / "nobody"


def test_a_run_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.json"
    write_run(path, a_run(1))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert code_of(lambda: write_run(path, a_run(2))) == "run_unwritable"
    assert read_run(path)["title"] == "run 1"
    assert os.listdir(tmp_path) == ["run.json"]  # noqa: PTH208 - names only
    assert code_of(lambda: write_run(tmp_path / "no" / "run.json", a_run())) == "run_unwritable"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "run_unreadable"),
        ("{", "run_unreadable"),
        ("\xff", "run_unreadable"),
        ("[" * 100_000, "run_unreadable"),
        ("[]", "run_schema"),
        ("{}", "run_schema"),
        ('{"schema": 2, "results": []}', "run_schema"),
        ('{"schema": 1, "results": {}}', "run_schema"),
    ],
)
def test_what_is_no_run(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(text.encode("latin-1"))
    assert code_of(lambda: read_run(path)) == code


def test_a_damaged_file_does_not_hide_the_others(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    path = store.save(a_run(1))
    path.with_name("bad.json").write_text("{", encoding="utf-8")
    path.with_name("odd.json").write_text('{"schema": 1, "results": [], "plan": 3}', encoding="utf-8")
    path.with_name("rows.json").write_text('{"schema": 1, "results": [{"model": "a"}]}', encoding="utf-8")
    assert [item.title for item in store.summaries("me")] == ["run 1"]
    path.write_text(json.dumps(a_run(1, title="new")), encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert [item.title for item in store.summaries("me")] == ["new"]


def test_the_oldest_runs_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_RUNS", 2)
    store = RunStore(tmp_path)
    for number in (1, 2, 3):
        os.utime(store.save(a_run(number)), ns=(number, number))
    os.utime(store.save(a_run(4, "them")), ns=(4, 4))
    assert [item.title for item in store.summaries("me")] == ["run 3", "run 2"]
    monkeypatch.setattr(runs, "MOST_BYTES", 1)
    store.save(a_run(5))
    assert [item.title for item in store.summaries("me")] == ["run 5"]
    assert store.summaries("them") == []


def test_a_visitors_set_travels_in_the_run() -> None:
    odd = Query(**{**vars(query(1, instruction="Find", pair="q9", rationale="因为")), "relevant": {"c1": 2, "c2": 1}})
    own = sample("mine", [query(0), odd])
    built_in = sample("zh", [query(2)], source="built-in")
    kept = own_records((own, built_in))
    assert set(kept) == {"mine"}
    assert kept["mine"][1]["gold"] == "c1"
    run = json.loads(json.dumps({"sets": {"mine": {"sha256": own.sha256, "source": "own"}}, "own_sets": kept}))
    assert sets_of(run) == {"mine": EvalSet("mine", own.queries, own.sha256, source="own")}


def test_a_set_that_has_changed_is_not_that_of_the_run() -> None:
    facts = {"zh-hard": {"sha256": "another", "source": "built-in"}, "corpus": {"sha256": "x", "source": "beir"}}
    assert sets_of({"sets": facts}) == {}


@pytest.mark.parametrize("sets", [{"mine": [{}]}, {"mine": 3}, {"mine": [{"id": "x", "candidates": 3}]}])
def test_a_damaged_set_is_a_sentence(sets: Any) -> None:
    run = {"sets": {"mine": {"sha256": "x", "source": "own"}}, "own_sets": sets}
    assert code_of(lambda: sets_of(run)) == "run_damaged"


def result(ranks: list[int], model: str = "a", **more: Any) -> dict[str, Any]:
    return {"model": model, "set": "small", "ranks": {f"q{n}": rank for n, rank in enumerate(ranks)}} | more


def test_two_runs_side_by_side() -> None:
    facts = {"small": {"sha256": sample().sha256}}
    before = a_run(sets=facts, results=[result([1, 2] * 4, speed={"texts_per_second": 10.0}, dtype="float32")])
    after = a_run(
        sets=facts, results=[result([1] * 8, speed={"texts_per_second": 25.0}, dtype="float16"), result([1], "b")]
    )
    (found,) = versus(before, after, {"small": sample()})
    assert (found.before, found.after, found.queries, found.moved, found.speed) == (0.5, 1.0, 8, 4, 2.5)
    assert found.differs == ("dtype",)
    assert found.p == pytest.approx(2 / 2**4)  # four families, all one way
    (blind,) = versus(before, after, {})
    assert blind.p is None


def test_another_machine_and_other_threads_are_told() -> None:
    here = {"cpu": "one", "cores": 8, "gpus": [], "python": "3.12", "packages": {"torch": "2"}, "memory_bytes": 1}
    there = here | {"cpu": "another", "memory_bytes": 2}
    facts = {"small": {"sha256": sample().sha256}}
    before = a_run(sets=facts, environment=here, results=[result([1], threads=8)])
    after = a_run(sets=facts, environment=there, results=[result([1], threads=4)])
    assert versus(before, after, {})[0].differs == ("threads", "machine")
    newer = a_run(sets=facts, environment=here | {"packages": {"torch": "3"}}, results=[result([1], threads=8)])
    assert versus(before, newer, {})[0].differs == ("software",)
    back = after | {"resumed": [{"environment": here}], "results": [result([1], threads=8, resumed=1)]}
    assert versus(before, back, {})[0].differs == ()


def test_runs_of_other_sets_do_not_compare() -> None:
    one = a_run(sets={"small": {"sha256": "x"}}, results=[result([1])])
    other = a_run(sets={"small": {"sha256": "y"}}, results=[result([1])])
    assert code_of(lambda: versus(one, other, {})) == "runs_nothing_shared"

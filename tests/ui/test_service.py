from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import Workbench
from models.spec import Kind, ModelSpec
from models.vectors import from_fixed_point
from tests.fakes import spec
from tests.models.test_workbench import bench_of
from ui.page import restore_state
from ui.runs import StopFlags, fill_from_file, read_request, run_events, sent_texts
from ui.service import Service
from ui.sets import pick_set, remove_set, save_set
from ui.text import parse_texts

REQUEST = {"queries": ["x", "y"], "candidates": ["a", "b", "c"], "models": ["a", "words"], "instruction": None}


@pytest.fixture
def service() -> Service:
    rows = (replace(spec("a"), dimensions=64, smallest_dimension=32), ModelSpec(id="words", label="W", kind=Kind.BM25))
    return Service(bench_of(*rows))


def test_a_typed_dimension_is_computed_for_the_dense_models(service: Service) -> None:
    answer = service.similarities([REQUEST, 37])
    assert answer["dimension"] == 37
    assert list(answer["models"]) == ["a"]
    right = service.compare(REQUEST["queries"], REQUEST["candidates"], ["a"], 37)["results"]["a"]["scores"]  # type: ignore[arg-type]
    sent = from_fixed_point(answer["models"]["a"]).reshape(2, 3)
    assert np.abs(sent - np.array(right)).max() < 1e-4


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (None, "bad_request"),
        ([], "bad_request"),
        ([{}, 64], "bad_list"),
        ([{**REQUEST, "queries": "x"}, 64], "bad_list"),
        ([{**REQUEST, "queries": [1]}, 64], "bad_list"),
        ([{**REQUEST, "instruction": 3}, 64], "bad_instruction"),
        ([REQUEST, "64"], "dimensions_range"),
        ([REQUEST, 31], "dimensions_range"),
        ([REQUEST, None], "dimensions_missing"),
        ([{**REQUEST, "models": ["nope"]}, 64], "unknown_model"),
    ],
)
def test_what_the_browser_sends_is_checked(service: Service, data: Any, code: str) -> None:
    assert service.similarities(data)["error"]["code"] == code


def test_pairs_of_few_texts_have_every_rung_and_of_many_the_one_asked(service: Service) -> None:
    few = service.pairs([REQUEST, 40])
    assert few["models"]["a"]["rungs"] == [32, 40, 48, 56, 64]
    assert [text["side"] for text in few["texts"]] == ["query"] * 2 + ["candidate"] * 3
    many = service.pairs([{**REQUEST, "candidates": [f"t{i}" for i in range(80)]}, 40])
    assert many["models"]["a"]["rungs"] == [40]
    too_many = service.pairs([{**REQUEST, "candidates": [f"t{i}" for i in range(500)]}, 40])
    assert too_many["error"]["code"] == "too_many_for_pairs"


def test_downloads(service: Service) -> None:
    table = service.export([REQUEST, None, "csv"])
    assert table["content"].count("\r\n") == 1 + 2 * 2 * 3
    whole = json.loads(service.export([REQUEST, 40, "json"])["content"])
    assert whole["request"]["dimensions"] == 40
    assert set(whole["results"]) == {"a", "words"}


def test_a_link_becomes_a_qr_code_that_says_it(service: Service) -> None:
    code = service.qr("http://127.0.0.1/#s=abc")
    assert len(code["dark"]) == code["size"]
    assert set("".join(code["dark"])) == {"0", "1"}
    assert service.qr("x" * 5000)["error"]["code"] == "link_too_long_for_qr"


def test_status_tells_device_and_models(service: Service) -> None:
    service.compare(["x"], ["a"], ["a"])
    status = service.status()
    assert status["device"]["total"] > 0
    states = {model["id"]: model["state"] for model in status["models"]}
    assert states == {"a": "ready", "words": "available"}
    assert status["last"]["texts"] == 2
    json.dumps(status)


def test_unknown_models_are_refused_by_the_shelf(service: Service) -> None:
    for call in (service.load_model, service.unload_model, service.cancel_model):
        assert call("nope")["error"]["code"] == "unknown_model"
    assert service.unload_model("a") == {}


def test_a_local_folder_is_not_shown_to_visitors() -> None:
    bench = Workbench()
    shelf = Service(bench).shelf()["models"]
    assert all(not model["source"].startswith("/") for model in shelf)


def test_a_run_grows_and_ends_done(service: Service) -> None:
    asked = read_request("x\ny", "a\nb\nc", ["a", "words"], "")
    shown = list(run_events(service.bench, asked, StopFlags().start("me")))
    payloads = [payload for payload, _ in shown if isinstance(payload, dict) and "run" in payload]
    assert [model["state"] for model in payloads[0]["models"]] == ["waiting"] * 2
    assert [model["state"] for model in payloads[-1]["models"]] == ["ready"] * 2
    assert payloads[-1]["done"]
    assert shown[0][1] is None  # an old notice goes


def test_a_run_that_cannot_be_says_why_and_keeps_what_is_shown(service: Service) -> None:
    asked = read_request("", "a", ["a"], "")
    ((view, notice),) = run_events(service.bench, asked, StopFlags().start("me"))
    assert view["__type__"] == "update"
    assert set(view) == {"__type__"}
    assert notice is not None
    assert notice["error"]["code"] == "no_queries"


def test_a_new_run_and_stop_raise_the_flag_of_the_old() -> None:
    stops = StopFlags()
    first = stops.start("me")
    other = stops.start("you")
    second = stops.start("me")
    assert first.is_set()
    stops.stop("me")
    assert second.is_set()
    assert not other.is_set()


def test_of_several_presses_the_newest_runs_once() -> None:
    stops = StopFlags()
    stops.ask("me", "older")
    stops.ask("me", "newer")
    with stops.turn("me") as first, stops.turn("me") as second:
        assert first is not None
        assert first[1] == "newer"
        assert not first[0].is_set()
        assert second is None


def test_a_press_during_a_run_takes_its_place() -> None:
    stops = StopFlags()
    stops.ask("me", "older")
    with stops.turn("me") as older:
        assert older is not None
        stops.ask("me", "newer")
        assert not older[0].is_set()  # it has its place until the newer one has a turn
        with stops.turn("me") as newer:
            assert newer is not None
            assert newer[1] == "newer"
            assert older[0].replaced
            assert older[0].is_set()
            assert not newer[0].is_set()


def test_a_run_that_waits_can_be_stopped_too() -> None:
    stops = StopFlags()
    stops.ask("me", "this")
    assert stops.stop("me")
    with stops.turn("me") as stopped:
        assert stopped is None
    stops.ask("me", "this")
    with stops.turn("me") as running:
        assert running is not None
        assert not stops.stop("me")  # the run itself says that it stopped
        assert running[0].is_set()
        assert not running[0].replaced


def test_who_waits_knows_how_many_come_first() -> None:
    stops = StopFlags()
    assert [stops.ask(one, one) for one in ("a", "b", "b")] == [0, 1, 1]
    with stops.turn("a"):
        assert stops.ask("c", "c") == 2
    stops.stop("b")
    assert stops.ask("c", "c") == 0


def test_the_exact_text_for_each_model() -> None:
    rows = sent_texts(["bge-m3", "qwen3-embedding-8b", "bm25"], "Find code", Workbench().settings)["rows"]
    assert rows[0]["query"] == {"prefix": "", "suffix": ""}
    assert rows[1]["query"] == {"prefix": "Instruct: Find code\nQuery:", "suffix": "<|endoftext|>"}
    assert rows[1]["document"] == {"prefix": "", "suffix": "<|endoftext|>"}
    assert [row["dense"] for row in rows] == [True, True, False]


def test_a_dropped_file_fills_the_box_or_leaves_it(tmp_path: Path) -> None:
    good = tmp_path / "a.txt"
    good.write_text("one\ntwo", encoding="utf-8")
    assert fill_from_file(str(good))[0] == "one\ntwo"
    picture = tmp_path / "b.txt"
    picture.write_bytes(b"\x89PNG\x00\xff")
    box, notice = fill_from_file(str(picture))
    assert box == {"__type__": "update"}
    assert notice is not None
    assert notice["error"]["code"] == "file_not_text"
    empty = tmp_path / "c.txt"
    empty.write_text(" \n", encoding="utf-8")
    assert fill_from_file(str(empty))[1]["error"]["code"] == "file_empty"  # type: ignore[index]


@pytest.mark.parametrize(
    ("texts", "said", "held"),
    [
        (["# Title\n---\nbody", "second"], "file_read_changed", ["# Title\n----\nbody", "second"]),
        (["---", "second"], "file_read_changed", ["----", "second"]),
        (["    a = 1", "    b = 2"], "file_read", ["    a = 1", "    b = 2"]),
        (["a\rb", "c"], "file_read", ["a\nb", "c"]),
    ],
)
def test_a_dropped_file_fills_the_box_with_as_many_texts_as_it_says(
    tmp_path: Path, texts: list[str], said: str, held: list[str]
) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(map(json.dumps, texts)), encoding="utf-8")
    box, notice = fill_from_file(str(file))
    assert parse_texts(box) == held
    assert notice is not None
    assert (notice["said"], notice["values"]["count"]) == (said, len(texts))


def test_a_link_restores_what_is_well_formed() -> None:
    state = {"queries": ["a", "b"], "candidates": ["c\nd"], "models": ["a", "evil"], "instruction": "do", "lang": "zh"}
    assert restore_state(state, {"a"}) == ("a\nb", "c\nd\n---", ["a"], "do", "zh")
    nothing: tuple[object, ...] = (None, 3, "x", [])
    for garbage in nothing:
        assert restore_state(garbage, {"a"}) == ({"__type__": "update"},) * 5
    partly = restore_state({"queries": 5, "models": "a", "lang": {}}, {"a"})
    assert partly[0] == {"__type__": "update"}


def test_sets_are_kept_picked_and_removed() -> None:
    kept, _, notice = save_set(" mine ", "a\nb", {})
    assert kept == {"mine": "a\nb"}
    assert notice["said"] == "set_saved"
    assert pick_set("mine", kept) == "a\nb"
    assert pick_set("other", kept) == {"__type__": "update"}
    assert remove_set("mine", kept)[0] == {}
    assert save_set("", "a", {})[2]["error"]["code"] == "set_needs_name"
    assert save_set("new", "a", {str(i): "x" for i in range(50)})[2]["error"]["code"] == "too_many_sets"

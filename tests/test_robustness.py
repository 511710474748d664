"""What an ill-meaning or unlucky visitor sends: the answer is a short sentence that can be sent, and nothing grows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models import Kind, ModelSpec, Request, Workbench
from models.errors import InputError, LibraError
from models.pool import ModelPool
from models.request import check
from models.resources import MOST_BACKGROUNDS
from models.settings import Settings
from tests.fakes import FakeEncoder, FakeLoader, FakeMachine, spec
from tests.models.test_workbench import bench_of
from ui.page import restore_state
from ui.payload import error_of
from ui.runs import StopFlags, read_request, run_events
from ui.service import Service
from ui.sets import list_sets, pick_set, remove_set, save_set
from ui.text import looks_like_code, read_texts, safe_cell

HALF = "\ud800"
REQUEST = {"queries": ["x", "y"], "candidates": ["a", "b", "c"], "models": ["a", "b", "words"], "instruction": None}
SKIP = {"__type__": "update"}
ROWS = [replace(spec(name), dimensions=64, smallest_dimension=32) for name in ("a", "b")]
WORDS = ModelSpec(id="words", label="W", kind=Kind.BM25)


@pytest.fixture
def service() -> Service:
    return Service(bench_of(*ROWS, WORDS))


def sendable(answer: Any) -> str:
    """As Gradio sends it: UTF-8, no numbers that JSON lacks."""
    return json.dumps(answer, ensure_ascii=False, allow_nan=False).encode().decode()


@pytest.mark.parametrize(
    "value", [HALF, f"x{HALF}y", "x" * 1_000_000, 10**400, -(10**30), float("nan"), float("inf"), [HALF], {"a": HALF}]
)
def test_an_error_about_anything_can_be_sent_and_stays_short(value: object) -> None:
    error = LibraError("some_code", "{value} is wrong.", value=value)
    assert len(sendable(error_of(error))) < 2_000
    assert len(str(error)) < 600


def test_values_that_can_be_told_stay_what_they_are(tmp_path: Path) -> None:
    values = {"count": 3, "share": 0.5, "name": "天秤 \U0001f600", "path": tmp_path}
    assert LibraError("some_code", "", **values).values == values


@pytest.mark.parametrize("call", ["load_model", "unload_model", "cancel_model", "qr"])
@pytest.mark.parametrize("data", [HALF, "x" * 1_000_000, None, 5, [HALF], {"a": HALF}])
def test_the_view_s_calls_answer_what_can_be_sent(service: Service, call: str, data: Any) -> None:
    answer = getattr(service, call)(data)
    assert len(sendable(answer)) < 10_000
    assert answer.get("error", {}).get("code") != "unexpected"


@pytest.mark.parametrize("call", ["similarities", "pairs", "export"])
@pytest.mark.parametrize(
    ("change", "dimension"),
    [({"models": [HALF]}, 64), ({"models": ["a", "\x00"]}, 64), ({}, HALF), ({}, 10**30), ({}, float("inf"))],
)
def test_bad_ids_and_dimensions_are_told(service: Service, call: str, change: Any, dimension: Any) -> None:
    answer = getattr(service, call)([{**REQUEST, **change}, dimension, "json"][: 3 if call == "export" else 2])
    assert answer["error"]["code"] in ("unusable_character", "dimensions_range")
    sendable(answer)


def test_an_id_that_is_no_text_is_refused() -> None:
    with pytest.raises(InputError, match=r"Number 2 of the models holds U\+D800"):
        check(Request(("q",), ("c",), ("a", HALF)), Settings())


def test_a_code_of_bytes_counts_bytes(service: Service) -> None:
    assert service.qr("é" * 1200)["error"]["values"]["count"] == 2400


def test_one_model_s_failure_does_not_take_a_typed_dimension_from_the_others() -> None:
    machine = FakeMachine()
    loader = FakeLoader(machine)
    settings = Settings(catalog=(*ROWS, WORDS))
    service = Service(Workbench(settings, ModelPool(settings, load=loader, devices=machine)))
    service.compare(["warm"], ["up"], ["a", "b"])
    encoder = loader.models["a"][-1]
    assert isinstance(encoder, FakeEncoder)
    encoder.failures.append(LibraError("broken", "It broke."))
    answer = service.similarities([REQUEST, 37])
    assert list(answer["models"]) == ["b"]
    assert answer["failures"]["a"]["code"] == "broken"


@pytest.mark.parametrize("call", ["similarities", "pairs"])
def test_an_unknown_model_fails_in_its_own_place(service: Service, call: str) -> None:
    answer = getattr(service, call)([{**REQUEST, "models": ["nope", "a"]}, 40])
    assert list(answer["models"]) == ["a"]
    assert answer["failures"]["nope"]["code"] == "unknown_model"


@pytest.mark.parametrize(
    "text",
    ["a" + "\n" * 99_998 + "b", "a" * 100_000, "a(" * 50_000, "<a\n" * 33_000, ";" * 50_000 + " " * 49_999 + "x"],
    ids=["blank lines", "letters", "brackets", "tags", "semicolons"],
)
def test_no_text_takes_its_square_to_look_at(text: str) -> None:
    looks_like_code(text)  # returns: it took an hour, and nobody else got an answer meanwhile


def test_json_lines_of_bombs_and_halves_are_told(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    lines = ("[" * 100_000, "9" * 5_000, r'"\ud800"', r'{"text": "\udfff"}')
    for line, code in zip(lines, ["file_json_line"] * 2 + ["file_json_text"] * 2, strict=True):
        file.write_text(f'"fine"\n{line}\n', encoding="utf-8")
        with pytest.raises(InputError) as caught:
            read_texts(file, "a.jsonl")
        assert (caught.value.code, caught.value.values["line"]) == (code, 2)


@pytest.mark.parametrize("text", ["\n=1", "＝1", "＠x"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


def test_a_link_with_halves_and_repeats_is_restored_as_far_as_it_can_be() -> None:
    state = {"queries": [f"a{HALF}"], "candidates": ["b"], "models": ["m", "m", "n"], "instruction": HALF}
    assert restore_state(state, {"m", "n"})[:4] == ("a\ufffd", "b", ["m", "n"], "\ufffd")


def test_sets_survive_what_the_browser_holds() -> None:
    assert save_set("x", f"ok\n{HALF}", {})[2]["error"]["values"]["number"] == 2
    assert save_set("x", None, None)[2]["error"]["code"] == "set_needs_name"  # type: ignore[arg-type]
    for garbage in ([1, {}], "abc", 5, {"a": 1, HALF: "x", "y": HALF}):
        assert save_set("x", "a", garbage)[0] == {"x": "a"}  # type: ignore[arg-type]
        assert pick_set("a", garbage) == SKIP  # type: ignore[arg-type]
        assert remove_set("a", garbage)[0] == {}  # type: ignore[arg-type]
        assert list_sets(garbage).choices == []  # type: ignore[arg-type]


def test_sets_that_a_browser_cannot_store_are_refused() -> None:
    kept, _, notice = save_set("new", "字" * 600_000, {"old": "字" * 600_000})
    assert kept is None
    assert notice["error"]["code"] == "sets_too_large"


def test_a_replaced_run_says_nothing_more(service: Service) -> None:
    stops = StopFlags()
    asked = read_request("x", "a\nb", ["a", "words"], "")
    first = run_events(service.bench, asked, stops.start("me"))
    assert next(first)[0]["run"]
    flag = stops.start("me")
    assert [view for view, _ in first] == [SKIP]
    assert not flag.is_set()


def test_a_stopped_run_still_says_that_it_stopped(service: Service) -> None:
    stops = StopFlags()
    run = run_events(service.bench, read_request("x", "a\nb", ["a", "words"], ""), stops.start("me"))
    next(run)
    stops.stop("me")
    assert [view for view, _ in run if view != SKIP][-1]["done"]


def test_the_last_word_of_a_run_is_nothing_that_gradio_would_keep(service: Service) -> None:
    run = run_events(service.bench, read_request("x", "a", ["a"], ""), StopFlags().start("me"))
    assert list(run)[-1] == (SKIP, SKIP)


def test_backgrounds_do_not_grow_with_every_instruction() -> None:
    bench = bench_of(replace(ROWS[0], instruction_template="{instruction}"))
    for number in range(MOST_BACKGROUNDS + 3):
        list(bench.compare(Request(("q",), ("c",), ("a",), instruction=str(number)), with_background=True))
    assert len(bench.resources.backgrounds) == MOST_BACKGROUNDS

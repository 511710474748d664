from __future__ import annotations

import base64
import csv
import io
import itertools
from dataclasses import replace

import numpy as np
import pytest

from models import Background, Failure, Progress, Request, Result, Settings
from models.errors import LibraError
from models.vectors import LADDER, from_fixed_point, normalise, rungs_of, similarity
from tests.fakes import spec
from tests.models.test_workbench import bench_of
from ui.payload import OCTAVES, View, api_answer, as_csv, pairs_payload, plane, rungs_for

REQUEST = Request(("def f():\n    pass", "=cmd()"), ("a", "bb", "<b>c</b>"), ("a", "b"))


def run(request: Request = REQUEST, dimensions: int = 64) -> tuple[View, list[object]]:
    rows = [replace(spec(name), dimensions=dimensions, smallest_dimension=32) for name in ("a", "b")]
    bench = bench_of(*rows)
    view = View("run", request, bench.settings, None)
    events = list(bench.compare(request, with_background=True))
    for event in events:
        view.add(event)
    return view, list(events)


def test_a_view_grows_from_waiting_to_ready() -> None:
    view = View("run", REQUEST, Settings(catalog=(spec("a"), spec("b"))), None)
    assert [model["state"] for model in view.value()["models"]] == ["waiting", "waiting"]
    view.add(Progress("a", "load", 1, 4))
    assert view.value()["models"][0] == {
        "id": "a",
        "name": "A",
        "state": "working",
        "stage": "load",
        "done": 1,
        "total": 4,
    }
    view.add(Failure("b", LibraError("some_code", "{what} broke", what="It")))
    assert view.value()["models"][1]["error"] == {"code": "some_code", "values": {"what": "It"}, "message": "It broke"}
    assert not view.value()["done"]
    assert view.value(done=True)["done"]


def test_similarities_at_every_rung_equal_fp32_to_half_a_step() -> None:
    view, events = run()
    result = next(event for event in events if isinstance(event, Result))
    model = next(model for model in view.value()["models"] if model["id"] == result.model)
    assert model["rungs"] == rungs_of(64) == [32, 40, 48, 56, 64]
    sent = from_fixed_point(model["similarities"]).reshape(5, 2, 3)
    assert result.query_vectors is not None
    assert result.candidate_vectors is not None
    for index, rung in enumerate(model["rungs"]):
        right = similarity(result.query_vectors, result.candidate_vectors, rung)
        assert np.abs(sent[index] - right).max() < 1 / 32767


def test_the_background_stands_beside_its_model() -> None:
    view, events = run()
    quantiles = next(event for event in events if isinstance(event, Background)).quantiles
    assert quantiles.shape == (5, 101)
    assert all(model["background"] for model in view.value()["models"])


def test_many_pairs_get_fewer_rungs() -> None:
    assert rungs_for(32 * 256) == LADDER
    assert rungs_for(200 * 1000) == OCTAVES == (32, 64, 128, 256, 512, 1024, 2048, 4096)


def test_among_many_pairs_every_model_has_every_stop_of_the_slider_and_its_background_all_rungs() -> None:
    rows = [replace(spec(name), dimensions=size, smallest_dimension=32) for name, size in (("a", 384), ("b", 1024))]
    bench = bench_of(*rows)
    texts = tuple(f"number {index}" for index in range(129))
    request = Request(texts, texts, ("a", "b"))
    view = View("run", request, bench.settings, None)
    events = list(bench.compare(request, with_background=True))
    for event in events:
        view.add(event)
    assert view.value()["ladder"] == [32, 64, 128, 256, 384, 512, 1024]
    models = {model["id"]: model for model in view.value()["models"]}
    assert models["a"]["rungs"] == [32, 64, 128, 256, 384]
    assert models["b"]["rungs"] == view.value()["ladder"]
    for event in events:
        if isinstance(event, Background):
            background, size = models[event.model]["background"], models[event.model]["dimensions"]
            assert background["rungs"] == rungs_of(size)
            sent = from_fixed_point(background["quantiles"]).reshape(len(rungs_of(size)), 101)
            assert np.abs(sent - event.quantiles).max() < 1 / 32767


def test_code_is_marked_and_nothing_of_the_host_leaks() -> None:
    value = run()[0].value()
    assert value["code"]["queries"] == [True, False]
    assert value["gold"] == [None, None]
    assert value["request"]["queries"] == list(REQUEST.queries)


def test_api_answer_ranks_best_first_with_unrounded_scores() -> None:
    _, events = run()
    answer = api_answer(events)  # type: ignore[arg-type]
    entry = answer["results"]["a"]
    for row, ranking in zip(entry["scores"], entry["ranking"], strict=True):
        assert sorted(ranking) == [0, 1, 2]
        assert [row[index] for index in ranking] == sorted(row, reverse=True)
    assert set(entry) == {"dimensions", "scores", "ranking", "tokens", "truncated", "cached", "seconds"}
    assert set(entry["seconds"]) == {"load", "encode", "score"}
    assert answer["failures"] == {}


def test_csv_has_a_row_a_pair_and_no_formula() -> None:
    _, events = run()
    table = as_csv(REQUEST, api_answer(events))  # type: ignore[arg-type]
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    assert len(rows) == 2 * 2 * 3
    assert {row["query_text"] for row in rows} == {"def f():\n    pass", "'=cmd()"}
    best = [row for row in rows if row["model"] == "a" and row["query"] == "0" and row["rank"] == "1"]
    assert len(best) == 1


def test_the_plane_is_the_principal_components() -> None:
    rng = np.random.default_rng(0)
    vectors = normalise(rng.normal(size=(12, 16)).astype(np.float32))
    place, shares = plane(vectors @ vectors.T, None)
    centred = vectors - vectors.mean(0)
    left, sizes, _ = np.linalg.svd(centred.astype(float), full_matrices=False)
    assert np.abs(place) == pytest.approx(np.abs(left[:, :2] * sizes[:2]), abs=1e-4)
    assert shares == pytest.approx((sizes**2 / (sizes**2).sum())[:2].tolist(), abs=1e-4)


def test_a_map_does_not_flip_between_rungs() -> None:
    rng = np.random.default_rng(1)
    vectors = normalise(rng.normal(size=(20, 64)).astype(np.float32))
    found = pairs_payload(vectors, rungs_of(64))
    places = np.frombuffer(base64.b64decode(found["map"]), "<f4").reshape(5, 20, 2)
    for before, after in itertools.pairwise(places):
        assert ((before * after).sum(0) >= 0).all()
    pairs = from_fixed_point(found["pairs"]).reshape(5, 20, 20)
    assert pairs[-1] == pytest.approx(vectors @ vectors.T, abs=1e-4)


@pytest.mark.parametrize("count", [1, 2])
def test_a_map_of_one_or_two_texts(count: int) -> None:
    vectors = normalise(np.ones((count, 8), np.float32))
    found = pairs_payload(vectors, [8])
    assert np.isfinite(np.frombuffer(base64.b64decode(found["map"]), "<f4")).all()
    assert len(found["explained"][0]) == 2

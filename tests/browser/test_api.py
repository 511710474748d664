"""The public API of the running app, as an outside program calls it."""

from __future__ import annotations

from typing import Any

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

QUERIES = ["怎样把米饭煮得松软？", "How do I sort a list in Python?"]
CANDIDATES = ["Rinse the rice and use a little less water.", "numbers.sort()", "le chat dort\nsur le lit"]


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False)


def compare(client: Client, **change: Any) -> dict[str, Any]:
    asked = {
        "queries": QUERIES,
        "candidates": CANDIDATES,
        "models": ["libra-mini-encoder", "bm25"],
        "dimensions": None,
        "instruction": None,
        **change,
    }
    answer: dict[str, Any] = client.predict(**asked, api_name="/compare")
    return answer


def test_compare_answers_every_model(client: Client) -> None:
    answer = compare(client)
    assert set(answer) == {"results", "failures"}
    encoder, words = answer["results"]["libra-mini-encoder"], answer["results"]["bm25"]
    assert encoder["dimensions"] == 384
    assert words["dimensions"] is None
    assert encoder["ranking"][0][0] == 0
    assert encoder["ranking"][1][0] == 1
    for entry in (encoder, words):
        assert [len(row) for row in entry["scores"]] == [3, 3]
        assert set(entry["tokens"]) == set(entry["truncated"]) == set(entry["cached"]) == {"queries", "candidates"}
    assert answer["failures"] == {}


def test_an_unknown_model_is_a_failure_beside_results(client: Client) -> None:
    answer = compare(client, models=["bm25", "no-such-model"])
    assert list(answer["results"]) == ["bm25"]
    assert "no-such-model" in answer["failures"]["no-such-model"]


def test_dimensions_cut(client: Client) -> None:
    assert compare(client, dimensions=100)["results"]["libra-mini-encoder"]["dimensions"] == 100
    assert compare(client, dimensions=1024)["results"]["libra-mini-encoder"]["dimensions"] == 384


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"queries": []}, "no queries"),
        ({"candidates": []}, "no candidates"),
        ({"models": []}, "No model"),
        ({"queries": ["ok", " "]}, "Number 2 of the queries"),
        ({"queries": [1]}, "strings"),
        ({"queries": "a string"}, "list"),
        ({"dimensions": 5}, "32"),
        ({"dimensions": "many"}, "whole number"),
        ({"candidates": ["a"] * 3000}, "at most"),
    ],
)
def test_what_cannot_be_used_fails_with_a_sentence(client: Client, change: dict[str, Any], told: str) -> None:
    with pytest.raises(AppError, match=told):
        compare(client, **change)


def test_two_hundred_queries_by_a_thousand_candidates(client: Client) -> None:
    queries = [f"query {i} about {i % 7}" for i in range(200)]
    candidates = [f"candidate {i} about {i % 11}" for i in range(1000)]
    scores = compare(client, queries=queries, candidates=candidates, models=["bm25"])["results"]["bm25"]["scores"]
    assert len(scores) == 200
    assert {len(row) for row in scores} == {1000}


def test_names_are_stable_and_internals_private(client: Client) -> None:
    names = set(client.view_api(return_format="dict", print_info=False)["named_endpoints"])
    assert names == {"/compare", "/models", "/status", "/load", "/unload", "/cancel", "/similarity"}


def test_models_and_status(client: Client) -> None:
    assert "qwen3-embedding-8b" in {model["id"] for model in client.predict(api_name="/models")}
    assert client.predict(api_name="/status")["device"]["total"] > 0
    with pytest.raises(AppError, match="no model"):
        client.predict("nope", api_name="/load")

"""How much a model prefers the query's own language."""

from __future__ import annotations

from typing import Any

from eval.bias import BY_CHANCE, biases, sheet
from eval.dataset import load
from ui.language import strings


def run_of(own: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """A run in which a text of the query's own language, or the right one, always came first."""
    item = load("mixed-language")
    abroad: dict[str, set[str]] = {}
    for query in item.queries:
        abroad.setdefault(query.family, set()).update(query.relevant)
    first = {
        query.id: next(c.id for c in query.candidates if (c.id not in abroad[query.family]) == own)
        for query in item.queries
    }
    result = {"model": "m", "set": item.name, "queries": len(first), "ranks": dict.fromkeys(first, 1), "first": first}
    run = {"results": [result], "sets": {item.name: {"sha256": item.sha256, "queries": len(first)}}}
    return run, {item.name: item}


def test_it_counts_who_came_first() -> None:
    for own in (True, False):
        (found,) = biases(*run_of(own))
        assert found.share() == float(own)
        assert set(found.pairs) == {query.category for query in load("mixed-language").queries}


def test_the_table_has_every_pair_and_all_of_them_first() -> None:
    table = sheet(*run_of(True), strings("en"))
    assert table.rows[0][:2] == ("all pairs", "240")
    assert {row[2] for row in table.rows} == {"100.0"}
    assert len(table.rows) > 30


def test_nothing_is_said_of_a_set_that_has_changed() -> None:
    run, sets = run_of(True)
    run["sets"]["mixed-language"]["sha256"] = "0" * 64
    assert biases(run, sets) == ()


def test_the_chance_is_that_of_the_set() -> None:
    item = load("mixed-language")
    abroad = {
        query.id: sum(len(q.relevant) for q in item.queries if q.family == query.family) for query in item.queries
    }
    assert {1 - count / len(query.candidates) for query in item.queries for count in [abroad[query.id]]} == {BY_CHANCE}

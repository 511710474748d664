"""The JSON-lines record of the built-in sets, one query a line.

    {"canary": "…"}
    {"id": "…", "category": "…", "family": "…", "lang": "zh", "query": "…", "candidates": [{"id": "…", "text": "…"}, …],
     "gold": "…", "rationale": "…", "gloss_en": "…"}

The first line may hold a canary; ``rationale``, ``gloss_en``, ``instruction`` and ``pair`` may be missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from eval.checks import check_size, checked_text, optional_text, set_name, shown
from eval.judging import check_candidates, check_query, gather
from eval.limits import BOUNDS, MAX_ID, MAX_INSTRUCTION, Bounds
from eval.lines import Place, digest, json_lines
from eval.sets import Candidate, EvalSet, Query
from models.errors import InputError


def read_records(text: str, name: str, source: str = "own") -> EvalSet:
    """The set in ``text``; its ``sha256`` is that of the text as given, so of the file's bytes.

    Args:
        source: ``built-in`` or ``own``; it decides the limits.

    Raises:
        InputError: with the line and the value: no JSON, a field missing or unusable, an id twice, fewer than
            2 candidates, candidates that are one text, a gold that is none of them, a query that is one of them.
    """
    name, bounds = set_name(name), BOUNDS[source]
    check_size(text, name, bounds)
    rows = json_lines(text, name)
    canary, rows = _canary(rows, bounds)
    queries = gather(((at, _query(row, at, bounds)) for at, row in rows), name, bounds)
    return EvalSet(name, queries, digest(text), canary, source)


def is_records(text: str) -> bool:
    """Whether the first line is a canary or a record: an object whose candidates are objects."""
    try:
        row = next((row for _, row in json_lines(text, "")), {})
    except InputError:
        return False
    candidates = row.get("candidates")
    return _is_canary(row) or (isinstance(candidates, list) and any(isinstance(item, dict) for item in candidates))


def _is_canary(row: dict[str, Any]) -> bool:
    return "canary" in row and "query" not in row


def _canary(
    rows: Iterator[tuple[Place, dict[str, Any]]], bounds: Bounds
) -> tuple[str | None, Iterator[tuple[Place, dict[str, Any]]]]:
    """The canary, where the first row is one, and the rows after it."""
    first = next(rows, None)
    if first is None:
        return None, rows
    at, row = first
    if _is_canary(row):
        return checked_text(row["canary"], "canary", at, bounds.characters), rows
    return None, chain([first], rows)


def _query(row: dict[str, Any], at: Place, bounds: Bounds) -> Query:
    def short(field: str) -> str:
        return checked_text(row.get(field), field, at, MAX_ID)

    def free(field: str, limit: int) -> str:
        return optional_text(row.get(field), field, at, limit)

    candidates = _candidates(row.get("candidates"), at, bounds)
    query = Query(
        id=short("id"),
        category=short("category"),
        family=short("family"),
        lang=short("lang"),
        text=checked_text(row.get("query"), "query", at, bounds.characters),
        candidates=candidates,
        relevant={short("gold"): 1},
        rationale=free("rationale", bounds.characters),
        gloss=free("gloss_en", bounds.characters),
        instruction=free("instruction", MAX_INSTRUCTION) or None,
        pair=free("pair", MAX_ID) or None,
    )
    check_query(query, at, {item.id for item in candidates}, check_candidates(candidates, at, bounds))
    return query


def _candidates(value: Any, at: Place, bounds: Bounds) -> tuple[Candidate, ...]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise InputError(
            "set_candidates",
            "Line {line} of {name}: candidates is {value}. It should be a list of objects with id and text.",
            line=at.line,
            name=at.name,
            value=shown(value),
        )
    return tuple(
        Candidate(
            checked_text(item.get("id"), f"the id of candidate {number}", at, MAX_ID),
            checked_text(item.get("text"), f"candidate {number}", at, bounds.characters),
        )
        for number, item in enumerate(value, 1)
    )

"""Can this query judge a model? A clear answer among different texts, and every query once."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from eval.checks import shown
from eval.folding import fold
from eval.limits import Bounds
from eval.lines import Place
from eval.sets import Candidate, Query
from models.errors import InputError


def check_count(count: int, at: Place, bounds: Bounds) -> None:
    """Raises InputError for a query with fewer than 2 or too many candidates."""
    if count < 2:
        raise InputError(
            "set_few_candidates",
            "Line {line} of {name}: number of candidates: {count}; at least 2 are needed.",
            line=at.line,
            name=at.name,
            count=count,
        )
    if count > bounds.candidates:
        raise InputError(
            "set_many_candidates",
            "Line {line} of {name}: number of candidates: {count}; at most {limit} fit.",
            line=at.line,
            name=at.name,
            count=count,
            limit=bounds.candidates,
        )


def check_candidates(
    candidates: Sequence[Candidate], at: Place, bounds: Bounds, places: Sequence[Place] | None = None
) -> dict[str, str]:
    """Folded text → id of candidates that are all different.

    Args:
        at: where the query stands.
        places: where each candidate stands, if on lines of their own.

    Raises:
        InputError: fewer than 2 or too many, an id twice, or two texts that differ in case, punctuation or space only.
    """
    check_count(len(candidates), at, bounds)
    ids: set[str] = set()
    folded: dict[str, str] = {}
    for candidate, place in zip(candidates, places or [at] * len(candidates), strict=True):
        if candidate.id in ids:
            raise repeated_id(candidate.id, place)
        ids.add(candidate.id)
        first = folded.setdefault(fold(candidate.text), candidate.id)
        if first != candidate.id:
            raise same_text(first, candidate, place)
    return folded


def repeated_id(candidate_id: str, at: Place) -> InputError:
    """The error for a candidate's id that stands again at ``at``."""
    return InputError(
        "set_candidate_id",
        'Line {line} of {name}: the candidate id "{id}" is taken already. Give each candidate its own.',
        line=at.line,
        name=at.name,
        id=candidate_id,
    )


def same_text(first: str, second: Candidate, at: Place) -> InputError:
    """The error for two candidates that nothing tells apart: the id of one, and the other, which stands at ``at``."""
    return InputError(
        "set_same_text",
        "Line {line} of {name}: the candidates {first} and {second} are one text, but for case, punctuation and space:"
        ' "{text}". Change one of them.',
        line=at.line,
        name=at.name,
        first=first,
        second=second.id,
        text=shown(second.text),
    )


def check_query(query: Query, at: Place, ids: Container[str], folded: Mapping[str, str]) -> None:
    """Raises InputError for a query without a clear answer.

    Args:
        ids: of its candidates.
        folded: folded text → id of its candidates.
    """
    for gold in query.relevant:
        if gold not in ids:
            raise InputError(
                "set_gold",
                'Line {line} of {name}: the right answer "{gold}" is none of the candidates.',
                line=at.line,
                name=at.name,
                gold=gold,
            )
    same = folded.get(fold(query.text))
    if same is not None:
        raise InputError(
            "set_query_is_candidate",
            'Line {line} of {name}: the candidate {id} is the query itself: "{text}". Remove it, or change the query.',
            line=at.line,
            name=at.name,
            id=same,
            text=shown(query.text),
        )
    _check_grades(query, at)


def _check_grades(query: Query, at: Place) -> None:
    if not query.relevant:
        raise InputError(
            "set_no_gold",
            'Line {line} of {name}: no candidate of "{text}" is marked as right.',
            line=at.line,
            name=at.name,
            text=shown(query.text),
        )
    # Grades that differ do not help: any of them counts as right, so Top-1 would be 100 % for everybody.
    if len(query.relevant) == len(query.candidates):
        raise InputError(
            "set_no_wrong",
            'Line {line} of {name}: every candidate of "{text}" is marked as right, so no model could be wrong.'
            " Add a wrong one.",
            line=at.line,
            name=at.name,
            text=shown(query.text),
        )


def gather(queries: Iterable[tuple[Place, Query]], name: str, bounds: Bounds) -> tuple[Query, ...]:
    """All queries, each id once.

    Raises:
        InputError: none at all, too many, or an id that was there before.
    """
    kept: list[Query] = []
    lines: dict[str, int] = {}
    for at, query in queries:
        if query.id in lines:
            raise InputError(
                "set_query_id",
                'Line {line} of {name}: the id "{id}" is that of line {first} already. Give each query its own.',
                line=at.line,
                name=at.name,
                id=query.id,
                first=lines[query.id],
            )
        if len(kept) == bounds.queries:
            raise InputError(
                "set_many_queries",
                "Line {line} of {name}: at most {limit} queries fit. Take fewer.",
                line=at.line,
                name=at.name,
                limit=bounds.queries,
            )
        lines[query.id] = at.line
        kept.append(query)
    if not kept:
        raise InputError("set_empty", "{name} holds no queries.", name=name)
    return tuple(kept)

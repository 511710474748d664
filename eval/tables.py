"""What a visitor pastes or drops: a table of queries with known answers.

Two forms, as CSV, TSV or JSON lines:

    query,gold,candidates…        one query a row; the other candidates in further columns, or in one, joined by " || "
    query,candidate,label         one pair a row; label is 1/0, true/false, yes/no, or a grade

Both may have the columns ``id``, ``category``, ``family``, ``lang``, ``instruction``, ``rationale``, ``gloss_en`` and
``pair``. Any other column holds candidates in the first form, and is not read in the second. Only a header that names
none, or ends with ``candidates``, leaves open how many a row has; else a row beyond the header is refused.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from eval.checks import check_size, checked_text, grade_of, optional_text, set_name, shown
from eval.judging import check_candidates, check_query, gather
from eval.limits import MAX_ID, MAX_INSTRUCTION, VISITOR
from eval.lines import Place, digest
from eval.records import is_records, read_records
from eval.rows import Row, read_rows
from eval.sets import NO_CATEGORY, Candidate, EvalSet, Query
from models.errors import InputError

SLEEP, WAKE, BED = "睡前放下手机，保持房间安静。", "早上喝一杯咖啡提神。", "床垫的价格差别很大。"
REVERT, PUSH = "git revert makes a new commit that takes it back.", "git push sends your commits away."
TEMPLATE = (
    ("query", "gold", "candidate 1", "candidate 2", "category", "family"),
    ("怎样快速入睡？", SLEEP, WAKE, BED, "健康", "f1"),
    ("怎样保持清醒？", WAKE, SLEEP, BED, "健康", "f1"),
    ("How do I undo a commit?", REVERT, PUSH, "", "git", "f2"),
)


def template() -> str:
    """A CSV to fill in, which ``read_table`` reads. It begins with a byte order mark, or Excel garbles the Chinese."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(TEMPLATE)
    return f"\ufeff{out.getvalue()}"


def read_table(text: str, name: str) -> EvalSet:
    """The set in ``text``, as typed, pasted or dropped; its ``sha256`` is that of the text as given.

    A row's gold may stand among its candidates too. Candidates are called c1, c2, … and queries q1, q2, … where
    no column ``id`` names them. Records of the built-in form are read as such.

    Raises:
        InputError: with the line and the value: no table, columns missing, a blank query or gold, fewer than
            2 candidates, two that are one text, a label that is none, a query without a right or a wrong candidate,
            a query twice, too much of anything.
    """
    name = set_name(name)
    check_size(text, name, VISITOR)
    if is_records(text):
        return read_records(text, name)
    rows = read_rows(text, name)
    read = _labelled if rows and "label" in rows[0].fields else _golds
    return EvalSet(name, gather(read(rows), name, VISITOR), digest(text), source="own")


def _golds(rows: Sequence[Row]) -> Iterator[tuple[Place, Query]]:
    """One query a row."""
    lines: dict[tuple[Any, Any], int] = {}
    for number, row in enumerate(rows, 1):
        gold = checked_text(row.fields.get("gold"), "gold", row.at, VISITOR.characters)
        others = [
            checked_text(text, f"candidate {index}", row.at, VISITOR.characters)
            for index, text in enumerate(row.others, 1)
        ]
        texts = others if gold in others else [gold, *others]
        candidates = _named(texts)
        query = _query(row, number, candidates, {candidates[texts.index(gold)].id: 1})
        folded = check_candidates(candidates, row.at, VISITOR)
        check_query(query, row.at, {item.id for item in candidates}, folded)
        _check_new(query, row.at, lines)
        yield row.at, query


def _check_new(query: Query, at: Place, lines: dict[tuple[Any, Any], int]) -> None:
    first = lines.setdefault((query.text, query.instruction), at.line)
    if first != at.line:
        raise InputError(
            "set_query_again",
            'Line {line} of {name} asks again what line {first} asks: "{text}". Several right answers go into rows of'
            " query, candidate and label.",
            line=at.line,
            name=at.name,
            first=first,
            text=shown(query.text),
        )


def _labelled(rows: Sequence[Row]) -> Iterator[tuple[Place, Query]]:
    """One pair a row; the rows of a query need not stand together."""
    groups: dict[tuple[Any, Any], list[Row]] = {}
    for row in rows:
        text = checked_text(row.fields.get("query"), "query", row.at, VISITOR.characters)
        groups.setdefault((text, str(row.fields.get("instruction") or "")), []).append(row)
    for number, group in enumerate(groups.values(), 1):
        places = [row.at for row in group]
        candidates = _named(
            [checked_text(row.fields.get("candidate"), "candidate", row.at, VISITOR.characters) for row in group]
        )
        grades = [grade_of(row.fields.get("label"), row.at) for row in group]
        relevant = {item.id: grade for item, grade in zip(candidates, grades, strict=True) if grade > 0}
        query = _query(group[0], number, candidates, relevant)
        folded = check_candidates(candidates, places[-1], VISITOR, places)
        check_query(query, places[0], {item.id for item in candidates}, folded)
        yield places[0], query


def _named(texts: Sequence[str]) -> tuple[Candidate, ...]:
    return tuple(Candidate(f"c{number}", text) for number, text in enumerate(texts, 1))


def _query(row: Row, number: int, candidates: tuple[Candidate, ...], relevant: dict[str, int]) -> Query:
    def field(name: str, limit: int = MAX_ID) -> str:
        return optional_text(row.fields.get(name), name, row.at, limit)

    query_id = field("id") or f"q{number}"
    return Query(
        id=query_id,
        category=field("category") or NO_CATEGORY,
        family=field("family") or query_id,
        lang=field("lang"),
        text=checked_text(row.fields.get("query"), "query", row.at, VISITOR.characters),
        candidates=candidates,
        relevant=relevant,
        rationale=field("rationale", VISITOR.characters),
        gloss=field("gloss_en", VISITOR.characters),
        instruction=field("instruction", MAX_INSTRUCTION) or None,
        pair=field("pair") or None,
    )

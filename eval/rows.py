"""A visitor's table, row by row: CSV, TSV, cells pasted from a spreadsheet, or JSON lines, all to the same rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from eval.checks import shown
from eval.lines import Place, json_lines, plain
from models.errors import InputError

JOINT = " || "  # between candidates that share one cell
DELIMITERS = (",", "\t", ";")
MANY = ("candidates", "候选", "候选文本")  # names of a column that may stand for several
ALIASES = {
    **dict.fromkeys(("question", "查询", "问题"), "query"),
    **dict.fromkeys(("answer", "答案", "正确答案"), "gold"),
    **dict.fromkeys(MANY, "candidate"),
    "标签": "label",
}
NAMED = {"query", "gold", "label", "id", "category", "family", "lang", "rationale", "gloss_en", "instruction", "pair"}


@dataclass(frozen=True)
class Row:
    """One row: its named fields, None where a cell is blank; and what stands in columns without a known name."""

    at: Place
    fields: dict[str, Any]
    others: tuple[Any, ...]


def read_rows(text: str, name: str) -> list[Row]:
    """The rows of ``text``, whose first line names the columns, or whose lines are JSON objects.

    Raises:
        InputError: no table and no JSON, or not the columns that are needed.
    """
    return _from_json(text, name) if plain(text).lstrip().startswith("{") else list(_from_table(text, name))


def _from_json(text: str, name: str) -> list[Row]:
    rows = []
    for at, row in json_lines(text, name):
        fields = {_column(key): value for key, value in row.items()}
        others = () if "label" in fields else _others(fields.pop("candidate", None), at)
        _check_columns([_column(key) for key in row], list(row), at)
        rows.append(Row(at, fields, others))
    return rows


def _others(value: Any, at: Place) -> tuple[Any, ...]:
    """The candidates of a JSON object: a list, or one text that joins them."""
    if isinstance(value, str):
        return _split(value)
    if value is None or isinstance(value, list):
        return tuple(value or ())
    raise InputError(
        "set_candidate_list",
        'Line {line} of {name}: candidates is {value}. It should be a list of texts, or texts joined by " || ".',
        line=at.line,
        name=at.name,
        value=shown(value),
    )


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(JOINT) if part.strip())


def _from_table(text: str, name: str) -> Iterator[Row]:
    rows = _cells(text, name)
    first = next(rows, None)
    if first is None:
        return
    at, header, spaced = first
    columns = [_column(cell) for cell in header]
    _check_columns(columns, header, at)
    named = NAMED | ({"candidate"} if "label" in columns else set())
    shared = sum(column not in named for column in columns) == 1  # one column holds all the other candidates
    # A header that names no candidates, or all of them at its end, lets a row go on beyond it; but not where a space
    # behind a comma, unlike in the header, makes it a comma of the text.
    open_ended = "label" not in columns and (set(columns) <= named or header[-1].casefold() in MANY)
    for at, cells, as_prose in rows:
        if not open_ended or (as_prose and not spaced):
            _check_width(cells, columns, at)
        fields: dict[str, Any] = dict.fromkeys(column for column in columns if column in named)
        others: list[str] = []
        for index, cell in enumerate(cells):
            column = columns[index] if index < len(columns) else ""
            if column in named:
                fields[column] = cell or None
            elif cell:
                others.append(cell)
        joined = shared and len(others) == 1
        yield Row(at, fields, _split(others[0]) if joined else tuple(others))


def _cells(text: str, name: str) -> Iterator[tuple[Place, list[str], bool]]:
    """Of every row that is not blank the line on which it begins, its cells, stripped, and whether it looks like prose:
    no quotes, and a space behind a separator."""
    text = plain(text)
    lines = text.split("\n")
    header = next((line for line in lines if line.strip()), "")
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise InputError(
                "set_table",
                "Line {line} of {name} is no row of a table: {reason}. A cell that begins with a quote ends with one;"
                " quotes inside are doubled.",
                line=line,
                name=name,
                reason=error,
            ) from error
        if row is None:
            return
        cells = [cell.strip() for cell in row]
        if any(cells):
            written = "\n".join(lines[line - 1 : reader.line_num])
            yield Place(name, line), cells, f"{delimiter} " in written and '"' not in written


def _check_width(cells: Sequence[str], columns: Sequence[str], at: Place) -> None:
    """Raises InputError for a row that is filled beyond the header: a comma of a text has most likely cut it."""
    width = max(place for place, cell in enumerate(cells, 1) if cell)
    if width > len(columns):
        raise InputError(
            "set_cells",
            "Line {line} of {name} has {count} cells, but the header has {columns}. Put a cell that holds the"
            " separator, such as a comma, in quotes, or name every column.",
            line=at.line,
            name=at.name,
            count=width,
            columns=len(columns),
        )


def _column(name: str) -> str:
    """The known name of a column, however it is written."""
    told = name.strip().casefold()
    return ALIASES.get(told, told)


def _check_columns(columns: Sequence[str], written: Sequence[str], at: Place) -> None:
    needed = ("query", "candidate") if "label" in columns else ("query", "gold")
    once = [column for column in columns if column in NAMED or column in needed]
    if not set(needed) <= set(columns) or len(once) > len(set(once)):
        raise InputError(
            "set_columns",
            "Line {line} of {name} names {columns}. Needed are query, gold and candidates, or query, candidate and"
            " label, each once.",
            line=at.line,
            name=at.name,
            columns=shown(", ".join(written)),
        )

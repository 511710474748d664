"""What people type or drop → lists of texts; and texts → cells that are safe to write down."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.errors import InputError

SEPARATOR = "---"  # a line of its own between texts of several lines
NO_SEPARATOR = "----"  # Markdown reads it as the same rule or heading, and it parts nothing in a box
MAX_FILE_BYTES = 10_000_000
MAX_COLUMNS = 20  # of a table none of whose columns is named like a text: which one is meant is no guess
TEXT_COLUMNS = ("text", "content", "passage", "document", "candidate", "query", "question", "sentence", "title")
FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # Excel takes full-width signs too
LOOKED_AT = 4_000  # characters of a text that show whether it is code
LONE_SURROGATES = re.compile("[\ud800-\udfff]")  # in a str: a pair is one character there

# Every repeat is bounded or starts at one place only: a long text of blanks or letters must not take its square.
CODE_SIGNS = re.compile(
    r"""(^[^\S\n]*(def|class|import|from|return|for|while|if|SELECT|INSERT|UPDATE|DELETE|function|const|let|var|public|"""
    r"""private|static|void|int|#include|package|func|fn|use|echo|sudo)\b.*[(){};:=*<>\[\]])"""
    r"""|[{};][^\S\n]{0,9}$|=>|->|::|\b\w+\([^)]{0,300}\)\s{0,9}[:{;]|\b\w+\.\w+\("""
    r"""|^[^\S\n]*</?\w+[^>]{0,300}>[^\S\n]{0,9}$|^[^\S\n]*(SELECT|WITH)\s.+\sFROM\s""",
    re.MULTILINE | re.IGNORECASE,
)


def parse_texts(typed: str) -> list[str]:
    """A line each; or, where a line holds nothing but ``---``, the blocks between such lines. Blank ones are left out.

    A block keeps its line breaks and indentation; only blank lines around it go.
    """
    lines = _lines(typed)
    if any(line.strip() == SEPARATOR for line in lines):
        blocks: list[list[str]] = [[]]
        for line in lines:
            if line.strip() == SEPARATOR:
                blocks.append([])
            else:
                blocks[-1].append(line)
        texts = [_trim("\n".join(block)) for block in blocks]
    else:
        texts = [line.strip() for line in lines]
    return [text for text in texts if text.strip()]


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _trim(block: str) -> str:
    """Take blank lines off both ends of a block, and trailing space; indentation of the first line stays."""
    return re.sub(r"\A(?:[^\S\n]*\n)+", "", block).rstrip()


def join_texts(texts: Sequence[str]) -> str:
    """The inverse of ``parse_texts``: what to put into a box so that it reads as these texts.

    Lines where they read back as they are, else blocks: a line would lose its indentation. What no box can hold
    (a line ``---`` inside a text) does not read back; ``fit_into_box`` changes it.
    """
    lines = "\n".join(texts)
    if parse_texts(lines) == list(texts):
        return lines
    blocks = f"\n{SEPARATOR}\n".join(texts)
    return blocks if len(texts) > 1 else f"{blocks}\n{SEPARATOR}"  # one text of several lines is no list of lines


def fit_into_box(texts: Sequence[str]) -> tuple[list[str], int]:
    """(texts that a box can hold, lines changed for it): a line ``---`` would split its text and becomes ``----``.

    Line breaks become ``\\n``; blank lines around a text and space at its end go, as for what is typed. None of the
    texts may be blank.
    """
    fitted, changed = [], 0
    for text in texts:
        lines = _lines(text)
        for index, line in enumerate(lines):
            if line.strip() == SEPARATOR:
                lines[index] = line.replace(SEPARATOR, NO_SEPARATOR)
                changed += 1
        fitted.append(_trim("\n".join(lines)))
    return fitted, changed


def looks_like_code(text: str) -> bool:
    """A guess that only chooses the typeface."""
    return bool(CODE_SIGNS.search(text[:LOOKED_AT]))


def sendable(text: str) -> str:
    """The text as it can be written as UTF-8: half of a surrogate pair becomes the replacement character."""
    return LONE_SURROGATES.sub("\ufffd", text)


def read_texts(path: Path, name: str) -> list[str]:
    """Texts of a dropped .txt, .csv, .tsv or .jsonl file, by its ``name``'s ending.

    Raises:
        InputError: too large, not text, not in the form that its name says; with the line where it fails.
    """
    content = read_text_file(path, name)
    ending = Path(name).suffix.lower()
    if ending in (".csv", ".tsv"):
        return _from_table(content, name)
    if ending in (".jsonl", ".ndjson"):
        return _from_json_lines(content, name)
    if ending in (".txt", ".md", ""):
        return parse_texts(content)
    raise InputError(
        "file_kind", "{name} is no .txt, .csv, .tsv or .jsonl file. Save it as one of these.", name=short_name(name)
    )


def read_text_file(path: Path, name: str) -> str:
    """The whole of a dropped text file, UTF-8 (with or without a mark) or UTF-16 with one.

    Raises:
        InputError: too large, or bytes that are no text, as a picture or an archive renamed .txt has.
    """
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise InputError(
            "file_too_large",
            "{name} has {size} bytes; at most {limit} are read. Split it.",
            name=short_name(name),
            size=size,
            limit=MAX_FILE_BYTES,
        )
    data = path.read_bytes()
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        content = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _not_text(name) from error
    if "\x00" in content or zipfile.is_zipfile(io.BytesIO(data)):
        raise _not_text(name)
    return content


def _not_text(name: str) -> InputError:
    return InputError(
        "file_not_text", "{name} holds bytes that are no text. Save it as UTF-8 text.", name=short_name(name)
    )


def short_name(name: str) -> str:
    """A file's name for a message: its last part, not longer than a line."""
    return Path(name).name[:80]


def _from_table(content: str, name: str) -> list[str]:
    """The text column of a table: the one named like a text, else the widest; a first line of names is skipped."""
    sample = content[:4_000]
    delimiter = "\t" if name.lower().endswith(".tsv") else _delimiter(sample)
    try:
        rows = [row for row in csv.reader(io.StringIO(content), delimiter=delimiter, strict=True) if any(row)]
    except csv.Error as error:
        raise InputError("file_table", "{name} is no table: {reason}.", name=short_name(name), reason=error) from error
    if not rows:
        return []
    names = [cell.strip().lower() for cell in rows[0]]
    column = next((names.index(wanted) for wanted in TEXT_COLUMNS if wanted in names), None)
    if column is None and len(rows[0]) > MAX_COLUMNS:
        raise InputError(
            "file_columns",
            "{name} has {count} columns and none is named text. Keep one column with texts.",
            name=short_name(name),
            count=len(rows[0]),
        )
    body = rows if column is None else rows[1:]
    if column is None:
        width = max(map(len, body))
        lengths = [sum(len(row[index]) for row in body if index < len(row)) for index in range(width)]
        column = lengths.index(max(lengths))
    return [row[column].strip() for row in body if column < len(row) and row[column].strip()]


def _delimiter(sample: str) -> str:
    first = sample.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _from_json_lines(content: str, name: str) -> list[str]:
    """A string, or an object with a text field, on each line."""
    texts = []
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:  # ValueError: no JSON, or a number of thousands of digits
            raise InputError(
                "file_json_line", "Line {line} of {name} is no JSON.", line=number, name=short_name(name)
            ) from error
        text = _text_of(value)
        if text is None:
            raise InputError(
                "file_json_text",
                "Line {line} of {name} holds no text: use a string, or an object with one of {fields}.",
                line=number,
                name=short_name(name),
                fields=", ".join(TEXT_COLUMNS),
            )
        texts.append(text)
    return [text for text in texts if text.strip()]


def _text_of(value: Any) -> str | None:
    fields = [value, *(value.get(field) for field in TEXT_COLUMNS)] if isinstance(value, dict) else [value]
    text = next((field for field in fields if isinstance(field, str)), None)
    return None if text is None or LONE_SURROGATES.search(text) else text


def safe_cell(text: str) -> str:
    """A text as a CSV cell that no spreadsheet takes for a formula: an apostrophe goes before the sign."""
    return f"'{text}" if text.startswith(FORMULA_START) else text

"""A text line by line: where each line stands, and what it holds as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from models.errors import InputError


class Place(NamedTuple):
    """Where something stands: the name of a set or file, and the line there, from 1."""

    name: str
    line: int


def plain(text: str) -> str:
    """``text`` without a byte order mark, its lines ending in ``\\n`` alone."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def digest(text: str) -> str:
    """SHA-256 of ``text`` as UTF-8, hexadecimal: what ``sha256sum`` says of the file that holds it."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def filled_lines(text: str, name: str) -> Iterator[tuple[Place, str]]:
    """The lines that are not blank. Only line feeds end a line: JSON may hold U+2028 and its kin unescaped."""
    for number, line in enumerate(plain(text).split("\n"), 1):
        if line.strip():
            yield Place(name, number), line


def json_lines(text: str, name: str) -> Iterator[tuple[Place, dict[str, Any]]]:
    """The object on each line that is not blank.

    Raises:
        InputError: a line that is no JSON, or no object.
    """
    for at, line in filled_lines(text, name):
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            raise _no_json(at, f"{error.msg}, column {error.colno}") from error
        except (ValueError, RecursionError) as error:  # a number of thousands of digits; brackets without end
            raise _no_json(at, str(error)) from error
        if not isinstance(value, dict):
            raise _no_json(at, f"{type(value).__name__} {value!r:.80}")
        yield at, value


def _no_json(at: Place, reason: str) -> InputError:
    return InputError(
        "set_json", "Line {line} of {name} is no JSON object: {reason}.", line=at.line, name=at.name, reason=reason
    )

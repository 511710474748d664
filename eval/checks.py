"""Is this a text that can be used? With the line and the value where it is not."""

from __future__ import annotations

import re

from eval.limits import MAX_GRADE, MAX_NAME, SHOWN, Bounds
from eval.lines import Place
from models.errors import InputError
from models.request import UNUSABLE

LABELS = {
    **dict.fromkeys(("true", "yes", "y", "是", "对"), 1),
    **dict.fromkeys(("false", "no", "n", "否", "不是", "错"), 0),
}
WHOLE = re.compile(r"[+-]?\d{1,4}(\.0*)?")


def shown(value: object) -> str:
    """The beginning of a value, for a message."""
    told = str(value)
    return told if len(told) <= SHOWN else f"{told[:SHOWN]}…"


def set_name(name: str) -> str:
    """A name as a run can keep it: one line, no half characters, not endless; ``own`` where nothing is left."""
    told = " ".join(name.encode("utf-8", "replace").decode().replace("\x00", " ").split())
    return told[:MAX_NAME] or "own"


def check_size(text: str, name: str, bounds: Bounds) -> None:
    """Raises InputError for more text than is read."""
    if len(text) > bounds.total:
        raise InputError(
            "set_too_large",
            "{name} has {count} characters; at most {limit} are read. Split it.",
            name=name,
            count=len(text),
            limit=bounds.total,
        )


def checked_text(value: object, field: str, at: Place, limit: int) -> str:
    """``value``, if it is a text that can be used.

    Raises:
        InputError: missing, no string, blank, longer than ``limit`` characters, or with half a surrogate pair or NUL.
    """
    if value is None:
        raise InputError("set_lacks", "Line {line} of {name} lacks {field}.", line=at.line, name=at.name, field=field)
    if not isinstance(value, str):
        raise InputError(
            "set_not_text",
            "Line {line} of {name}: {field} is {value}, which is no text. Put it in quotes.",
            line=at.line,
            name=at.name,
            field=field,
            value=shown(value),
        )
    if not value.strip():
        raise InputError(
            "set_blank", "Line {line} of {name}: {field} is blank.", line=at.line, name=at.name, field=field
        )
    if len(value) > limit:
        raise InputError(
            "set_text_long",
            "Line {line} of {name}: {field} has {count} characters; at most {limit} fit. Shorten it.",
            line=at.line,
            name=at.name,
            field=field,
            count=len(value),
            limit=limit,
        )
    _check_characters(value, field, at)
    return value


def optional_text(value: object, field: str, at: Place, limit: int) -> str:
    """``value`` as ``checked_text`` has it; empty where it is missing or blank."""
    missing = value is None or (isinstance(value, str) and not value.strip())
    return "" if missing else checked_text(value, field, at, limit)


def _check_characters(text: str, field: str, at: Place) -> None:
    if unusable := UNUSABLE.search(text):
        raise InputError(
            "set_character",
            "Line {line} of {name}: {field} holds {character} at position {position}, which is no character of a text."
            " Remove it.",
            line=at.line,
            name=at.name,
            field=field,
            character=f"U+{ord(unusable.group()):04X}",
            position=unusable.start() + 1,
        )


def grade_of(label: object, at: Place) -> int:
    """A label as a grade from 0; below 0 is not relevant either, as in TREC's judgments.

    Raises:
        InputError: missing, neither yes nor no nor a whole number, or above ``MAX_GRADE``.
    """
    if label is None:
        raise InputError("set_lacks", "Line {line} of {name} lacks {field}.", line=at.line, name=at.name, field="label")
    told = str(label).strip().casefold()
    grade = LABELS.get(told)
    if grade is None and WHOLE.fullmatch(told):
        grade = int(float(told))
    if grade is None or grade > MAX_GRADE:
        raise InputError(
            "set_label",
            'Line {line} of {name}: the label "{label}" is none. Use 1 or 0, true or false, yes or no, or a whole'
            " number up to {limit}.",
            line=at.line,
            name=at.name,
            label=shown(label),
            limit=MAX_GRADE,
        )
    return max(0, grade)

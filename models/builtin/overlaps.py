"""Keeps what the models are judged by out of what they are trained on.

Two texts overlap when they share 12 Han or kana characters in a row, 32 other characters in a row, or two whole lines
of code. Case, width, punctuation and spaces do not count for the first two: a comma would hide a copy.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

DENSE_RUN, OTHER_RUN = 12, 32  # characters
# A shared run of 32 holds a shared 16 that starts at a multiple of 16: only texts with one are read closely.
DENSE_HINT, OTHER_HINT = DENSE_RUN // 2, OTHER_RUN // 2
SHORTEST_LINE = 12  # characters of a line of code that says anything: "return x" and "}" are everybody's
DENSE = ("CJK", "HIRAGANA", "KATAKANA")


class Overlaps:
    """The runs and lines of the texts that must not be trained on."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.runs: set[str] = set()
        self.hints: set[str] = set()
        self.by_line: dict[str, set[int]] = {}
        for number, text in enumerate(texts):
            folded = _folded(text)
            self.runs.update(_runs(folded))
            for size in (DENSE_HINT, OTHER_HINT):
                self.hints.update(folded[start : start + size] for start in range(len(folded) - size + 1))
            lines = _lines(text)
            if len(lines) >= 2:
                for line in lines:
                    self.by_line.setdefault(line, set()).add(number)

    def touches(self, text: str) -> bool:
        """Whether ``text`` shares a run, or two lines with one text."""
        folded = _folded(text)
        if self._may_touch(folded) and any(run in self.runs for run in _runs(folded)):
            return True
        shared: dict[int, int] = {}
        for line in _lines(text):
            for number in self.by_line.get(line, ()):
                shared[number] = shared.get(number, 0) + 1
        return any(count >= 2 for count in shared.values())

    def _may_touch(self, folded: str) -> bool:
        size = OTHER_HINT if folded.isascii() else DENSE_HINT
        return any(folded[start : start + size] in self.hints for start in range(0, len(folded) - size + 1, size))


def judged_texts(paths: Sequence[Path]) -> Iterator[str]:
    """Every string of JSON and JSON-lines files, at any depth."""
    for path in paths:
        content = path.read_text(encoding="utf-8")
        documents = content.splitlines() if path.suffix == ".jsonl" else [content]
        for document in documents:
            if document.strip():
                yield from strings_of(json.loads(document))


def strings_of(value: Any) -> Iterator[str]:
    """Every string in what JSON holds, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_of(inner)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in plain if character.isalnum())


def _is_dense(character: str) -> bool:
    return unicodedata.name(character, "?").startswith(DENSE)


def _runs(folded: str) -> Iterator[str]:
    """All runs of DENSE_RUN dense characters, and all of OTHER_RUN characters of any kind."""
    dense = [_is_dense(character) for character in folded] if any(map(_is_dense, folded)) else []
    length = 0
    for end, is_dense in enumerate(dense, 1):
        length = length + 1 if is_dense else 0
        if length >= DENSE_RUN:
            yield folded[end - DENSE_RUN : end]
    for start in range(len(folded) - OTHER_RUN + 1):
        yield folded[start : start + OTHER_RUN]


def _lines(text: str) -> set[str]:
    lines = {" ".join(line.split()) for line in text.splitlines()} if "\n" in text else set()
    return {line for line in lines if len(line) >= SHORTEST_LINE}

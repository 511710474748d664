"""What the benchmark says, in any language: a sentence is a key and what it names.

The sentences stand once, in ``ui/locales`` (data that Python and the browser both read); here is how the page, the
report and the command line fill them in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol, runtime_checkable

from eval.verdicts import Comparison, say

LOCALES = Path(__file__).resolve().parent.parent / "ui" / "locales"
LANGUAGES = ("en", "zh")
Words = Mapping[str, str]


@cache
def words(language: str = "en") -> Words:
    """Every template of one language, by key; English for a language that is not spoken here."""
    known = language if language in LANGUAGES else LANGUAGES[0]
    loaded: dict[str, str] = json.loads((LOCALES / f"{known}.json").read_text(encoding="utf-8"))
    return loaded


@runtime_checkable
class Tellable(Protocol):
    """Something that can be said in any language."""

    def text(self, words: Words) -> str:
        """It, in the language of ``words``."""


@dataclass(frozen=True)
class Said:
    """A sentence; the values may be sentences themselves, or a tuple of things, which becomes a list."""

    key: str
    values: Mapping[str, object]

    def text(self, words: Words) -> str:
        """The template of the key, its fields filled."""
        return words[self.key].format(**{name: told(value, words) for name, value in self.values.items()})


@dataclass(frozen=True)
class Verdict:
    """The sentence of a comparison of two models."""

    found: Comparison
    names: Mapping[str, str]

    def text(self, words: Words) -> str:
        """The sentence, made anew from the figures."""
        return say(self.found, words, self.names)


def said(key: str, **values: object) -> Said:
    """A sentence."""
    return Said(key, values)


def told(value: object, words: Words) -> str:
    """``value`` as it stands in a sentence."""
    if isinstance(value, Tellable):
        return value.text(words)
    if isinstance(value, tuple):
        return words["eval.list.join"].join(told(item, words) for item in value)
    return str(value)

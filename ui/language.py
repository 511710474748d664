"""English and Chinese: one dictionary for Python and the browser alike, and the switch between them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

LOCALES = Path(__file__).resolve().parent / "locales"
LANGUAGES = {"en": "English", "zh": "中文"}
DEFAULT = "en"


@cache
def strings(language: str) -> Mapping[str, str]:
    """Every string of the page in one language, by key."""
    loaded: dict[str, str] = json.loads((LOCALES / f"{known(language)}.json").read_text(encoding="utf-8"))
    return loaded


def known(language: object) -> str:
    """``language`` if the page speaks it, else English."""
    return language if isinstance(language, str) and language in LANGUAGES else DEFAULT


def say(language: str, key: str, **values: Any) -> str:
    """The string of ``key`` in ``language``, its ``{name}`` fields filled."""
    return strings(language)[key].format(**values)


class Labels:
    """Remembers which component says what, so that one callback can say all of it in another language.

    A component is added with the keys of its texts: ``labels.add(gr.Button, say={"value": "page.run"})``.
    """

    def __init__(self, language: str = DEFAULT) -> None:
        self.language = language
        self.entries: list[tuple[Any, dict[str, Any]]] = []

    def add(self, kind: Any, *, say: Mapping[str, str | Mapping[str, str]], **properties: Any) -> Any:
        """Make a component of class ``kind``; ``say`` maps its properties to keys, or to the texts by language."""
        component = kind(**{name: self._text(key, self.language) for name, key in say.items()}, **properties)
        self.entries.append((component, dict(say)))
        return component

    def view(self, component: Any) -> Any:
        """Remember a browser view, which is told the language by its ``lang`` property."""
        self.entries.append((component, {"lang": ""}))
        return component

    @property
    def components(self) -> list[Any]:
        """All that the switch has to reach, in order."""
        return [component for component, _ in self.entries]

    def updates(self, language: str) -> list[dict[str, Any]]:
        """Gradio updates for ``components`` in ``language``."""
        language = known(language)
        return [
            {"__type__": "update", **{name: self._text(key, language) for name, key in say.items()}}
            for _, say in self.entries
        ]

    @staticmethod
    def _text(key: str | Mapping[str, str], language: str) -> str:
        if not isinstance(key, str):
            return key[language]
        return strings(language)[key] if key else language

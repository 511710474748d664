"""Examples to click: texts, expected answers, and what is hard about them, in both languages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ui.set_examples import set_examples

EXAMPLES = Path(__file__).resolve().parent.parent / "assets" / "examples.json"


@cache
def examples() -> tuple[dict[str, Any], ...]:
    """All of them; the first is what a visitor meets."""
    return tuple(json.loads(EXAMPLES.read_text(encoding="utf-8")))


def example_of(queries: Sequence[str], candidates: Sequence[str]) -> dict[str, Any] | None:
    """The example that these texts are, unchanged; its expected answers hold for nothing else."""
    for example in (*examples(), *set_examples()):
        if example["queries"] == list(queries) and example["candidates"] == list(candidates):
            return example
    return None

"""How much a set may hold: every limit of the readers, in one place. Beyond it a person gets a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SHOWN = 80  # characters of a text in a message
MAX_NAME = 80  # characters of a set's name
MAX_ID = 200  # characters of an id, a category, a family
MAX_INSTRUCTION = 2_000
MAX_GRADE = 100


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much one set may hold; ``total`` are the characters of one file, markup included."""

    queries: int
    candidates: int  # of one query
    characters: int  # of one text
    total: int


VISITOR = Bounds(queries=2_000, candidates=2_000, characters=100_000, total=4_000_000)
HOST = Bounds(queries=20_000, candidates=200_000, characters=1_000_000, total=500_000_000)
BOUNDS: Mapping[str, Bounds] = {"own": VISITOR, "built-in": HOST, "beir": HOST}  # by EvalSet.source

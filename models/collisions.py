"""Texts that differ but get one vector: a sign that a model, its dtype or its length limit has failed them."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from models.errors import Notice
from models.events import Side
from models.spec import ModelSpec
from models.vectors import Floats


def _read(text: str, kept: int) -> str:
    """What a tokenizer sees of a text: the part before the cut, compatibility forms and spaces folded."""
    return " ".join(unicodedata.normalize("NFKC", text[:kept]).split())


def collisions(spec: ModelSpec, texts: Sequence[str], vectors: Floats, side: Side) -> tuple[Notice, ...]:
    """A warning where texts that read differently have identical vectors (n, d); nothing where all is well.

    Texts that the tokenizer cannot tell apart (other spaces, full-width forms, the same beginning before the cut)
    rightly share a vector and are no collision.
    """
    groups: dict[bytes, set[str]] = defaultdict(set)
    members: dict[bytes, int] = defaultdict(int)
    for text, kept, vector in zip(texts, side.kept, np.ascontiguousarray(vectors), strict=True):
        key = vector.tobytes()
        groups[key].add(_read(text, int(kept)))
        members[key] += 1
    clashing = sum(members[key] for key, read in groups.items() if len(read) > 1)
    if not clashing:
        return ()
    return (
        Notice(
            "identical_vectors",
            f"{spec.label} gives the same vector to {clashing} different texts; they are tied, and a tie counts"
            " against the expected answer.",
            {"model": spec.label, "count": clashing},
        ),
    )

"""Sets of queries with known answers: the built-in ones by name (files, and the generated ones), and every reader.

from eval.dataset import load, names, read_table

for query in load(names()[0]).queries:
    print(query.text, [item.text for item in query.candidates if item.id in query.relevant])
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from eval import long
from eval.beir import read_beir, read_utf8
from eval.folding import fold
from eval.records import read_records
from eval.sets import NO_CATEGORY, Candidate, EvalSet, Query
from eval.tables import read_table, template
from models.errors import InputError

DATA = Path(__file__).resolve().parent / "data"

__all__ = [
    "NO_CATEGORY",
    "Candidate",
    "EvalSet",
    "Query",
    "fold",
    "load",
    "names",
    "read_beir",
    "read_records",
    "read_table",
    "template",
]


def names() -> list[str]:
    """Names of the built-in sets, sorted."""
    return sorted([*(path.stem for path in DATA.glob("*.jsonl")), *long.NAMES])


def load(name: str) -> EvalSet:
    """The built-in set ``name``, its ``sha256`` that of the file; of a generated one see ``eval.long``.

    Raises:
        InputError: no set is called so (near names are suggested; a path is none), or its file does not pass.
    """
    if name in long.NAMES:
        return long.generated(name)
    known = names()
    if name not in known:
        near = get_close_matches(str(name), known, n=3, cutoff=0.5) or known
        raise InputError(
            "set_unknown", 'There is no set "{set}". Near it: {near}.', set=name, near=", ".join(near) or "–"
        )
    return read_records(read_utf8(DATA / f"{name}.jsonl"), name, "built-in")

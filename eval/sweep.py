"""Accuracy against dimension and storage, all from one encoding pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from eval.families import family_index, family_sums
from eval.judge import ranks
from eval.layout import Ints, Layout
from eval.stats import family_test
from eval.storage import STORAGES, bytes_per_vector
from models.vectors import LARGEST, SMALLEST, Floats, rungs_of, truncate


def _usual() -> tuple[int, ...]:
    """32, 48, 64, 96, 128, …: every octave in two steps."""
    octaves = [1 << power for power in range(SMALLEST.bit_length() - 1, LARGEST.bit_length())]
    return tuple(sorted([*octaves, *(octave * 3 // 2 for octave in octaves[:-1])]))


RUNGS = _usual()

#: Called before each cell with (cells done, cells in all); it may raise ``Cancelled``.
OnCell = Callable[[int, int], None]


def sweep(
    model: str, layout: Layout, queries: Floats, candidates: Floats, dimensions: Sequence[int], on_cell: OnCell
) -> list[dict[str, Any]]:
    """A record for each rung and kind of storage, by rising dimension; the last float32 one is the model as it is.

    A record holds ``dimensions``, ``storage``, ``top1``, ``mrr``, ``bytes_per_vector``, the ``ranks`` in the order of
    the set's queries, ``difference`` (its Top-1 minus that at full dimension in float32) and ``p``, that of the family
    test for this difference, not corrected for the number of cells.

    Args:
        model: what people call it. queries, candidates: float32, rows as in ``layout``, full dimension, normalised.
        dimensions: rungs; those above the model's own are left out. Empty for the usual ones.
    """
    full = queries.shape[1]
    cells = [(rung, storage) for rung in rungs_of(full, dimensions or RUNGS) for storage in STORAGES]
    found: list[Ints] = []
    for number, (rung, storage) in enumerate(cells):
        on_cell(number, len(cells))
        cut = (queries, candidates) if rung == full else (truncate(queries, rung), truncate(candidates, rung))
        found.append(ranks(model, layout, STORAGES[storage](layout, *cut)))
    on_cell(len(cells), len(cells))
    return _records(cells, np.stack(found), cells.index((full, "float32")), layout.families)


def _records(cells: list[tuple[int, str]], found: Ints, whole: int, families: list[str]) -> list[dict[str, Any]]:
    """``found``: ranks (cells, q); ``whole``: which cell is the model as it is."""
    right = (found == 1).astype(np.int64)
    p = family_test(family_sums(right - right[whole], family_index(families)))
    return [
        {
            "dimensions": rung,
            "storage": storage,
            "top1": float(right[number].mean()),
            "mrr": float((1 / found[number]).mean()),
            "bytes_per_vector": bytes_per_vector(storage, rung),
            "difference": float((right[number] - right[whole]).mean()),
            "p": float(p[number]),
            "ranks": found[number].tolist(),
        }
        for number, (rung, storage) in enumerate(cells)
    ]

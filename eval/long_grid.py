"""How far a model sees: Top-1 on the sets of ``eval.long`` by length and depth, with where each model was cut."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from eval import formats
from eval.long import DEPTHS, DOCUMENTS, LENGTHS, NAMES
from eval.outcomes import Labels, Outcome, Run, figure, mapping, outcomes
from eval.sheets import Sheet, heads
from eval.words import Words, said
from models.catalog import CATALOG

_ID = re.compile(r"(\d+)-(\d+)-[a-z]+-\d+")
BEYOND = "†"


@dataclass(frozen=True)
class Grid:
    """One model on the grid.

    Attributes:
        own: tokens that the model itself can read; None where the catalog does not know it.
        cut: tokens after which texts were cut in this run; None for a model that reads every text to its end.
        cells: (length, depth) → Top-1 from 0 to 1. queries: the most that stand behind a cell.
    """

    label: str
    own: int | None
    cut: int | None
    cells: Mapping[tuple[int, int], float]
    queries: int

    def beyond(self, length: int, depth: int) -> bool:
        """Whether the needle lies at the cut or behind it, by the estimated length."""
        return self.cut is not None and length * depth / 100 >= self.cut


def grids(run: Run, name: str, labels: Labels | None = None) -> tuple[Grid, ...]:
    """The grid of every model on the set ``name``; none if it is no generated one, such as a visitor's of that name."""
    if name not in NAMES or mapping(mapping(run.get("sets")).get(name)).get("source") != "built-in":
        return ()
    return tuple(_grid(item) for item in outcomes(run, labels, name))


def _grid(item: Outcome) -> Grid:
    found: dict[tuple[int, int], list[bool]] = defaultdict(list)
    for key, rank in item.ranks.items():
        if match := _ID.fullmatch(key):
            found[int(match[1]), int(match[2])].append(rank == 1)
    own = next((spec.max_tokens for spec in CATALOG if spec.id == item.model), None)
    cut = figure(item.record.get("max_tokens"))
    return Grid(
        label=item.label,
        own=own,
        cut=None if cut is None else int(cut),
        cells={cell: sum(right) / len(right) for cell, right in found.items()},
        queries=max(map(len, found.values()), default=0),
    )


def sheet(run: Run, name: str, words: Words, labels: Labels | None = None) -> Sheet:
    """Rows: model and length; columns: depth. No rows where the set has no grid."""
    rows = tuple(
        (
            grid.label,
            formats.whole(length),
            *(_cell(grid, length, depth) for depth in DEPTHS),
        )
        for grid in grids(run, name, labels)
        for length in LENGTHS
        if any((length, depth) in grid.cells for depth in DEPTHS)
    )
    return Sheet((*heads(words, ("model", "length")), *(f"{depth} %" for depth in DEPTHS)), rows)


def _cell(grid: Grid, length: int, depth: int) -> str:
    found = grid.cells.get((length, depth))
    top1 = formats.percent(found)
    return f"{top1} {BEYOND}" if found is not None and grid.beyond(length, depth) else top1


def notes(run: Run, name: str, words: Words, labels: Labels | None = None) -> list[str]:
    """What the table means, and how far each model can read and was let read."""
    found = grids(run, name, labels)
    if not found:
        return []
    told = said(
        "eval.long.note",
        queries=max(grid.queries for grid in found),
        mark=BEYOND,
        guess=formats.percent(1 / DOCUMENTS),
    )
    return [told.text(words), *(_sight(grid, words) for grid in found)]


def _sight(grid: Grid, words: Words) -> str:
    if grid.cut is None:
        return said("eval.long.whole", model=grid.label).text(words)
    cut = formats.whole(grid.cut)
    if grid.own is None:
        return said("eval.long.cut", model=grid.label, cut=cut).text(words)
    key = "eval.long.own" if grid.own == grid.cut else "eval.long.ours"
    return said(key, model=grid.label, own=formats.whole(grid.own), cut=cut).text(words)

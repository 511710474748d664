"""What two of the built-in sets were made to show beside accuracy: how far a model sees, and which language it prefers.

Every report asks here, by the name of a set, and shows what comes back: a heading, a table, and what it means.
"""

from __future__ import annotations

from dataclasses import dataclass

from eval import bias, long_grid
from eval.findings import Sets
from eval.outcomes import Labels, Run
from eval.sheets import Sheet
from eval.words import Words


@dataclass(frozen=True)
class Probe:
    """``key`` names the heading, ``eval.report.KEY``."""

    key: str
    sheet: Sheet
    notes: tuple[str, ...]


def probes(run: Run, name: str, sets: Sets, words: Words, labels: Labels | None = None) -> list[Probe]:
    """Those of the set ``name``; most sets have none."""
    found = [Probe("long", long_grid.sheet(run, name, words, labels), tuple(long_grid.notes(run, name, words, labels)))]
    if name == bias.NAME:
        found.append(Probe("bias", bias.sheet(run, sets, words, labels), (bias.note(words),)))
    return [probe for probe in found if probe.sheet.rows]

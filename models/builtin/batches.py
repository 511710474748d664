"""The static stage's batches: pairs of texts of one concept, lost words and lessons' texts, as token ids.

Every pool of batches is drawn from its own seed, so a run that resumes draws what it would have drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.builtin.drawing import Drawing
from models.builtin.recipe import Static
from models.builtin.texts import CODE_KIND

if TYPE_CHECKING:
    from models.builtin.workshop import Workshop

END, PAD = 2, 1
POOL = 40  # batches drawn together and sorted by length, so that little is padded


@dataclass(frozen=True)
class Packed:
    """``index`` int64 (n, length) into ``pieces`` (distinct ids, ascending), left-padded; ``lengths`` (n,)."""

    pieces: NDArray[np.int64]
    index: NDArray[np.int64]
    lengths: NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """Row i and row n + i of ``texts`` say concept ``concept[i]``; ``singles`` are those of numbers ``single``."""

    texts: Packed
    concept: NDArray[np.int64]
    singles: Packed
    single: NDArray[np.int64]


class StaticBatches:
    """Draws the batches of one part of the static stage. Singles are numbered lost words first, then lessons' texts."""

    def __init__(self, shop: Workshop, plan: Static, part: int) -> None:
        self.texts, self.words, self.single = shop.texts, shop.lost_ids, shop.lesson_texts.ids
        self.plan, self.part = plan, part
        self.drawing = Drawing(self.texts, shop.targets.known)
        weight = self.drawing.weight_of_long(plan.longest[part]) if plan.length_counts[part] else self.drawing.weight
        self.cumulative = np.cumsum(weight * np.where(self.texts.has_code, plan.code_weight[part], 1.0))

    def batches(self, first: int, count: int) -> Iterator[Batch]:
        """Batches ``first`` … ``count`` - 1 of an endless row."""
        for pool in range(first // POOL, -(-count // POOL)):
            generator = np.random.default_rng([self.plan.seed, self.part, pool])
            for number, batch in enumerate(self._pool(generator), pool * POOL):
                if first <= number < count:
                    yield batch

    def _pool(self, generator: np.random.Generator) -> Iterator[Batch]:
        draws = generator.random(self.plan.pairs * POOL) * self.cumulative[-1]
        chosen = np.searchsorted(self.cumulative, draws, side="right")
        pairs = np.array([self.drawing.pair(int(concept), generator) for concept in chosen])
        sizes = np.minimum(self.texts.sizes[pairs], self.plan.longest[self.part]).max(axis=1)
        order = np.argsort(sizes, kind="stable").reshape(POOL, self.plan.pairs)
        for rows in order[generator.permutation(POOL)]:
            sequences = [self._sequence(int(text), generator) for side in (0, 1) for text in pairs[rows, side]]
            counts = (self.plan.words[self.part], self.plan.texts[self.part])
            cap = self.plan.longest[self.part]
            singles, number = self.drawing.singles(self.words, self.single, counts, cap, generator)
            yield Batch(pack(sequences), chosen[rows], pack(singles), number)

    def _sequence(self, text: int, generator: np.random.Generator) -> list[int]:
        caps = self.plan.longest_code if self.texts.kind[text] == CODE_KIND else self.plan.longest
        return self.drawing.sequence(text, caps[self.part], generator)


def pack(sequences: list[list[int]]) -> Packed:
    """Token ids, the end token appended."""
    lengths = np.array([len(sequence) for sequence in sequences]) + 1
    ids = np.full((len(sequences), int(lengths.max())), PAD, np.int64)
    ids[:, -1] = END
    for row, sequence in enumerate(sequences):
        ids[row, ids.shape[1] - lengths[row] : -1] = sequence
    pieces, index = np.unique(ids, return_inverse=True)
    return Packed(pieces, index.reshape(ids.shape), lengths)

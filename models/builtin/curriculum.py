"""What one step of the decoder's second stage reads, drawn from its own seed: a resumed run reads what it would have.

Pairs of texts of a concept, as in the first stage; triplets that order, negation or number tell apart; lessons in which
the instruction says what is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.builtin.drawing import Drawing
from models.builtin.recipe import Tuning
from models.builtin.texts import CODE_KIND

if TYPE_CHECKING:
    from models.builtin.workshop import Workshop

PROMPTED_ANCHORS = 0.4
LONGEST_CANDIDATE = 64  # tokens


@dataclass(frozen=True)
class Step:
    """Token ids: the firsts of the pairs, their seconds, triplets three by three, singles, questions, candidates.

    ``plain``: the texts of the pairs without instructions. ``concept`` (pairs,): whose the pairs are. ``single``
    (singles,): numbers of lost words and lessons' texts, as StaticBatches numbers them. ``right`` (questions,): place
    of each question's right candidate.
    """

    sequences: list[list[int]]
    plain: list[list[int]]
    concept: NDArray[np.int64]
    single: NDArray[np.int64]
    right: NDArray[np.int64]


class Curriculum:
    """Draws steps."""

    def __init__(self, shop: Workshop, plan: Tuning) -> None:
        texts = shop.texts
        self.texts, self.triplets, self.lessons, self.plan = texts, shop.triplets, shop.lessons, plan
        self.words, self.single = shop.lost_ids, shop.lesson_texts.ids
        code = np.where(texts.has_code, plan.code_weight, plan.language_weight)
        self.drawing = Drawing(texts, shop.targets.known, plan.drop, plan.default)
        self.cumulative = np.cumsum(self.drawing.weight_of_long(plan.longest) * code)

    def step(self, seed: int, number: int) -> Step:
        """Step ``number`` of the endless row that ``seed`` names."""
        generator = np.random.default_rng([seed, number])
        plan = self.plan
        concept = np.searchsorted(self.cumulative, generator.random(plan.pairs) * self.cumulative[-1])
        pairs = [self.drawing.pair(int(one), generator) for one in concept]
        shares = (plan.asked, plan.asked_beside)
        sequences = [self._sequence(int(pair[side]), generator, shares[side]) for side in (0, 1) for pair in pairs]
        plain = [self.texts.ids(int(pair[side]), self._cap(int(pair[side]))) for side in (0, 1) for pair in pairs]
        for _ in range(plan.triplets):
            sequences += self._triplet(generator)
        counts = (plan.words, plan.texts)
        singles, single = self.drawing.singles(self.words, self.single, counts, LONGEST_CANDIDATE, generator)
        sequences += singles
        drawn = [self.lessons.draw(generator, plan.code_lessons, plan.statement_lessons) for _ in range(plan.lessons)]
        of_lessons, right = self.drawing.lessons(drawn, plan.longest, LONGEST_CANDIDATE, generator)
        sequences += of_lessons
        return Step(sequences, plain, concept, single, right)

    def _sequence(self, text: int, generator: np.random.Generator, share: float) -> list[int]:
        return self.drawing.sequence(text, self._cap(text), generator, share)

    def _cap(self, text: int) -> int:
        return self.plan.longest_code if self.texts.kind[text] == CODE_KIND else self.plan.longest

    def _triplet(self, generator: np.random.Generator) -> list[list[int]]:
        triplet = self.triplets.draw(generator)
        cut = self.plan.longest
        prompted = generator.random() < PROMPTED_ANCHORS
        anchor = (
            self.drawing.any_head(generator) + self.drawing.behind(triplet.anchor, cut)
            if prompted
            else self.texts.encode(triplet.anchor)[:cut]
        )
        return [anchor, self.texts.encode(triplet.right)[:cut], self.texts.encode(triplet.wrong)[:cut]]

"""What one step of the decoder's second stage reads, drawn from its own seed: a resumed run reads what it would have.

Pairs of texts of a concept, as in the first stage; triplets that order, negation or number tell apart; lessons in which
the instruction says what is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.builtin.concepts import rarity
from models.builtin.instructions import QUERY, TASKS, TEMPLATE
from models.builtin.recipe import Tuning
from models.builtin.texts import CODE_KIND

if TYPE_CHECKING:
    from models.builtin.workshop import Workshop

PROMPTED = 0.3  # share of a pair's texts behind an instruction: without, an instruction throws the vectors off
PROMPTED_ANCHORS = 0.4
DEFAULT_SHARE = 0.5  # of the instructions are the model's own default
KNOWN_FIRST = 3.0  # how much likelier a concept with a target is to be drawn than one that has its pair alone
LANGUAGE_POWER = 0.35  # within a concept, a text is drawn by count**-0.35 of its language
LONGEST_CANDIDATE = 100  # tokens


@dataclass(frozen=True)
class Step:
    """Token ids: the firsts of the pairs, their seconds, triplets three by three, single texts, questions, candidates.

    ``concept`` (pairs,): whose the pairs are. ``text`` (texts,): numbers of the single texts among the lessons' own.
    ``right`` (questions,): place of each question's right candidate.
    """

    sequences: list[list[int]]
    concept: NDArray[np.int64]
    text: NDArray[np.int64]
    right: NDArray[np.int64]


class Curriculum:
    """Draws steps."""

    def __init__(self, shop: Workshop, plan: Tuning) -> None:
        texts, known = shop.texts, shop.targets.known
        self.texts, self.triplets, self.lessons, self.plan = texts, shop.triplets, shop.lessons, plan
        self.single = shop.lesson_texts.ids
        sizes = np.clip(texts.sizes[texts.first[:-1]], 1, plan.longest)
        code = np.where(texts.has_code, plan.code_weight, plan.language_weight)
        several = np.array([len(concept.texts) > 1 for concept in texts.concepts])
        weight = rarity(texts.concepts) * np.where(known, KNOWN_FIRST, 1.0) * several
        self.cumulative = np.cumsum(weight * sizes * code * np.maximum(texts.weight, 0.7))
        self.kind_weight = (texts.counts + 1.0) ** -LANGUAGE_POWER
        self.heads = [self._head(task) for task in TASKS]
        self.query = texts.encode(QUERY)

    def step(self, seed: int, number: int) -> Step:
        """Step ``number`` of the endless row that ``seed`` names."""
        generator = np.random.default_rng([seed, number])
        plan = self.plan
        concept = np.searchsorted(self.cumulative, generator.random(plan.pairs) * self.cumulative[-1])
        pairs = [self._pair(int(one), generator) for one in concept]
        sequences = [self._sequence(int(pair[side]), generator) for side in (0, 1) for pair in pairs]
        for _ in range(plan.triplets):
            sequences += self._triplet(generator)
        text = generator.integers(len(self.single), size=plan.texts)
        for number_of_text in text:
            head = self._any_head(generator) + self.query if generator.random() < PROMPTED else []
            sequences.append(head + self.single[number_of_text][:LONGEST_CANDIDATE])
        drawn = [self.lessons.draw(generator, plan.code_lessons, plan.statement_lessons) for _ in range(plan.lessons)]
        sequences += [self._head(lesson.instruction) + self._behind(lesson.query) for lesson in drawn]
        candidates = [lesson.candidates for lesson in drawn]
        sequences += [self.texts.encode(text)[:LONGEST_CANDIDATE] for group in candidates for text in group]
        right = np.cumsum([0, *(len(group) for group in candidates[:-1])])
        return Step(sequences, concept, text, right)

    def _pair(self, concept: int, generator: np.random.Generator) -> NDArray[np.int64]:
        """Two texts of a concept by the weights of their languages: the first two bells to ring."""
        weights = self.kind_weight[list(self.texts.concepts[concept].kinds)]
        rings = -np.log(generator.random(len(weights))) / weights
        places: NDArray[np.int64] = self.texts.first[concept] + np.argsort(rings)[:2]
        return places

    def _sequence(self, text: int, generator: np.random.Generator) -> list[int]:
        cap = self.plan.longest_code if self.texts.kind[text] == CODE_KIND else self.plan.longest
        if generator.random() >= PROMPTED:
            return self.texts.ids(text, cap)
        return self._any_head(generator) + self._behind(self.texts.text(text), cap)

    def _triplet(self, generator: np.random.Generator) -> list[list[int]]:
        triplet = self.triplets.draw(generator)
        cut = self.plan.longest
        prompted = generator.random() < PROMPTED_ANCHORS
        anchor = (
            self._any_head(generator) + self._behind(triplet.anchor)
            if prompted
            else self.texts.encode(triplet.anchor)[:cut]
        )
        return [anchor, self.texts.encode(triplet.right)[:cut], self.texts.encode(triplet.wrong)[:cut]]

    def _head(self, task: str) -> list[int]:
        return self.texts.encode(TEMPLATE.format(task=task).split("\n")[0])

    def _any_head(self, generator: np.random.Generator) -> list[int]:
        default = generator.random() < DEFAULT_SHARE
        return self.heads[0 if default else int(generator.integers(1, len(self.heads)))]

    def _behind(self, text: str, cap: int | None = None) -> list[int]:
        # "Query:" and the text are cut together: without a space between, the first word is another piece than alone.
        return self.texts.encode(QUERY + text)[: (cap or self.plan.longest) + 2]

"""What one step of the encoder's healing reads, drawn from its own seed: a resumed run reads what it would have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.builtin.concepts import KINDS
from models.builtin.recipe import Healing
from models.builtin.store import PAGE_TOKENS
from models.builtin.targets import Floats
from models.builtin.texts import CODE_KIND

if TYPE_CHECKING:
    from models.builtin.workshop import Workshop

BEGIN, END = 0, 2
LANGUAGE_POWER = 0.7  # a text is drawn by count**-0.7 of its language: thin languages are heard
# Scripts in which the cut costs most, or in which much is to be won.
LANGUAGE_WEIGHT = {"zh": 1.6, "ja": 1.8, "ko": 1.3, "ar": 1.3, "th": 1.3, "hi": 1.2, "uk": 1.2}
QUERY_SHARE = 0.65  # of the texts behind "query: "; the others behind "passage: ": both prompts mean the same vector
ANCHOR_QUERY_SHARE = 0.75
PAIR_QUERY_SHARE = 0.6


@dataclass(frozen=True)
class HealingStep:
    """Token ids of texts; ``target`` float32 (n, 384) belongs to the first ones.

    ``triplets`` int64 (n, 3): places of an anchor, a right and a wrong text. ``questions`` int64 (n, 3): of a question,
    its answer, and a text beside it.
    """

    sequences: list[list[int]]
    target: Floats
    triplets: NDArray[np.int64]
    questions: NDArray[np.int64]


class Reading:
    """Draws the encoder's steps."""

    def __init__(self, shop: Workshop, plan: Healing) -> None:
        self.shop, self.plan, texts = shop, plan, shop.texts
        usable = shop.targets.known[texts.concept] & (texts.kind != CODE_KIND) & (texts.sizes >= 2)
        counts = np.maximum(np.bincount(texts.kind[usable], minlength=len(KINDS)), 1)
        boost = np.array([LANGUAGE_WEIGHT.get(kind, 1.0) for kind in KINDS])
        weight = texts.weight[texts.concept] * (counts**-LANGUAGE_POWER * boost)[texts.kind]
        self.cumulative = np.cumsum(np.where(usable, weight, 0.0))
        self.code = np.flatnonzero((texts.kind == CODE_KIND) & shop.targets.known[texts.concept])
        pages = shop.lessons.pages()
        self.pages = [pages[i] for i in shop.pages.numbers]
        self.query, self.passage = texts.encode("query:"), texts.encode("passage:")

    def step(self, number: int) -> HealingStep:
        """Step ``number``."""
        generator = np.random.default_rng([self.plan.seed, number])
        texts, plan = self.shop.texts, self.plan
        chosen = np.searchsorted(self.cumulative, generator.random(plan.texts) * self.cumulative[-1])
        chosen[: plan.code] = self.code[generator.integers(len(self.code), size=plan.code)]
        sequences = [self._sequence(texts.ids(int(text)), generator.random() < QUERY_SHARE) for text in chosen]
        words = generator.integers(len(self.shop.lost_ids), size=plan.words)
        sequences += [self._sequence(self.shop.lost_ids[i], generator.random() < QUERY_SHARE) for i in words]
        single = self.shop.lesson_texts
        lessons = generator.integers(len(single.ids), size=plan.lessons)
        sequences += [self._sequence(single.ids[i], generator.random() < QUERY_SHARE) for i in lessons]
        pages = generator.choice(len(self.pages), 2 * plan.pages, replace=False)
        first_page = len(sequences)
        sequences += [self._page(int(i)) for i in pages]
        targets = [
            self.shop.targets.vectors[texts.concept[chosen]],
            self.shop.lost.targets[words],
            single.targets[lessons],
            self.shop.pages.targets[pages],
        ]
        questions = []
        for i in range(plan.pages):
            asked = self.pages[int(pages[2 * i])].questions
            questions.append((len(sequences), first_page + 2 * i, first_page + 2 * i + 1))
            sequences.append(self._sequence(texts.encode(asked[int(generator.integers(len(asked)))]), True))
        triplets = np.arange(3 * plan.triplets).reshape(-1, 3) + len(sequences)
        for _ in range(plan.triplets):
            sequences += self._triplet(generator)
        for _ in range(plan.questions):
            three = self.shop.lessons.ask(generator)
            questions.append((len(sequences), len(sequences) + 1, len(sequences) + 2))
            sequences += [self._sequence(texts.encode(text), text is three[0]) for text in three]
        places = np.array(questions, np.int64).reshape(-1, 3)
        return HealingStep(sequences, np.concatenate(targets), triplets, places)

    def _page(self, number: int) -> list[int]:
        return [BEGIN, *self.passage, *self.shop.pages.ids[number][: PAGE_TOKENS - 2 - len(self.passage)], END]

    def _triplet(self, generator: np.random.Generator) -> list[list[int]]:
        triplet = self.shop.triplets.draw(generator)
        pair = bool(generator.random() < PAIR_QUERY_SHARE)
        anchor = bool(generator.random() < ANCHOR_QUERY_SHARE)
        encode = self.shop.texts.encode
        return [
            self._sequence(encode(triplet.anchor), anchor),
            self._sequence(encode(triplet.right), pair),
            self._sequence(encode(triplet.wrong), pair),
        ]

    def _sequence(self, ids: list[int], is_query: bool) -> list[int]:
        prompt = self.query if is_query else self.passage
        return [BEGIN, *prompt, *ids[: self.plan.longest - 2 - len(self.passage)], END]

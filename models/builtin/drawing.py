"""How both stages of the decoder draw pairs of texts of one concept, and put instructions before them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.builtin.concepts import rarity
from models.builtin.instructions import QUERY, TASKS, TEMPLATE
from models.builtin.lessons import Lesson
from models.builtin.texts import TrainingTexts

PROMPTED = 0.3  # share of texts that carry an instruction: without, an instruction throws the vectors off
DEFAULT_SHARE = 0.5  # of the instructions are the model's own default
KNOWN_FIRST = 3.0  # how much likelier a concept with a target is to be drawn than one that has its pair alone
SHORTEST_THINNED = 5  # pieces
LANGUAGE_POWER = 0.35  # within a concept, a text is drawn by count**-0.35 of its language
# Long texts and news count more, but with measure: by length and source alone, half of what is read were 4,000 concepts
# of the 190,000, and they would be learnt by heart.
LENGTH_POWER = 0.5
SOURCE_POWER = 0.4


class Drawing:
    """Draws from ``texts``; ``weight`` float64 (concepts,) is each concept's before a stage adds its own."""

    def __init__(
        self, texts: TrainingTexts, known: NDArray[np.bool_], drop: float = 0.0, default: float = DEFAULT_SHARE
    ) -> None:
        """``known`` bool (concepts,): which have a target. ``drop``: at most this share of a text's pieces is lost.

        ``default``: how many of the instructions are the model's own default.
        """
        self.texts, self.drop, self.default = texts, drop, default
        several = np.array([len(concept.texts) > 1 for concept in texts.concepts])
        self.weight = rarity(texts.concepts) * np.where(known, KNOWN_FIRST, 1.0) * several
        self.kind_weight = (texts.counts + 1.0) ** -LANGUAGE_POWER
        self.query = texts.encode(QUERY)
        self.heads = [self.head(task) for task in TASKS]

    def weight_of_long(self, cap: int) -> NDArray[np.float64]:
        """The concepts' weights where length and source count, float64 (concepts,); texts are cut at ``cap`` tokens."""
        factor = read_more(self.texts.sizes[self.texts.first[:-1]], self.texts.weight, cap)
        weights: NDArray[np.float64] = self.weight * factor
        return weights

    def pair(self, concept: int, generator: np.random.Generator) -> NDArray[np.int64]:
        """Two texts of a concept by the weights of their languages: the first two bells to ring."""
        weights = self.kind_weight[list(self.texts.concepts[concept].kinds)]
        rings = -np.log(generator.random(len(weights))) / weights
        places: NDArray[np.int64] = self.texts.first[concept] + np.argsort(rings)[:2]
        return places

    def sequence(self, text: int, cap: int, generator: np.random.Generator, share: float = PROMPTED) -> list[int]:
        """At most ``cap`` token ids of a text, behind an instruction with probability ``share``."""
        if generator.random() >= share:
            return thinned(self.texts.ids(text, cap), self.drop, generator)
        return self.any_head(generator) + thinned(self.behind(self.texts.text(text), cap), self.drop, generator)

    def singles(
        self,
        words: Sequence[list[int]],
        texts: Sequence[list[int]],
        counts: tuple[int, int],
        cap: int,
        generator: np.random.Generator,
    ) -> tuple[list[list[int]], NDArray[np.int64]]:
        """(``counts`` of the lost words and of the lessons' texts, their numbers: words first, then texts)."""
        word, text = (
            generator.integers(len(few), size=count) for few, count in zip((words, texts), counts, strict=True)
        )
        sequences = [words[i] for i in word] + [self._single(texts[i], cap, generator) for i in text]
        return sequences, np.concatenate([word, len(words) + text])

    def _single(self, ids: list[int], cap: int, generator: np.random.Generator) -> list[int]:
        """At most ``cap`` of the token ids of a lesson's text, at times behind an instruction."""
        head = self.any_head(generator) + self.query if generator.random() < PROMPTED else []
        return head + thinned(ids[:cap], self.drop, generator)

    def head(self, task: str) -> list[int]:
        """The instruction up to "Query:"."""
        return self.texts.encode(TEMPLATE.format(task=task).split("\n")[0])

    def any_head(self, generator: np.random.Generator) -> list[int]:
        """The default instruction or another of training's."""
        default = generator.random() < self.default
        return self.heads[0 if default else int(generator.integers(1, len(self.heads)))]

    def behind(self, text: str, cap: int) -> list[int]:
        """What stands behind the instruction, at most ``cap`` token ids of the text."""
        # "Query:" and the text are cut together: without a space between, the first word is another piece than alone.
        return self.texts.encode(QUERY + text)[: cap + 2]

    def lessons(
        self, drawn: Sequence[Lesson], cap: int, candidate_cap: int, generator: np.random.Generator
    ) -> tuple[list[list[int]], NDArray[np.int64]]:
        """(questions behind their instructions, then all candidates; each right one's place among the candidates)."""
        asked = [
            self.head(lesson.instruction) + thinned(self.behind(lesson.query, cap), self.drop, generator)
            for lesson in drawn
        ]
        groups = [lesson.candidates for lesson in drawn]
        candidates = [
            thinned(self.texts.encode(text)[:candidate_cap], self.drop, generator) for group in groups for text in group
        ]
        return asked + candidates, np.cumsum([0, *(len(group) for group in groups[:-1])])


def read_more(sizes: NDArray[np.int64], source: NDArray[np.float64], cap: int) -> NDArray[np.float64]:
    """How much likelier concepts of ``sizes`` tokens, cut at ``cap``, and of sources of this weight are to be drawn."""
    factor: NDArray[np.float64] = np.clip(sizes, 1, cap) ** LENGTH_POWER * source**SOURCE_POWER
    return factor


def thinned(ids: list[int], drop: float, generator: np.random.Generator) -> list[int]:
    """Without at most ``drop`` of the pieces, so that a text does not hang on one of them; short texts keep all."""
    if not drop or len(ids) < SHORTEST_THINNED:
        return ids
    stays = generator.random(len(ids)) >= drop * generator.random()
    return [piece for piece, stay in zip(ids, stays, strict=True) if stay] or ids

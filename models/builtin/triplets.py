"""Triplets: a text, one that says the same, and one that differs by order, negation or number alone.

Three sources. Training concepts: a text is changed by rule (contrasts.py), and another text of its concept, mostly a
translation, is the anchor. Frames (lessons/frames.json): written sentences with two places, in up to six languages and
in several constructions, whose fillers change places. Contrasts (lessons/contrasts.jsonl): pairs of written statements,
each in several wordings and two languages.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.builtin.concepts import Concept, kind_counts
from models.builtin.contrasts import CHANGES, Kind, changes
from models.builtin.corpus import LANGUAGES
from models.builtin.overlaps import Overlaps, strings_of
from models.builtin.texts import CODE_KIND, is_held_out

LONGEST = 160  # characters of a text that is changed
FRAME_SHARE = 0.2
WRITTEN_SHARE = 0.55
KIND_SHARE: dict[Kind, float] = {"order": 0.45, "negation": 0.30, "number": 0.25}
LANGUAGE_POWER = 0.4  # a changed text is drawn by count**-0.4 of its language
FRAME_LANGUAGES = ("en", "zh", "de", "fr", "es", "ja")


@dataclass(frozen=True)
class Triplet:
    """``right`` says what ``anchor`` says; ``wrong`` has nearly the words of ``right``."""

    kind: Kind
    anchor: str
    right: str
    wrong: str


class ChangedTexts:
    """All texts that a rule can change, by kind: (concept, place of the text in it, the text changed)."""

    def __init__(self, concepts: Sequence[Concept], held_out: bool) -> None:
        """``held_out``: those kept for the report instead of those for training."""
        self.concepts = concepts
        self.found: dict[Kind, list[tuple[int, int, str]]] = {kind: [] for kind in CHANGES}
        for number, concept in enumerate(concepts):
            if is_held_out(concept) == held_out:
                self._read(number, concept)
        counts = kind_counts(list(concepts)) + 1.0
        self.cumulative = {
            kind: np.cumsum([counts[concepts[number].kinds[place]] ** -LANGUAGE_POWER for number, place, _ in found])
            for kind, found in self.found.items()
        }

    def _read(self, number: int, concept: Concept) -> None:
        places = [
            place
            for place, kind in enumerate(concept.kinds)
            if kind != CODE_KIND and len(concept.texts[place]) < LONGEST
        ]
        if len(places) < 2:
            return
        for place in places:
            for changed in changes(concept.texts[place], LANGUAGES[concept.kinds[place]]):
                self.found[changed.kind].append((number, place, changed.text))

    def draw(self, kind: Kind, generator: np.random.Generator) -> Triplet:
        """One triplet of a kind, its anchor another text of the concept."""
        cumulative = self.cumulative[kind]
        return self.triplet(kind, int(np.searchsorted(cumulative, generator.random() * cumulative[-1])), generator)

    def triplet(self, kind: Kind, row: int, generator: np.random.Generator) -> Triplet:
        """The triplet of ``found[kind][row]``."""
        number, place, changed = self.found[kind][row]
        concept = self.concepts[number]
        others = [other for other in range(len(concept.texts)) if other != place and concept.kinds[other] != CODE_KIND]
        anchor = concept.texts[others[generator.integers(len(others))]]
        return Triplet(kind, anchor, concept.texts[place], changed)


class Frames:
    """Sentences with {A} and {B}, and what can fill both."""

    def __init__(self, path: Path) -> None:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self.frames: list[dict[str, Any]] = content["frames"]
        self.fillers: dict[str, list[dict[str, str]]] = content["fillers"]

    def draw(self, generator: np.random.Generator) -> Triplet:
        """One triplet: two constructions, at times in two languages; the second once more with A and B exchanged."""
        frame = self.frames[generator.integers(len(self.frames))]
        fillers = self.fillers[frame["fill"]]
        one, other = (fillers[i] for i in generator.choice(len(fillers), 2, replace=False))
        languages = [name for name in FRAME_LANGUAGES if frame.get(name) and name in one and name in other]
        first, second = (languages[generator.integers(len(languages))] for _ in range(2))
        anchor = frame[first][generator.integers(len(frame[first]))]
        right = frame[second][generator.integers(len(frame[second]))]
        if right == anchor and len(frame[second]) > 1:
            right = next(sentence for sentence in frame[second] if sentence != anchor)
        return Triplet(
            "order",
            _filled(anchor, one[first], other[first]),
            _filled(right, one[second], other[second]),
            _filled(right, other[second], one[second]),
        )


class Written:
    """Two statements that say different things in nearly the same words; ``wordings[i]`` of both are alike."""

    def __init__(self, path: Path, judged: Overlaps) -> None:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        self.records: list[dict[str, Any]] = [
            record for record in records if not any(map(judged.touches, strings_of(record)))
        ]

    def draw(self, generator: np.random.Generator) -> Triplet:
        """Two wordings of one statement, at times in two languages, and the other statement worded as the second."""
        record = self.records[generator.integers(len(self.records))]
        sides = ("one", "other") if generator.random() < 0.5 else ("other", "one")
        said, not_said = (record[side] for side in sides)
        languages = list(said)
        first, second = (languages[generator.integers(len(languages))] for _ in range(2))
        anchor = generator.integers(len(said[first]))
        places = [i for i in range(min(len(said[second]), len(not_said[second]))) if first != second or i != anchor]
        right = places[generator.integers(len(places))]
        return Triplet(record["kind"], said[first][anchor], said[second][right], not_said[second][right])


class Triplets:
    """What training draws from."""

    def __init__(self, concepts: Sequence[Concept], lessons: Path, judged: Overlaps) -> None:
        self.changed = ChangedTexts(concepts, held_out=False)
        self.frames = Frames(lessons / "frames.json")
        self.written = Written(lessons / "contrasts.jsonl", judged)

    def draw(self, generator: np.random.Generator) -> Triplet:
        """One triplet of any source."""
        chance = generator.random()
        if chance < FRAME_SHARE:
            return self.frames.draw(generator)
        if chance < FRAME_SHARE + WRITTEN_SHARE:
            return self.written.draw(generator)
        kind = CHANGES[generator.choice(len(CHANGES), p=[KIND_SHARE[kind] for kind in CHANGES])]
        return self.changed.draw(kind, generator)


def _filled(sentence: str, one: str, other: str) -> str:
    text = sentence.replace("{A}", one).replace("{B}", other)
    return text[:1].upper() + text[1:]

"""Concepts: the texts that say one thing, in several languages, in other words, or in code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.builtin.corpus import LANGUAGES, Corpus, Row

CODE = "code"
KINDS = (*LANGUAGES, CODE)  # what a text can be; its place here is its number in arrays
# Two English sentences with the same translation are paraphrases, unless the translation is so short that it is
# ambiguous. Characters of scripts that write a word in one or two signs count more.
DENSE_SCRIPTS = {"zh", "ja", "ko", "th"}
SHORTEST_LINK_DENSE, SHORTEST_LINK = 9, 20
LARGEST_GROUP = 6  # rows; chains of translations drift, longer ones are left apart


@dataclass(frozen=True)
class Concept:
    """Texts that belong together: ``kinds[i]`` (a number in KINDS) is what ``texts[i]`` is written in."""

    kinds: tuple[int, ...]
    texts: tuple[str, ...]


def concepts_of(corpus: Corpus) -> list[Concept]:
    """All training concepts in a fixed order: translations (paraphrases joined), code, Chinese pairs."""
    groups = _joined(corpus.parallel)
    concepts = [_concept([corpus.parallel[row] for row in group]) for group in groups]
    concepts += [_concept([row]) for row in corpus.code]
    chinese = KINDS.index("zh")
    concepts += [Concept((chinese, chinese), (row["a"], row["b"])) for row in corpus.chinese]
    return concepts


def _concept(rows: list[Row]) -> Concept:
    pairs = {(KINDS.index(kind), row[kind]): None for row in rows for kind in KINDS if row.get(kind)}
    return Concept(tuple(kind for kind, _ in pairs), tuple(text for _, text in pairs))


def _joined(rows: list[Row]) -> list[list[int]]:
    """Row numbers, joined where they share a translation (union-find with a limit on the size)."""
    leader = list(range(len(rows)))
    size = [1] * len(rows)
    first_with: dict[tuple[str, str], int] = {}

    def find(row: int) -> int:
        while leader[row] != row:
            leader[row] = leader[leader[row]]
            row = leader[row]
        return row

    for number, row in enumerate(rows):
        for language in LANGUAGES[1:]:
            text = row.get(language, "")
            if len(text) < (SHORTEST_LINK_DENSE if language in DENSE_SCRIPTS else SHORTEST_LINK):
                continue
            one, other = find(number), find(first_with.setdefault((language, text), number))
            if one != other and size[one] + size[other] <= LARGEST_GROUP:
                leader[one], size[other] = other, size[one] + size[other]
    groups: dict[int, list[int]] = {}
    for number in range(len(rows)):
        groups.setdefault(find(number), []).append(number)
    return list(groups.values())


def kind_counts(concepts: list[Concept]) -> NDArray[np.float64]:
    """How many texts there are of each kind, float64 (20,)."""
    counts = Counter(kind for concept in concepts for kind in concept.kinds)
    return np.array([counts[kind] for kind in range(len(KINDS))], np.float64)


def rarity(concepts: list[Concept], power: float = 0.5) -> NDArray[np.float64]:
    """A concept's weight: sum over its texts of count**-power, so that thin languages are heard. float64 (n,)."""
    weight = (kind_counts(concepts) + 1.0) ** -power
    return np.array([weight[list(concept.kinds)].sum() for concept in concepts])

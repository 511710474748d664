"""Training batches: pairs of texts of one concept, as token ids.

Every pool of batches is drawn from its own seed, so a run that resumes draws what it would have drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.builtin.concepts import CODE, KINDS, Concept, kind_counts, rarity
from models.builtin.instructions import QUERY, TASKS, TEMPLATE

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END, PAD = 2, 1
POOL = 40  # batches drawn together and sorted by length, so that little is padded
CONCEPTS = 256  # in a batch, two texts of each
LONGEST = 160  # tokens kept of a text
PROMPTED = 0.3  # share of texts that carry a prompt: without, a prompt throws the vectors off
DEFAULT_SHARE = 0.5  # of the prompted ones
KNOWN_FIRST = 3.0  # how much likelier a concept with a target is to be drawn than one that has its pair alone
LANGUAGE_POWER = 0.35  # within a concept, a text is drawn by count**-0.35 of its language


@dataclass(frozen=True)
class Stage:
    """One stage of training: how long, how fast, and which texts."""

    name: str
    steps: int
    layer_rate: float
    table_rate: float
    longest: int  # tokens of a text
    longest_code: int  # tokens of a piece of code
    by_length: float  # power of a text's length in its concept's weight
    code_weight: float  # how much likelier concepts with code are than the rest
    wordings: int  # how many of the instructions are in use


@dataclass(frozen=True)
class Batch:
    """``index`` int64 (2n, length) into ``pieces`` (distinct ids, ascending), left-padded; ``lengths`` (2n,).

    Row i and row n + i say the same concept ``concept[i]``.
    """

    pieces: NDArray[np.int64]
    index: NDArray[np.int64]
    lengths: NDArray[np.int64]
    concept: NDArray[np.int64]


class TextBank:
    """All training texts as token ids, and the drawing of pairs."""

    def __init__(self, concepts: list[Concept], known: NDArray[np.bool_], tokenizer: Tokenizer, path: Path) -> None:
        """``known``: the concepts with a target. Token ids are kept in the file ``path``."""
        self.concepts = concepts
        self.tokenizer = tokenizer
        self.caps = np.full(len(KINDS), LONGEST)
        self.ids = _token_ids(concepts, tokenizer, path)
        self.kind_weight = (kind_counts(concepts) + 1.0) ** -LANGUAGE_POWER
        self.weight = rarity(concepts) * np.where(known, KNOWN_FIRST, 1.0)
        self.weight[[len(concept.texts) < 2 for concept in concepts]] = 0.0
        self.cumulative = np.cumsum(self.weight)
        self.prompts = self.heads = [self._encode(TEMPLATE.format(task=task).split("\n")[0]) for task in TASKS]

    def tune(self, stage: Stage) -> None:
        """Draw as ``stage`` says."""
        self.prompts = self.heads[: stage.wordings]
        self.caps = np.where(np.arange(len(KINDS)) == KINDS.index(CODE), stage.longest_code, stage.longest)
        sizes = np.array([min(max(len(texts[0]), 1), stage.longest) for texts in self.ids])
        factor = np.where([KINDS.index(CODE) in concept.kinds for concept in self.concepts], stage.code_weight, 1.0)
        self.cumulative = np.cumsum(self.weight * sizes**stage.by_length * factor)

    def batches(self, seed: tuple[int, ...], first: int, count: int) -> Iterator[Batch]:
        """Batches ``first`` … ``count`` - 1 of the endless row that ``seed`` names."""
        for pool in range(first // POOL, -(-count // POOL)):
            generator = np.random.default_rng([*seed, pool])
            for number, batch in enumerate(self._pool(generator), pool * POOL):
                if first <= number < count:
                    yield batch

    def _pool(self, generator: np.random.Generator) -> Iterator[Batch]:
        draws = generator.random(CONCEPTS * POOL) * self.cumulative[-1]
        chosen = np.searchsorted(self.cumulative, draws, side="right")
        pairs = np.array([self._pair(concept, generator) for concept in chosen])
        sizes = [max(self._size(c, i) for i in pair) for c, pair in zip(chosen, pairs, strict=True)]
        order = np.argsort(sizes, kind="stable").reshape(POOL, CONCEPTS)
        for rows in order[generator.permutation(POOL)]:
            yield self._batch(chosen[rows], pairs[rows], generator)

    def _size(self, concept: int, text: int) -> int:
        return min(len(self.ids[concept][text]), int(self.caps[self.concepts[concept].kinds[text]]))

    def _pair(self, concept: int, generator: np.random.Generator) -> NDArray[np.int64]:
        """Two different texts of a concept, by the weights of their languages."""
        weights = self.kind_weight[list(self.concepts[concept].kinds)]
        first_to_ring = -np.log(generator.random(len(weights))) / weights
        return np.argsort(first_to_ring)[:2]

    def _batch(self, chosen: NDArray[np.int64], pairs: NDArray[np.int64], generator: np.random.Generator) -> Batch:
        sequences = [
            self._sequence(concept, text, generator)
            for side in pairs.T
            for concept, text in zip(chosen, side, strict=True)
        ]
        return Batch(*pack(sequences), chosen)

    def _sequence(self, concept: int, text: int, generator: np.random.Generator) -> list[int]:
        cap = int(self.caps[self.concepts[concept].kinds[text]])
        if generator.random() >= PROMPTED:
            return self.ids[concept][text][:cap].tolist()  # type: ignore[no-any-return]
        default = generator.random() < DEFAULT_SHARE
        prompt = self.prompts[0 if default else int(generator.integers(1, len(self.prompts)))]
        # "Query:" and the text are cut together: without a space between, the first word is another piece than alone.
        rest = self._encode(QUERY + self.concepts[concept].texts[text])
        return prompt + rest[: cap + 2]

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return ids


def pack(sequences: list[list[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Distinct pieces, index and lengths (see Batch) of token ids; the end token is appended."""
    lengths = np.array([len(sequence) for sequence in sequences]) + 1
    ids = np.full((len(sequences), int(lengths.max())), PAD, np.int64)
    ids[:, -1] = END
    for row, sequence in enumerate(sequences):
        ids[row, ids.shape[1] - lengths[row] : -1] = sequence
    pieces, index = np.unique(ids, return_inverse=True)
    return pieces, index.reshape(ids.shape), lengths


def _token_ids(concepts: list[Concept], tokenizer: Tokenizer, path: Path) -> list[list[NDArray[np.uint16]]]:
    """Ids of every text, at most LONGEST; cut once, then read from ``path``."""
    if not path.exists():
        texts = [text for concept in concepts for text in concept.texts]
        rows: list[list[int]] = []
        for start in range(0, len(texts), 20_000):
            encodings = tokenizer.encode_batch(texts[start : start + 20_000], add_special_tokens=False)
            rows += [encoding.ids[:LONGEST] for encoding in encodings]
        aside = path.with_suffix(".part.npz")
        np.savez(aside, ids=np.concatenate(rows).astype(np.uint16), ends=np.cumsum([len(row) for row in rows]))
        aside.rename(path)
    saved = np.load(path)
    flat = iter(np.split(saved["ids"], saved["ends"][:-1]))
    return [[next(flat) for _ in concept.texts] for concept in concepts]

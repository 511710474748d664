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

from models.builtin.concepts import Concept, kind_counts, rarity

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END, PAD = 2, 1
POOL = 40  # batches drawn together and sorted by length, so that little is padded
CONCEPTS = 256  # in a batch, two texts of each
LONGEST = 64  # tokens kept of a text
PROMPTED = 0.3  # share of texts that carry a prompt: without, a prompt throws the vectors off
DEFAULT_SHARE = 0.5  # of the prompted ones
TASK = "Given a query, retrieve the text that matches it"
QUERY = "Query:"
TEMPLATE = "Instruct: {task}\n" + QUERY
OTHER_TASKS = (
    "Given a web search query, retrieve relevant passages that answer the query",
    "Given a question, find the passage that answers it",
    "Retrieve semantically similar text",
    "Find sentences with the same meaning in another language",
    "Given a description, find the code that does it",
    "Given a claim, retrieve documents that support or refute it",
    "Identify the topic of the text",
    "Classify the sentiment of this review as positive or negative",
    "Match the customer's question with the right help article",
    "Find news articles about the same event",
    "Represent this sentence for searching relevant documents",
    "给定一个问题,检索能够回答它的段落",
    "找出与这句话意思相同的句子",
)
KNOWN_FIRST = 3.0  # how much likelier a concept with a target is to be drawn than one that has its pair alone
LANGUAGE_POWER = 0.35  # within a concept, a text is drawn by count**-0.35 of its language


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
        self.longest = LONGEST
        self.ids = _token_ids(concepts, tokenizer, path)
        self.kind_weight = (kind_counts(concepts) + 1.0) ** -LANGUAGE_POWER
        self.weight = rarity(concepts) * np.where(known, KNOWN_FIRST, 1.0)
        self.weight[[len(concept.texts) < 2 for concept in concepts]] = 0.0
        self.cumulative = np.cumsum(self.weight)
        self.prompts = [self._encode(TEMPLATE.format(task=task).split("\n")[0]) for task in (TASK, *OTHER_TASKS)]

    def tune(self, longest: int, by_length: float) -> None:
        """``longest`` caps a text; ``by_length`` is the power of a text's length in its concept's weight."""
        self.longest = longest
        sizes = np.array([min(max(len(texts[0]), 1), longest) for texts in self.ids])
        self.cumulative = np.cumsum(self.weight * sizes**by_length)

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
        sizes = np.array([max(len(self.ids[c][i]) for i in pair) for c, pair in zip(chosen, pairs, strict=True)])
        order = np.argsort(sizes.clip(max=self.longest), kind="stable").reshape(POOL, CONCEPTS)
        for rows in order[generator.permutation(POOL)]:
            yield self._batch(chosen[rows], pairs[rows], generator)

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
        if generator.random() >= PROMPTED:
            return self.ids[concept][text][: self.longest].tolist()  # type: ignore[no-any-return]
        default = generator.random() < DEFAULT_SHARE
        prompt = self.prompts[0 if default else int(generator.integers(1, len(self.prompts)))]
        # "Query:" and the text are cut together: without a space between, the first word is another piece than alone.
        rest = self._encode(QUERY + self.concepts[concept].texts[text])
        return prompt + rest[: self.longest + 2]

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

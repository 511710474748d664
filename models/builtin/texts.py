"""All training texts as token ids, and how one is drawn.

Thin languages are heard: a text's weight falls with the number of texts of its language. News and medicine weigh more
than manuals, of which there are many.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.builtin.concepts import CODE, KINDS, Concept, kind_counts
from models.builtin.corpus import Row
from models.builtin.kept import keep_arrays

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LONGEST = 160  # tokens kept of a text
CODE_KIND = KINDS.index(CODE)
SOURCE_WEIGHT = {"ntrex": 6.0, "tico-19": 3.0, "tatoeba": 1.0}
OTHER_SOURCES = 0.7  # manuals, and code
HELD_OUT_SHARE = 20  # one concept of twenty gives no contrasts to training: its changed texts report


class TrainingTexts:
    """Texts in a row, numbered 0 … n - 1; ``concept`` and ``kind`` int64 (n,) say whose and in what each is.

    ``weight`` float64 (concepts,): how much the source counts.
    """

    def __init__(self, concepts: list[Concept], rows: list[Row], tokenizer: Tokenizer, path: Path) -> None:
        """``rows``: the parallel rows, for their sources. Token ids are cut once and kept in ``path``."""
        self.concepts, self.tokenizer = concepts, tokenizer
        sizes = [len(concept.texts) for concept in concepts]
        self.first = np.concatenate([[0], np.cumsum(sizes)])
        self.concept = np.repeat(np.arange(len(concepts)), sizes)
        self.kind = np.concatenate([concept.kinds for concept in concepts])
        self.flat, self.ends = _token_ids(concepts, tokenizer, path)
        self.starts = np.concatenate([[0], self.ends[:-1]])
        self.sizes = self.ends - self.starts
        self.counts = kind_counts(concepts)
        source = {row["en"]: row["src"] for row in rows}
        self.weight = np.array(
            [SOURCE_WEIGHT.get(source.get(concept.texts[0], ""), OTHER_SOURCES) for concept in concepts]
        )
        self.has_code = np.array([CODE_KIND in concept.kinds for concept in concepts])

    def ids(self, text: int, cap: int = LONGEST) -> list[int]:
        """Token ids of a text, at most ``cap``."""
        start = self.starts[text]
        ids: list[int] = self.flat[start : min(self.ends[text], start + cap)].tolist()
        return ids

    def text(self, number: int) -> str:
        """The text itself."""
        concept = int(self.concept[number])
        return self.concepts[concept].texts[int(number - self.first[concept])]

    def encode(self, text: str) -> list[int]:
        """Token ids of a text that is not among these."""
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def all(self) -> list[str]:
        """Every text, in the order of the numbers."""
        return [text for concept in self.concepts for text in concept.texts]


def is_held_out(concept: Concept) -> bool:
    """Whether the concept's contrasts are kept for the report; hangs on its first text alone."""
    digest = hashlib.sha256(("c" + concept.texts[0]).encode()).digest()
    return int.from_bytes(digest[:4], "big") % HELD_OUT_SHARE == 0


def _token_ids(
    concepts: list[Concept], tokenizer: Tokenizer, path: Path
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """All ids one after the other, and where each text ends."""
    if not path.exists():
        texts = [text for concept in concepts for text in concept.texts]
        rows: list[list[int]] = []
        for start in range(0, len(texts), 20_000):
            encodings = tokenizer.encode_batch(texts[start : start + 20_000], add_special_tokens=False)
            rows += [encoding.ids[:LONGEST] for encoding in encodings]
        keep_arrays(path, ids=np.concatenate(rows).astype(np.int32), ends=np.cumsum([len(row) for row in rows]))
    saved = np.load(path)
    return saved["ids"], saved["ends"]

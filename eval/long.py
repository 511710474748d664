"""The generated sets ``long`` and ``long-2048``: a needle in a document, on a grid of length and depth.

A cell is a length, a depth and a language. It has sixteen documents of everyday prose, each in an order of its own and
each with another needle (one sentence about somebody or something invented) at the same depth, and sixteen questions,
one a needle. So every document is right once, and nothing but its needle answers: a model that does not read as far can
but guess. The questions of a cell share its documents, which are encoded once. Short documents have different
paragraphs, whose words can resemble a question by chance; the long ones all have nearly the same.

A family is a needle, not a cell: a language has twenty-four, so a question comes back in about two thirds of the cells,
and a model that misreads it loses it in all of them.

Lengths are estimated from characters, so that the set is the same for every model. Measured on this prose: 3.89
characters of English to a token of the built-in encoder's tokenizer and 4.01 to one of XLM-R's whole vocabulary; 1.22
of Chinese with both. Tokenizers of other families (Qwen's, for one) count otherwise.
The prose has about 6,000 tokens of each language: a document of 8,192 repeats some paragraphs, in another order.
Seeded: the same sources give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from eval.sets import Candidate, EvalSet, Query

SOURCES = Path(__file__).resolve().parent / "sources" / "long"
LENGTHS = (256, 512, 1024, 2048, 4096, 8192)  # tokens of a document
DEPTHS = (0, 25, 50, 75, 100)  # percent of the rest of the document that stands before the needle
NAMES: Mapping[str, int] = {"long": 8192, "long-2048": 2048}  # name → the longest documents; the short one is for CPUs
DOCUMENTS = 16  # of a cell, and questions too
CHARACTERS: Mapping[str, float] = {"zh": 1.22, "en": 3.95}  # to a token
TRIES = 24  # orders of the prose to choose from
CANARY = "libra-canary long 3b8f6c52-9f0e-4e57-8a64-5d1f0e7b2c91: this text must not be in training data"

_SENTENCES = {"zh": re.compile("(?<=[。！？])"), "en": re.compile(r"(?<=[.!?])\s+")}
_JOINTS = {"zh": "", "en": " "}

Paragraph = tuple[str, ...]  # its sentences


@dataclass(frozen=True)
class Needle:
    """A sentence, and a question that asks for it in other words."""

    text: str
    question: str


@dataclass(frozen=True)
class Cell:
    """Where the needles of some documents lie."""

    length: int
    depth: int
    lang: str

    @property
    def name(self) -> str:
        """What its needles and documents are drawn by."""
        return f"{self.length}/{self.depth}/{self.lang}"


@cache
def generated(name: str) -> EvalSet:
    """The set ``name``, one of ``NAMES``; made once.

    Its ``sha256`` is that of JSON lines: for each cell its documents, then its queries with the ids of both.
    """
    cells = [
        Cell(length, depth, lang)
        for length in LENGTHS
        if length <= NAMES[name]
        for depth in DEPTHS
        for lang in CHARACTERS
    ]
    return assembled(name, cells)


def assembled(name: str, cells: Sequence[Cell]) -> EvalSet:
    """A set of some cells; a cell is the same in every set."""
    queries: list[Query] = []
    digest = hashlib.sha256()
    for cell in cells:
        made = _queries(cell)
        for line in _lines(made):
            digest.update(f"{json.dumps(line, ensure_ascii=False)}\n".encode())
        queries += made
    return EvalSet(name, tuple(queries), digest.hexdigest(), CANARY, "built-in")


def _lines(queries: Sequence[Query]) -> Iterator[Mapping[str, object]]:
    """What the hash is of."""
    for item in queries[0].candidates:  # all of them share these
        yield {"id": item.id, "text": item.text}
    for query in queries:
        ids = [item.id for item in query.candidates]
        yield {
            "id": query.id,
            "family": query.family,
            "query": query.text,
            "candidates": ids,
            "gold": [*query.relevant],
        }


def _queries(cell: Cell) -> list[Query]:
    generator = random.Random(f"long/{cell.name}")
    needles = generator.sample(list(enumerate(needles_of(cell.lang), 1)), DOCUMENTS)
    texts = [document(needle.text, cell, generator) for _, needle in needles]
    documents = tuple(Candidate(hashlib.sha256(text.encode()).hexdigest()[:10], text) for text in texts)
    return [
        Query(
            id=f"{cell.length}-{cell.depth}-{cell.lang}-{number:02}",
            category=f"{cell.length} tokens",
            family=f"{cell.lang}/{place}",
            lang=cell.lang,
            text=needle.question,
            candidates=documents,
            relevant={item.id: 1},
            rationale=f"{cell.depth} %: {needle.text}",
        )
        for number, ((place, needle), item) in enumerate(zip(needles, documents, strict=True), 1)
    ]


def document(needle: str, cell: Cell, generator: random.Random) -> str:
    """Prose of the cell's length with ``needle`` at its depth, in whole sentences.

    Of some orders of the prose the one is taken whose sentences end nearest to where the needle and the end should be.
    """
    room = round(cell.length * CHARACTERS[cell.lang]) - len(needle)
    wanted = room * cell.depth / 100
    joint = _JOINTS[cell.lang]
    best, least = "", float("inf")
    for _ in range(TRIES):
        order = [*_shuffled(cell.lang, generator), *_shuffled(cell.lang, generator)]
        before, used = _prose(order, joint, wanted)
        after, _ = _prose(order[used:], joint, room - len(before))
        miss = max(abs(len(before) - wanted), abs(len(before) + len(after) - room))
        if miss < least:
            best, least = "\n".join(part for part in (f"{before}{joint}{needle}".strip(), after) if part), miss
        if miss <= room / 100:
            break
    return best


def _shuffled(lang: str, generator: random.Random) -> list[Paragraph]:
    paragraphs = list(prose_of(lang))
    generator.shuffle(paragraphs)
    return paragraphs


def _prose(paragraphs: Sequence[Paragraph], joint: str, room: float) -> tuple[str, int]:
    """As many whole sentences as come nearest to ``room`` characters, and how many paragraphs they begin."""
    text = ""
    for number, sentences in enumerate(paragraphs):
        for place, sentence in enumerate(sentences):
            grown = f"{text}{joint if place else chr(10)}{sentence}" if text else sentence
            if abs(len(grown) - room) >= abs(len(text) - room):
                return text, number + (place > 0)
            text = grown
    return text, len(paragraphs)


@cache
def prose_of(lang: str) -> tuple[Paragraph, ...]:
    """Paragraphs in one language, as sentences."""
    return tuple(tuple(filter(None, _SENTENCES[lang].split(row["text"]))) for row in _rows("prose", lang))


@cache
def needles_of(lang: str) -> tuple[Needle, ...]:
    """Needles in one language."""
    return tuple(Needle(row["needle"], row["question"]) for row in _rows("needles", lang))


def _rows(name: str, lang: str) -> list[dict[str, str]]:
    lines = (SOURCES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["lang"] == lang]

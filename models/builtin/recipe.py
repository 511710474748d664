"""The numbers of a training run, read from libra-mini-encoder.toml and libra-mini-decoder.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Healing:
    """A stage of the encoder.

    A step reads ``texts`` with a target, lost ``words``, texts of the ``lessons``, ``pages``, ``triplets`` and
    ``questions``.
    """

    seed: int
    steps: int
    texts: int
    code: int  # of the texts, how many are code
    words: int
    lessons: int
    pages: int  # twos of long texts: one that answers a question, one that does not
    triplets: int
    questions: int
    longest: int  # tokens, prompt and ends included; pages are as long as they are
    rate: float
    table_rate: float
    warm_up: int  # steps
    cosine_weight: float
    contrast_weight: float
    question_weight: float
    margin: float
    temperature: float


@dataclass(frozen=True)
class Static:
    """The decoder's first stage: the word table and the pooling layer alone. Tuples have a number for each part of it.

    A step reads ``pairs`` of texts of a concept, lost ``words``, and ``texts`` of the lessons.
    """

    seed: int
    steps: tuple[int, ...]
    pairs: int
    words: int
    texts: tuple[int, ...]
    longest: tuple[int, ...]  # tokens
    longest_code: tuple[int, ...]
    rate: tuple[float, ...]
    table_rate: tuple[float, ...]
    code_weight: tuple[float, ...]  # how much likelier code is to be drawn than in the corpus
    length_counts: tuple[bool, ...]  # a concept is drawn by the length of its texts and its source, too


@dataclass(frozen=True)
class Tuning:
    """A stage of the decoder after the first.

    A step reads ``pairs`` of texts of a concept, ``triplets``, ``lessons``, and ``texts`` of the lessons, which have a
    target of their own.
    """

    seed: int
    steps: int
    context_layers: int
    pairs: int
    triplets: int
    lessons: int
    texts: int
    longest: int
    longest_code: int
    rate: float
    table_rate: float  # 0 leaves the word table as it is
    code_weight: float  # how much likelier concepts with code are than in the corpus
    language_weight: float  # the same for concepts without
    code_lessons: float  # share of the lessons that are about code
    statement_lessons: float  # share that start from a statement: its translation, or another on its topic
    margin: float
    pair_weight: float
    contrast_weight: float
    lesson_weight: float
    text_weight: float


@dataclass(frozen=True)
class Averages:
    """What the last stage starts from: shares of the tuned decoder, the rest is the static stage's."""

    table: float  # the rest from the part before the last
    network: float


def averages() -> Averages:
    """Of the decoder."""
    return Averages(**_table("libra-mini-decoder", "averages"))


def healing(stage: str) -> Healing:
    """A stage of the encoder: "healing", "lessons" or "contrasts"."""
    return Healing(**_table("libra-mini-encoder", stage))


def static() -> Static:
    """The decoder's first stage."""
    table = _table("libra-mini-decoder", "static")
    pairs = {key: tuple(value) for key, value in table.items() if isinstance(value, list)}
    return Static(**(table | pairs))


def tuning(stage: str) -> Tuning:
    """A later stage of the decoder: "context", "tasks", "finish", or "code", the tuning of the second checkpoint."""
    return Tuning(**_table("libra-mini-decoder", stage))


def _table(model: str, name: str) -> dict[str, Any]:
    with (HERE / f"{model}.toml").open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)[name]
    return table

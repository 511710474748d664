"""The numbers of a training run, read from libra-mini-encoder.toml and libra-mini-decoder.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BESIDE = "_beside"


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
    words: tuple[int, ...]
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

    A step reads ``pairs`` of texts of a concept, ``triplets``, ``lessons``, lost ``words``, and ``texts`` of the
    lessons; these two have a target of their own.
    """

    seed: int
    steps: int
    context_layers: int
    pairs: int
    asked: float  # share of the pairs' firsts that carry an instruction
    asked_beside: float  # of their seconds
    default: float  # how many of these instructions are the model's own default
    drop: float  # the largest share of a text's pieces that is left out
    triplets: int
    lessons: int
    words: int
    texts: int
    longest: int
    longest_code: int
    rate: float  # of the context layers
    table_rate: float  # of the word table; 0: it stays
    rate_steps: int  # after as many it would have fallen to nothing
    out_share: float  # of the rate, for what a context layer adds: o_proj and down_proj
    pool_share: float  # of the rate, for the pooling layer
    keep_weight: float  # of plain texts' distance to the vectors of the static stage
    code_weight: float  # how much likelier concepts with code are than in the corpus
    language_weight: float  # the same for concepts without
    code_lessons: float  # share of the lessons that are about code
    statement_lessons: float  # share that start from a statement: its translation, or another on its topic
    margin: float
    pair_weight: float
    contrast_weight: float
    lesson_weight: float
    text_weight: float  # of the words, too


def healing(stage: str) -> Healing:
    """A stage of the encoder: "healing", "lessons", "contrasts", "questions" or "order"."""
    return Healing(**(_table("libra-mini-encoder", "every") | _table("libra-mini-encoder", stage)))


def more_pieces() -> dict[str, int]:
    """Of each script, how many pieces the decoder keeps besides those of both models."""
    return _table("libra-mini-decoder", "vocabulary")


def static(stage: str) -> Static:
    """A run of the decoder's first stage: "static" or "static_beside"."""
    table = _run(stage)
    pairs = {key: tuple(value) for key, value in table.items() if isinstance(value, list)}
    return Static(**(table | pairs))


def tuning(stage: str) -> Tuning:
    """A later stage of the decoder: "context", and from its end "settle" and "settle_beside".

    "code" is the tuning of the second checkpoint, from the end of "context".
    """
    return Tuning(**(_table("libra-mini-decoder", "every") | _run(stage)))


def _run(stage: str) -> dict[str, Any]:
    """Of the decoder; a run beside another says only where it differs from it."""
    first = _table("libra-mini-decoder", stage.removesuffix(BESIDE))
    return first | (_table("libra-mini-decoder", stage) if stage.endswith(BESIDE) else {})


def _table(model: str, name: str) -> dict[str, Any]:
    with (HERE / f"{model}.toml").open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)[name]
    return table

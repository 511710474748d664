"""The numbers of a training run, read from libra-mini-encoder.toml and libra-mini-decoder.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Healing:
    """The encoder's one stage. A step reads ``texts`` with a target, ``words`` lost, ``triplets`` and ``questions``."""

    seed: int
    steps: int
    texts: int
    code: int  # of the texts, how many are code
    words: int
    triplets: int
    questions: int
    longest: int  # tokens, prompt and ends included
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
    """The decoder's first stage: the word table and the pooling layer alone, short texts first."""

    seed: int
    steps: int
    short_share: float  # of the steps: short texts, fast rates
    pairs: int
    words: int
    longest: tuple[int, int]  # tokens, in the short and in the long part
    longest_code: tuple[int, int]
    rate: tuple[float, float]
    table_rate: tuple[float, float]
    code_weight: float  # in the long part


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


def healing() -> Healing:
    """The encoder's recipe."""
    return Healing(**_table("libra-mini-encoder", "healing"))


def static() -> Static:
    """The decoder's first stage."""
    table = _table("libra-mini-decoder", "static")
    pairs = {key: tuple(value) for key, value in table.items() if isinstance(value, list)}
    return Static(**(table | pairs))


def tuning(stage: str) -> Tuning:
    """A later stage of the decoder: "context", "everyday", "tasks", or "code", the tuning of the second checkpoint."""
    return Tuning(**_table("libra-mini-decoder", stage))


def _table(model: str, name: str) -> dict[str, Any]:
    with (HERE / f"{model}.toml").open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)[name]
    return table

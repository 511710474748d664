"""What happens while models work, in the order in which it happens. Plain data; the page, the API and tests read it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import LibraError, Notice
from models.spec import ModelSpec
from models.vectors import Floats


@dataclass(frozen=True)
class Event:
    """Something that happened to ``model`` (an id)."""

    model: str


@dataclass(frozen=True)
class Progress(Event):
    """A step of a long piece of work: ``download`` in bytes, ``load`` in steps, ``encode`` in texts."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True)
class Failure(Event):
    """This model could not do it; the others go on."""

    error: LibraError


@dataclass(frozen=True)
class Side:
    """What became of the texts of one side, each field of length n.

    Attributes:
        tokens: how many the model read. kept: characters it read. truncated: whether a tail was cut.
        cached: whether the vector was there before this run; such a text says nothing about speed.
    """

    tokens: NDArray[np.int32]
    kept: NDArray[np.int32]
    truncated: NDArray[np.bool_]
    cached: NDArray[np.bool_]


@dataclass(frozen=True)
class Seconds:
    """Wall time: making the model ready, encoding what was not cached, scoring."""

    load: float
    encode: float
    score: float


@dataclass(frozen=True)
class Result(Event):
    """One model's part of a comparison.

    Attributes:
        dimensions: what the scores were computed from; None for a model without vectors.
        scores: float32 (q, c), larger is better.
        query_vectors, candidate_vectors: float32, full dimension; None for a model without vectors.
    """

    spec: ModelSpec
    revision: str
    device: str
    dtype: str
    dimensions: int | None
    scores: Floats
    query_vectors: Floats | None
    candidate_vectors: Floats | None
    queries: Side
    candidates: Side
    seconds: Seconds
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Background(Event):
    """How this model scores pairs that have nothing to do with each other.

    Attributes:
        quantiles: float32 (rungs, 101), the 0th to 100th percentile of its cosines at every rung it stands on.
    """

    quantiles: Floats


@dataclass(frozen=True)
class LastRun:
    """How fast the last run encoded, for the status strip.

    Attributes:
        texts, tokens: that were really encoded; 0 where all came from the cache, which says nothing about speed.
        seconds: spent on them.
    """

    model: str
    texts: int
    tokens: int
    seconds: float

    @classmethod
    def of(cls, result: Result) -> LastRun:
        """What one model's part says about speed."""
        sides = (result.queries, result.candidates)
        texts = sum(int((~side.cached).sum()) for side in sides)
        tokens = sum(int(side.tokens[~side.cached].sum()) for side in sides)
        return cls(result.model, texts, tokens, result.seconds.encode)

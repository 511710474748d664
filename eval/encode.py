"""All vectors of a set from one model: every distinct text once, by way of the cache, in steps that can be stopped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.layout import Layout
from eval.reporter import Reporter
from models import background
from models.collisions import collisions
from models.errors import ModelError, Notice
from models.events import Side
from models.job import Job
from models.spec import Role
from models.vectors import Floats


@dataclass(frozen=True)
class Encoded:
    """The vectors of a set, and what it took.

    Attributes:
        queries: float32 (asked, d), rows as ``Layout.asked``. candidates: float32 (texts, d), as ``Layout.texts``.
        background: percentiles 0 … 100 of this model's unrelated pairs (101).
        texts: distinct texts of the set; cached: how many of them were known, which says nothing about speed.
        tokens, seconds: of those that were really encoded.
        cut: texts whose tail the model did not read.
    """

    queries: Floats
    candidates: Floats
    background: Floats
    texts: int
    cached: int
    tokens: int
    seconds: float
    cut: int
    notices: tuple[Notice, ...]


class Encoding:
    """The texts of one set on their way through one model."""

    def __init__(self, job: Job, layout: Layout, set_name: str, reporter: Reporter) -> None:
        self.job, self.layout, self.set_name, self.reporter = job, layout, set_name, reporter
        self.seconds = 0.0
        self.sides: list[Side] = []
        self.notices: list[Notice] = []
        self._done = 0

    def run(self) -> Encoded:
        """Encode queries, candidates, and the sample of unrelated texts.

        Raises:
            ModelError: ``not_finite``; whatever the encoder raises.
            Cancelled: the run was stopped.
        """
        layout = self.layout
        sample = background.sample()
        total = len(layout.asked) + len(layout.texts) + sum(map(len, sample))
        self.reporter.begin("encode", total, self.set_name)
        queries = self._queries()
        candidates = self._encode(layout.texts, Role.DOCUMENT)
        sides, notices, seconds = tuple(self.sides), tuple(self.notices), self.seconds
        unrelated = [self._encode(texts, role) for texts, role in zip(sample, Role, strict=True)]
        fresh = [~side.cached for side in sides]
        return Encoded(
            queries,
            candidates,
            background=background.quantiles(*unrelated)[-1],
            texts=len(layout.asked) + len(layout.texts),
            cached=sum(int(side.cached.sum()) for side in sides),
            tokens=sum(int(side.tokens[new].sum()) for side, new in zip(sides, fresh, strict=True)),
            seconds=seconds,
            cut=sum(int(side.truncated.sum()) for side in sides),
            notices=notices,
        )

    def _queries(self) -> Floats:
        """One call for each instruction; most sets have none, and one call."""
        rows: dict[str | None, list[int]] = defaultdict(list)
        for row, (_, instruction) in enumerate(self.layout.asked):
            rows[instruction].append(row)
        found: Floats | None = None
        for instruction, chosen in rows.items():
            vectors = self._encode([self.layout.asked[row][0] for row in chosen], Role.QUERY, instruction)
            if found is None:
                found = np.empty((len(self.layout.asked), vectors.shape[1]), np.float32)
            found[chosen] = vectors
        assert found is not None  # a set has a query
        return found

    def _encode(self, texts: Sequence[str], role: Role, instruction: str | None = None) -> Floats:
        self.reporter.part(self._done, len(texts))
        vectors, side, seconds = self.job.encode(texts, role, instruction)
        self._done += len(texts)
        self.reporter.step(self._done)
        self.seconds += seconds
        self.sides.append(side)
        spec = self.job.spec
        if not np.isfinite(vectors).all():
            raise ModelError(
                "not_finite",
                "{model} gave numbers that are none (NaN or infinite) in {dtype}. Its files may be damaged.",
                model=spec.label,
                dtype=self.job.identity().dtype,
            )
        self.notices += collisions(spec, texts, vectors, side)
        return vectors

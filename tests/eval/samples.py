"""Small sets and fake models for the tests of the benchmark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from eval.events import Done, Event
from eval.plan import RunPlan
from eval.sets import Candidate, EvalSet, Query
from models import Workbench
from models.encoder import Encoding, Model, OnProgress
from models.pool import ModelPool
from models.settings import Settings
from models.spec import Kind, ModelSpec, Role
from tests.fakes import FakeEncoder, FakeMachine, FakeScorer, spec

WORDS = ("river bank", "money bank", "old song", "new train", "cold tea", "hot soup", "red door", "blue boat")


def query(number: int, *, candidates: int = 4, family: int | None = None, category: str = "one", **more: Any) -> Query:
    """A query about its gold, the candidate at place ``number`` modulo ``candidates``; every fourth misleads."""
    gold = number % candidates
    texts = [f"{WORDS[(number + place) % len(WORDS)]} {number} {place}" for place in range(candidates)]
    return Query(
        id=f"q{number}",
        category=category,
        family=f"f{number if family is None else family}",
        lang="en",
        text=f"{texts[(gold + (number % 4 == 3)) % candidates]} where is it?",
        candidates=tuple(Candidate(f"c{place}", text) for place, text in enumerate(texts)),
        relevant={f"c{gold}": 1},
        **more,
    )


def sample(name: str = "small", queries: Sequence[Query] | None = None, source: str = "own") -> EvalSet:
    """Eight queries in families of two and two categories, or the queries given."""
    if queries is None:
        queries = [query(number, family=number // 2, category="one" if number < 4 else "two") for number in range(8)]
    return EvalSet(name, tuple(queries), sha256=f"hash of {name}", source=source)


class Recorder(FakeEncoder):
    """Remembers (role, instruction, text) of everything that it encodes; no two texts have one vector."""

    def __init__(self, spec: ModelSpec, **more: Any) -> None:
        super().__init__(spec, **more)
        self.seen: list[tuple[Role, str | None, str]] = []

    def encode(
        self,
        texts: Sequence[str],
        role: Role,
        instruction: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> Encoding:
        self.seen += [(role, instruction, text) for text in texts]
        return super().encode(texts, role, instruction, on_progress)

    def _vector(self, text: str) -> NDArray[np.float32]:
        vector = super()._vector(text)
        vector += np.random.default_rng(crc32(text.encode())).normal(size=vector.size).astype(np.float32) / 50
        return vector / np.float32(np.linalg.norm(vector))


class Collapsed(FakeEncoder):
    """Gives every text one vector, whose numbers a matrix product does not add up exactly."""

    def _vector(self, text: str) -> NDArray[np.float32]:
        vector = np.random.default_rng(3).normal(size=self.spec.dimensions or 8).astype(np.float32)
        return vector / np.float32(np.linalg.norm(vector))


class Fails(Recorder):
    """Raises what no author foresaw for texts that hold ``20``."""

    def _vector(self, text: str) -> NDArray[np.float32]:
        if "20" in text:
            raise ZeroDivisionError("surprise")
        return super()._vector(text)


class Broken(FakeEncoder):
    """Gives NaN for texts that hold a question mark."""

    def _vector(self, text: str) -> NDArray[np.float32]:
        vector = super()._vector(text)
        return vector * np.float32(np.nan) if "?" in text else vector


def dense(model_id: str, dimensions: int = 64, **more: Any) -> ModelSpec:
    """A row with vectors long enough for a sweep."""
    return replace(spec(model_id), dimensions=dimensions, smallest_dimension=dimensions, **more)


WORDY = ModelSpec(id="words", label="Words", kind=Kind.BM25)


class FakeBench(Workbench):
    """Remembers the fakes that were loaded, by id, the latest last."""

    made: dict[str, list[FakeEncoder]]


def bench_with(kinds: dict[str, type[FakeEncoder]], *more: ModelSpec, **settings: Any) -> FakeBench:
    """A workbench whose models are fakes of these classes; rows of ``more`` replace those of the same id."""
    rows = {name: dense(name) for name in kinds} | {row.id: row for row in more}
    made: dict[str, list[FakeEncoder]] = {}

    def load(spec: ModelSpec, **_: object) -> Model:
        if spec.kind is Kind.BM25:
            return FakeScorer(spec)
        made.setdefault(spec.id, []).append(kinds[spec.id](spec))
        return made[spec.id][-1]

    chosen = Settings(catalog=tuple(rows.values()), **settings)
    bench = FakeBench(chosen, ModelPool(chosen, load=load, devices=FakeMachine()))
    bench.made = made
    return bench


def made(bench: FakeBench, model: str) -> Any:
    """The fake that was loaded last."""
    return bench.made[model][-1]


def plan(*models: str, sets: Sequence[EvalSet] = (), **more: Any) -> RunPlan:
    """A plan without speed, on the small set."""
    return RunPlan(models=models, sets=tuple(sets) or (sample(),), **({"speed": "off"} | more))


def outcome(events: Iterator[Event]) -> dict[str, Any]:
    """The run that the last event holds."""
    last = list(events)[-1]
    assert isinstance(last, Done)
    return dict(last.run)

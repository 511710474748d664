"""One model at work for one request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace

import numpy as np

from models import background
from models.cache import CachedVector, EncodingKey
from models.collisions import collisions
from models.encoder import Scorer
from models.errors import Cancelled, ModelError
from models.events import Background, LastRun, Result, Seconds, Side
from models.pool import Lease
from models.request import Request, used_dimensions
from models.resources import Identity, Resources
from models.spec import Kind, ModelSpec, Role
from models.vectors import Floats, similarity

POLL_SECONDS = 0.1  # how soon a stop is seen while another model has its turn
CHUNK = 256  # texts between two deposits in the cache: what a stopped run has encoded is not lost

Encoded = tuple[Floats, Side, float]  # what ``Job.encode`` gives


class Job(AbstractContextManager["Job"]):
    """Runs ``spec`` for one request; leases the model at the first text whose vector the cache does not have."""

    def __init__(
        self,
        resources: Resources,
        spec: ModelSpec,
        stop: Callable[[], bool],
        turn: threading.Lock,
        report: Callable[[str, int, int], None],
    ) -> None:
        self.resources, self.spec, self.stop, self.turn, self.report = resources, spec, stop, turn, report
        self.stack = ExitStack()
        self.lease: Lease | None = None
        self._identity = resources.identities.get(spec.id)

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def on_stage(self, stage: str, done: int, total: int) -> None:
        """Report progress and notice a stop: every long step calls this."""
        if self.stop():
            raise Cancelled
        self.report(stage, done, total)

    def leased(self) -> Lease:
        """The model, loaded now if it was not."""
        if self.lease is None:
            self.lease = self.stack.enter_context(self.resources.pool.lease(self.spec, self.on_stage))
            model = self.lease.model
            self._identity = Identity(model.revision, model.dtype, model.device, getattr(model, "notices", ()))
            self.resources.identities[self.spec.id] = self._identity
        return self.lease

    def identity(self) -> Identity:
        """What the model was when it was last loaded; loaded now if nobody knows. Only ``leased`` changes it."""
        if self._identity is None:
            self.leased()
        assert self._identity is not None  # every lease has told it
        return self._identity

    @contextmanager
    def my_turn(self) -> Iterator[None]:
        """Wait until no other model of this request encodes, so that each one's seconds are its own."""
        while not self.turn.acquire(timeout=POLL_SECONDS):
            if self.stop():
                raise Cancelled
        try:
            yield
        finally:
            self.turn.release()

    def compare(self, request: Request) -> Result:
        """This model's part of the comparison."""
        result = self._dense(request) if self.spec.kind is Kind.DENSE else self._scorer(request)
        if not np.isfinite(result.scores).all():
            raise ModelError("score_not_finite", "{model} gave a score that is no number (NaN).", model=self.spec.label)
        if self.spec.kind is Kind.DENSE:  # a scorer encodes nothing
            self.resources.last = LastRun.of(result)
        return result

    def _dense(self, request: Request) -> Result:
        self.identity()  # where it takes a load: that runs beside other models, only encoding takes turns
        (queries, query_side, first), (candidates, candidate_side, second) = self._sides(
            request.queries, request.candidates, request.instruction
        )
        dimensions = used_dimensions(queries.shape[1], request.dimensions)
        start = time.perf_counter()
        scores = similarity(queries, candidates, dimensions)
        scored = time.perf_counter() - start
        seconds = Seconds(self.lease.load_seconds if self.lease else 0.0, first + second, scored)
        return replace(
            self._result(scores, query_side, candidate_side, seconds),
            dimensions=dimensions,
            query_vectors=queries,
            candidate_vectors=candidates,
            warnings=self.identity().notices
            + collisions(self.spec, request.queries, queries, query_side)
            + collisions(self.spec, request.candidates, candidates, candidate_side),
        )

    def _scorer(self, request: Request) -> Result:
        lease = self.leased()
        model = lease.model
        assert isinstance(model, Scorer)
        with self.my_turn():
            start = time.perf_counter()
            scores = lease.scores(request.queries, request.candidates)
            seconds = Seconds(lease.load_seconds, 0.0, time.perf_counter() - start)
        return self._result(scores, _whole(model, request.queries), _whole(model, request.candidates), seconds)

    def _result(self, scores: Floats, queries: Side, candidates: Side, seconds: Seconds) -> Result:
        """What every kind of model can say of its part; nothing of vectors."""
        identity = self.identity()
        return Result(
            self.spec.id,
            spec=self.spec,
            revision=identity.revision,
            device=identity.device,
            dtype=identity.dtype,
            dimensions=None,
            scores=scores,
            query_vectors=None,
            candidate_vectors=None,
            queries=queries,
            candidates=candidates,
            seconds=seconds,
        )

    def _sides(
        self, queries: Sequence[str], candidates: Sequence[str], instruction: str | None
    ) -> tuple[Encoded, Encoded]:
        """Both sides, encoded in this model's turn, by one and the same checkpoint."""
        with self.my_turn():
            first = self.encode(queries, Role.QUERY, instruction)
            key = self._key(Role.QUERY, instruction)
            second = self.encode(candidates, Role.DOCUMENT)
            if self._key(Role.QUERY, instruction) != key:  # it was loaded for the candidates, and had changed
                first = self.encode(queries, Role.QUERY, instruction)
        return first, second

    def encode(self, texts: Sequence[str], role: Role, instruction: str | None = None) -> Encoded:
        """Full-dimension vectors float32 (n, d), what became of each text, and seconds spent encoding.

        Each distinct text that the cache lacks is encoded once, in chunks, so that a stop keeps what is done.
        """
        key = self._key(role, instruction)
        found = self._known(key, texts)
        if self.lease is None and None in found.values():
            self.leased()
            loaded = self._key(role, instruction)
            if loaded != key:  # its folder holds another checkpoint by now, or another device another arithmetic
                key, found = loaded, self._known(loaded, texts)
        missing = [text for text, vector in found.items() if vector is None]
        seconds = 0.0
        for start in range(0, len(missing), CHUNK):
            chunk = missing[start : start + CHUNK]
            seconds += self._encode_chunk(key, chunk, role, instruction, found, start, len(missing))
        vectors = [found[text] for text in texts]
        new = set(missing)
        side = Side(
            np.array([vector.tokens for vector in vectors if vector], np.int32),
            np.array([vector.kept for vector in vectors if vector], np.int32),
            np.array([vector.truncated for vector in vectors if vector], np.bool_),
            np.array([text not in new for text in texts], np.bool_),
        )
        return np.stack([vector.vector for vector in vectors if vector]), side, seconds

    def _known(self, key: EncodingKey, texts: Sequence[str]) -> dict[str, CachedVector | None]:
        """What the cache has of each distinct text."""
        return dict(zip(texts, self.resources.cache.get_many(key, texts), strict=True))

    def _encode_chunk(
        self,
        key: EncodingKey,
        chunk: list[str],
        role: Role,
        instruction: str | None,
        found: dict[str, CachedVector | None],
        before: int,
        total: int,
    ) -> float:
        """Encode ``chunk`` and deposit it; ``before`` of ``total`` texts are done already."""
        encoding = self.leased().encode(
            chunk, role, instruction, lambda done, _: self.on_stage("encode", before + done, total)
        )
        for row, text in enumerate(chunk):
            vector = CachedVector(
                encoding.vectors[row],  # the cache copies what it keeps
                int(encoding.tokens[row]),
                int(encoding.kept[row]),
                bool(encoding.truncated[row]),
            )
            self.resources.cache.put(key, text, vector)
            found[text] = vector
        return encoding.seconds

    def _key(self, role: Role, instruction: str | None) -> EncodingKey:
        identity = self.identity()
        return EncodingKey(
            model_id=self.spec.id,
            revision=identity.revision,
            dtype=identity.dtype,
            prompt=self.spec.prompt(role, instruction),
            max_tokens=min(self.spec.max_tokens, self.resources.settings.limits.tokens),
        )

    def background(self, instruction: str | None) -> Background:
        """How this model scores unrelated pairs at every rung, computed once for each prompt."""
        key = self._key(Role.QUERY, instruction)
        known = self.resources.backgrounds.get(key)
        if known is None:
            queries, documents = background.sample()
            first, second = self._sides(queries, documents, instruction)
            known = background.quantiles(first[0], second[0])
            self.resources.keep_background(self._key(Role.QUERY, instruction), known)
        return Background(self.spec.id, known)


def _whole(model: Scorer, texts: Sequence[str]) -> Side:
    """A scorer reads every text to its end and caches nothing."""
    return Side(
        model.count_tokens(texts),
        np.array([len(text) for text in texts], np.int32),
        np.zeros(len(texts), np.bool_),
        np.zeros(len(texts), np.bool_),
    )

"""Stand-ins for models, loaders and machines: tests of the pool and what stands on it need no weights and no GPU."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.device import Device
from models.encoder import Encoding, Model, OnProgress, OnStage
from models.errors import Cancelled
from models.settings import Settings
from models.spec import Kind, ModelSpec, Role

GIB = 1 << 30
WAIT = 20.0  # seconds: only a broken test ever waits so long


def spec(model_id: str, *, gib: float = 1.0, device: str | None = None, builtin: bool = True) -> ModelSpec:
    """A dense row whose weights take ``gib`` in float32."""
    return ModelSpec(
        id=model_id,
        label=model_id.upper(),
        kind=Kind.DENSE,
        source=f"test/{model_id}",
        dimensions=8,
        smallest_dimension=8,
        parameters=int(gib * GIB) // 4,
        device=device,
        builtin=builtin,
    )


class FakeEncoder:
    """An ``Encoder``: a text's vector follows from its characters; a token is a character.

    Attributes:
        failures: raised one by one by the next calls of ``encode``, before it works.
        calls: texts of each call. at_once: the largest number of calls that ran at the same time.
        gate: while it is cleared, ``encode`` waits after its first ``on_progress``; ``entered`` tells that it does.
    """

    def __init__(
        self,
        spec: ModelSpec,
        device: str = "cpu",
        dtype: str = "float32",
        revision: str = "fake",
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self.spec, self.device, self.dtype, self.revision = spec, device, dtype, revision
        self.failures: list[Exception] = []
        self.calls: list[tuple[str, ...]] = []
        self.gate, self.entered = threading.Event(), threading.Event()
        self.gate.set()
        self.at_once = self._running = 0
        self.closed = 0
        self._on_close = on_close

    @property
    def memory_bytes(self) -> int:
        return self.spec.weight_bytes(self.dtype)

    def encode(
        self,
        texts: Sequence[str],
        role: Role,
        instruction: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> Encoding:
        self._running += 1
        self.at_once = max(self.at_once, self._running)
        try:
            if on_progress is not None:
                on_progress(0, len(texts))
            self.entered.set()
            assert self.gate.wait(WAIT)
            self.calls.append(tuple(texts))
            if self.failures:
                raise self.failures.pop(0)
            if on_progress is not None:
                on_progress(len(texts), len(texts))
        finally:
            self._running -= 1
        return self._encoding(texts, self.spec.prompt(role, instruction))

    def _encoding(self, texts: Sequence[str], prompt: str) -> Encoding:
        vectors = np.stack([self._vector(prompt + text) for text in texts])
        lengths = np.array([len(text) for text in texts], np.int32)
        return Encoding(vectors, lengths, lengths, np.zeros(len(texts), np.bool_), 0.001)

    def _vector(self, text: str) -> NDArray[np.float32]:
        values = np.full(self.spec.dimensions or 8, 0.01, np.float32)
        for place, sign in enumerate(text):
            values[(ord(sign) + place) % values.size] += 1
        return values / np.float32(np.linalg.norm(values))

    def close(self) -> None:
        self.closed += 1
        self._on_close()


class FakeScorer:
    """A ``Scorer``: how many characters two texts share."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec, self.device, self.dtype, self.revision = spec, "cpu", "float32", "fake"
        self.memory_bytes = 0
        self.closed = 0

    def scores(self, queries: Sequence[str], candidates: Sequence[str]) -> NDArray[np.float32]:
        return np.array([[len(set(q) & set(c)) for c in candidates] for q in queries], np.float32)

    def count_tokens(self, texts: Sequence[str]) -> NDArray[np.int32]:
        return np.array([len(text) for text in texts], np.int32)

    def close(self) -> None:
        self.closed += 1


class FakeMachine:
    """Devices whose memory fills and empties with the fake models on them: {id: (bytes in all, used by others)}."""

    def __init__(self, **devices: tuple[float, float]) -> None:
        self.gib = devices or {"cpu": (64.0, 0.0)}
        self.held: dict[str, int] = {}
        self.asked = 0

    def __call__(self) -> list[Device]:
        self.asked += 1
        return [
            Device(name.replace("_", ":"), name, int(total * GIB), int(used * GIB) + self.held.get(name, 0))
            for name, (total, used) in self.gib.items()
        ]

    def take(self, device: str, count: int) -> None:
        name = device.replace(":", "_")
        self.held[name] = self.held.get(name, 0) + count


class FakeLoader:
    """``loader.load`` for tests: it makes fake models at once, or as its attributes say.

    Attributes:
        begun: ids in the order in which loads began; models: what was made, by id, the latest last.
        stages: reported by each load, the last one until the gate of that model opens; after a download comes "load".
        failures: {id: errors}, raised one by one by the next loads of that model.
        deaf: ids whose loads do not notice that they are cancelled until their gate opens.
    """

    def __init__(self, machine: FakeMachine | None = None) -> None:
        self.machine = machine or FakeMachine()
        self.begun: list[str] = []
        self.models: dict[str, list[FakeEncoder]] = {}
        self.stages: list[tuple[str, int, int]] = [("load", 0, 1)]
        self.failures: dict[str, list[Exception]] = {}
        self.deaf: set[str] = set()
        self.stopped: list[str] = []
        self._gates: dict[str, threading.Event] = {}
        self._started: dict[str, threading.Semaphore] = {}

    def gate(self, model_id: str) -> threading.Event:
        """From now on loads of this model wait until the event that is returned is set."""
        return self._gates.setdefault(model_id, threading.Event())

    def wait_started(self, model_id: str) -> None:
        """Wait until a load of this model has reached its gate, or passed where it would be; once for each load."""
        assert self._semaphore(model_id).acquire(timeout=WAIT), f"{model_id} did not begin to load"

    def __call__(
        self, spec: ModelSpec, *, device: str, settings: Settings, on_progress: OnStage | None = None
    ) -> Model:
        self.begun.append(spec.id)
        try:
            self._work(spec, on_progress or (lambda *_: None))
        except Cancelled:
            self.stopped.append(spec.id)
            raise
        if spec.kind is Kind.BM25:
            return FakeScorer(spec)
        size = spec.weight_bytes("float32")
        self.machine.take(device, size)
        model = FakeEncoder(spec, device, on_close=lambda: self.machine.take(device, -size))
        self.models.setdefault(spec.id, []).append(model)
        return model

    def _work(self, spec: ModelSpec, on_progress: OnStage) -> None:
        gate = self._gates.get(spec.id)
        for number, stage in enumerate(self.stages):
            on_progress(*stage)
            if number == 0:
                self._semaphore(spec.id).release()
        while gate is not None and not gate.wait(0.01):
            if spec.id not in self.deaf:
                on_progress(*self.stages[-1])
        if self.stages[-1][0] == "download":
            on_progress("load", 0, 1)
        if self.failures.get(spec.id):
            raise self.failures[spec.id].pop(0)

    def _semaphore(self, model_id: str) -> threading.Semaphore:
        return self._started.setdefault(model_id, threading.Semaphore(0))


class Background(AbstractContextManager["Background"]):
    """Runs a function in a thread; ``result()`` waits for it and gives what it gave, or raises what it raised."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._value: Any = None
        self._error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self._value = self._work()
        except BaseException as error:  # noqa: BLE001 - raised again by result()
            self._error = error

    def result(self) -> Any:
        self.thread.join(WAIT)
        assert not self.thread.is_alive(), "still running"
        if self._error is not None:
            raise self._error
        return self._value

    def __exit__(self, *_: object) -> None:
        self.thread.join(WAIT)


class Watcher:
    """An ``on_progress`` that remembers; ``leave`` makes its next call raise Cancelled."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []
        self._leaving = threading.Event()
        self._called = threading.Condition()

    def __call__(self, *step: Any) -> None:
        with self._called:
            self.seen.append(step)
            self._called.notify_all()
        if self._leaving.is_set():
            raise Cancelled

    def wait_for(self, step: tuple[Any, ...]) -> None:
        with self._called:
            assert self._called.wait_for(lambda: step in self.seen, WAIT), f"{step} not among {self.seen}"

    def leave(self) -> None:
        self._leaving.set()

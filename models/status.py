"""How the models stand, for people: plain data, cheap enough to be asked each second."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from models import device, hub_weights
from models.budget import Room
from models.device import Device
from models.errors import LibraError
from models.memory import estimate
from models.slot import Slot
from models.spec import Kind, ModelSpec

FILES_SECONDS = 3.0  # how long an answer about files holds; the disk is not asked by each visitor each second


class State(StrEnum):
    """What can be said of a model in a word."""

    ABSENT = "absent"  # its files are not on this machine
    AVAILABLE = "available"  # they are, and it is not loaded
    DOWNLOADING = "downloading"
    LOADING = "loading"
    READY = "ready"
    BUSY = "busy"  # loaded, and leased
    FAILED = "failed"  # its last load did; the next to ask tries again


@dataclass(frozen=True)
class Status:
    """How one model stands.

    Attributes:
        stage, done, total: of the load that runs: ``download`` in bytes, ``load`` in steps; "", 0, 0 without one.
        memory_bytes: what it holds; 0 while it is not loaded.
        device, dtype, revision: what it is loaded with, or would be.
        error: why its last load failed.
        needed_bytes: what loading and running it takes, estimated.
        free_bytes: what it could have on that device: what is free and what idle models hold.
        fits: whether it is loaded or could be now.
        here: whether it can be loaded without a download.
    """

    id: str
    state: State
    stage: str
    done: int
    total: int
    memory_bytes: int
    device: str
    dtype: str
    revision: str
    error: LibraError | None
    needed_bytes: int
    free_bytes: int
    fits: bool
    here: bool


class Files:
    """Remembers for a few seconds what is on this machine of each model's files."""

    def __init__(self, local: Callable[[ModelSpec], object | None]) -> None:
        self._local = local
        self._known: dict[str, tuple[float, bool, int | None]] = {}

    def here(self, spec: ModelSpec) -> bool:
        """Whether ``spec`` can be loaded without a download. What is built in always can."""
        return spec.builtin or spec.kind is Kind.BM25 or self._look(spec)[0]

    def measured(self, spec: ModelSpec) -> ModelSpec:
        """``spec`` with the parameters that its files hold, where they are here and hold fewer than the row says.

        A row is right about the checkpoint that it names; what lies under that name may be a smaller one.
        """
        if spec.builtin or spec.kind is Kind.BM25:
            return spec
        parameters = self._look(spec)[1]
        return spec if parameters is None else replace(spec, parameters=min(parameters, spec.parameters))

    def _look(self, spec: ModelSpec) -> tuple[bool, int | None]:
        until, here, parameters = self._known.get(spec.id, (0.0, False, None))
        if time.monotonic() >= until:
            found = self._local(spec)
            path = getattr(found, "path", None)
            here, parameters = found is not None, hub_weights.parameters(path) if path else None
            self._known[spec.id] = (time.monotonic() + FILES_SECONDS, here, parameters)
        return here, parameters

    def forget(self, model_id: str) -> None:
        """Look again next time."""
        self._known.pop(model_id, None)


def describe(spec: ModelSpec, slot: Slot, rooms: dict[Device, Room], files: Files) -> Status:
    """The status of one model; ``slot`` is a copy, or an empty one for a model that was never asked for."""
    model = slot.model
    home, needed = estimate(files.measured(spec), rooms)
    if model is not None:
        home = model.device
    most = next((room.most for item, room in rooms.items() if item.id == home), 0)
    running = slot.load is not None and not slot.load.cancelled
    stage, done, total = slot.load.progress if slot.load is not None and running else ("", 0, 0)
    return Status(
        id=spec.id,
        state=_state(spec, slot, stage, files),
        stage=stage,
        done=done,
        total=total,
        memory_bytes=slot.memory_bytes,
        device=home,
        dtype=model.dtype if model is not None else device.dtype_for(spec, home),
        revision=model.revision if model is not None else spec.revision or "",
        error=slot.error,
        needed_bytes=needed,
        free_bytes=most,
        fits=model is not None or needed <= most,
        here=model is not None or files.here(spec),
    )


def _state(spec: ModelSpec, slot: Slot, stage: str, files: Files) -> State:
    if slot.model is not None:
        return State.BUSY if slot.pins else State.READY
    if stage:
        return State.DOWNLOADING if stage == "download" else State.LOADING
    if slot.error is not None:
        return State.FAILED
    return State.AVAILABLE if files.here(spec) else State.ABSENT

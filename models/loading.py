"""Loads run here, each in a thread of its own."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from models.device import trim
from models.encoder import Model, OnStage
from models.errors import Cancelled, LibraError, ModelError
from models.memory import Memory, close
from models.settings import Settings
from models.slot import Loading, Slot
from models.spec import ModelSpec
from models.status import Files

log = logging.getLogger("libra")


class Load(Protocol):
    """How a model is made: ``loader.load``, or a stand-in of a test."""

    def __call__(
        self, spec: ModelSpec, *, device: str, settings: Settings, on_progress: OnStage | None = None
    ) -> Model:
        """The model of ``spec`` on ``device``.

        It calls ``on_progress("load", …)`` before it takes memory, and lets through whatever that raises.
        """
        ...


class Loads:
    """Starts loads and puts what comes of them into the slots.

    Args:
        load: makes a model.
        memory: where room is made and slots are kept.
        files: which models have theirs on this machine.
        clock: counts the uses of models.
    """

    def __init__(
        self, load: Load, settings: Settings, memory: Memory, files: Files, clock: itertools.count[int]
    ) -> None:
        self._load, self._settings, self._memory, self._files, self._clock = load, settings, memory, files, clock
        self._threads: set[threading.Thread] = set()

    def start(self, slot: Slot) -> Loading:
        """Begin to load a slot's model; at most one at a time for a slot. Called with the memory's lock held."""
        load = Loading("load")
        thread = threading.Thread(target=self._run, args=(slot, load), name=f"libra-load-{slot.spec.id}", daemon=True)
        try:
            thread.start()
        except RuntimeError as caught:  # the system gives no more threads: the load is over before it began
            log.exception("loading %s failed", slot.spec.id)
            slot.error = _crashed(slot.spec, caught)
            _forget_frames(slot.error)
            load.end(slot.error)
            return load
        self._threads.add(thread)  # it cannot have settled yet: for that it needs the lock
        slot.load, slot.error = load, None
        return load

    def join(self, seconds: float) -> None:
        """Wait until every load has ended, so long at most."""
        with self._memory.lock:
            threads = list(self._threads)
        until = time.monotonic() + seconds
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _run(self, slot: Slot, load: Loading) -> None:
        """A load from begin to end."""
        model: Model | None = None
        error: LibraError | None = None
        try:
            model = self._make(slot.spec, load)
        except LibraError as caught:
            error = caught
        except Exception as caught:
            log.exception("loading %s failed", slot.spec.id)
            error = _crashed(slot.spec, caught)
        _forget_frames(error)
        if error is not None:
            trim()  # what was half loaded
        self._files.forget(slot.spec.id)
        with self._memory.lock:
            kept = not load.cancelled
            if kept:
                slot.model, slot.used = model, next(self._clock)
                slot.error = None if isinstance(error, Cancelled) else error
                self._settle(slot, load)
        if not kept:
            if model is not None:  # too late to be stopped: closed before the load counts as over
                close(model)
            with self._memory.lock:
                self._settle(slot, load)
        load.end(error)

    def _settle(self, slot: Slot, load: Loading) -> None:
        """Called with the lock held."""
        slot.load = None
        self._memory.release(load)
        self._threads.discard(threading.current_thread())

    def _make(self, spec: ModelSpec, load: Loading) -> Model:
        """Place the model, make room for it and load it.

        Room is made before the loading proper, not before a download: that long it would be kept from others in vain.
        """
        load.device, needed = self._memory.place(self._files.measured(spec))
        make_room = _once(lambda: self._memory.reserve(spec, load, needed) if needed else None)

        def on_stage(stage: str, done: int, total: int) -> None:
            load.check()
            load.progress = (stage, done, total)
            if stage != "download":
                make_room()

        if self._files.here(spec):
            make_room()
        else:
            load.progress = ("download", 0, 0)
        return self._load(spec, device=load.device, settings=self._settings, on_progress=on_stage)


def _once(action: Callable[[], None]) -> Callable[[], None]:
    """``action``, but only until it has succeeded."""
    done = False

    def call() -> None:
        nonlocal done
        if not done:
            action()
            done = True

    return call


def _crashed(spec: ModelSpec, cause: Exception) -> ModelError:
    error = ModelError(
        "load_crashed",
        "{model} could not be loaded: {reason}. The server's log has the details.",
        model=spec.label,
        reason=(str(cause) or type(cause).__name__).rstrip("."),
    )
    error.__cause__ = cause
    return error


def _forget_frames(error: BaseException | None) -> None:
    """Drop the tracebacks of an error that is kept: their frames would keep half-loaded weights alive."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__

"""Loads models when they are first needed, keeps them, and lets the idle ones go when memory is needed.

pool.py      ModelPool: who gets which model
lease.py     Lease: a model in use
loading.py   the threads in which models load
slot.py      what the pool keeps of one model, and one load for all who wait for it
memory.py    what is loaded where, eviction, reservations
budget.py    what fits
status.py    how the models stand, for people
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from models import device, hub, loader
from models.device import Device
from models.encoder import OnStage
from models.errors import ModelError
from models.lease import Lease
from models.loading import Load, Loads
from models.memory import Memory
from models.settings import Settings
from models.slot import Slot
from models.spec import ModelSpec
from models.status import Files, State, Status, describe

__all__ = ["Lease", "ModelPool", "State", "Status"]

CLOSE_SECONDS = 5.0  # what close() gives running loads to come to their end


class ModelPool:
    """Owns every loaded model. Safe to use from many threads; no lock is held while a model loads or encodes.

    Args:
        settings: the catalog for ``statuses``, and the memory budget; the latter never exceeds what is measured free.
        load: makes a model.
        devices: what the machine has now.
        local: the files of a model on this machine, or None; asks no network.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        load: Load = loader.load,
        devices: Callable[[], Sequence[Device]] = device.devices,
        local: Callable[[ModelSpec], object | None] = hub.local_snapshot,
    ) -> None:
        self.settings = settings
        self._clock = itertools.count(1)
        self._files = Files(local)
        self._memory = Memory(settings.memory_bytes, devices)
        self._loads = Loads(load, settings, self._memory, self._files, self._clock)
        self._closed = False

    @contextmanager
    def lease(self, spec: ModelSpec, on_progress: OnStage | None = None) -> Iterator[Lease]:
        """Have ``spec``'s model, loaded now if it was not; until the end of the block nothing takes it away.

        Args:
            on_progress: called in the caller's thread every 0.1 s of a load. Whatever it raises ends the waiting;
                once nobody waits any more, the load is cancelled.

        Raises:
            DoesNotFitError: the memory cannot be had; nothing was tried.
            HubError, ModelError: the load failed. The next to ask tries again.
            Cancelled: raised by ``on_progress``, or somebody called ``cancel``.
        """
        slot = self._pin(spec)
        try:
            seconds = self._make_ready(slot, on_progress)
            assert slot.model is not None  # pinned: nobody takes it away
            yield Lease(slot, slot.model, seconds, self._memory.evict_idle)
        finally:
            self._unpin(slot)

    def load(self, spec: ModelSpec, on_progress: OnStage | None = None) -> None:
        """Make a model ready and keep it. Blocks, reports and raises as ``lease`` does."""
        with self.lease(spec, on_progress):
            pass

    def unload(self, model_id: str) -> None:
        """Give the memory of a model back; forget why its last load failed. Does nothing where there is neither.

        Raises:
            ModelError: ``model_busy``; somebody uses it or waits for it.
        """
        with self._memory.lock:
            slot = self._memory.slots.get(model_id)
            if slot is None:
                return
            if slot.pins:
                raise ModelError(
                    "model_busy",
                    "{model} is in use. Unload it when the run is over, or stop the run.",
                    model=slot.spec.label,
                )
            slot.error = None
            models = self._memory.detach([slot])
        self._memory.close(models)

    def cancel(self, model_id: str) -> None:
        """Stop a download or load for all who wait for it; they get Cancelled. Does nothing where none runs."""
        with self._memory.lock:
            slot = self._memory.slots.get(model_id)
            if slot is not None and slot.load is not None:
                slot.load.cancel()

    def status(self, spec: ModelSpec) -> Status:
        """How one model stands now."""
        return self._describe([spec])[0]

    def statuses(self) -> list[Status]:
        """How every model of the catalog stands now, in its order. Cheap: meant to be asked each second."""
        return self._describe(self.settings.catalog)

    def close(self) -> None:
        """Cancel loads and give all memory back; models in use go when their lease ends. Nothing can be had after."""
        with self._memory.lock:
            self._closed = True
            slots = list(self._memory.slots.values())
            for slot in slots:
                if slot.load is not None:
                    slot.load.cancel()
            models = self._memory.detach(slot for slot in slots if not slot.pins)
        self._memory.close(models)
        self._loads.join(CLOSE_SECONDS)

    def _pin(self, spec: ModelSpec) -> Slot:
        with self._memory.lock:
            slot = self._memory.slots.setdefault(spec.id, Slot(spec))
            slot.pins += 1
            return slot

    def _unpin(self, slot: Slot) -> None:
        """The last one to leave a load that still runs ends it."""
        with self._memory.lock:
            slot.pins -= 1
            slot.used = next(self._clock)
            if not slot.pins and slot.load is not None:
                slot.load.cancel()
            models = self._memory.detach([slot]) if self._closed and not slot.pins else []
        self._memory.close(models)

    def _make_ready(self, slot: Slot, on_progress: OnStage | None) -> float:
        """Wait until a pinned slot has its model; seconds waited, 0.0 where it was there."""
        start = time.perf_counter()
        waited = False
        while True:
            with self._memory.lock:
                if self._closed:
                    raise ModelError("pool_closed", "Libra is shutting down. Start it again.")
                if slot.model is not None:
                    return time.perf_counter() - start if waited else 0.0
                load = slot.load or self._loads.start(slot)
                dying = load.cancelled  # by others: it is over soon, and then a load of this caller's own begins
            waited = True
            if dying:
                load.outlast(on_progress)
            else:
                load.join(on_progress)

    def _describe(self, specs: Sequence[ModelSpec]) -> list[Status]:
        rooms = self._memory.rooms()
        with self._memory.lock:
            slots = {spec.id: replace(self._memory.slots.get(spec.id) or Slot(spec)) for spec in specs}
        return [describe(spec, slots[spec.id], rooms, self._files) for spec in specs]

"""Which models are in memory, and on which device what is left: the pool's account, with its lock."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from models import device
from models.budget import Room, needed_bytes, refusal
from models.device import Device
from models.encoder import Model
from models.errors import ModelError
from models.slot import POLL_SECONDS, Loading, Slot
from models.spec import ModelSpec

log = logging.getLogger("libra")


class Memory:
    """The slots of all models, and the memory that no measurement shows yet.

    Models are closed in two steps: ``detach`` under the lock, then ``close`` without it.

    Args:
        limit: bytes for models on each device, set by the host; None for all that a device has.
        devices: what the machine has now.

    Attributes:
        lock: guards all of this; never held while anything is loaded, encoded or closed.
        slots: by model id.
    """

    def __init__(self, limit: int | None, devices: Callable[[], Sequence[Device]]) -> None:
        self.lock = threading.Lock()
        self.slots: dict[str, Slot] = {}
        self._limit, self._devices = limit, devices
        self._changed = threading.Condition(self.lock)  # memory was given back, or a reservation was
        self._changes = 0  # how often
        self._reserved: Counter[str] = Counter()  # bytes by device that running loads are going to take
        self._closing: Counter[str] = Counter()  # bytes by device of models that are detached and not closed yet

    # --- what there is

    def rooms(self) -> dict[Device, Room]:
        """What each device has now."""
        with self._measured() as found:
            return {item: self._room(item) for item in found}

    def place(self, spec: ModelSpec) -> tuple[str, int]:
        """(device for ``spec``, bytes that it needs there).

        Raises:
            DoesNotFitError: they cannot be had, and nothing is on the way; better said before a download than after.
            ModelError: ``device_missing``.
        """
        device.trim()
        rooms = self.rooms()
        home, needed = estimate(spec, rooms)
        if needed:
            room = next((room for item, room in rooms.items() if item.id == home), None)
            if room is None:
                raise _missing(spec, home, [item.id for item in rooms])
            if needed > room.most and not room.pending:
                raise refusal(spec, home, needed, room.most)
        return home, needed

    @contextmanager
    def _measured(self) -> Iterator[Sequence[Device]]:
        """The devices, with the lock held; measured anew where memory changed hands between the two."""
        while True:
            changes = self._changes
            found = self._devices()
            with self.lock:
                if changes == self._changes:
                    yield found
                    return

    def _room(self, item: Device) -> Room:
        """Measured, and bounded: weights that are mapped from a file are cache to the kernel, thus measured as free."""
        here = [slot for slot in self.slots.values() if slot.model is not None and slot.model.device == item.id]
        loaded = sum(slot.memory_bytes for slot in here)
        limit = item.total_bytes if self._limit is None else min(self._limit, item.total_bytes)
        free = min(item.free_bytes, limit - loaded - self._closing[item.id]) - self._reserved[item.id]
        idle = sorted((slot for slot in here if not slot.pins), key=lambda slot: slot.used)
        return Room(free, tuple(idle), self._reserved[item.id] + self._closing[item.id])

    # --- taking

    def reserve(self, spec: ModelSpec, load: Loading, needed: int) -> None:
        """Keep ``needed`` bytes for a load until ``release``; evict idle models for it.

        Where other loads have reserved what is missing, they are waited for: once they are over, their models may be
        idle, or have taken less.

        Raises:
            DoesNotFitError: it is not there, and nothing is on the way.
            Cancelled: the load was cancelled meanwhile.
        """
        while True:
            with self._measured() as found:
                load.check()
                item = next((item for item in found if item.id == load.device), None)
                if item is None:
                    raise _missing(spec, load.device, [item.id for item in found])
                room = self._room(item)
                victims = room.victims(needed)
                if victims is not None:
                    self._reserved[load.device] += needed
                    load.reserved = needed
                    models = self.detach(victims)
                    break
                if not room.pending:
                    raise refusal(spec, load.device, needed, room.most)
                self._changed.wait(POLL_SECONDS)
        self.close(models)

    def release(self, load: Loading) -> None:
        """The load is over: what its model holds is now measured. Called with the lock held."""
        self._reserved[load.device] -= load.reserved
        load.reserved = 0
        self._tell()

    # --- giving back

    def detach(self, slots: Iterable[Slot]) -> list[tuple[Model, int]]:
        """Take models out of their slots; (model, bytes it holds), to be passed to ``close``. With the lock held."""
        taken: list[tuple[Model, int]] = []
        for slot in slots:
            if slot.model is not None:
                taken.append((slot.model, slot.memory_bytes))
                self._closing[slot.model.device] += slot.memory_bytes
                slot.model = None
        return taken

    def close(self, models: Iterable[tuple[Model, int]]) -> None:
        """Close what ``detach`` took. Without the lock: giving memory back can take long."""
        for model, held in models:
            close(model)
            with self.lock:
                self._closing[model.device] -= held
                self._tell()

    def _tell(self) -> None:
        """Called with the lock held."""
        self._changes += 1
        self._changed.notify_all()

    def evict_idle(self, device_id: str) -> None:
        """Close every model on a device that nobody uses."""
        with self.lock:
            models = self.detach(
                slot
                for slot in self.slots.values()
                if slot.model is not None and slot.model.device == device_id and not slot.pins
            )
        self.close(models)


def close(model: Model) -> None:
    """Close a model; a failure is nobody's business but the log's."""
    try:
        model.close()
    except Exception:
        log.exception("closing %s failed", model.spec.id)


def estimate(spec: ModelSpec, rooms: dict[Device, Room]) -> tuple[str, int]:
    """(device where ``spec`` would go now, bytes that it would need there).

    Of several GPUs one that has the room as it is comes first, then one where idle models can make it.
    """

    def needed(home: str) -> int:
        return needed_bytes(spec, home, device.dtype_for(spec, home))

    def suits(gpu: Device) -> tuple[int, ...]:
        room, wanted = rooms[gpu], needed(gpu.id)
        return wanted <= room.free, wanted <= room.most, room.free

    home = device.choose(spec, rooms, suits)
    return home, needed(home)


def _missing(spec: ModelSpec, home: str, found: list[str]) -> ModelError:
    return ModelError(
        "device_missing",
        "{model} is placed on {device}, which this machine does not have. It has {devices}.",
        model=spec.label,
        device=home,
        devices=", ".join(found),
    )

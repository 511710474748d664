"""Whether a model fits: what it needs against what a device has. Arithmetic only; ``memory.py`` acts on it."""

from __future__ import annotations

from dataclasses import dataclass

from models.device import CPU
from models.errors import DoesNotFitError
from models.slot import Slot
from models.spec import ModelSpec

GIB = 1 << 30

# What a batch takes beside the weights.
GPU_ACTIVATIONS = int(0.3 * GIB)
CPU_ACTIVATIONS = int(0.25 * GIB)
# On a CPU weights are float32. Files in 16 bit are cast, and for a moment both copies are there: 3.4 GB at most for 2.4
# (Qwen3-Embedding-0.6B). Files in float32 are mapped and need no more than themselves; a row does not say which it has.
CPU_LOADING_PEAK = 1.4


def needed_bytes(spec: ModelSpec, device: str, dtype: str) -> int:
    """Bytes that loading and running ``spec`` takes at most, estimated from its row; 0 for a model without weights."""
    if not spec.parameters:
        return 0
    weights = spec.weight_bytes(dtype)
    if device == CPU:
        return int(weights * CPU_LOADING_PEAK) + CPU_ACTIVATIONS
    return weights + GPU_ACTIVATIONS


@dataclass(frozen=True)
class Room:
    """What a device has for a model that is to be loaded.

    Attributes:
        free: bytes that nobody holds or has reserved; negative where more was promised than is there.
        idle: slots of the loaded models that nobody uses, least recently used first.
        pending: bytes reserved by running loads, or still held by models that are being closed.
    """

    free: int
    idle: tuple[Slot, ...]
    pending: int

    @property
    def most(self) -> int:
        """Bytes that can be had at once: what is free and what idle models hold."""
        return max(0, self.free + sum(slot.memory_bytes for slot in self.idle))

    def victims(self, needed: int) -> list[Slot] | None:
        """The idle models to evict for ``needed`` bytes, as few as the order allows; None where all do not suffice."""
        free = self.free
        chosen: list[Slot] = []
        for slot in self.idle:
            if free >= needed:
                break
            free += slot.memory_bytes
            chosen.append(slot)
        return chosen if free >= needed else None


def refusal(spec: ModelSpec, device: str, needed: int, most: int) -> DoesNotFitError:
    """The sentence for a model that is not tried."""
    return DoesNotFitError(
        "does_not_fit",
        "{model} needs {needed} of memory on {device}, where only {free} can be had. "
        "Free memory there, or choose a smaller model.",
        model=spec.label,
        needed=f"{needed / GIB:.1f} GiB",
        device=device,
        free=f"{most / GIB:.1f} GiB",
    )

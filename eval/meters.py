"""What the machine says of itself while a model works: memory, power, energy. Torch is not imported here."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from models import gpus
from models.device import CPU, process_bytes


class Reading(NamedTuple):
    """One look: bytes in use (on a GPU by all processes, on a CPU by this one), and watts where they are known."""

    memory_bytes: int
    watts: float | None


def read(device: str) -> Reading:
    """Look at ``device`` now. Never raises: a GPU that does not answer reads as 0 bytes."""
    if device == CPU:
        return Reading(process_bytes(), None)
    used = next((used for name, _, _, used in gpus.gpus() if name == device), 0)
    milliwatts = _ask(device, "nvmlDeviceGetPowerUsage")
    return Reading(used, None if milliwatts is None else milliwatts / 1000)


def joules(device: str) -> float | None:
    """Energy that the whole GPU has used since its driver was loaded; None on a CPU and on GPUs before Volta."""
    millijoules = None if device == CPU else _ask(device, "nvmlDeviceGetTotalEnergyConsumption")
    return None if millijoules is None else millijoules / 1000


def _ask(device: str, question: str) -> float | None:
    """The answer of NVML; None where there is none."""
    try:
        import pynvml
    except ImportError:
        return None
    handles: list[tuple[int, Any]] = gpus._handles()  # what CUDA_VISIBLE_DEVICES means is known there
    for index, handle in handles:
        if device == f"cuda:{index}":
            try:
                return float(getattr(pynvml, question)(handle))
            except pynvml.NVMLError:
                return None
    return None


def synchronise(device: str) -> None:
    """Wait until a GPU has done all that it was told: before that no clock says anything."""
    torch = sys.modules.get("torch")
    if torch is not None and device.startswith("cuda"):
        torch.cuda.synchronize(device)


def allocated(device: str) -> tuple[int, int]:
    """(bytes in torch's tensors now, the most since ``forget_peak``) on a GPU; zeros on a CPU."""
    torch = sys.modules.get("torch")
    if torch is None or not device.startswith("cuda"):
        return 0, 0
    return int(torch.cuda.memory_allocated(device)), int(torch.cuda.max_memory_allocated(device))


def forget_peak(device: str) -> None:
    """Let ``allocated`` count its most from now on."""
    torch = sys.modules.get("torch")
    if torch is not None and device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(device)

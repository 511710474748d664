"""What the machine has and uses now: GPUs by NVML, RAM by psutil and the control group. Torch is not imported here."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from models.gpus import gpus, has_bfloat16
from models.ram import cpu_name, process_bytes, ram
from models.spec import Kind, ModelSpec

__all__ = ["CPU", "Device", "choose", "devices", "dtype_for", "process_bytes", "trim"]

CPU = "cpu"


@dataclass(frozen=True)
class Device:
    """A place where models can be, as it is at this moment.

    Attributes:
        id: torch's name, ``cpu`` or ``cuda:0``; GPUs are counted among those that CUDA_VISIBLE_DEVICES lets through.
        name: what people call it.
        total_bytes, used_bytes: VRAM of a GPU (all processes); RAM that this process may have, less what is available.
    """

    id: str
    name: str
    total_bytes: int
    used_bytes: int

    @property
    def free_bytes(self) -> int:
        """Bytes that can still be taken; never negative."""
        return max(0, self.total_bytes - self.used_bytes)


def devices() -> list[Device]:
    """The GPUs, then the CPU. Never raises: without a driver, or where a GPU does not answer, the rest is listed."""
    return _devices()


def _devices() -> list[Device]:
    return [*(Device(*gpu) for gpu in gpus()), Device(CPU, cpu_name(), *ram())]


def _most_free(gpu: Device) -> tuple[int, ...]:
    return (gpu.free_bytes,)


def choose(
    spec: ModelSpec,
    devices: Iterable[Device] | None = None,
    suits: Callable[[Device], tuple[int, ...]] = _most_free,
) -> str:
    """Where ``spec`` goes: the host's choice, else the GPU that suits most, else the CPU (BM25 always)."""
    if spec.device is not None:
        return "cuda:0" if spec.device == "cuda" else spec.device
    if spec.kind is Kind.BM25:
        return CPU
    found = _devices() if devices is None else devices
    gpus = [device for device in found if device.id != CPU]
    return max(gpus, key=suits).id if gpus else CPU


def dtype_for(spec: ModelSpec, device: str) -> str:
    """The arithmetic of ``spec`` on ``device``.

    float32 on a CPU, where 16 bit is seven times slower; on a GPU the model's own, float32 where that is bfloat16 and
    the GPU has none (the models that ask for it overflow in float16).
    """
    if device == CPU:
        return "float32"
    if spec.gpu_dtype == "bfloat16" and not has_bfloat16(device):
        return "float32"
    return spec.gpu_dtype


def trim() -> None:
    """Give back what torch keeps of VRAM that is no longer used: until then it is measured as used."""
    cuda = sys.modules.get("torch.cuda")
    is_initialized = getattr(cuda, "is_initialized", None)  # not there yet while another thread imports torch
    if cuda is not None and is_initialized is not None and is_initialized():
        gc.collect()
        cuda.empty_cache()

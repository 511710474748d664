"""GPUs as NVML sees them and CUDA numbers them. Torch is not imported: the page shows them before a load."""

from __future__ import annotations

import importlib.util
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

BFLOAT16_SINCE = (8, 0)  # compute capability: Ampere

# CUDA counts the fastest GPU first unless told otherwise, NVML counts along the bus: they have to agree on cuda:1.
os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")


def gpus() -> list[tuple[str, str, int, int]]:
    """(id, name, bytes in all, bytes used by all processes) of each GPU that torch can use here. Never raises."""
    return [gpu for index, handle in _handles() if (gpu := _gpu(index, handle)) is not None]


def _gpu(index: int, handle: Any) -> tuple[str, str, int, int] | None:
    """None where the GPU does not answer (fallen off the bus, no rights); the others keep their numbers."""
    import pynvml

    try:
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
        name = pynvml.nvmlDeviceGetName(handle)
    except pynvml.NVMLError:
        return None
    return f"cuda:{index}", str(name), int(memory.total), int(memory.used)


def has_bfloat16(device: str) -> bool:
    """Whether the GPU computes in bfloat16; a GPU that does not say is taken for a recent one."""
    for index, handle in _handles():
        if device == f"cuda:{index}":
            import pynvml

            try:
                return tuple(pynvml.nvmlDeviceGetCudaComputeCapability(handle)) >= BFLOAT16_SINCE
            except pynvml.NVMLError:
                return True
    return True


def _handles() -> list[tuple[int, Any]]:
    """(CUDA's number, NVML handle) of each GPU that torch can use here."""
    try:
        import pynvml
    except ImportError:
        return []
    if not _cuda_build():
        return []
    try:
        found = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(_count(pynvml))]
        return list(enumerate(_visible(pynvml, found)))
    except pynvml.NVMLError:
        return []


def _count(nvml: Any) -> int:
    """How many GPUs NVML sees. It stays open once opened: opening can take long, and the strip asks each second."""
    try:
        return int(nvml.nvmlDeviceGetCount())
    except nvml.NVMLError_Uninitialized:
        nvml.nvmlInit()
        return int(nvml.nvmlDeviceGetCount())


def _visible(nvml: Any, found: list[Any]) -> list[Any]:
    """``found`` as CUDA_VISIBLE_DEVICES orders and limits it, by CUDA's own rules.

    Numbers or the beginning of a UUID; the first entry that names nothing ends the list; a GPU named twice voids it.
    """
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        return found
    chosen: list[Any] = []
    names: list[str] = []
    uuids = [str(nvml.nvmlDeviceGetUUID(handle)) for handle in found]
    for entry in (part.strip() for part in wanted.split(",")):
        if entry.startswith("MIG-"):
            name, handle = entry, nvml.nvmlDeviceGetHandleByUUID(entry)
        else:
            index = _index_of(entry, uuids)
            if index is None:
                break
            name, handle = uuids[index], found[index]
        if name in names:
            return []
        names.append(name)
        chosen.append(handle)
    return chosen


def _index_of(entry: str, uuids: list[str]) -> int | None:
    if entry.isdecimal():
        return int(entry) if int(entry) < len(uuids) else None
    matches = [index for index, uuid in enumerate(uuids) if entry and uuid.startswith(entry)]
    return matches[0] if len(matches) == 1 else None


@cache
def _cuda_build() -> bool:
    """Whether the torch that is installed was built for CUDA, read from its version file: importing takes seconds."""
    torch = importlib.util.find_spec("torch")
    if torch is None or torch.origin is None:
        return False
    version = Path(torch.origin).with_name("version.py")
    if not version.is_file():
        return True
    return re.search(r"^cuda\b[^=]*=\s*None\s*$", version.read_text(encoding="utf-8"), re.MULTILINE) is None

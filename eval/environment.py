"""What a run ran on, so that another one can be told from it."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from models import device
from models.ram import cpu_name, ram

PACKAGES = (
    "torch",
    "transformers",
    "sentence-transformers",
    "tokenizers",
    "numpy",
    "scipy",
    "statsmodels",
    "bm25s",
)


def environment() -> dict[str, Any]:
    """Versions, processor, memory, GPUs."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": cpu_name(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_bytes": ram()[0],
        "gpus": [
            {"id": item.id, "name": item.name, "memory_bytes": item.total_bytes}
            for item in device.devices()
            if item.id != device.CPU
        ],
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

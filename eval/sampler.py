"""Watches the device while one model works: a thread that looks twice a second, and what it saw."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from eval import meters
from eval.events import Sample
from eval.meters import Reading
from models.device import CPU
from models.encoder import Model

INTERVAL = 0.5  # seconds between two looks


class Sampler(AbstractContextManager["Sampler"]):
    """Looks at entry, every half second, and at exit; emits a ``Sample`` each time.

    Args:
        emit: called from the sampler's thread too. read: looks at a device.

    Attributes:
        peak_bytes: the most that was in use. watts: every reading of power.
    """

    def __init__(
        self, model: str, device: str, emit: Callable[[Sample], None], read: Callable[[str], Reading] = meters.read
    ) -> None:
        self.model, self.device, self.emit, self.read = model, device, emit, read
        self.peak_bytes = 0
        self.watts: list[float] = []
        self._texts = 0
        self._begun = self._last = time.perf_counter()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="libra-sampler", daemon=True)

    def __enter__(self) -> Sampler:
        self.look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.look()

    def count(self, texts: int) -> None:
        """So many texts more were really encoded."""
        with self._lock:
            self._texts += texts

    def forget_peak(self) -> int:
        """The most is counted from now on; bytes in use now."""
        with self._lock:
            self.peak_bytes = 0
        return self.look()

    def look(self) -> int:
        """Look now; bytes in use."""
        reading = self.read(self.device)
        now = time.perf_counter()
        with self._lock:
            texts, self._texts = self._texts, 0
            passed, self._last = now - self._last, now
            self.peak_bytes = max(self.peak_bytes, reading.memory_bytes)
            if reading.watts is not None:
                self.watts.append(reading.watts)
        rate = texts / passed if texts and passed > 0 else None
        self.emit(Sample(self.model, now - self._begun, reading.memory_bytes, rate))
        return reading.memory_bytes

    def _watch(self) -> None:
        while not self._over.wait(INTERVAL):
            self.look()


class MemoryMeter:
    """What a model takes beside its weights, from the moment that this is made: after loading and a first text.

    On a GPU torch counts every byte. On a CPU the growth of this process is all that can be seen; weights that are
    mapped from a file are in memory only once they were used, hence the first text.
    """

    def __init__(self, model: Model, sampler: Sampler) -> None:
        self.model, self.sampler = model, sampler
        meters.forget_peak(model.device)
        self._before, _ = meters.allocated(model.device)
        self._held = sampler.forget_peak()

    def record(self) -> dict[str, Any] | None:
        """``memory`` of a result so far; None for a model without weights.

        ``peak_bytes`` is weights and all, ``above_weights_bytes`` what of it is not weights, ``device_bytes`` the most
        that NVML saw in use on the GPU by all processes, ``process_bytes`` the most that this process held (CPU).
        """
        weights = self.model.memory_bytes
        if not weights:
            return None
        self.sampler.look()
        cpu = self.model.device == CPU
        peak = self.sampler.peak_bytes - self._held if cpu else meters.allocated(self.model.device)[1] - self._before
        above = max(0, peak)
        return {
            "weights_bytes": weights,
            "peak_bytes": weights + above,
            "above_weights_bytes": above,
            "device_bytes": None if cpu else self.sampler.peak_bytes,
            "process_bytes": self.sampler.peak_bytes if cpu else None,
            "method": "rss" if cpu else "cuda",
        }

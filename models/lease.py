"""A model in use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from models.encoder import Encoder, Encoding, Model, OnProgress, Scorer
from models.errors import MemoryExhaustedError, ModelError
from models.slot import POLL_SECONDS, Slot
from models.spec import Role


class Lease:
    """What ``ModelPool.lease`` gives; good until the end of its block. Callers of one model take turns.

    Attributes:
        model: stays loaded as long as the lease.
        load_seconds: how long this lease waited for it to be loaded; 0.0 if it was there.
    """

    def __init__(self, slot: Slot, model: Model, load_seconds: float, evict_idle: Callable[[str], None]) -> None:
        self.model, self.load_seconds = model, load_seconds
        self._slot, self._evict_idle = slot, evict_idle

    def encode(
        self,
        texts: Sequence[str],
        role: Role,
        instruction: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> Encoding:
        """As ``Encoder.encode``. Out of memory: every idle model there is unloaded, and it is tried once more.

        Args:
            on_progress: also called, with 0 done, every 0.1 s while another caller has its turn.

        Raises:
            ModelError: ``out_of_memory`` if the second time failed too, or whatever the encoder raises.
            Cancelled: when ``on_progress`` raises it.
        """
        model = self.model
        assert isinstance(model, Encoder)

        def waiting() -> None:
            if on_progress is not None:
                on_progress(0, len(texts))

        with _turn(self._slot.turn, waiting):
            try:
                return model.encode(texts, role, instruction, on_progress)
            except MemoryExhaustedError:
                pass  # go on outside: the traceback holds the tensors of the failed batch
            self._evict_idle(model.device)
            try:
                return model.encode(texts, role, instruction, on_progress)
            except MemoryExhaustedError as error:
                raise ModelError(
                    "out_of_memory",
                    "{model} ran out of memory on {device}, even with one text at a time and no idle model beside it. "
                    "Shorten the texts, or choose a smaller model.",
                    model=model.spec.label,
                    device=model.device,
                ) from error

    def scores(self, queries: Sequence[str], candidates: Sequence[str]) -> NDArray[np.float32]:
        """As ``Scorer.scores``: float32 (q, c)."""
        assert isinstance(self.model, Scorer)
        with self._slot.turn:
            return self.model.scores(queries, candidates)


@contextmanager
def _turn(lock: threading.Lock, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold ``lock``; what ``waiting`` raises meanwhile ends the waiting."""
    while not lock.acquire(timeout=POLL_SECONDS):
        waiting()
    try:
        yield
    finally:
        lock.release()

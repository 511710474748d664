"""What the pool keeps of one model: the model itself while it is loaded, and the load while one runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from models.encoder import Model, OnStage
from models.errors import Cancelled, LibraError
from models.spec import ModelSpec

POLL_SECONDS = 0.1  # how soon somebody who waits sees a stop


class Loading:
    """One running load, for all who wait for it.

    Attributes:
        progress: (stage, done, total) as the loader last said it.
        reserved: bytes kept for it on ``device`` until it ends.
        error: why it failed; only once it has ended.
    """

    def __init__(self, stage: str) -> None:
        self.progress: tuple[str, int, int] = (stage, 0, 0)
        self.device = ""
        self.reserved = 0
        self.error: LibraError | None = None
        self._cancelled = threading.Event()
        self._ended = threading.Event()
        self._settled = threading.Event()  # either of the two: from then on waiting for its model is in vain, or over

    @property
    def cancelled(self) -> bool:
        """Whether it was told to stop. It may go on for a while: to the next step that it reports."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Tell it to stop; all who wait for its model are free at once."""
        self._cancelled.set()
        self._settled.set()

    def check(self) -> None:
        """Raises Cancelled if it was told to stop."""
        if self.cancelled:
            raise Cancelled

    def end(self, error: LibraError | None) -> None:
        """Nothing of it runs any more."""
        self.error = error
        self._ended.set()
        self._settled.set()

    def join(self, on_progress: OnStage | None) -> None:
        """Wait for its model.

        Raises:
            LibraError: why the load failed.
            Cancelled: it was cancelled.
        """
        self._watch(self._settled, on_progress)
        self.check()
        if self.error is not None:
            raise self.error.with_traceback(None)  # one error for all who wait: without the others' frames

    def outlast(self, on_progress: OnStage | None) -> None:
        """Wait until nothing of it runs any more, however it ended."""
        self._watch(self._ended, on_progress)

    def _watch(self, event: threading.Event, on_progress: OnStage | None) -> None:
        """Whatever ``on_progress`` raises ends the waiting."""
        while True:
            if on_progress is not None:
                on_progress(*self.progress)
            if event.wait(POLL_SECONDS):
                return


@dataclass(eq=False)
class Slot:
    """One model of the pool. All but ``turn`` is guarded by the pool's lock.

    Attributes:
        pins: how many use it or wait for it; with one it is neither evicted nor unloaded.
        used: when it was last used, as a count that grows.
        error: why the last load failed, until the next one begins.
        turn: held by the one who encodes.
    """

    spec: ModelSpec
    model: Model | None = None
    load: Loading | None = None
    pins: int = 0
    used: int = 0
    error: LibraError | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def memory_bytes(self) -> int:
        """Bytes that the model holds; 0 while it is not loaded."""
        return self.model.memory_bytes if self.model is not None else 0

"""What every model can do for the rest of the program, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from models.spec import ModelSpec, Role

#: Called at each batch with (texts done, texts in all). It may raise ``Cancelled``; encoders let that through.
OnProgress = Callable[[int, int], None]

#: Called while a model is made ready with (stage, done, total); stages: ``download`` in bytes, ``load`` in steps.
#: It may raise ``Cancelled``.
OnStage = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Encoding:
    """The result of encoding n texts.

    Attributes:
        vectors: float32 (n, d), full dimension, L2-normalised, finite.
        tokens: int32 (n,), tokens the model read: prompt and special tokens included, after cutting.
        kept: int32 (n,), characters of the text that the model read; equal to ``len(text)`` where nothing was cut.
        truncated: bool (n,), whether a tail of the text was cut off.
        seconds: wall time of the encoding proper, loading excluded.
    """

    vectors: NDArray[np.float32]
    tokens: NDArray[np.int32]
    kept: NDArray[np.int32]
    truncated: NDArray[np.bool_]
    seconds: float


@runtime_checkable
class Encoder(Protocol):
    """A model that turns texts into vectors."""

    spec: ModelSpec
    revision: str
    device: str
    dtype: str

    @property
    def memory_bytes(self) -> int:
        """Bytes of the parameters and buffers that it holds."""
        ...

    def encode(
        self,
        texts: Sequence[str],
        role: Role,
        instruction: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> Encoding:
        """Encode ``texts`` (at least one, valid Unicode) at full dimension.

        Raises:
            ModelError: vectors that are not finite, or a failure inside the model; it names the model.
            Cancelled: when ``on_progress`` raises it.
        """
        ...

    def close(self) -> None:
        """Give the memory back. Idempotent."""
        ...


@runtime_checkable
class Scorer(Protocol):
    """A model without vectors: it scores pairs on a scale of its own, unbounded."""

    spec: ModelSpec
    revision: str
    device: str
    dtype: str

    @property
    def memory_bytes(self) -> int:
        """Bytes that it holds while idle."""
        ...

    def scores(self, queries: Sequence[str], candidates: Sequence[str]) -> NDArray[np.float32]:
        """float32 (q, c), larger is better, finite."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """int32 (n,), terms it reads of each text."""
        ...

    def close(self) -> None:
        """Give the memory back. Idempotent."""
        ...


Model = Encoder | Scorer

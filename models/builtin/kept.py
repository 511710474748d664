"""Files that are either whole or not there: written aside, then renamed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

STRIDE = 5  # steps between looks at what is averaged


class Stateful(Protocol):
    """A module or an optimiser."""

    def state_dict(self) -> dict[str, Any]:
        """Everything it needs to go on."""
        ...

    def load_state_dict(self, state_dict: dict[str, Any]) -> Any:
        """Take it back."""
        ...


def _keep(path: Path, write: Callable[[Path], object]) -> None:
    aside = path.with_name(f"{path.stem}.part{path.suffix}")
    write(aside)
    aside.rename(path)


def keep_arrays(path: Path, **arrays: NDArray[Any]) -> None:
    """Write ``path`` (.npz)."""
    _keep(path, lambda aside: np.savez(aside, **arrays))  # type: ignore[arg-type]


def keep_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write ``path`` (.pt)."""
    _keep(path, lambda aside: torch.save(dict(state), aside))


class RunningAverage:
    """The average of tensors while they are trained: the noise of single steps falls out of it."""

    def __init__(self, tensors: Mapping[str, Tensor], keep: float) -> None:
        """``keep``: the share of the average that stays at each step."""
        self.tensors, self.keep = tensors, keep
        self.average = {name: tensor.detach().clone() for name, tensor in tensors.items()}

    def saved(self) -> dict[str, Tensor]:
        """What a checkpoint keeps, by names of its own."""
        return {f"average {name}": tensor for name, tensor in self.average.items()}

    @torch.no_grad()
    def follow(self, step: int) -> None:
        """Take in where the tensors are after ``step`` steps; every few steps, for a table is large."""
        if step % STRIDE == 0:
            for name, tensor in self.tensors.items():
                self.average[name].lerp_(tensor, 1 - self.keep**STRIDE)

    @torch.no_grad()
    def settle(self) -> None:
        """Move the tensors to their average: the end of the run."""
        for name, tensor in self.tensors.items():
            tensor.copy_(self.average[name])


class Checkpoint:
    """The state of a training run in one file: tensors and stateful parts by name, and counters such as the step."""

    def __init__(self, path: Path, tensors: Mapping[str, Tensor], parts: Mapping[str, Stateful]) -> None:
        self.path, self.tensors, self.parts = path, tensors, parts

    def save(self, **counters: int) -> None:
        """Write everything as it stands."""
        parts = {name: part.state_dict() for name, part in self.parts.items()}
        keep_state(self.path, {**counters, **self.tensors, **parts})

    def restore(self) -> dict[str, int]:
        """Put everything back in place; the counters, none where there is no file yet."""
        if not self.path.exists():
            return {}
        state = torch.load(self.path, weights_only=True)
        for name, tensor in self.tensors.items():
            tensor.copy_(state.pop(name))
        for name, part in self.parts.items():
            part.load_state_dict(state.pop(name))
        return dict(state)

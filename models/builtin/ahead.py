"""What a step reads is drawn in a process of its own, some steps ahead of the training that waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from torch.utils.data import DataLoader, IterableDataset

T = TypeVar("T")
AHEAD = 8  # steps


class _Row(IterableDataset[T]):
    def __init__(self, row: Callable[[], Iterator[T]]) -> None:
        self.row = row

    def __iter__(self) -> Iterator[T]:
        return self.row()


def drawn_ahead(row: Callable[[], Iterator[T]]) -> Iterator[T]:
    """What the iterator that ``row`` makes gives, in its order."""
    return iter(DataLoader(_Row(row), batch_size=None, collate_fn=_as_it_is, num_workers=1, prefetch_factor=AHEAD))


def _as_it_is(thing: T) -> T:
    """Arrays stay arrays: by default they would become tensors."""
    return thing

"""Vectors that were computed once, so that no view ever encodes a text twice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from hashlib import blake2b

import numpy as np

from models.vectors import Floats

DIGEST_BYTES = 16
OVERHEAD_BYTES = 450  # of one entry besides its numbers: key, objects, place in the dictionary; measured as 400


@dataclass(frozen=True)
class EncodingKey:
    """Everything besides the text that decides a vector. The device is not in it: the same vector comes out.

    Attributes:
        model_id: of the catalog.
        revision: of the files that were loaded.
        dtype: of the arithmetic.
        prompt: the exact text put before each text.
        max_tokens: where a text is cut.
    """

    model_id: str
    revision: str
    dtype: str
    prompt: str
    max_tokens: int


@dataclass(frozen=True, slots=True)
class CachedVector:
    """One text's part of an ``Encoding``.

    Attributes:
        vector: float32 (d,), full dimension, normalised. What the cache gives is read-only.
        tokens, kept, truncated: as in ``Encoding``.
    """

    vector: Floats
    tokens: int
    kept: int
    truncated: bool


class VectorCache:
    """Least recently used vectors leave first. Safe to use from many threads.

    Addressed by content: a hash of the text and its length, never the text itself.

    Args:
        max_bytes: bound of what it holds, an estimate of Python's overhead included; 0 keeps nothing.

    Attributes:
        hits, misses: texts that were asked for and were there, or not.
        used_bytes: what it holds now, overhead included.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.hits = self.misses = self.used_bytes = 0
        self._lock = threading.Lock()
        self._entries: OrderedDict[bytes, CachedVector] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get_many(self, key: EncodingKey, texts: Sequence[str]) -> list[CachedVector | None]:
        """The vectors of ``texts``, in their order; None where one is not known."""
        scope = _scope(key)
        addresses = [_address(scope, text) for text in texts]  # hashing is the work: outside the lock
        with self._lock:
            found = [self._entries.get(address) for address in addresses]
            for address, entry in zip(addresses, found, strict=True):
                if entry is None:
                    self.misses += 1
                else:
                    self.hits += 1
                    self._entries.move_to_end(address)
        return found

    def put(self, key: EncodingKey, text: str, entry: CachedVector) -> None:
        """Keep a copy of ``entry``; a row of a batch would keep the whole batch alive."""
        vector = np.array(entry.vector, dtype=np.float32)
        vector.setflags(write=False)
        address = _address(_scope(key), text)
        kept = replace(entry, vector=vector)
        if _size(kept) > self.max_bytes:
            return
        with self._lock:
            before = self._entries.pop(address, None)
            if before is not None:
                self.used_bytes -= _size(before)
            self._entries[address] = kept
            self.used_bytes += _size(kept)
            while self.used_bytes > self.max_bytes:
                _, oldest = self._entries.popitem(last=False)
                self.used_bytes -= _size(oldest)

    def clear(self) -> None:
        """Forget every vector; the counters go on."""
        with self._lock:
            self._entries.clear()
            self.used_bytes = 0


def _size(entry: CachedVector) -> int:
    return entry.vector.nbytes + OVERHEAD_BYTES


def _scope(key: EncodingKey) -> bytes:
    return _digest(repr(astuple(key)))


def _address(scope: bytes, text: str) -> bytes:
    return scope + _digest(text) + len(text).to_bytes(8)


def _digest(text: str) -> bytes:
    # surrogatepass: a lone surrogate is refused before it gets here, and must not be what breaks a cache
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()

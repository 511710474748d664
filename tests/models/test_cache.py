from __future__ import annotations

import threading
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from models.cache import OVERHEAD_BYTES, CachedVector, EncodingKey, VectorCache

KEY = EncodingKey(model_id="m", revision="r", dtype="float32", prompt="query: ", max_tokens=512)
SIZE = 4 * 8 + OVERHEAD_BYTES


def vector(value: float = 1.0, dimensions: int = 8) -> CachedVector:
    return CachedVector(np.full(dimensions, value, np.float32), tokens=3, kept=4, truncated=True)


def test_what_is_put_is_had_again_in_the_order_asked() -> None:
    cache = VectorCache(100 * SIZE)
    cache.put(KEY, "天秤", vector(1))
    cache.put(KEY, "scales", vector(2))
    scales, absent, balance = cache.get_many(KEY, ["scales", "nothing", "天秤"])
    assert absent is None
    assert scales is not None
    assert balance is not None
    assert (scales.vector[0], balance.vector[0]) == (2, 1)
    assert (scales.tokens, scales.kept, scales.truncated) == (3, 4, True)
    assert (cache.hits, cache.misses) == (2, 1)


@pytest.mark.parametrize(
    "other",
    [
        replace(KEY, model_id="n"),
        replace(KEY, revision="s"),
        replace(KEY, dtype="float16"),
        replace(KEY, prompt=""),
        replace(KEY, max_tokens=256),
    ],
)
def test_all_that_decides_a_vector_is_in_the_key(other: EncodingKey) -> None:
    cache = VectorCache(100 * SIZE)
    cache.put(KEY, "text", vector())
    assert cache.get_many(other, ["text"]) == [None]


def test_texts_that_are_nearly_the_same_are_not() -> None:
    cache = VectorCache(100 * SIZE)
    texts = ["a", "a ", " a", "A", "", "\0", "é", "e\u0301", "\ud800"]
    for number, text in enumerate(texts):
        cache.put(KEY, text, vector(number))
    found = cache.get_many(KEY, texts)
    assert [entry and entry.vector[0] for entry in found] == list(range(len(texts)))


def test_the_least_recently_used_leave_first() -> None:
    cache = VectorCache(3 * SIZE)
    for text in "abc":
        cache.put(KEY, text, vector())
    cache.get_many(KEY, ["a"])
    cache.put(KEY, "d", vector())
    assert [entry is not None for entry in cache.get_many(KEY, list("abcd"))] == [True, False, True, True]
    assert (len(cache), cache.used_bytes) == (3, 3 * SIZE)


def test_putting_a_text_again_replaces_it_and_counts_once() -> None:
    cache = VectorCache(3 * SIZE)
    cache.put(KEY, "a", vector(1, dimensions=4))
    cache.put(KEY, "a", vector(2))
    (found,) = cache.get_many(KEY, ["a"])
    assert found is not None
    assert found.vector[0] == 2
    assert (len(cache), cache.used_bytes) == (1, SIZE)


@pytest.mark.parametrize("bound", [0, SIZE - 1])
def test_what_alone_is_too_large_is_not_kept_and_drives_nothing_out(bound: int) -> None:
    cache = VectorCache(bound)
    cache.put(KEY, "a", vector())
    assert (len(cache), cache.used_bytes) == (0, 0)


def test_a_row_of_a_batch_does_not_keep_the_batch() -> None:
    batch = np.ones((1000, 8), np.float32)
    cache = VectorCache(10 * SIZE)
    cache.put(KEY, "a", CachedVector(batch[0], 1, 1, False))
    batch[0] = 7
    (found,) = cache.get_many(KEY, ["a"])
    assert found is not None
    assert found.vector.base is None
    assert found.vector[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        found.vector[0] = 2


def test_clear_forgets_vectors() -> None:
    cache = VectorCache(10 * SIZE)
    cache.put(KEY, "a", vector())
    cache.clear()
    assert cache.get_many(KEY, ["a"]) == [None]
    assert cache.used_bytes == 0


def test_the_bound_is_one_of_real_memory() -> None:
    cache = VectorCache(1 << 20)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(5000):
            cache.put(KEY, f"text {number}", CachedVector(np.zeros(32, np.float32), 1000, 1000, False))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert cache.used_bytes <= 1 << 20
    assert 0.6 < (after - before) / cache.used_bytes < 1.1


def test_many_threads_at_once() -> None:
    cache = VectorCache(50 * SIZE)
    barrier = threading.Barrier(4)
    wrong: list[object] = []

    def work(number: int) -> None:
        barrier.wait()
        for step in range(500):
            value = (step * (number + 1)) % 97
            cache.put(KEY, str(value), vector(value))
            for entry in cache.get_many(KEY, [str(value), str(value + 1)])[:1]:
                if entry is not None and entry.vector[0] != value:
                    wrong.append(entry)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert cache.hits + cache.misses == 4 * 500 * 2
    assert cache.used_bytes == len(cache) * SIZE <= 50 * SIZE

"""Arithmetic on vectors: cutting, normalising, similarity, the dimension ladder, the codec of the view. No state."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.errors import InputError

Floats = NDArray[np.float32]

SMALLEST = 32
LARGEST = 4096
FIXED_POINT = 32767  # a similarity of 1 in the int16 copy that the browser gets


def _ladder() -> tuple[int, ...]:
    """2^k × 1, 1.25, 1.5, 1.75 from 32 to 4096: every octave in four steps."""
    rungs = [SMALLEST]
    while rungs[-1] < LARGEST:
        octave = 1 << (rungs[-1].bit_length() - 1)
        rungs.append(rungs[-1] + octave // 4)
    return tuple(rungs)


LADDER = _ladder()


def rungs_of(dimensions: int, ladder: Sequence[int] = LADDER) -> list[int]:
    """The rungs that a model of ``dimensions`` can stand on: those of ``ladder`` below it, then its own full size."""
    return [rung for rung in ladder if rung < dimensions] + [dimensions]


def normalise(vectors: Floats) -> Floats:
    """L2-normalise the rows of ``vectors`` (n, d) in float32; a zero row stays zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms == 0, 1, norms), dtype=np.float32)


def truncate(vectors: Floats, dimensions: int) -> Floats:
    """Keep the first ``dimensions`` of each row, then normalise again: cosine of what is left (n, dimensions).

    Raises:
        InputError: ``dimensions`` outside 1 … d.
    """
    full = vectors.shape[1]
    if not 1 <= dimensions <= full:
        raise InputError(
            "dimensions_range",
            "{dimensions} dimensions: choose a whole number from {smallest} to {full}.",
            dimensions=dimensions,
            smallest=1,
            full=full,
        )
    return normalise(vectors[:, :dimensions])


def similarity(queries: Floats, candidates: Floats, dimensions: int | None = None) -> Floats:
    """Cosine similarities float32 (q, c) of full or truncated vectors."""
    if dimensions is not None and dimensions < queries.shape[1]:
        queries, candidates = truncate(queries, dimensions), truncate(candidates, dimensions)
    return np.asarray(queries @ candidates.T, dtype=np.float32)


def ladder(queries: Floats, candidates: Floats, rungs: Sequence[int]) -> Floats:
    """Cosine similarities at every rung, float32 (rungs, q, c), in one cumulative pass over the dimensions.

    The dot products and squared norms of a rung are those of the rung before plus the slice between them.
    Within 3.4e-7 of truncating and normalising anew in float64.

    Args:
        queries: float32 (q, d). candidates: float32 (c, d). rungs: ascending, none above d.
    """
    result = np.empty((len(rungs), len(queries), len(candidates)), np.float32)
    dots = np.zeros(result.shape[1:], np.float32)
    query_squares = np.zeros(len(queries), np.float32)
    candidate_squares = np.zeros(len(candidates), np.float32)
    start = 0
    for index, rung in enumerate(rungs):
        query_slice, candidate_slice = queries[:, start:rung], candidates[:, start:rung]
        dots += query_slice @ candidate_slice.T
        query_squares += np.einsum("ij,ij->i", query_slice, query_slice)
        candidate_squares += np.einsum("ij,ij->i", candidate_slice, candidate_slice)
        norms = np.sqrt(query_squares)[:, None] * np.sqrt(candidate_squares)[None, :]
        result[index] = dots / np.where(norms == 0, 1, norms)
        start = rung
    return result


def to_fixed_point(values: Floats) -> str:
    """Values of -1 … 1 as base64 of little-endian int16 (× 32767), the copy that the browser ranks."""
    return base64.b64encode(np.round(np.clip(values, -1, 1) * FIXED_POINT).astype("<i2").tobytes()).decode("ascii")


def from_fixed_point(encoded: str) -> Floats:
    """The inverse of ``to_fixed_point``, flat, to within half a step of 1/32767."""
    return np.frombuffer(base64.b64decode(encoded), "<i2").astype(np.float32) / np.float32(FIXED_POINT)

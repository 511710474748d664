"""What both models learn to say: one vector a concept, from the teacher's vectors.

A teacher's vector less the mean English vector, less its language's own offset (the mean of v_language - v_English
over pairs), averaged over the concept's texts: so centred, the teacher itself retrieves better across languages than
it does raw. For the decoder it is turned into the order of its principal components, so that a prefix is the best
summary of its length.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.builtin.concepts import KINDS

Floats = NDArray[np.float32]
ENGLISH = 0  # in KINDS
FEWEST_PAIRS = 20  # below, a language's offset would be noise


@dataclass(frozen=True)
class Targets:
    """``vectors`` float32 (concepts, dimensions), zero where ``known`` bool (concepts,) says the teacher was not asked.

    ``mean`` float32 (384,): the mean English vector, which was taken off. ``offsets`` float32 (kinds, 384): so was each
    language's own. ``basis`` float32 (384, 384): the principal components, columns by falling variance.
    """

    vectors: Floats
    known: NDArray[np.bool_]
    mean: Floats
    offsets: Floats
    basis: Floats

    def turned(self, dimensions: int) -> Targets:
        """The same in the order of the principal components, cut to ``dimensions``."""
        return replace(self, vectors=(self.vectors @ self.basis[:, :dimensions]).astype(np.float32))

    def of(self, vectors: Floats, kind: NDArray[np.int64]) -> Floats:
        """Targets of single texts of these kinds, from unit teacher's vectors (n, 384); unturned."""
        return unit(vectors - self.mean - self.offsets[kind])


def unit(vectors: Floats) -> Floats:
    """Rows of length one; a row of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    result: Floats = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return result


def build_targets(concept: NDArray[np.int64], kind: NDArray[np.int64], vectors: Floats, count: int) -> Targets:
    """Targets of ``count`` concepts from unit teacher's vectors (n, 384) and what each of them is of."""
    mean = vectors[kind == ENGLISH].mean(axis=0)
    offsets = _offsets(concept, kind, vectors)
    centred = unit(vectors - mean - offsets[kind])
    sums = np.zeros((count, vectors.shape[1]), np.float32)
    np.add.at(sums, concept, centred)
    known = np.zeros(count, np.bool_)
    known[concept] = True
    means = unit(sums)
    return Targets(means, known, mean, offsets, _principal_components(means[known]))


def _offsets(concept: NDArray[np.int64], kind: NDArray[np.int64], vectors: Floats) -> Floats:
    """Mean difference from the English text of the same concept, float32 (kinds, 384)."""
    english_row = np.full(int(concept.max()) + 1, -1)
    rows = np.flatnonzero(kind == ENGLISH)
    english_row[concept[rows]] = rows
    offsets = np.zeros((len(KINDS), vectors.shape[1]), np.float32)
    for number in range(1, len(KINDS)):
        rows = np.flatnonzero((kind == number) & (english_row[concept] >= 0))
        if len(rows) >= FEWEST_PAIRS:
            offsets[number] = (vectors[rows] - vectors[english_row[concept[rows]]]).mean(axis=0)
    return offsets


def _principal_components(vectors: Floats) -> Floats:
    """Eigenvectors of the second moments, largest first; the sign is fixed, so that a rerun gives the same table."""
    _, basis = np.linalg.eigh(vectors.T.astype(np.float64) @ vectors.astype(np.float64) / len(vectors))
    basis = basis[:, ::-1]
    largest = np.abs(basis).argmax(axis=0)
    fixed: Floats = (basis * np.sign(basis[largest, np.arange(basis.shape[1])])).astype(np.float32)
    return fixed


def piece_table(vectors: Floats, basis: Floats, dimensions: int, size: float) -> Floats:
    """Where the word table starts: pieces as the teacher sees them, centred and turned alike; rows of RMS ``size``."""
    turned = unit(vectors.astype(np.float32))
    turned = (unit(turned - turned.mean(axis=0)) @ basis)[:, :dimensions]
    table: Floats = (unit(turned) * size * dimensions**0.5).astype(np.float32)
    return table

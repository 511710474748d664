"""Queries come in families, and those of one family are not independent: sums by family, and what that costs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def family_index(families: Sequence[Hashable]) -> NDArray[np.int64]:
    """A number for each query (q,): 0 for the first family that appears, 1 for the next, …"""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(family, len(numbers)) for family in families], np.int64)


def family_sums(values: NDArray[np.generic], index: NDArray[np.int64]) -> Values:
    """Sums over each family, (…, families), of values (…, q); ``index`` as ``family_index`` gives it."""
    order = np.argsort(index, kind="stable")
    starts = np.searchsorted(index[order], np.arange(index.max() + 1))
    return np.add.reduceat(values[..., order].astype(np.float64), starts, axis=-1)


def effective_families(sizes: NDArray[np.int64]) -> float:
    """How many families of equal size would say as much, were all queries of a family alike: (Σ size)² / Σ size²."""
    return float(sizes.sum() ** 2 / (sizes.astype(np.float64) ** 2).sum())


def variance_of_mean(sums: Values, sizes: NDArray[np.int64]) -> float:
    """Estimated variance of the mean over queries, Σ sums / Σ sizes, families being what was drawn.

    The linearised ratio estimator of cluster samples (Cochran, Sampling Techniques, §9A), with the effective number
    of families in the small-sample factor; NaN for a single family.
    """
    families = effective_families(sizes)
    if families <= 1:
        return float("nan")
    residuals = sums - sizes * (sums.sum() / sizes.sum())
    return float(families / (families - 1) * (residuals**2).sum() / sizes.sum() ** 2)

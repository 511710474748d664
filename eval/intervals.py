"""How sure is an accuracy? 95 % intervals that keep what they promise, with families and without.

``python -m eval.calibration`` measures the coverage. A bootstrap over few families covers far less than 95 %
(10 families of 4: 87 to 92 %), and at an accuracy near 0 or 1 it collapses to a point; there Wilson's interval
takes its place, on the number of independent queries that would be as uncertain.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.families import Values, effective_families, family_index, family_sums, variance_of_mean

CONFIDENCE = 0.95
RESAMPLES = 4_999
SEED = 42
# The least with which the bootstrap covers 94 %: effective families, and these times the rarer of right and wrong.
BOOTSTRAP_FAMILIES = 40
BOOTSTRAP_MINORITY = 5

WILSON = "wilson"
EFFECTIVE = "wilson_effective"
BOOTSTRAP = "family_bootstrap"


@dataclass(frozen=True)
class Interval:
    """A 95 % interval of a mean, and how it was made: one of ``WILSON``, ``EFFECTIVE``, ``BOOTSTRAP``."""

    low: float
    high: float
    method: str


def interval(values: Sequence[float] | NDArray[Any], families: Sequence[Hashable], seed: int = SEED) -> Interval:
    """The interval of a mean over queries.

    Args:
        values: (q,), 0 or 1 for right and wrong, or anything between (a reciprocal rank). families: (q,).
    """
    measured = np.asarray(values, np.float64)
    index = family_index(families)
    sizes = np.bincount(index)
    if sizes.max() == 1 and np.isin(measured, (0, 1)).all():
        return _wilson(int(measured.sum()), len(measured))
    sums = family_sums(measured, index)
    enough = effective_families(sizes)
    mean = sums.sum() / sizes.sum()
    varied = not np.allclose(sums, sizes * mean)
    if varied and enough >= BOOTSTRAP_FAMILIES and min(mean, 1 - mean) * enough >= BOOTSTRAP_MINORITY:
        return _bootstrap(sums, sizes, seed)
    return effective_wilson(sums, sizes)


def _wilson(right: int, queries: int) -> Interval:
    from scipy.stats import binomtest

    found = binomtest(right, queries).proportion_ci(CONFIDENCE, method="wilson")
    return Interval(float(found.low), float(found.high), WILSON)


def _bootstrap(sums: Values, sizes: NDArray[np.int64], seed: int) -> Interval:
    """Families are drawn again with replacement, each with all its queries; bias-corrected and accelerated."""
    from scipy.stats import bootstrap

    def accuracy(sums: Values, sizes: Values, axis: int) -> Values:
        return np.asarray(sums.sum(axis=axis) / sizes.sum(axis=axis))

    found = bootstrap(
        (sums, sizes.astype(np.float64)),
        accuracy,
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=max(1, 1_000_000 // len(sums)),
        confidence_level=CONFIDENCE,
        method="BCa",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Interval(float(found.low), float(found.high), BOOTSTRAP)


def effective_wilson(sums: Values, sizes: NDArray[np.int64]) -> Interval:
    """Wilson's interval on an effective number of queries; much faster than the bootstrap.

    Args:
        sums: of the values in each family (f,). sizes: queries in each family (f,).
    """
    from statsmodels.stats.proportion import proportion_confint  # binomtest takes whole numbers only

    mean = float(sums.sum() / sizes.sum())
    queries = _effective_queries(sums, sizes)
    low, high = proportion_confint(mean * queries, queries, alpha=1 - CONFIDENCE, method="wilson")
    # At 0 or 1 rounding may leave the end a hair short of the mean.
    return Interval(min(float(low), mean), max(float(high), mean), EFFECTIVE)


def _effective_queries(sums: Values, sizes: NDArray[np.int64]) -> float:
    """How many independent queries would be as uncertain as these (Korn & Graubard 1998, Survey Methodology 24:193).

    queries / design effect · (z / t)², the last because the design effect itself is an estimate from few families.
    t has the degrees of freedom of a variance whose terms have this kurtosis, 2f / (kurtosis - 1): with one odd
    family among many equal ones the estimate hangs on that one. Never more than the queries there are, and never
    fewer than the effective families: that is what is left when all queries of a family are alike. This floor also
    holds where nothing varies, as at an accuracy of 0 or 1.
    """
    from scipy.stats import norm, t

    least, most = effective_families(sizes), float(sizes.sum())
    mean = sums.sum() / most
    squares = (sums - sizes * mean) ** 2
    if len(sums) < 2 or np.allclose(squares, 0):
        return least
    effective = mean * (1 - mean) / variance_of_mean(sums, sizes)
    kurtosis = len(sums) * (squares**2).sum() / squares.sum() ** 2
    freedom = least - 1 if kurtosis <= 1 else min(least - 1, 2 * len(sums) / (kurtosis - 1))
    tail = (1 + CONFIDENCE) / 2
    return float(np.clip(effective * (norm.ppf(tail) / t.ppf(tail, freedom)) ** 2, least, most))

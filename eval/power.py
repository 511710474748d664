"""How many queries does it take? What a set could have shown, and what would settle the difference seen.

n = [1.96 √ψ + 0.842 √(ψ - δ²)]² / δ²  queries show a difference δ between two models at 5 % in 80 % of all cases,
ψ being the share of queries on which exactly one of the two is right (Connor 1987, Biometrics 43:207; McNemar's
test). Families cost a factor, the design effect.

Of m comparisons Holm asks the first for 5 % / m, so that is what is meant here: with 6 it takes 1.54 times the queries,
with 28 twice as many. Where others are settled already, Holm asks for less.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from eval.families import Values, variance_of_mean

ALPHA = 0.05
POWER = 0.8
Z_POWER = 0.841621  # normal quantile of POWER


def z_alpha(comparisons: int = 1) -> float:
    """Normal quantile that the first of so many comparisons has to pass: 1.96 of one."""
    return NormalDist().inv_cdf(1 - ALPHA / comparisons / 2)


def least_families(comparisons: int = 1) -> int:
    """A test over fewer can never settle anything: even if all point one way, two of 2^f signs do as well."""
    return 1 + math.ceil(-math.log2(ALPHA / comparisons))


def queries_for(difference: float, discordant: float, comparisons: int = 1) -> float:
    """Independent queries that show ``difference`` (0 … 1, not 0), not rounded.

    Args:
        discordant: ψ; a smaller one than the difference itself cannot be, and counts as just that.
        comparisons: how many are made on the set, this one among them.
    """
    discordant = max(discordant, difference)
    root = z_alpha(comparisons) * math.sqrt(discordant) + Z_POWER * math.sqrt(discordant - difference**2)
    return (root / difference) ** 2


def detectable(
    queries: int, families: int, discordant: float, effect: float = 1.0, comparisons: int = 1
) -> float | None:
    """The smallest difference (0 … 1) that the set shows in 80 % of all cases; None if it is too small for any.

    Args:
        discordant: ψ, as observed or as stated; with 0 the answer is the least that can be said, all one way.
        effect: see ``design_effect``. comparisons: see ``queries_for``.
    """
    from scipy.optimize import brentq

    if families < least_families(comparisons):
        return None
    independent = queries / effect / few_families(families, queries, comparisons)

    def lacking(difference: float) -> float:
        return queries_for(difference, discordant, comparisons) - independent

    return None if lacking(1.0) > 0 else float(brentq(lacking, 1e-6, 1.0))


def queries_needed(
    difference: float, queries: int, families: int, discordant: float, effect: float = 1.0, comparisons: int = 1
) -> int | None:
    """How many queries, in families such as these, show ``difference`` (its sign is ignored); None if it is 0."""
    if difference == 0:
        return None
    size = queries / families
    alone = queries_for(abs(difference), discordant, comparisons)
    needed = max(alone * effect, least_families(comparisons) * size)
    return math.ceil(needed * few_families(needed / size, needed, comparisons))


def design_effect(sums: Values, sizes: NDArray[np.int64], discordant: float) -> float:
    """By what factor families make the difference of two models less certain than as many independent queries.

    The ratio of the two variances of the difference, kept between 1 and the (size-weighted) mean size of a family.

    Args:
        sums: right answers of one model minus the other's in each family (f,). sizes: queries in each family (f,).
    """
    queries = int(sizes.sum())
    if len(sizes) in (1, queries):
        return 1.0
    alone = (discordant - (sums.sum() / queries) ** 2) / (queries - 1)
    ratio = variance_of_mean(sums, sizes) / alone if alone > 0 else 1.0
    return float(np.clip(ratio, 1.0, (sizes**2).sum() / queries))


def few_families(families: float, queries: float, comparisons: int = 1) -> float:
    """What it costs that the variance is an estimate: (t / z)² with families - 1 degrees of freedom.

    Of one comparison 1.33 for 10 families, 1.02 for 160; 1 without families, as in the formula above.
    """
    from scipy.stats import t

    if families == queries:
        return 1.0
    return float((t.ppf(1 - ALPHA / comparisons / 2, families - 1) / z_alpha(comparisons)) ** 2)

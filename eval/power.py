"""How many queries does it take? What a set could have shown, and what would settle the difference seen.

n = [1.96 √ψ + 0.842 √(ψ - δ²)]² / δ²  queries show a difference δ between two models at 5 % in 80 % of all cases,
ψ being the share of queries on which exactly one of the two is right (Connor 1987, Biometrics 43:207; McNemar's
test). Families cost a factor, the design effect. One comparison is meant: with Holm over several it takes more.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from eval.families import Values, variance_of_mean

ALPHA = 0.05
POWER = 0.8
Z_ALPHA = 1.959964  # normal quantiles of 1 - ALPHA / 2 and of POWER
Z_POWER = 0.841621
# A test over so few families can never get below 5 %: even if all point one way, two of 2^f signs do as well.
LEAST_FAMILIES = 1 + math.ceil(-math.log2(ALPHA))


def queries_for(difference: float, discordant: float) -> float:
    """Independent queries that show ``difference`` (0 … 1, not 0), not rounded.

    Args:
        discordant: ψ; a smaller one than the difference itself cannot be, and counts as just that.
    """
    discordant = max(discordant, difference)
    root = Z_ALPHA * math.sqrt(discordant) + Z_POWER * math.sqrt(discordant - difference**2)
    return (root / difference) ** 2


def detectable(queries: int, families: int, discordant: float, effect: float = 1.0) -> float | None:
    """The smallest difference (0 … 1) that the set shows in 80 % of all cases; None if it is too small for any.

    Args:
        discordant: ψ, as observed or as stated; with 0 the answer is the least that can be said, all one way.
        effect: see ``design_effect``.
    """
    from scipy.optimize import brentq

    if families < LEAST_FAMILIES:
        return None
    independent = queries / effect / few_families(families, queries)
    if queries_for(1.0, discordant) > independent:
        return None
    return float(brentq(lambda difference: queries_for(difference, discordant) - independent, 1e-6, 1.0))


def queries_needed(
    difference: float, queries: int, families: int, discordant: float, effect: float = 1.0
) -> int | None:
    """How many queries, in families such as these, show ``difference`` (its sign is ignored); None if it is 0."""
    if difference == 0:
        return None
    size = queries / families
    needed = max(queries_for(abs(difference), discordant) * effect, LEAST_FAMILIES * size)
    return math.ceil(needed * few_families(needed / size, needed))


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


def few_families(families: float, queries: float) -> float:
    """What it costs that the variance is an estimate: (t / z)² with families - 1 degrees of freedom.

    1.33 for 10 families, 1.02 for 160; 1 without families, as in the formula above.
    """
    from scipy.stats import t

    return 1.0 if families == queries else float((t.ppf(1 - ALPHA / 2, families - 1) / Z_ALPHA) ** 2)

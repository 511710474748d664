"""What can be concluded from ranks: tests between models, corrected for how many there are, and ranks as intervals.

Every test is a library's (scipy, statsmodels). Queries of a family are not independent, so a family is what the
test moves: over queries, with 16 to a family, it would raise false alarms in 9 to 17 of 100 cases instead of 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from eval.families import Values, family_index, family_sums
from eval.power import design_effect, detectable, queries_needed
from eval.verdicts import Comparison, say

RESAMPLES = 9_999
EXACT_FAMILIES = 13  # 2^13 signs are fewer than RESAMPLES: all of them are tried
SEED = 42


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Two models in one category: ``difference`` of Top-1, ``p`` of the family test, ``q`` after Benjamini-Hochberg."""

    category: str
    a: str
    b: str
    queries: int
    difference: float
    p: float
    q: float


def compare(
    name: str,
    ranks: Mapping[str, Sequence[int]],
    families: Sequence[str],
    *,
    labels: Mapping[str, str] | None = None,
    discordant: float | None = None,
    seed: int = SEED,
) -> tuple[Comparison, ...]:
    """Every pair of models on one set, in the order of ``ranks``.

    Args:
        name: of the set. ranks: model id → pessimistic rank of each query (q,). families: (q,).
        labels: what people call a model, for the sentence.
        discordant: a ψ to state for ``detectable`` and ``queries_needed`` instead of each pair's own.
    """
    pairs = list(combinations(ranks, 2))
    if not pairs:
        return ()
    index = family_index(families)
    right = {model: np.asarray(row) == 1 for model, row in ranks.items()}
    against = np.array([right[a].astype(np.int64) - right[b] for a, b in pairs])
    p = family_test(family_sums(against, index), seed)
    found = [
        _comparison(name, a, b, row, index, discordant, p=float(one), p_holm=float(holm), comparisons=len(pairs))
        for (a, b), row, one, holm in zip(pairs, against, p, holm_correction(p), strict=True)
    ]
    return tuple(replace(item, sentence=say(item, names=labels)) for item in found)


def _comparison(
    name: str,
    a: str,
    b: str,
    against: NDArray[np.int64],
    index: NDArray[np.int64],
    stated: float | None,
    *,
    p: float,
    p_holm: float,
    comparisons: int,
) -> Comparison:
    """One pair; ``against`` (q,) is 1 where only a is right, -1 where only b is."""
    sizes = np.bincount(index)
    queries, families = len(index), len(sizes)
    difference = float(against.mean())
    observed = float((against != 0).mean())
    effect = design_effect(family_sums(against, index), sizes, observed)
    discordant = observed if stated is None else stated
    return Comparison(
        set=name,
        a=a,
        b=b,
        queries=queries,
        families=families,
        difference=difference,
        p=p,
        p_holm=p_holm,
        comparisons=comparisons,
        mcnemar=mcnemar_test(against),
        discordant=observed,
        detectable=detectable(queries, families, discordant, effect, comparisons),
        queries_needed=queries_needed(difference, queries, families, discordant, effect, comparisons),
    )


def family_test(sums: Values, seed: int = SEED) -> Values:
    """p (rows,) of a paired permutation test over families, two-sided, for many pairs of models at once.

    Under the null hypothesis the two models of a pair could change names in any family, which flips the sign of its
    sum; sums rather than means, so that it is the difference over queries that is tested, whatever the families' sizes.
    All signs are tried where at most ``EXACT_FAMILIES`` sums are not 0, else ``RESAMPLES`` of them at random.

    Args:
        sums: whole numbers (rows, families): right answers of one model minus those of the other in each family.
    """
    moving = np.count_nonzero(sums, axis=1)
    p = np.ones(len(sums))  # nothing moves: the two are equal
    for chosen in ((moving > 0) & (moving <= EXACT_FAMILIES), moving > EXACT_FAMILIES):
        if chosen.any():
            p[chosen] = _sign_flips(_packed(sums[chosen]), seed)
    return p


def _packed(sums: Values) -> Values:
    """Each row's sums that are not 0 in front, cut to the longest row: a sign makes no difference to a 0."""
    width = int(np.count_nonzero(sums, axis=1).max())
    order = np.argsort(sums == 0, axis=1, kind="stable")[:, :width]
    packed = np.take_along_axis(sums, order, axis=1)
    return np.pad(packed, ((0, 0), (0, max(0, 2 - width))))  # scipy wants two observations


def _sign_flips(sums: Values, seed: int) -> Values:
    """p (rows,). The sample that scipy permutes is a row of ones, whose signs then serve all rows in one product."""
    from scipy.stats import permutation_test

    families = sums.shape[1]

    def totals(signs: Values, axis: int) -> Values:
        return np.asarray(signs @ sums.T)

    result = permutation_test(
        (np.ones(families),),
        totals,
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=max(1, 4_000_000 // families),  # bounds the memory, changes nothing
        rng=np.random.default_rng(seed),
    )
    return np.asarray(result.pvalue, np.float64)


def mcnemar_test(against: NDArray[np.int64]) -> float:
    """p of McNemar's exact test; ``against`` (q,) is 1 where only one model is right, -1 where only the other."""
    from statsmodels.stats.contingency_tables import mcnemar

    table = [[0, int((against > 0).sum())], [int((against < 0).sum()), 0]]
    return float(mcnemar(table, exact=True).pvalue)


def holm_correction(p: Values) -> Values:
    """p (n,) corrected for n tests: the chance that any of them is a false alarm stays at 5 %."""
    from statsmodels.stats.multitest import multipletests

    return np.asarray(multipletests(p, method="holm")[1], np.float64)


def category_cells(
    ranks: Mapping[str, Sequence[int]], families: Sequence[str], categories: Sequence[str], seed: int = SEED
) -> tuple[Cell, ...]:
    """Every pair of models in every category, corrected over all of them together: at most 5 % of what has q < .05
    is a false alarm on average. Arguments (q,) as in ``compare``."""
    from scipy.stats import false_discovery_control

    right = {model: np.asarray(row) == 1 for model, row in ranks.items()}
    keys = [(category, pair) for category in dict.fromkeys(categories) for pair in combinations(ranks, 2)]
    if not keys:
        return ()
    index = family_index(families)
    inside = {category: np.asarray(categories) == category for category in dict.fromkeys(categories)}
    against = np.array([(right[a].astype(np.int64) - right[b]) * inside[category] for category, (a, b) in keys])
    p = family_test(family_sums(against, index), seed)
    return tuple(
        Cell(
            category=category,
            a=a,
            b=b,
            queries=int(inside[category].sum()),
            difference=float(row.sum() / inside[category].sum()),
            p=float(one),
            q=float(corrected),
        )
        for (category, (a, b)), row, one, corrected in zip(keys, against, p, false_discovery_control(p), strict=True)
    )


def rank_intervals(models: Sequence[str], comparisons: Iterable[Comparison]) -> dict[str, tuple[int, int]]:
    """The places that each model can hold: 1 + how many are significantly better … n - how many are worse."""
    low = dict.fromkeys(models, 1)
    high = dict.fromkeys(models, len(models))
    for found in comparisons:
        if found.settled:
            better, worse = (found.a, found.b) if found.difference > 0 else (found.b, found.a)
            low[worse] += 1
            high[better] -= 1
    return {model: (low[model], high[model]) for model in models}

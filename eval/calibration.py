"""Do the tests and intervals keep what they promise? ``python -m eval.calibration`` simulates and prints it.

Three promises: two models that are equally good are told apart in at most 6 % of all cases; intervals cover the true
accuracy in at least 94 %, on average over accuracies from .1 to .9; the difference that a set is said to show at
80 % power is shown in about 80 %.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.families import Values, family_sums
from eval.intervals import interval
from eval.power import ALPHA, design_effect, detectable
from eval.stats import family_test, mcnemar_test

ACCURACIES = tuple(round(0.1 * step, 1) for step in range(1, 10))
CHUNK = 250  # simulated comparisons a call of the test, each with signs of its own

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def uneven(families: int) -> tuple[int, ...]:
    """Families of 1 to 8 queries, always the same ones."""
    return tuple(np.random.default_rng(7).integers(1, 9, families).tolist())


SETUPS: dict[str, tuple[int, ...]] = {
    "40 queries": (1,) * 40,
    "640 queries": (1,) * 640,
    "5 families of 4": (4,) * 5,
    "10 families of 4": (4,) * 10,
    "20 families of 4": (4,) * 20,
    "40 families of 4": (4,) * 40,
    "160 families of 4": (4,) * 160,
    "10 blocks of 16": (16,) * 10,
    "40 blocks of 16": (16,) * 40,
    "20 uneven families": uneven(20),
    "60 uneven families": uneven(60),
}
# How alike the queries of a family are (correlation within), in what is hard for all models and for this one alone.
ALIKE = ((0.0, 0.0), (0.3, 0.0), (0.0, 0.3), (0.3, 0.3), (0.9, 0.1), (0.0, 1.0))


@dataclass(frozen=True)
class Alarms:
    """Share of false alarms at 5 %, of the family test and of McNemar's test over queries."""

    family: float
    mcnemar: float


def spread(rng: np.random.Generator, mean: Values, alike: float) -> Values:
    """Chances around ``mean``: beta-distributed, so that answers drawn with one chance correlate by ``alike``."""
    if alike == 0:
        return mean
    if alike == 1:
        return (rng.random(mean.shape) < mean).astype(np.float64)
    weight = (1 - alike) / alike
    return rng.beta(np.maximum(mean * weight, 1e-9), np.maximum((1 - mean) * weight, 1e-9))


def answers(rng: np.random.Generator, runs: int, index: Ints, chances: Values) -> Bools:
    """Right or wrong (runs, q), from the chances of each family (runs, f)."""
    return np.asarray(rng.random((runs, len(index))) < chances[:, index])


def false_alarms(
    sizes: Sequence[int], accuracy: float, *, shared: float, own: float, runs: int, seed: int = 0
) -> Alarms:
    """Compare two equally good models ``runs`` times."""
    rng = np.random.default_rng([seed, round(1000 * accuracy)])
    index = np.repeat(np.arange(len(sizes)), sizes)
    hard = spread(rng, np.full((runs, len(sizes)), accuracy), shared)
    first, second = (answers(rng, runs, index, spread(rng, hard, own)) for _ in range(2))
    against = first.astype(np.int64) - second
    p = tested_in_chunks(family_sums(against, index))
    mcnemar = np.array([mcnemar_test(row) for row in against])
    return Alarms(float((p < ALPHA).mean()), float((mcnemar < ALPHA).mean()))


def tested_in_chunks(sums: Values) -> Values:
    """``family_test`` with other random signs for every chunk: one unlucky draw does not decide the outcome."""
    return np.concatenate([family_test(sums[at : at + CHUNK], seed=at) for at in range(0, len(sums), CHUNK)])


def coverage(sizes: Sequence[int], accuracy: float, *, alike: float, runs: int, seed: int = 0) -> float:
    """Share of ``runs`` whose interval holds the true accuracy."""
    rng = np.random.default_rng([seed, round(1000 * accuracy)])
    index = np.repeat(np.arange(len(sizes)), sizes)
    chances = spread(rng, np.full((runs, len(sizes)), accuracy), alike)
    found = [interval(row, index.tolist()) for row in answers(rng, runs, index, chances)]
    return float(np.mean([item.low <= accuracy <= item.high for item in found]))


@dataclass(frozen=True)
class Power:
    """At the smallest difference that a set is said to show: how often it does, and what the runs themselves say."""

    difference: float
    shown: float
    estimated: float


def power(sizes: Sequence[int], discordant: float, *, alike: float, runs: int, seed: int = 0) -> Power | None:
    """Compare two models that differ by ``detectable``; None if the set can show nothing.

    With probability ``alike`` all queries of a family have one outcome, else each its own.
    """
    rng = np.random.default_rng(seed)
    index = np.repeat(np.arange(len(sizes)), sizes)
    queries, families = len(index), len(sizes)
    effect = 1 + (np.square(sizes).sum() / queries - 1) * alike
    difference = detectable(queries, families, discordant, effect)
    if difference is None:
        return None
    total = max(discordant, difference)
    chances = [(total - difference) / 2, 1 - total, (total + difference) / 2]
    one, each = (rng.choice((-1, 0, 1), (runs, count), p=chances) for count in (families, queries))
    together = rng.random((runs, families)) < alike
    against = np.where(together[:, index], one[:, index], each)
    sums = family_sums(against, index)
    said = []
    for row, answered in zip(sums, against, strict=True):
        seen = float((answered != 0).mean())
        said.append(detectable(queries, families, seen, design_effect(row, np.array(sizes), seen)) or 1.0)
    return Power(difference, float((tested_in_chunks(sums) < ALPHA).mean()), float(np.median(said)))


def print_alarms(runs: int, setups: Mapping[str, Sequence[int]]) -> None:
    """False alarms over accuracies .1 to .9: mean, and the worst one in brackets."""
    print(f"False alarms at 5 % ({runs} runs for each of .1 … .9; in brackets the worst accuracy)")
    for name, sizes in setups.items():
        for shared, own in ALIKE:
            found = [false_alarms(sizes, one, shared=shared, own=own, runs=runs) for one in ACCURACIES]
            family, mcnemar = [item.family for item in found], [item.mcnemar for item in found]
            print(
                f"{name:20} alike {shared:.1f} own {own:.1f}"
                f"   family test {np.mean(family):6.1%} ({max(family):5.1%})"
                f"   McNemar {np.mean(mcnemar):6.1%} ({max(mcnemar):5.1%})",
                flush=True,
            )


def print_coverage(runs: int, setups: Mapping[str, Sequence[int]]) -> None:
    """Coverage over accuracies .1 to .9: mean, and the worst one in brackets."""
    print(f"Coverage of 95 % intervals ({runs} runs for each of .1 … .9; in brackets the worst accuracy)")
    for name, sizes in setups.items():
        for alike in (0.0,) if max(sizes) == 1 else (0.0, 0.1, 0.3, 0.6, 1.0):
            found = [coverage(sizes, one, alike=alike, runs=runs) for one in ACCURACIES]
            print(f"{name:20} alike {alike:.1f}   {np.mean(found):6.1%} ({min(found):5.1%})", flush=True)


def print_power(runs: int, setups: Mapping[str, Sequence[int]]) -> None:
    """Power at the difference that is called detectable."""
    print(f"Power at the smallest detectable difference ({runs} runs)")
    for name, sizes in setups.items():
        for discordant in (0.1, 0.3):
            for alike in (0.0,) if max(sizes) == 1 else (0.0, 0.3):
                found = power(sizes, discordant, alike=alike, runs=runs)
                said = (
                    f"{found.difference:6.1%} shown in {found.shown:6.1%}; median of what the runs say"
                    f" {found.estimated:6.1%}"
                    if found
                    else "nothing can be shown"
                )
                print(f"{name:20} psi {discordant:.1f} alike {alike:.1f}   {said}", flush=True)


def main() -> None:
    """Print all three tables."""
    parser = argparse.ArgumentParser(prog="python -m eval.calibration", description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000, help="simulations for each figure (default: 1000)")
    parser.add_argument("--only", choices=("alarms", "coverage", "power"), help="one of the tables")
    parser.add_argument("--setup", choices=SETUPS, action="append", help="one of the setups; may be given again")
    chosen = parser.parse_args()
    for name, table in (("alarms", print_alarms), ("coverage", print_coverage), ("power", print_power)):
        if chosen.only in (None, name):
            table(chosen.runs, {key: SETUPS[key] for key in chosen.setup or SETUPS})


if __name__ == "__main__":
    main()

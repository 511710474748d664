"""What a score means for one model: right pairs against wrong ones, the threshold between, and random pairs.

Cosines of different models are not comparable, and 0 is no ground: one model gives unrelated texts 0.1, another 0.8.
So a score is told as the share of unrelated pairs below it (``models.background``) and as the precision it would have
as a threshold on this set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval import formats
from eval.outcomes import Labels, Outcome, Run, figure, mapping, outcomes
from eval.words import Said, said

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Cut:
    """What a threshold does to the pairs of a set: shares from 0 to 1.

    Attributes:
        threshold: pairs that score as much or more are taken for right.
        precision: share of the taken pairs that are right; None if none is taken.
        recall: share of the right pairs that are taken. false_alarms: share of the wrong pairs that are taken.
        f1: harmonic mean of precision and recall.
    """

    threshold: float
    precision: float | None
    recall: float
    false_alarms: float
    f1: float


@dataclass(frozen=True, kw_only=True)
class Separation:
    """Scores of right and wrong pairs of one model on one set.

    Attributes:
        edges: of the bins (n + 1), rising. right, wrong: pairs in each bin (n).
        background: percentiles 0 … 100 of this model's unrelated pairs (101), None where there are none.
    """

    model: str
    label: str
    set: str
    edges: Values
    right: Values
    wrong: Values
    background: Values | None

    def cuts(self) -> list[Cut]:
        """What a threshold at every edge but the last does, from the lowest on."""
        right, wrong = (np.cumsum(counts[::-1])[::-1] for counts in (self.right, self.wrong))
        return [
            _cut(float(edge), float(taken), float(false), float(right[0]), float(wrong[0]))
            for edge, taken, false in zip(self.edges[:-1], right, wrong, strict=True)
        ]

    def at(self, threshold: float) -> Cut:
        """What a threshold does, taken at the nearest edge."""
        edge = int(np.argmin(np.abs(self.edges - threshold)))
        taken, false = self.right[edge:].sum(), self.wrong[edge:].sum()
        return _cut(float(self.edges[edge]), taken, false, self.right.sum(), self.wrong.sum())

    def best(self) -> Cut:
        """The threshold that separates best: recall minus false alarms is largest (Youden's J, 1950).

        It does not depend on how many wrong candidates a query has. Of a plateau, its middle.
        """
        return _middle(self.cuts(), lambda cut: cut.recall - cut.false_alarms)

    def best_f1(self) -> Cut:
        """The threshold with the largest F1, for as many wrong pairs to a right one as this set has."""
        return _middle(self.cuts(), lambda cut: cut.f1)

    def area(self) -> float:
        """How often a right pair scores above a wrong one (0 … 1; .5 is chance), within a bin half the time: ROC's."""
        below = np.cumsum(self.wrong) - self.wrong / 2
        return float((self.right * below).sum() / (self.right.sum() * self.wrong.sum()))

    def percentile(self, score: float) -> float | None:
        """Share (0 … 1) of unrelated pairs that score lower; None without a background."""
        if self.background is None:
            return None
        return float(np.interp(score, self.background, np.linspace(0, 1, len(self.background)), left=0, right=1))

    def payload(self) -> dict[str, Any]:
        """What the page needs to move the threshold without asking: lists with an entry for every edge but the last."""
        cuts = self.cuts()
        names = ("threshold", "precision", "recall", "false_alarms", "f1")
        return {
            "model": self.model,
            "set": self.set,
            "edges": self.edges.tolist(),
            "right": self.right.tolist(),
            "wrong": self.wrong.tolist(),
            "background": None if self.background is None else self.background.tolist(),
            "best": self.best().threshold,
            **{f"{name}s" if name == "threshold" else name: [getattr(cut, name) for cut in cuts] for name in names},
        }


def separations(run: Run, labels: Labels | None = None, name: str | None = None) -> tuple[Separation, ...]:
    """One for each result that has ``histograms`` with right and wrong pairs; with ``name`` those of one set."""
    found = (separation(item) for item in outcomes(run, labels, name))
    return tuple(item for item in found if item is not None)


def separation(outcome: Outcome) -> Separation | None:
    """That of one result; None if its record has no histograms, or none that can be used."""
    record = mapping(outcome.record.get("histograms"))
    edges, right, wrong = (_values(record.get(key)) for key in ("edges", "right", "wrong"))
    if edges is None or right is None or wrong is None or not len(right) == len(wrong) == len(edges) - 1:
        return None
    if not right.sum() or not wrong.sum():
        return None
    background = _values(outcome.record.get("background"))
    return Separation(
        model=outcome.model,
        label=outcome.label,
        set=outcome.set,
        edges=edges,
        right=right,
        wrong=wrong,
        background=background if background is not None and len(background) > 1 else None,
    )


def meaning(found: Separation, score: float) -> Said:
    """What a score says, for this model and on this set."""
    cut, share = found.at(score), found.percentile(score)
    values: Mapping[str, object] = {
        "model": found.label,
        "score": formats.number(score),
        "precision": formats.percent(cut.precision),
        "recall": formats.percent(cut.recall),
    }
    if share is None:
        return said("eval.threshold.meaning", **values)
    return said("eval.threshold.meaning_random", **values, share=formats.percent(share))


def unrelated(found: Separation) -> Said | None:
    """Why unrelated texts score as they do: where this model's own ground lies. None without a background."""
    if found.background is None:
        return None
    low, middle, high = (float(np.quantile(found.background, share)) for share in (0.05, 0.5, 0.95))
    return said(
        "eval.threshold.unrelated",
        model=found.label,
        low=formats.number(low),
        middle=formats.number(middle),
        high=formats.number(high),
    )


def advice(found: Separation) -> Said:
    """The threshold that separates best, and how well it does."""
    cut = found.best()
    return said(
        "eval.threshold.best",
        model=found.label,
        threshold=formats.number(cut.threshold),
        recall=formats.percent(cut.recall),
        false_alarms=formats.percent(cut.false_alarms),
        precision=formats.percent(cut.precision),
        wrong=f"{found.wrong.sum() / found.right.sum():.1f}".removesuffix(".0"),
    )


def _cut(threshold: float, taken: float, false: float, right: float, wrong: float) -> Cut:
    return Cut(
        threshold=threshold,
        precision=float(taken / (taken + false)) if taken + false else None,
        recall=float(taken / right),
        false_alarms=float(false / wrong),
        f1=float(2 * taken / (right + taken + false)),
    )


def _middle(cuts: Sequence[Cut], value: Callable[[Cut], float]) -> Cut:
    """The cut with the largest value; of several neighbours with the same, the one in the middle."""
    values = np.array([value(cut) for cut in cuts])
    first = int(values.argmax())
    last = first
    while last + 1 < len(cuts) and values[last + 1] == values[first]:
        last += 1
    return cuts[(first + last) // 2]


def _values(value: object) -> Values | None:
    """A list of finite numbers as an array, else None."""
    if not isinstance(value, list | tuple) or not value or any(figure(item) is None for item in value):
        return None
    return np.asarray(value, np.float64)

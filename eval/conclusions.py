"""The article's conclusions one by one: supported or contradicted by a run, or not to be told from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from eval import formats
from eval.findings import Sets, between, comparisons, languages_of, matching, subset
from eval.outcomes import Labels, Run, label_of, outcomes
from eval.power import Z_POWER, z_alpha
from eval.published import ARTICLE, BGE, BY_SIZE, LARGE, MIDDLE, SMALL
from eval.verdicts import Comparison
from eval.words import Said, Tellable, Verdict, said

# "Little" as in "more parameters bring little" has no figure in the article; this is ours, and every verdict says so.
LITTLE = 0.05


def half_width(comparisons: int) -> float:
    """How far a 95 % interval reaches, in smallest detectable differences of the first of so many comparisons.

    The interval reaches z(.975) standard errors; the difference is z(.8) of them and what Holm asks for.
    """
    return z_alpha() / (z_alpha(comparisons) + Z_POWER)


class Judged(StrEnum):
    """What a run says of a conclusion."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    OPEN = "open"  # not to be told from this run


@dataclass(frozen=True)
class Conclusion:
    """One conclusion of the article and what a run says of it.

    Attributes:
        key: names it: ``bge_beats_4b``, ``only_8b``, ``little``. claim: what the article says.
        verdict, because: what the run says, and the sentences it rests on.
    """

    key: str
    claim: Said
    verdict: Judged
    because: tuple[Tellable, ...]


@dataclass(frozen=True)
class Evidence:
    """What the conclusions are judged by: comparisons of one set, and what has to be said about them.

    Attributes:
        models: that have results. notes: said with every verdict, such as that only part of the set counts.
    """

    models: frozenset[str]
    comparisons: tuple[Comparison, ...]
    names: dict[str, str]
    notes: tuple[Tellable, ...] = field(default=())

    def gain(self, a: str, b: str) -> tuple[Comparison, float] | None:
        """The comparison of a and b, and the difference a minus b."""
        found = between(self.comparisons, a, b)
        return (found[0], found[1] * found[0].difference) if found else None

    def better(self, a: str, b: str) -> bool:
        """Whether the data tell that a is better than b."""
        found = self.gain(a, b)
        return found is not None and found[0].settled and found[1] > 0

    def sentence(self, a: str, b: str) -> tuple[Tellable, ...]:
        """What the comparison of two models comes to, if it was made."""
        found = self.gain(a, b)
        return (Verdict(found[0], self.names),) if found else ()

    def lacking(self, *wanted: str) -> tuple[Tellable, ...]:
        """A sentence that names the models without a result; empty if all are there."""
        missing = tuple(self.names[model] for model in wanted if model not in self.models)
        return (said("eval.claim.lacks", models=missing),) if missing else ()


def evidence(run: Run, name: str, sets: Sets | None = None, labels: Labels | None = None) -> Evidence:
    """The comparisons of one set between the article's models, on its Chinese queries where it has others too."""
    names = {row.model: label_of(row.model, labels) for row in ARTICLE}
    ours = [item for item in outcomes(run, labels, name) if item.model in names]
    models = frozenset(item.model for item in ours)
    found = comparisons(run, name)
    evalset = matching(run, sets or {}).get(name)
    if evalset is None:
        return Evidence(models, found, names, (said("eval.claim.language_unknown", set=name),))
    tags = languages_of(evalset)
    if tags and all(tag.casefold().split("-")[0] == "zh" for tag in tags):
        return Evidence(models, found, names)
    chinese = subset({item.model: item.ranks for item in ours}, evalset, ("zh",), labels)
    if chinese is None:
        return Evidence(models, (), names, (said("eval.claim.no_chinese", set=name),))
    count = formats.whole(chinese.queries)
    return Evidence(models, chinese.comparisons, names, (said("eval.claim.chinese_only", set=name, count=count),))


def conclusions(run: Run, name: str, sets: Sets | None = None, labels: Labels | None = None) -> tuple[Conclusion, ...]:
    """The article's conclusions, each judged by the results of one set.

    Args:
        sets: to know which queries are Chinese, for that is what the article is about.
    """
    seen = evidence(run, name, sets, labels)
    judges: Sequence[Callable[[Evidence], Conclusion]] = (_bge_beats_4b, _only_8b, _little)
    return tuple(judge(seen) for judge in judges)


def _bge_beats_4b(seen: Evidence) -> Conclusion:
    verdict = Judged.OPEN
    if seen.better(BGE, MIDDLE):
        verdict = Judged.SUPPORTED
    elif seen.better(MIDDLE, BGE):
        verdict = Judged.CONTRADICTED
    because = seen.lacking(BGE, MIDDLE) or seen.sentence(BGE, MIDDLE)
    one_query = said("eval.claim.one_query")
    return Conclusion("bge_beats_4b", said("eval.claim.bge_beats_4b"), verdict, (*because, one_query, *seen.notes))


def _only_8b(seen: Evidence) -> Conclusion:
    """Supported only if the 8B is told better than BGE-M3 and each smaller one worse: "alone" is a claim too."""
    smaller = (SMALL, MIDDLE)
    verdict = Judged.OPEN
    if seen.better(BGE, LARGE) or any(seen.better(model, BGE) for model in smaller):
        verdict = Judged.CONTRADICTED
    elif seen.better(LARGE, BGE) and all(seen.better(BGE, model) for model in smaller):
        verdict = Judged.SUPPORTED
    because = [*seen.lacking(BGE, *BY_SIZE)]
    for model in (LARGE, *smaller):
        because += seen.sentence(model, BGE)
    own_table = said("eval.claim.own_table")
    return Conclusion("only_8b", said("eval.claim.only_8b"), verdict, (*because, own_table, *seen.notes))


def _little(seen: Evidence) -> Conclusion:
    """From the smallest to the largest Qwen3 of the run: can the gain be told to be below, or above, 5 points?"""
    claim = said("eval.claim.little")
    present = [model for model in BY_SIZE if model in seen.models]
    found = seen.gain(present[-1], present[0]) if len(present) > 1 else None
    if found is None:
        return Conclusion("little", claim, Judged.OPEN, (*seen.lacking(*BY_SIZE), *seen.notes))
    comparison, gain = found
    because = seen.sentence(present[-1], present[0])
    if comparison.detectable is None:
        return Conclusion("little", claim, Judged.OPEN, (*because, *seen.notes))
    half = half_width(comparison.comparisons) * comparison.detectable
    low, high = max(gain - half, -1.0), min(gain + half, 1.0)
    verdict = Judged.SUPPORTED if high <= LITTLE else Judged.CONTRADICTED if low > LITTLE else Judged.OPEN
    range_ = said(
        "eval.claim.gain",
        small=seen.names[present[0]],
        large=seen.names[present[-1]],
        low=formats.points(low),
        high=formats.points(high),
        little=formats.percent(LITTLE).removesuffix(".0"),
    )
    return Conclusion("little", claim, verdict, (range_, *because, *seen.notes))

"""Which model for me? What meets the needs, ranked by what the data can tell; between equals, by what they cost.

A model leads if no other that meets the needs is significantly better (Holm's p over the run's comparisons). With
several leaders there is no answer about accuracy, and none is given: they are ordered by what the visitor prefers to
save. Where some of them were never compared, as in a run that was cut short, that is said instead. Published figures
stand apart: they come from other queries and another machine, and are never ranked with ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from eval import formats
from eval.findings import Sets, Subset, all_compared, comparisons, matching, places, subset
from eval.needs import Figure, Needs, Prefer, Setting, Source
from eval.options import Fit, Option, check_needs, measured, published_option, ranks_with, setting_in
from eval.outcomes import Labels, Outcome, Run, main_set, outcomes
from eval.published import ARTICLE
from eval.sets import EvalSet
from eval.verdicts import Comparison
from eval.words import Said, said
from models.catalog import CATALOG
from models.spec import ModelSpec


class Kind(StrEnum):
    """What the answer is: the data tell one model, only one fits, several cannot be told apart or were not compared,
    or none is there."""

    ONE = "one"
    ONLY = "only"
    TIE = "tie"
    UNCOMPARED = "uncompared"  # nobody knows whether the data can tell these
    PUBLISHED = "published"  # of the run none fits; of the published ones these do
    NONE = "none"


@dataclass(frozen=True)
class Advice:
    """The answer.

    Attributes:
        answer: in one or two sentences. leaders: ids, the one to take first, empty for ``NONE``.
        options: every model, best first: those that fit, published ones that fit, not known, those that do not.
    """

    kind: Kind
    answer: tuple[Said, ...]
    leaders: tuple[str, ...]
    options: tuple[Option, ...]


def recommend(
    run: Run | None,
    needs: Needs,
    *,
    name: str | None = None,
    sets: Sets | None = None,
    catalog: Iterable[ModelSpec] = CATALOG,
    labels: Labels | None = None,
) -> Advice:
    """Weigh every model of a run, and the article's that it lacks.

    Args:
        run: None: published figures only. name: of the set that counts; the one with most queries where None.
        sets: needed for ``needs.languages`` and for smaller vectors: the run does not say what language and
            family its queries are of.

    Raises:
        InputError: ``eval_need``; a limit is no number of 0 or more.
    """
    check_needs(needs)
    specs = {spec.id: spec for spec in catalog}
    name = name or (main_set(run) if run else None)
    found = outcomes(run, labels, name) if run and name else ()
    settings = {item.model: setting_in(run or {}, item, needs, specs.get(item.model)) for item in found}
    evalset = matching(run, sets or {}).get(name) if run and name else None
    anew = _compared_anew(found, settings, needs, evalset, labels)
    ours = [measured(item, needs, specs.get(item.model), settings[item.model], anew) for item in found]
    known = {item.model for item in found}
    theirs = [published_option(row, needs, specs.get(row.model), labels) for row in ARTICLE if row.model not in known]
    fitting = [item for item in ours if item.fit is Fit.FITS]
    if anew is not None:
        told = anew.comparisons
    else:  # the run's comparisons are of full vectors: with shorter or coarser ones nothing is told
        full = {item.model for item in fitting if item.setting is None or item.setting.full}
        told = tuple(one for one in comparisons(run or {}, name or "") if {one.a, one.b} <= full)
    standing = places([item.model for item in fitting], told)
    ours = [replace(item, place=standing.get(item.model)) for item in ours]
    options = tuple(sorted([*ours, *theirs], key=lambda item: _order(item, needs.prefer)))
    return _advice(options, needs.prefer, told)


def _compared_anew(
    found: Sequence[Outcome],
    settings: Mapping[str, Setting | None],
    needs: Needs,
    evalset: EvalSet | None,
    labels: Labels | None,
) -> Subset | None:
    """Where the run's own comparisons are of something else: fewer languages are asked for, or smaller vectors."""
    reduced = any(setting is not None and not setting.full for setting in settings.values())
    if evalset is None or not (needs.languages or reduced):
        return None
    ranks = {item.model: ranks_with(item, settings[item.model]) for item in found}
    return subset({model: rows for model, rows in ranks.items() if rows is not None}, evalset, needs.languages, labels)


def _order(item: Option, prefer: Prefer) -> tuple[object, ...]:
    cost = item.cost(prefer)
    group = (
        1
        if item.fit is Fit.FITS and item.source is Source.PUBLISHED
        else {"fits": 0, "unknown": 2, "fails": 3}[item.fit]
    )
    place = item.place[0] if item.place else 1  # what nothing compared may be the best
    return group, place, cost is None, cost or 0.0, item.label


def _advice(options: tuple[Option, ...], prefer: Prefer, told: Sequence[Comparison]) -> Advice:
    fitting = [item for item in options if item.fit is Fit.FITS]
    ours = [item for item in fitting if item.source is Source.RUN]
    if not fitting:
        return Advice(Kind.NONE, (said("eval.advice.none"),), (), options)
    if not ours:
        names = tuple(item.label for item in fitting)
        answer = (said("eval.advice.published", models=names), _cheapest(fitting, prefer))
        return Advice(Kind.PUBLISHED, answer, tuple(item.model for item in fitting), options)
    leaders = [item for item in ours if item.place is None or item.place[0] == 1]
    first = leaders[0]
    ids = tuple(item.model for item in leaders)
    if len(ours) == 1:
        return Advice(Kind.ONLY, (said("eval.advice.only", **_figures(first)),), ids, options)
    if len(leaders) == 1:  # better than each, or the only one that none is better than
        key = "eval.advice.one" if first.place == (1, 1) else "eval.advice.leads"
        return Advice(Kind.ONE, (said(key, **_figures(first)),), ids, options)
    names = tuple(item.label for item in leaders)
    kind = Kind.TIE if all_compared(ids, told) else Kind.UNCOMPARED
    return Advice(kind, (said(f"eval.advice.{kind}", models=names), _cheapest(leaders, prefer)), ids, options)


def _figures(item: Option) -> dict[str, object]:
    return {"model": item.label, "top1": formats.percent(item.top1), "queries": formats.whole(item.queries)}


def _cheapest(equals: Sequence[Option], prefer: Prefer) -> Said:
    """Which of several equals to take; they are ordered by cost already, those without a figure last."""
    costs = [item.cost(prefer) for item in equals]
    if costs[0] is None or costs[1:2] == costs[:1]:
        return said("eval.advice.undecided")
    first = equals[0]
    figure = (
        first.memory if prefer is Prefer.MEMORY else first.seconds if prefer is Prefer.SPEED else Figure(0, Source.RUN)
    )
    shown = {Prefer.MEMORY: formats.gib, Prefer.SPEED: formats.seconds, Prefer.STORAGE: formats.whole}[prefer](costs[0])
    return said(f"eval.advice.cheapest.{prefer}", model=first.label, value=shown, source=figure.said)

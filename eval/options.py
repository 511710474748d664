"""A model as an answer to what a visitor needs: its figures, where they come from, and every need checked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from eval.findings import Subset, sweeps
from eval.needs import (
    Check,
    Figure,
    Needs,
    Prefer,
    Setting,
    Source,
    check_dimensions,
    check_instructions,
    check_languages,
    check_memory,
    check_seconds,
    check_storage,
    memory_of,
    seconds_of,
    setting_of,
)
from eval.outcomes import Labels, Outcome, Run, figure, label_of
from eval.published import ARTICLE, Published
from eval.words import said
from models.errors import InputError
from models.spec import ModelSpec


class Fit(StrEnum):
    """Whether a model meets all needs."""

    FITS = "fits"
    UNKNOWN = "unknown"  # nothing speaks against it, but something is not known
    FAILS = "fails"


@dataclass(frozen=True, kw_only=True)
class Option:
    """One model and how it meets the needs.

    Attributes:
        source: of its accuracy, ``run`` or ``published``.
        top1, low, high: accuracy and its 95 % interval (0 … 1), on ``queries`` queries; the ends None where unknown.
        place: the best and the worst that it can hold among those that fit; None unless it is one of them,
            and where nothing compared it with another.
        setting: how its vectors are stored; None if they cannot be within the limit.
        checks: one for each need, in a fixed order.
    """

    model: str
    label: str
    source: Source
    top1: float | None
    low: float | None
    high: float | None
    queries: int | None
    memory: Figure
    seconds: Figure
    texts_per_second: Figure
    setting: Setting | None
    checks: tuple[Check, ...]
    place: tuple[int, int] | None = None

    @property
    def fit(self) -> Fit:
        """All needs taken together."""
        met = [check.met for check in self.checks]
        return Fit.FAILS if False in met else Fit.UNKNOWN if None in met else Fit.FITS

    def cost(self, prefer: Prefer) -> float | None:
        """What is to be saved: bytes of VRAM, seconds, or bytes of a vector."""
        if prefer is Prefer.STORAGE:
            return self.setting.size if self.setting else None
        if prefer is Prefer.MEMORY:
            return self.memory.value
        return self.seconds.value if self.seconds.source is self.source else None  # no two machines in one order


def check_needs(needs: Needs) -> None:
    """Raises InputError (``eval_need``) for a limit that is no number of 0 or more."""
    for name in ("memory_gib", "seconds", "storage_gb"):
        value = getattr(needs, name)
        if value is not None and ((found := figure(value)) is None or found < 0):
            raise InputError("eval_need", "{name} is {value}: give a number of 0 or more.", name=name, value=value)


def setting_in(run: Run, item: Outcome, needs: Needs, spec: ModelSpec | None) -> Setting | None:
    """How the vectors of a model of the run are best stored, by its own sweep."""
    sweep = [entry for entry in sweeps(run, item.set) if entry.get("model") == item.model]
    return setting_of(item.dimensions, spec, sweep, needs.storage_gb)


def ranks_with(item: Outcome, setting: Setting | None) -> dict[str, int] | None:
    """Ranks by query id with the vectors stored so; None where they were not kept."""
    if setting is None or not setting.measured:
        return None
    if setting.full:
        return dict(item.ranks)
    if setting.ranks is None or len(setting.ranks) != len(item.ranks):
        return None
    return dict(zip(item.ranks, setting.ranks, strict=True))


def measured(
    item: Outcome, needs: Needs, spec: ModelSpec | None, setting: Setting | None, subset: Subset | None
) -> Option:
    """A model of the run, its accuracy on ``subset`` where that is given and has it."""
    published = next((row for row in ARTICLE if row.model == item.model), None)
    memory, seconds = memory_of(item, published, spec), seconds_of(item, published)
    top1, low, high, queries = item.top1, item.low, item.high, item.queries
    if subset is not None and item.model in subset.top1:  # without an interval: the comparisons carry the uncertainty
        top1, low, high, queries = subset.top1[item.model], None, None, subset.queries
    elif setting is not None and setting.top1 is not None:
        top1, low, high = setting.top1, None, None
    return Option(
        model=item.model,
        label=item.label,
        source=Source.RUN,
        top1=top1,
        low=low,
        high=high,
        queries=queries,
        memory=memory,
        seconds=seconds,
        texts_per_second=_rate(item, published),
        setting=setting,
        checks=_checks(needs, spec, memory, seconds, setting, subset.queries if subset else 0),
    )


def _rate(item: Outcome, published: Published | None) -> Figure:
    if item.texts_per_second is not None:
        return Figure(item.texts_per_second, Source.RUN)
    return Figure(published.texts_per_second, Source.PUBLISHED) if published else Figure()


def published_option(row: Published, needs: Needs, spec: ModelSpec | None, labels: Labels | None = None) -> Option:
    """A model of the article; its 8 or 16 Chinese queries say nothing about other languages."""
    setting = setting_of(row.dimensions, spec, (), needs.storage_gb)
    memory, seconds = memory_of(None, row, spec), seconds_of(None, row)
    chinese = all(tag.casefold().split("-")[0] == "zh" for tag in needs.languages)
    return Option(
        model=row.model,
        label=label_of(row.model, labels),
        source=Source.PUBLISHED,
        top1=row.top1,
        low=None,
        high=None,
        queries=None,
        memory=memory,
        seconds=seconds,
        texts_per_second=Figure(row.texts_per_second, Source.PUBLISHED),
        setting=setting,
        checks=_checks(needs, spec, memory, seconds, setting, None if chinese else 0),
    )


def _checks(
    needs: Needs, spec: ModelSpec | None, memory: Figure, seconds: Figure, setting: Setting | None, queries: int | None
) -> tuple[Check, ...]:
    """``queries`` in the languages asked for; None where those are the article's own, whose number is not known."""
    found = []
    if needs.memory_gib is not None:
        found.append(check_memory(memory, needs.memory_gib))
    if needs.seconds is not None:
        found.append(check_seconds(seconds, needs.seconds))
    if needs.storage_gb is not None:
        found.append(check_storage(setting, needs.storage_gb))
    if needs.languages:
        known = queries is None
        found.append(
            Check(True, said("eval.need.languages.published"))
            if known
            else check_languages(needs.languages, queries or 0)
        )
    if needs.custom_dimensions:
        found.append(check_dimensions(spec))
    if needs.instructions:
        found.append(check_instructions(spec))
    return tuple(found)

"""Tables that answer: the article beside a run, its conclusions judged, and what a recommendation rests on."""

from __future__ import annotations

from collections.abc import Callable

from eval import formats
from eval.conclusions import conclusions
from eval.findings import Sets
from eval.formats import GIB
from eval.needs import MILLION, Figure, Source
from eval.options import Option
from eval.outcomes import Labels, Run
from eval.published import Beside, beside
from eval.sheets import Sheet, heads, place
from eval.words import Words, told


def published(run: Run, name: str, words: Words, labels: Labels | None = None) -> Sheet:
    """The article's table beside ours: each figure as published / measured, the ratio of the two after it."""
    keys = ("model", "memory", "seconds", "rate", "top1", "top3", "top5", "dimensions")
    return Sheet(heads(words, keys), tuple(_beside(row) for row in beside(run, name, labels)))


def judged(run: Run, name: str, words: Words, sets: Sets | None = None, labels: Labels | None = None) -> Sheet:
    """The article's conclusions, what this run says of each, and why."""
    rows = tuple(
        (
            item.claim.text(words),
            words[f"eval.judged.{item.verdict}"],
            " ".join(told(one, words) for one in item.because),
        )
        for item in conclusions(run, name, sets, labels)
    )
    return Sheet(heads(words, ("claim", "judged", "because")), rows, 3)


def advised(options: tuple[Option, ...], words: Words) -> Sheet:
    """Models with the figures behind a recommendation, sources marked, and the reasons."""
    rows = tuple(
        (
            item.label,
            words[f"eval.fit.{item.fit}"],
            " ".join(check.reason.text(words) for check in item.checks),
            formats.percent(item.top1),
            place(item.place),
            _marked(formats.gib(item.memory.value), item.memory, words),
            _marked(formats.seconds(item.seconds.value), item.seconds, words),
            formats.gigabytes(item.setting.size * MILLION) if item.setting else formats.NONE,
            words[f"eval.source.{item.source}"],
        )
        for item in options
    )
    return Sheet(
        heads(words, ("model", "fit", "because", "top1", "place", "vram", "seconds", "million", "source")), rows, 3
    )


def _beside(row: Beside) -> tuple[str, ...]:
    theirs, ours = row.published, row.ours

    def both(
        shown: Callable[[float | None], str],
        published: float | None,
        measured: float | None,
        factor: float | None = None,
    ) -> str:
        if ours is None:
            return shown(published)
        pair = f"{shown(published)} / {shown(measured)}"
        return pair if factor is None else f"{pair} ({formats.ratio(factor)})"

    metrics = ours.metrics if ours else {}
    return (
        row.label,
        both(formats.gib, theirs.vram_gib * GIB, ours.weights_bytes if ours else None, row.memory_ratio),
        both(formats.seconds, theirs.mean_seconds, ours.mean_seconds if ours else None, row.seconds_ratio),
        both(formats.rate, theirs.texts_per_second, ours.texts_per_second if ours else None, row.rate_ratio),
        both(formats.percent, theirs.top1, metrics.get("top1")),
        both(formats.percent, theirs.top3, metrics.get("top3")),
        both(formats.percent, theirs.top5, metrics.get("top5")),
        both(formats.whole, theirs.dimensions, ours.dimensions if ours else None),
    )


def _marked(shown: str, found: Figure, words: Words) -> str:
    """A figure with where it comes from, unless that is the run itself."""
    if found.value is None or found.source is Source.RUN:
        return shown
    return f"{shown} ({found.said.text(words)})"

"""The tables of a run as plain strings: Markdown and HTML show the same ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from eval import formats
from eval.findings import comparisons, places, sweeps
from eval.outcomes import Labels, Outcome, Run, figure, labels_of, mapping, outcomes, records
from eval.pareto import front
from eval.words import Words

SETTINGS = ("revision", "dtype", "device", "attention", "batch", "max_tokens", "prompts")


@dataclass(frozen=True)
class Sheet:
    """A table. The first ``texts`` columns are words, the others figures."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: int = 1


def results(run: Run, name: str, words: Words, labels: Labels | None = None) -> Sheet:
    """The article's columns of one set, with the interval of Top-1 and the places that a model can hold."""
    found = outcomes(run, labels, name)
    standing = places([item.model for item in found], comparisons(run, name))
    keys = ("model", "memory", "peak", "seconds", "rate", "top1", "interval", "top3", "top5", "dimensions", "place")
    rows = tuple(
        (
            item.label,
            *figures_of(item),
            place(standing.get(item.model)),
        )
        for item in found
    )
    return Sheet(heads(words, keys), rows)


def figures_of(item: Outcome) -> tuple[str, ...]:
    """The article's columns, from the memory to the dimensions."""
    return (
        formats.gib(item.weights_bytes),
        formats.gib(item.peak_bytes),
        formats.seconds(item.mean_seconds),
        formats.rate(item.texts_per_second),
        formats.percent(item.top1),
        formats.span(item.low, item.high),
        formats.percent(item.metrics.get("top3")),
        formats.percent(item.metrics.get("top5")),
        formats.NONE if item.dimensions is None else str(item.dimensions),
    )


def more(run: Run, name: str, words: Words, labels: Labels | None = None) -> Sheet:
    """The other measures of one set, and what was not needed to compare with the article."""
    rows = tuple(
        (
            item.label,
            formats.number(item.metrics.get("mrr")),
            formats.number(item.metrics.get("ndcg10")),
            formats.percent(item.metrics.get("family")),
            formats.rate(item.tokens_per_second),
            formats.seconds(item.load_seconds),
            str(sum(count > 0 for count in mapping(item.record.get("ties")).values())),
            formats.whole(item.queries),
        )
        for item in outcomes(run, labels, name)
    )
    return Sheet(heads(words, ("model", "mrr", "ndcg10", "family", "tokens", "load", "ties", "queries")), rows)


def categories(run: Run, name: str, words: Words, labels: Labels | None = None) -> Sheet:
    """Top-1 of each category (rows) and model (columns)."""
    found = outcomes(run, labels, name)
    rows = tuple(
        (
            category,
            formats.whole(next(item.categories[category].queries for item in found if category in item.categories)),
            *(formats.percent(top1_in(item, category)) for item in found),
        )
        for category in category_names(found)
    )
    return Sheet((*heads(words, ("category", "queries")), *(item.label for item in found)), rows)


def category_names(found: tuple[Outcome, ...]) -> list[str]:
    """All categories, in the order in which they appear."""
    return list(dict.fromkeys(category for item in found for category in item.categories))


def top1_in(item: Outcome, category: str) -> float | None:
    """Top-1 of a model in a category, None where it has none."""
    part = item.categories.get(category)
    return part.top1 if part else None


def swept(run: Run, name: str, words: Words, labels: Labels | None = None) -> Sheet:
    """Accuracy of every dimension and storage, what a million vectors take, and which settings nothing beats."""
    names, found = labels_of(run, labels), sweeps(run, name)
    best = front([(-item["bytes_per_vector"], item["top1"]) for item in found])
    rows = tuple(
        (
            names.get(str(item.get("model")), str(item.get("model"))),
            str(item.get("storage", "")),
            str(int(item["dimensions"])),
            formats.gigabytes(item["bytes_per_vector"] * 1e6),
            formats.percent(item["top1"]),
            formats.number(figure(item.get("mrr"))),
            words["eval.sheet.on_front"] if chosen else "",
        )
        for item, chosen in zip(found, best, strict=True)
    )
    return Sheet(heads(words, ("model", "storage", "dimensions", "million", "top1", "mrr", "front")), rows, 2)


def settings(run: Run, name: str, words: Words, labels: Labels | None = None) -> Sheet:
    """How each model was run, so that the run can be repeated."""
    rows = tuple(
        (item.label, *(_plain(item.record.get(key)) for key in SETTINGS)) for item in outcomes(run, labels, name)
    )
    return Sheet(heads(words, ("model", *SETTINGS)), rows, 1 + len(SETTINGS))


def environment(run: Run, words: Words) -> Sheet:
    """The machine, the libraries and the plan, nested keys joined by dots; and where the run went on elsewhere, with
    the results that were made there."""
    rows = [*_flat(mapping(run.get("environment")))]
    for number, item in enumerate(records(run, "resumed"), 1):
        made = [f"{one.label} · {one.set}" for one in outcomes(run) if one.record.get("resumed") == number]
        rows += _flat({**item, "results": made or None}, f"resumed.{number}.")
    rows += _flat(mapping(run.get("plan")), "plan.")
    return Sheet(heads(words, ("key", "value")), tuple(rows), 2)


def place(found: tuple[int, int] | None) -> str:
    """1–3, or 2 where there is one place only; – where nothing was compared."""
    if found is None:
        return formats.NONE
    return str(found[0]) if found[0] == found[1] else f"{found[0]}–{found[1]}"


def heads(words: Words, keys: tuple[str, ...]) -> tuple[str, ...]:
    """What stands above columns."""
    return tuple(words[f"eval.head.{key}"] for key in keys)


def _flat(values: Mapping[str, object], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", _plain(value)


def _plain(value: object) -> str:
    """A setting as text: lists and prompts in one line."""
    if value is None or value == "":
        return formats.NONE
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_plain(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(item) for item in value)
    return str(value).replace("\n", "⏎")

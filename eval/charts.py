"""From a run to its plots: which data go into which figure. None, or nothing, where there are no data."""

from __future__ import annotations

from collections.abc import Mapping

from eval import formats
from eval.figures import Curve, Estimate, Point, curves, distributions, forest, heatmap, scatter
from eval.findings import chance_of, comparisons, places, sweeps
from eval.markup import Markup
from eval.outcomes import Labels, Outcome, Run, labels_of, outcomes
from eval.pareto import front
from eval.sets import EvalSet
from eval.sheets import Sheet, category_names, heads, top1_in
from eval.sheets import place as shown_place
from eval.thresholds import Separation, advice, separations, unrelated
from eval.words import Words

FLOAT32 = "float32"
OCTAVES = tuple(float(1 << power) for power in range(15))


def numbers(run: Run) -> Mapping[str, int]:
    """The number of each model, which decides its colour and shape: the same in every plot of a run."""
    return {model: number for number, model in enumerate(labels_of(run))}


def forest_plot(
    run: Run, name: str, words: Words, evalset: EvalSet | None = None, labels: Labels | None = None
) -> Markup | None:
    """Top-1 of every model with its interval, the places it can hold, and what guessing gives."""
    index, found = numbers(run), outcomes(run, labels, name)
    standing = places([item.model for item in found], comparisons(run, name))
    rows = [
        Estimate(
            label=item.label,
            index=index[item.model],
            value=item.top1,
            low=item.low,
            high=item.high,
            note=words["eval.plot.place"].format(place=shown_place(standing.get(item.model))),
        )
        for item in found
        if item.top1 is not None
    ]
    return forest(rows, words, chance_of(evalset) if evalset else None) if rows else None


def category_plot(run: Run, name: str, words: Words, labels: Labels | None = None) -> Markup | None:
    """Top-1 by category and model."""
    index, found = numbers(run), outcomes(run, labels, name)
    names = category_names(found)
    values = [[top1_in(item, category) for item in found] for category in names]
    return heatmap([(item.label, index[item.model]) for item in found], names, values, words) if names else None


def speed_plot(run: Run, name: str, words: Words, labels: Labels | None = None) -> Markup | None:
    """Accuracy against texts per second, memory as area; models without a speed are not in it."""
    index = numbers(run)
    found = [item for item in outcomes(run, labels, name) if item.texts_per_second and item.top1 is not None]
    most = max((item.memory_bytes or 0 for item in found), default=0) or 1
    points = [_point(item, index[item.model], most) for item in found]
    return scatter(points, words["eval.axis.rate"], words["eval.plot.speed"], words) if points else None


def _point(item: Outcome, index: int, most: float) -> Point:
    size = None if item.memory_bytes is None else item.memory_bytes / most
    told = f"{item.label}: {formats.percent(item.top1)} %, {formats.rate(item.texts_per_second)}/s"
    return Point(
        label=item.label,
        index=index,
        x=item.texts_per_second or 1.0,
        y=item.top1 or 0.0,
        low=item.low,
        high=item.high,
        size=size,
        title=f"{told}, {formats.gib(item.memory_bytes)} GiB",
    )


def sweep_plots(run: Run, name: str, words: Words, labels: Labels | None = None) -> list[Markup]:
    """Accuracy against dimension, one plot for each storage, a line for each model."""
    index, names, found = numbers(run), labels_of(run, labels), sweeps(run, name)
    plots = []
    for storage in dict.fromkeys(str(item.get("storage", FLOAT32)) for item in found):
        lines = []
        for model in dict.fromkeys(str(item.get("model")) for item in found):
            chosen = [item for item in found if (item.get("model"), item.get("storage", FLOAT32)) == (model, storage)]
            points = tuple(sorted((float(item["dimensions"]), float(item["top1"])) for item in chosen))
            if points:
                lines.append(Curve(names.get(model, model), index.get(model, 0), points))
        title = words["eval.plot.sweep"].format(storage=storage)
        plots.append(curves(lines, title, f"{words['eval.axis.dimensions']} · {storage}", words, OCTAVES))
    return plots


def storage_plot(run: Run, name: str, words: Words, labels: Labels | None = None) -> Markup | None:
    """Accuracy against GB a million vectors: for each model the settings that no other setting of it beats in both."""
    index, names, found = numbers(run), labels_of(run, labels), sweeps(run, name)
    lines = []
    for model in dict.fromkeys(str(item.get("model")) for item in found):
        points = [(item["bytes_per_vector"] / 1e3, float(item["top1"])) for item in found if item.get("model") == model]
        best = front([(-size, top1) for size, top1 in points])
        chosen = {point for point, stays in zip(points, best, strict=True) if stays}
        lines.append(Curve(names.get(model, model), index.get(model, 0), tuple(sorted(chosen))))
    return curves(lines, words["eval.plot.storage"], words["eval.axis.million"], words) if lines else None


def score_plots(
    run: Run, name: str, words: Words, labels: Labels | None = None
) -> list[tuple[str, list[str], Markup, Sheet]]:
    """For each model with histograms: its name, what its scores mean, their distribution, and a table of thresholds."""
    index = numbers(run)
    plots = []
    for item in separations(run, labels, name):
        lines = [one.text(words) for one in (advice(item), unrelated(item)) if one]
        plot = distributions(
            item.right.tolist(),
            item.wrong.tolist(),
            item.edges.tolist(),
            item.best().threshold,
            index[item.model],
            words,
        )
        plots.append((item.label, lines, plot, cuts(item, words)))
    return plots


def cuts(item: Separation, words: Words, about: int = 10) -> Sheet:
    """About ten thresholds from the lowest score to the highest, and the two best ones; shares in percent."""
    every = item.cuts()
    chosen = {cut.threshold: cut for cut in [*every[:: -(-len(every) // about)], item.best(), item.best_f1()]}
    rows = tuple(
        (
            formats.number(threshold),
            *(formats.percent(share) for share in (cut.precision, cut.recall, cut.false_alarms, cut.f1)),
            formats.percent(item.percentile(threshold)),
        )
        for threshold, cut in sorted(chosen.items())
    )
    return Sheet(heads(words, ("threshold", "precision", "recall", "false_alarms", "f1", "percentile")), rows, 0)

"""The plots of a run as SVG: plain data in, markup out, no script. The page and the report draw with the same.

They take their colours from CSS variables (``eval.style``), and tell models apart by shape as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from eval import formats
from eval.markup import Markup, tag
from eval.pareto import front
from eval.svg import Scale, around, drawing, label, line, mark, names_beside, path, shares, shorten, x_axis, y_axis
from eval.words import Words

WIDTH = 760


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One line of a forest plot: shares from 0 to 1; ``note`` stands at its end."""

    label: str
    index: int
    value: float
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One model, or one setting of it, in a scatter plot: ``size`` from 0 to 1 is its area; without a name no label."""

    label: str
    index: int
    x: float
    y: float
    low: float | None = None
    high: float | None = None
    size: float | None = None
    title: str = ""


@dataclass(frozen=True)
class Curve:
    """One line through points (x, y), x rising."""

    label: str
    index: int
    points: tuple[tuple[float, float], ...]


def forest(rows: Sequence[Estimate], words: Words, guess: float | None = None) -> Markup:
    """Accuracies with their intervals, one below the other; ``guess`` is what chance would give."""
    row, left, right, top = 30, 200, 480, 22
    bottom = top + row * len(rows)
    scale = Scale(0, 1, left, right)
    parts = [x_axis(scale, top, bottom, _percent, words["eval.axis.top1"])]
    if guess is not None:
        parts.append(line(scale(guess), top, scale(guess), bottom, "guess"))
        parts.append(label(scale(guess), top - 6, words["eval.axis.guess"], "middle", class_="note"))
    for number, item in enumerate(rows):
        y = top + row * (number + 0.5)
        text = f"{formats.percent(item.value)} %"
        if item.low is not None and item.high is not None:
            bar = line(scale(item.low), y, scale(item.high), y, f"whisker m{item.index % 8}")
            parts.append(bar)
            text += f"  [{formats.span(item.low, item.high)}]"
        parts += [
            label(left - 14, y + 4, item.label, "end", left - 20),
            mark(item.index, scale(item.value), y, 6),
            label(right + 16, y + 4, f"{text}  {item.note}".rstrip(), room=WIDTH - right - 20),
        ]
    return drawing(WIDTH, bottom + 42, words["eval.plot.forest"], *parts)


def heatmap(
    models: Sequence[tuple[str, int]], categories: Sequence[str], values: Sequence[Sequence[float | None]], words: Words
) -> Markup:
    """Top-1 of each category (rows) and model (columns: name and number), as colour and as number."""
    row, left, head, slant = 30, 200, 132, 130
    cell = max(54.0, min(110.0, (WIDTH - left - slant) / max(1, len(models))))
    parts: list[object] = []
    for column, (model, index) in enumerate(models):
        x, y = left + cell * (column + 0.5), head - 24
        text = label(x, y, model, room=160)
        parts += [mark(index, x, head - 12, 5), tag("g", text, transform=f"rotate(-32 {x:.1f} {y})")]
    for number, (category, measured) in enumerate(zip(categories, values, strict=True)):
        y = head + row * number
        parts.append(label(left - 10, y + 20, category, "end", left - 16))
        for column, value in enumerate(measured):
            # Never more than half: the number on it has to be read.
            fill = f"fill:color-mix(in srgb,var(--heat) {50 * (value or 0):.0f}%,var(--card))"
            x = left + cell * column
            parts += [
                tag("rect", x=x, y=y, width=cell, height=row, class_="cell", style=fill),
                label(x + cell / 2, y + 20, formats.percent(value), "middle"),
            ]
    width = max(WIDTH, left + cell * len(models) + slant)
    return drawing(width, head + row * len(categories) + 8, words["eval.plot.heatmap"], *parts)


def scatter(points: Sequence[Point], x_name: str, title: str, words: Words) -> Markup:
    """Top-1 against something on a logarithmic axis, more of both is better, with the Pareto front of both."""
    left, right, top, bottom = 60, 730, 34, 330
    reach = [value for item in points for value in (item.y, item.low, item.high) if value is not None]
    x_scale = Scale(*around([item.x for item in points], log=True), left, right, log=True)
    y_scale = Scale(*shares(reach), bottom, top)
    best = front([(item.x, item.y) for item in points])
    parts = [
        x_axis(x_scale, top, bottom, _short, x_name),
        y_axis(y_scale, left, right, _percent, words["eval.axis.top1"]),
        _front([item for item, chosen in zip(points, best, strict=True) if chosen], x_scale, y_scale),
    ]
    for item in points:
        x, y = x_scale(item.x), y_scale(item.y)
        if item.low is not None and item.high is not None:
            parts.append(line(x, y_scale(item.low), x, y_scale(item.high), f"whisker m{item.index % 8}"))
        if item.size is not None:
            parts.append(tag("circle", cx=x, cy=y, r=_radius(item), class_=f"mark big m{item.index % 8}"))
        parts.append(mark(item.index, x, y, 5, item.title))
    places = [(x_scale(item.x), y_scale(item.y), item.label) for item in points]
    names = names_beside(places, left, right + 20, radii=[_radius(item) for item in points])
    return drawing(WIDTH, bottom + 44, title, *parts, *names)


def _radius(item: Point) -> float:
    """Of a point's mark: its area grows with the size."""
    return 6.0 if item.size is None else 6 + 22 * item.size**0.5


def _front(points: Sequence[Point], x_scale: Scale, y_scale: Scale) -> Markup:
    """The front as steps: between two points nothing was measured that has the better of both."""
    ordered = sorted(points, key=lambda item: (item.x, item.y))
    steps: list[tuple[float, float]] = []
    for before, after in pairwise(ordered):
        steps += [(before.x, before.y), (before.x, after.y), (after.x, after.y)]
    return path([(x_scale(x), y_scale(y)) for x, y in steps], "front") if steps else Markup("")


def curves(
    lines: Sequence[Curve], title: str, x_name: str, words: Words, ticks: Sequence[float] | None = None
) -> Markup:
    """Top-1 against a number on a logarithmic axis, a line for each model, its name at the end."""
    left, right, top, bottom = 60, 560, 34, 290
    points = [point for item in lines for point in item.points]
    ends = around([x for x, _ in points], log=True)
    x_scale = Scale(*ends, left, right, log=True)
    y_scale = Scale(*shares([y for _, y in points]), bottom, top)
    parts = [
        x_axis(x_scale, top, bottom, _short, x_name, ticks and [tick for tick in ticks if ends[0] <= tick <= ends[1]]),
        y_axis(y_scale, left, right, _percent, words["eval.axis.top1"]),
    ]
    last = []
    for item in lines:
        drawn = [(x_scale(x), y_scale(y)) for x, y in item.points]
        parts.append(path(drawn, f"curve m{item.index % 8}"))
        parts += [mark(item.index, x, y, 4) for x, y in drawn]
        last.append((drawn[-1][0], drawn[-1][1], shorten(item.label, 160)))
    return drawing(WIDTH, bottom + 44, title, *parts, *names_beside(last, math.inf, WIDTH))


def distributions(
    right_pairs: Sequence[float],
    wrong_pairs: Sequence[float],
    edges: Sequence[float],
    threshold: float,
    index: int,
    words: Words,
) -> Markup:
    """Scores of right pairs (filled) and wrong pairs (dashed), each as shares of their own number, and a threshold."""
    left, right, top, bottom = 60, 730, 30, 200
    step = -(-len(right_pairs) // 64)  # as many bins as can be seen
    groups = [
        [sum(counts[at : at + step]) / sum(counts) for at in range(0, len(counts), step)]
        for counts in (right_pairs, wrong_pairs)
    ]
    ends = [*edges[:-1:step], edges[-1]]
    x_scale = Scale(edges[0], edges[-1], left, right)
    y_scale = Scale(0, max(map(max, groups)), bottom, top)
    parts = [x_axis(x_scale, top, bottom, _short, words["eval.axis.score"])]
    for shares_, kind in zip(groups, ("area", "curve dashed"), strict=True):
        drawn = [(x_scale(ends[0]), y_scale(0))]
        for number, share in enumerate(shares_):
            drawn += [(x_scale(ends[number]), y_scale(share)), (x_scale(ends[number + 1]), y_scale(share))]
        parts.append(path([*drawn, (x_scale(ends[-1]), y_scale(0))], f"{kind} m{index % 8}"))
    x = x_scale(threshold)
    parts += [line(x, top, x, bottom, "front"), label(x, top - 6, formats.number(threshold), "middle", class_="note")]
    return drawing(WIDTH, bottom + 44, words["eval.plot.scores"], *parts)


def _percent(value: float) -> str:
    return f"{value * 100:.0f}"


def _short(value: float) -> str:
    return f"{value:,.12g}" if abs(value) < 1e6 else f"{value:.0e}"

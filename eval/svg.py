"""The few parts that plots are made of: scales, ticks, axes, marks. Colours come from the page by CSS variables."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from unicodedata import east_asian_width

from eval.markup import Markup, join, tag

FONT = 12  # of all texts, in the units of the view box
_PLUS = (
    *((-0.4, -1.2), (0.4, -1.2), (0.4, -0.4), (1.2, -0.4), (1.2, 0.4), (0.4, 0.4)),
    *((0.4, 1.2), (-0.4, 1.2), (-0.4, 0.4), (-1.2, 0.4), (-1.2, -0.4), (-0.4, -0.4)),
)
# Eight shapes, so that no model is told by its colour alone; each fills about the same area, radius 1 around 0, 0.
SHAPES: tuple[tuple[tuple[float, float], ...] | None, ...] = (
    None,  # a circle
    ((-0.89, -0.89), (0.89, -0.89), (0.89, 0.89), (-0.89, 0.89)),
    ((0, -1.3), (1.15, 0.8), (-1.15, 0.8)),
    ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    ((0, 1.3), (1.15, -0.8), (-1.15, -0.8)),
    _PLUS,
    ((0, -1.25), (1.19, -0.39), (0.73, 1.01), (-0.73, 1.01), (-1.19, -0.39)),
    ((-1.1, -1.1), (1.1, -1.1), (-1.1, 1.1), (1.1, 1.1)),  # an hourglass
)
COLOURS = 8


@dataclass(frozen=True)
class Scale:
    """Values from ``low`` to ``high`` onto pixels from ``start`` to ``end``; of a logarithm both are above 0."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        return self.start + (self.end - self.start) * (value - low) / (high - low)

    def ticks(self, about: int = 5) -> list[float]:
        """Round values within the scale, at least one."""
        found: list[float] = []
        if self.log:
            decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            found = self._within(factor * 10.0**decade for decade in decades for factor in (1, 2, 5))
        if len(found) > 1:
            return found
        step = _round_step((self.high - self.low) / about)
        first, last = math.floor(self.low / step), math.ceil(self.high / step)
        return self._within(number * step for number in range(first, last + 1))

    def _within(self, values: Iterable[float]) -> list[float]:
        slack = 1e-9 * (self.high - self.low)
        return [float(f"{value:.12g}") for value in values if self.low - slack <= value <= self.high + slack]


def _round_step(rough: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, … times a power of ten that is not below ``rough``."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))


def around(values: Sequence[float], log: bool = False) -> tuple[float, float]:
    """Ends of a scale that holds all values with some room; never of no width."""
    low, high = min(values), max(values)
    if log:
        return low / 1.3, high * 1.3
    room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return low - room, high + room


def shares(values: Sequence[float]) -> tuple[float, float]:
    """Ends, from 0 to 1, of a scale of shares: the tens of percent around all values."""
    low, high = math.floor(min(values) * 10 - 0.05) / 10, math.ceil(max(values) * 10 + 0.05) / 10
    return max(0.0, low), min(1.0, max(high, low + 0.1))


def width_of(text: str) -> float:
    """About how wide a text is; a Chinese character is twice a Latin one."""
    return sum(FONT if east_asian_width(sign) in "WF" else FONT * 0.56 for sign in text)


def shorten(text: str, room: float) -> str:
    """``text`` as far as it fits, with an ellipsis where it does not."""
    if width_of(text) <= room:
        return text
    while text and width_of(text) > room - FONT:
        text = text[:-1]
    return f"{text}…"


def label(
    x: float, y: float, text: object, anchor: str = "start", room: float | None = None, class_: str = ""
) -> Markup:
    """A text at its base line; what does not fit into ``room`` is shortened, and told in full when pointed at."""
    whole = str(text)
    shown = whole if room is None else shorten(whole, room)
    title = tag("title", whole) if shown != whole else ""
    return tag("text", title, shown, x=x, y=y, text_anchor=anchor, class_=class_ or None)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def mark(index: int, x: float, y: float, radius: float = 5.0, title: str = "") -> Markup:
    """The mark of model number ``index``: colour and shape; beyond eight models a colour comes with another shape."""
    points = SHAPES[(index + index // COLOURS) % len(SHAPES)]
    kind = f"mark m{index % COLOURS}"
    told = tag("title", title) if title else ""
    if points is None:
        return tag("circle", told, cx=x, cy=y, r=radius, class_=kind)
    corners = " ".join(f"{x + radius * px:.1f},{y + radius * py:.1f}" for px, py in points)
    return tag("polygon", told, points=corners, class_=kind)


def path(points: Sequence[tuple[float, float]], class_: str) -> Markup:
    """A line through points."""
    return tag("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), class_=class_)


def x_axis(
    scale: Scale,
    top: float,
    bottom: float,
    shown: Callable[[float], str],
    name: str,
    ticks: Sequence[float] | None = None,
) -> Markup:
    """Ticks with thin lines from ``bottom`` to ``top``, and what the axis is; ``ticks`` for others than the usual."""
    parts = []
    last = -math.inf
    for tick in scale.ticks() if ticks is None else ticks:
        x = scale(tick)
        parts.append(line(x, top, x, bottom, "grid"))
        if x - width_of(shown(tick)) / 2 > last:  # ticks of a logarithm come close
            parts.append(label(x, bottom + 16, shown(tick), "middle", class_="tick"))
            last = x + width_of(shown(tick)) / 2 + 4
    parts.append(label((scale.start + scale.end) / 2, bottom + 34, name, "middle", class_="axis"))
    return join(parts)


def y_axis(scale: Scale, left: float, right: float, shown: Callable[[float], str], name: str) -> Markup:
    """Ticks with thin lines from ``left`` to ``right``, and what the axis is, above it."""
    parts = [label(left, scale.end - 10, name, class_="axis")]
    for tick in scale.ticks():
        y = scale(tick)
        parts += [line(left, y, right, y, "grid"), label(left - 6, y + 4, shown(tick), "end", class_="tick")]
    return join(parts)


def names_beside(
    places: Sequence[tuple[float, float, str]],
    left: float,
    right: float,
    room: float = 200,
    radii: Sequence[float] | None = None,
) -> list[Markup]:
    """Names (x, y, name) beside their marks, off other marks and names, between ``left`` and ``right`` where possible.

    With an infinite ``left`` all stand on the right. ``radii`` are the marks' own, 6 where none is given.
    """
    sizes = radii or [6.0] * len(places)
    taken = [(x - size, x + size, y - size, y + size) for (x, y, _), size in zip(places, sizes, strict=True)]
    parts = []
    for (x, y, text), size in sorted(zip(places, sizes, strict=True), key=lambda place: place[0][1]):
        name = shorten(text, room)
        boxes = _boxes(x, y, width_of(name), left, right, size + 4)
        found = next(box for box in boxes if not any(_meet(box, other) for other in taken))
        taken.append(found)
        parts.append(label(found[0], found[3] - 2, name, class_="name"))
    return parts


Box = tuple[float, float, float, float]  # left, right, top, bottom


def _boxes(x: float, y: float, width: float, left: float, right: float, gap: float) -> Iterator[Box]:
    """Where a name of a mark could stand, the best place first: to its right, to its left, then further and further."""
    for away in count(0, 7):
        for shift in {0: (0,)}.get(away, (-away, away)):
            if x + gap + width <= right or left == math.inf:
                yield x + gap, x + gap + width, y + shift - 8, y + shift + 6
            if x - gap - width >= left or away > 300:
                yield x - gap - width, x - gap, y + shift - 8, y + shift + 6


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def drawing(width: float, height: float, title: str, *parts: object) -> Markup:
    """A plot; ``title`` is what a screen reader says of it."""
    return tag(
        "svg",
        tag("title", title),
        *parts,
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
        role="img",
        class_="plot",
        font_size=FONT,
    )

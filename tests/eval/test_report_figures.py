"""Plots: scales and ticks, the Pareto front, marks that differ, colours that can be read."""

from __future__ import annotations

import re
from itertools import combinations, product

import pytest

from eval.figures import Curve, Estimate, Point, curves, distributions, forest, heatmap, scatter
from eval.markup import Markup, escape, tag
from eval.pareto import front
from eval.style import DARK, LIGHT
from eval.svg import COLOURS, Scale, around, mark, names_beside, shares, shorten, width_of
from eval.words import words

WORDS = words()


def test_escaping_is_the_rule() -> None:
    assert escape('<a b="c">&\'') == "&lt;a b=&quot;c&quot;&gt;&amp;&#x27;"
    assert tag("p", "<", tag("b", "x"), class_='"', stroke_width=1.0, x=1.234, gone=None) == (
        '<p class="&quot;" stroke-width="1" x="1.23">&lt;<b>x</b></p>'
    )
    assert escape("a\x00b\ud800") == "a\ufffdb\ufffd"
    assert escape(Markup("<b>")) == "<b>"


def test_scales() -> None:
    scale = Scale(0, 1, 100, 200)
    assert (scale(0), scale(0.25), scale(1)) == (100, 125, 200)
    assert scale.ticks() == [0, 0.2, 0.4, 0.6, 0.8, 1]
    upside = Scale(0, 1, 200, 100)
    assert upside(1) == 100
    log = Scale(10, 1000, 0, 100, log=True)
    assert log(100) == pytest.approx(50)
    assert log.ticks() == [10, 20, 50, 100, 200, 500, 1000]
    assert len(Scale(240, 260, 0, 1, log=True).ticks()) > 1  # no 1, 2 or 5 lies there


@pytest.mark.parametrize("values", [[0.0], [1.0], [0.5, 0.5], [0.0, 1.0], [0.301, 0.302]])
def test_scales_of_shares_have_a_width_and_stay_within_0_and_1(values: list[float]) -> None:
    low, high = shares(values)
    assert 0 <= low <= min(values) <= max(values) <= high <= 1
    assert high - low > 0.05


def test_scales_around_equal_values() -> None:
    for values, log in product(([0.0], [5.0, 5.0], [-2.0]), (False,)):
        low, high = around(values, log)
        assert low < min(values) <= max(values) < high
    low, high = around([100.0], log=True)
    assert low < 100 < high


def test_texts_are_shortened_by_their_width() -> None:
    assert shorten("abc", 100) == "abc"
    short = shorten("中文" * 30, 100)
    assert short.endswith("…")
    assert width_of(short) <= 100


def test_front_by_hand() -> None:
    assert front([(1, 5), (2, 4), (1, 4), (3, 1), (2, 4)]) == [True, True, False, True, True]
    assert front([]) == []


def test_marks_differ_in_shape_not_only_in_colour() -> None:
    def shape(index: int) -> str:
        return re.sub("class=.*?>", "", mark(index, 0, 0))

    assert len({shape(index) for index in range(COLOURS)}) == COLOURS
    assert len({mark(index, 0, 0) for index in range(40)}) == 40


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a: str, b: str) -> float:
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_can_be_seen_on_their_ground(theme: str) -> None:
    colours = dict(part.removeprefix("--").split(":") for part in theme.split(";"))
    for number in range(COLOURS):
        assert contrast(colours[f"m{number}"], colours["card"]) >= 3, number
    assert contrast(colours["ink"], colours["card"]) >= 7
    assert contrast(colours["muted"], colours["card"]) >= 4.5
    # the strongest cell of a heatmap: half heat, half ground
    heat, card = (
        [int(colours[name].strip("#") * (6 // len(colours[name].strip("#"))), 16)] for name in ("heat", "card")
    )
    mixed = "".join(f"{((heat[0] >> shift & 255) + (card[0] >> shift & 255)) // 2:02x}" for shift in (16, 8, 0))
    assert contrast(f"#{mixed}", colours["ink"]) >= 4.5


def test_forest_shows_interval_number_and_guess() -> None:
    rows = [Estimate(label="A", index=0, value=0.5, low=0.25, high=0.75), Estimate(label="B", index=1, value=1.0)]
    drawn = forest(rows, WORDS, guess=0.0625)
    assert drawn.count("whisker") == 1
    assert "50.0 %  [25.0–75.0]" in drawn
    assert "guessing" in drawn
    left, right = 200, 480
    assert f'x1="{left + (right - left) * 0.25:g}"' in drawn


def test_heatmap_has_every_number() -> None:
    drawn = heatmap([("A", 0), ("B", 1)], ["one", "two"], [[0.25, None], [1.0, 0.0]], WORDS)
    assert [drawn.count(f">{text}<") for text in ("25.0", "–", "100.0", "0.0")] == [1, 1, 1, 1]
    assert drawn.count("var(--heat) 50%,var(--card)") == 1


def test_scatter_draws_the_front_and_whiskers() -> None:
    points = [
        Point(label="fast", index=0, x=1000, y=0.5, low=0.4, high=0.6, size=0.1),
        Point(label="good", index=1, x=10, y=0.9, size=1.0),
        Point(label="bad", index=2, x=10, y=0.4),
    ]
    drawn = scatter(points, "rate", "title", WORDS)
    front_line = re.search(r'<polyline points="([^"]+)" class="front">', drawn)
    assert front_line
    assert len(front_line[1].split()) == 3  # two points and the corner between them
    assert drawn.count("mark big") == 2
    assert len(scatter([points[0]], "rate", "title", WORDS).split("front")) == 1


def test_names_stand_on_no_other_name_and_on_no_mark() -> None:
    places = [(300.0, 100.0 + number, f"model {number}") for number in range(8)]
    boxes = []
    for part in names_beside(places, 0, 400):
        found = re.search(r'x="([\d.]+)" y="([\d.]+)".*>(model \d)<', part)
        assert found
        x, y = float(found[1]), float(found[2])
        boxes.append((x, x + width_of(found[3]), y - 11, y + 2))
    assert len(boxes) == 8
    assert all(box[0] >= 0 and box[1] <= 400 for box in boxes)
    marks = [(x - 6, x + 6, y - 6, y + 6) for x, y, _ in places]
    for one, other in combinations([*boxes, *marks[:1]], 2):
        assert one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]


def test_curves_and_distributions() -> None:
    drawn = curves([Curve("A", 0, ((32, 0.5), (64, 0.75)))], "title", "dims", WORDS)
    assert drawn.count("<circle") == 2
    drawn = distributions([0, 4], [4, 0], [0.0, 0.5, 1.0], 0.5, 0, WORDS)
    assert "0.500" in drawn
    assert drawn.count("<polyline") == 2

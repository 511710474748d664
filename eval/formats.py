"""Figures as people read them, the same in tables, plots and sentences; a dash where there is none."""

from __future__ import annotations

NONE = "–"
GIB = 1 << 30


def percent(share: float | None) -> str:
    """0.875 → 87.5, without the sign; a share that is not 1 never reads as 100.0."""
    if share is None:
        return NONE
    shown = f"{share * 100:.1f}"
    if share < 1 and shown == "100.0":
        return "99.9"
    return "0.1" if share > 0 and shown == "0.0" else shown


def points(difference: float | None) -> str:
    """A difference of shares in points, with its sign: +2.5."""
    return NONE if difference is None else f"{difference * 100:+.1f}".replace("-", "−").replace("+0.0", "0.0")


def span(low: float | None, high: float | None) -> str:
    """An interval of shares: 71.2–96.0."""
    return NONE if low is None or high is None else f"{percent(low)}–{percent(high)}"


def gib(size: float | None) -> str:
    """Bytes in GiB, two digits behind the point or, of less than 0.1, two that count."""
    return NONE if size is None else _digits(size / GIB, 2, 0.1)


def gigabytes(size: float | None) -> str:
    """Bytes in GB of 10⁹."""
    return NONE if size is None else _digits(size / 1e9, 2, 0.1)


def seconds(value: float | None) -> str:
    """Seconds to a thousandth or, of less than a hundredth, two digits that count."""
    return NONE if value is None else _digits(value, 3, 0.01)


def rate(value: float | None) -> str:
    """Something per second: 1,496.5."""
    return NONE if value is None else f"{value:,.1f}"


def whole(value: float | None) -> str:
    """A count: 1,024."""
    return NONE if value is None else f"{value:,.0f}"


def ratio(value: float | None) -> str:
    """How many times as much: ×1.43."""
    return NONE if value is None else f"×{_digits(value, 2, 0.1)}"


def number(value: float | None) -> str:
    """A score: three digits behind the point, fewer for large ones."""
    if value is None:
        return NONE
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


def chance(p: float) -> str:
    """A p-value: .74, .034, <.001, 1."""
    if p < 0.001:
        return "<.001"
    shown = f"{p:.2g}" if p < 0.1 else f"{p:.2f}"
    return "1" if shown == "1.00" else shown.removeprefix("0")


def _digits(value: float, places: int, small: float) -> str:
    return f"{value:,.{places}f}" if abs(value) >= small or value == 0 else f"{value:.2g}"

"""Pieces of the benchmark's regions that the server draws. Whatever is not made here is escaped by ``eval.markup``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from unicodedata import east_asian_width

from eval.markup import Markup, tag
from eval.sheets import Sheet
from eval.style import PLOTS
from models import LibraError

OPEN_ROWS = 16  # a longer table is folded away
LONG_TEXT, SHORT_TEXT = 40, 20  # letters of a column's longest cell
Words = Mapping[str, str]


def region(*parts: object) -> str:
    """A whole region, in the view's colours."""
    return str(tag("div", tag("style", Markup(PLOTS)), *parts, class_="libra-view lb-region"))


def panel(title: str, *parts: object) -> Markup:
    """A part of a region under its heading; none without content."""
    shown = [part for part in parts if part]
    return (
        tag("section", tag("h3", title, class_="lv-heading"), *shown, class_="lv-panel lb-panel") if shown else Markup()
    )


def note(text: str) -> Markup:
    """A remark."""
    return tag("p", text, class_="lv-sub")


def paragraphs(texts: Iterable[str], kind: str = "lb-said") -> Markup:
    """A list of sentences; nothing without any."""
    items = [tag("li", text) for text in texts if text]
    return tag("ul", *items, class_=kind) if items else Markup()


def alarm(text: str) -> Markup:
    """Something that has to be seen; its sign comes from the style sheet, so colour is not alone."""
    return tag("p", text, class_="lb-alarm")


def empty(text: str) -> Markup:
    """Instead of what is not there."""
    return tag("p", text, class_="lv-empty")


def error_text(error: LibraError, words: Words) -> str:
    """An error in the language of ``words``."""
    template = words.get(f"error.{error.code}")
    try:
        return template.format(**error.values) if template else str(error)
    except (KeyError, IndexError, ValueError):
        return str(error)


def wide(content: Markup, name: str) -> Markup:
    """Something that may be wider than the page: it scrolls by itself, by keyboard too."""
    return tag("div", content, class_="lb-wide", tabindex=0, role="region", aria_label=name)


def figure(plot: Markup | None, name: str) -> Markup:
    """A plot; nothing where there is none."""
    return wide(plot, name) if plot else Markup()


def folded(plot: Markup, name: str) -> Markup:
    """A further plot, under its name: to be opened."""
    return tag("details", tag("summary", name), figure(plot, name))


def table(sheet: Sheet, name: str, words: Words, *, folded: bool = False) -> Markup:
    """A table called ``name``; a long one is folded away. Nothing without rows."""
    if not sheet.rows:
        return Markup()
    kinds = [_kind(sheet, column) for column in range(len(sheet.head))]
    head = tag("tr", *(tag("th", cell, class_=kind, scope="col") for cell, kind in zip(sheet.head, kinds, strict=True)))
    rows = (tag("tr", *_cells(row, kinds)) for row in sheet.rows)
    whole = tag(
        "table",
        tag("caption", name, class_="lv-said"),
        tag("thead", head),
        tag("tbody", *rows),
        class_="lb-table",
    )
    shown = wide(whole, name)
    if not folded and len(sheet.rows) <= OPEN_ROWS:
        return shown
    return tag("details", tag("summary", words["eval.report.table"].format(rows=len(sheet.rows))), shown)


def _kind(sheet: Sheet, column: int) -> str:
    """The class of a column: figures stand to the right, and long texts need room to be read in."""
    longest = max(_letters(row[column]) for row in sheet.rows)
    if column >= sheet.texts:  # a figure may have its source beside it
        return "lb-number" if longest <= SHORT_TEXT else "lb-number lb-sourced"
    return "lb-long" if longest > LONG_TEXT else "lb-short" if longest <= SHORT_TEXT else "lb-text"


def _letters(text: str) -> int:
    """How wide a text is: a Chinese character takes the room of two letters."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _cells(row: tuple[str, ...], kinds: list[str]) -> list[Markup]:
    """The first cell names the row."""
    first = tag("th", row[0], scope="row", class_=kinds[0])
    return [first, *(tag("td", cell, class_=kind) for cell, kind in zip(row[1:], kinds[1:], strict=True))]

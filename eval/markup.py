"""Elements of HTML and SVG as strings, where whatever is not made here is escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

EMPTY = {"meta", "br", "col"}  # elements that HTML closes by itself
# What no document may hold: control characters, and halves of surrogate pairs, which UTF-8 cannot say.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Markup(str):
    """A piece of a document that is already escaped."""

    __slots__ = ()


def clean(value: object) -> str:
    """``value`` as text, with a replacement character for what cannot be printed."""
    return UNPRINTABLE.sub("\ufffd", str(value))


def escape(value: object) -> Markup:
    """``value`` as it may stand in a document; ``Markup`` stays as it is."""
    return value if isinstance(value, Markup) else Markup(html.escape(clean(value)))


def join(parts: Iterable[object], between: str = "") -> Markup:
    """All parts, escaped where they are not markup."""
    return Markup(escape(between).join(escape(part) for part in parts))


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """One element.

    Args:
        children: escaped, unless they are markup.
        attributes: ``class_`` for class, ``stroke_width`` for stroke-width; None leaves the attribute out; numbers
            are rounded to hundredths, which is finer than a pixel.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_number(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in EMPTY:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{join(children)}</{name}>")


def _number(value: object) -> object:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value

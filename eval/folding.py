"""When are two texts the same to a reader? Folding takes away what does not tell them apart."""

from __future__ import annotations

import re
import unicodedata

# Punctuation of every kind, spaces, and control and format characters (zero-width joiners, marks of direction).
DROPPED = {"Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Zs", "Zl", "Zp", "Cc", "Cf"}
# Signs with a meaning of their own, though Unicode calls them punctuation: 1.5 is not 15, nor -5 or 3-5 what is left
# without the line, 50% is not 50, C# not C, a*b not a/b, !done not done.
MEANT = re.compile(r"((?<=\d)[.:](?=\d)|(?<![a-z])[-–—](?=\d)|!(?=[a-z_(=])|[%&*/\\#@_])")


def fold(text: str) -> str:
    """``text`` without case, width, punctuation and space: two texts with one folding are one text.

    Signs that carry meaning stay (see ``MEANT``), and so do symbols (+, =, <, emoji). A text of nothing but
    punctuation is its own folding.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    dropped = {ord(sign): None for sign in set(plain) if unicodedata.category(sign) in DROPPED}
    # split() with a group puts what was found at the odd places
    parts = (part if index % 2 else part.translate(dropped) for index, part in enumerate(MEANT.split(plain)))
    return "".join(parts) or plain.strip()

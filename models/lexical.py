"""BM25: the lexical baseline. It matches words and knows no meaning; any embedding has to beat it.

Words are cut without a dictionary, so that a query and a candidate are always cut the same way:

- texts are brought to NFKC and case-folded ("ＦＵＬＬ" and "full", "Straße" and "STRASSE" meet);
- Chinese and Japanese, which write no spaces, give every character and every pair of neighbours:
  天气预报 → 天 气 预 报 天气 气预 预报. Shared words share pairs, and a rare pair weighs more than common characters;
- Thai, Lao, Burmese and Khmer write no spaces either, but letters, which mean nothing alone: pairs and triples;
- Korean glues particles to its words: the word, and its pairs of syllables;
- identifiers give themselves and their parts (``getUserName`` → getusername get user name), so that ``max_len`` meets
  ``maxLen`` and "max"; operators (``==``, ``->``, ``%``) are words of code, full stops and brackets are not.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.spec import ModelSpec

Terms = Callable[[str], Iterator[str]]

_HAN_AND_KANA = (
    "\u3005-\u3007\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_THAI_AND_LIKE = "\u0e00-\u0e3e\u0e40-\u0eff\u1000-\u109f\u1780-\u17ff"  # without the sign of the baht
_HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
# "-" and "/" alone are punctuation of prose too; the rest seldom is.
_OPERATORS = r"[=!<>+*/%&|^~-]=|->|=>|<-|::|\+\+|--|&&|\|\||\*\*|//|<<|>>|[=<>+*%&|^~]"
_PARTS = re.compile(r"_+|(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)")


def tokenize(text: str) -> list[str]:
    """The terms of ``text``, repeats kept; empty where it holds white space and punctuation only."""
    return [
        term
        for match in _pattern().finditer(unicodedata.normalize("NFKC", text))
        for term in _TERMS[match.lastgroup or ""](match.group())
    ]


def _grams(run: str, *sizes: int) -> Iterator[str]:
    """Every piece of ``run`` of each size; the run itself where it is shorter than all of them."""
    if len(run) < min(sizes):
        yield run
    for size in sizes:
        yield from (run[start : start + size] for start in range(len(run) - size + 1))


def _korean(run: str) -> Iterator[str]:
    if len(run) != 2:  # else it is its only pair
        yield run
    if len(run) > 1:
        yield from _grams(run, 2)


def _word(word: str) -> Iterator[str]:
    if word.isalpha() and word[1:].islower():  # most words
        yield word.casefold()
        return
    whole = word.strip("_")
    parts = [part for part in _PARTS.split(whole) if part]
    if parts:
        yield whole.casefold()
    if len(parts) > 1:
        yield from (part.casefold() for part in parts)


def _operator(sign: str) -> Iterator[str]:
    yield sign


_TERMS: dict[str, Terms] = {
    "han": lambda run: _grams(run, 1, 2),
    "thai": lambda run: _grams(run, 2, 3),
    "hangul": _korean,
    "word": _word,
    "operator": _operator,
}


@cache
def _pattern() -> re.Pattern[str]:
    r"""One alternative a kind of run. Words are ``\w`` and combining marks: without those Hindi falls to pieces."""
    marks = "".join(
        chr(code) for code in range(0x300, 0x1E900) if unicodedata.category(chr(code)).startswith("M")
    )  # 25 ms, once
    unspaced = f"{_HAN_AND_KANA}{_THAI_AND_LIKE}{_HANGUL}"
    return re.compile(
        f"(?P<han>[{_HAN_AND_KANA}]+)|(?P<thai>[{_THAI_AND_LIKE}]+)|(?P<hangul>[{_HANGUL}]+)"
        rf"|(?P<word>[^\W{unspaced}]+(?:[{marks}]+[^\W{unspaced}]*)*)|(?P<operator>{_OPERATORS})"
    )


class BM25:
    """A ``Scorer`` over the candidates of one request (k1 = 1.5, b = 0.75); it holds nothing between requests.

    Lucene's formula: its inverse document frequency, ln(1 + (n − f + ½) / (f + ½)), is positive even for a term that
    every candidate holds. So whatever shares a term scores above 0, and above whatever shares none.
    """

    device = "cpu"
    dtype = "float32"
    memory_bytes = 0

    def __init__(self, spec: ModelSpec) -> None:
        from importlib.metadata import version

        self.spec = spec
        self.revision = f"bm25s-{version('bm25s')}"

    def scores(self, queries: Sequence[str], candidates: Sequence[str]) -> NDArray[np.float32]:
        """float32 (q, c), 0 where no term is shared."""
        scores = np.zeros((len(queries), len(candidates)), np.float32)
        vocabulary: dict[str, int] = {}
        documents = [[vocabulary.setdefault(term, len(vocabulary)) for term in tokenize(text)] for text in candidates]
        if not vocabulary:
            return scores
        index = _index(documents, vocabulary)
        for row, text in enumerate(queries):
            known = [vocabulary[term] for term in tokenize(text) if term in vocabulary]
            if known:
                scores[row] = index.get_scores_from_ids(known)
        return scores

    def count_tokens(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """int32 (n,), terms of each text, repeats counted."""
        return np.array([len(tokenize(text)) for text in texts], np.int32)

    def close(self) -> None:
        """Nothing to give back."""


def _index(documents: list[list[int]], vocabulary: dict[str, int]) -> Any:
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG when imported
    index = bm25s.BM25(method="lucene", backend="numpy", csc_backend="numpy", auto_compile=False)
    index.index((documents, vocabulary), create_empty_token=False, show_progress=False)
    return index

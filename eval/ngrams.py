"""Character n-grams and BM25 over characters: what a ranking by shared signs alone would make of a set."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eval.folding import fold

Scores = NDArray[np.float64]
SIZES = (1, 2, 3)
K1, B = 1.5, 0.75  # BM25's usual constants (Robertson and Zaragoza, 2009)


def grams(text: str) -> Counter[str]:
    """Character 1-, 2- and 3-grams of the folded text."""
    plain = fold(text)
    return Counter(plain[start : start + size] for size in SIZES for start in range(len(plain) - size + 1))


class Lexical:
    """Term statistics of a set's candidate texts: document frequencies are the set's own."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.documents = {text: grams(text) for text in dict.fromkeys(texts)}
        self.count = len(self.documents)
        self.frequency = Counter(term for terms in self.documents.values() for term in terms)
        self.singles = {
            text: Counter({term: n for term, n in terms.items() if len(term) == 1})
            for text, terms in self.documents.items()
        }
        self.mean_length = float(np.mean([sum(terms.values()) for terms in self.singles.values()]))

    def tfidf(self, query: str, candidates: Sequence[str]) -> Scores:
        """Cosine of 1-3-gram TF-IDF, float64 (candidates,)."""
        asked = self._weights(grams(query))
        return np.array([_cosine(asked, self._weights(self.documents[text])) for text in candidates])

    def bm25(self, query: str, candidates: Sequence[str]) -> Scores:
        """BM25 over single characters, float64 (candidates,)."""
        terms = [term for term in grams(query) if len(term) == 1]
        return np.array([sum(self._bm25_term(term, self.singles[text]) for term in terms) for text in candidates])

    def _weights(self, terms: Counter[str]) -> dict[str, float]:
        return {term: (1 + math.log(n)) * self._idf(term) for term, n in terms.items()}

    def _idf(self, term: str) -> float:
        return math.log((1 + self.count) / (1 + self.frequency[term])) + 1

    def _bm25_term(self, term: str, document: Counter[str]) -> float:
        n, seen = document[term], self.frequency[term]
        idf = math.log(1 + (self.count - seen + 0.5) / (seen + 0.5))
        return idf * n * (K1 + 1) / (n + K1 * (1 - B + B * sum(document.values()) / self.mean_length))


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    shared = sum(weight * other[term] for term, weight in one.items() if term in other)
    sizes = math.sqrt(sum(w * w for w in one.values()) * sum(w * w for w in other.values()))
    return shared / sizes if sizes else 0.0

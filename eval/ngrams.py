"""Character n-grams: how alike two texts are by their signs alone, without a thought for what they mean."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eval.folding import fold

Scores = NDArray[np.float64]
Weights = dict[str, float]
SIZES = (1, 2, 3)


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
        self._known: dict[str, tuple[Weights, float]] = {}

    def tfidf(self, query: str, candidates: Sequence[str]) -> Scores:
        """Cosine of 1-3-gram TF-IDF, float64 (candidates,)."""
        asked = self._weighed(grams(query))
        return np.array([_cosine(asked, self._document(text)) for text in candidates])

    def likeness(self, texts: Sequence[str]) -> Scores:
        """Mean cosine of 1-3-gram TF-IDF of each text to the others, float64 (texts,); at least two texts."""
        documents = [self._document(text) for text in texts]
        total: Counter[str] = Counter()
        for weights, squares in documents:
            size = math.sqrt(squares)
            total.update({term: weight / size for term, weight in weights.items()})
        sums = [
            sum(w * total[term] for term, w in weights.items()) / math.sqrt(squares) for weights, squares in documents
        ]
        return (np.array(sums) - 1) / (len(texts) - 1)

    def _document(self, text: str) -> tuple[Weights, float]:
        if text not in self._known:
            self._known[text] = self._weighed(self.documents[text])
        return self._known[text]

    def _weighed(self, terms: Counter[str]) -> tuple[Weights, float]:
        """Weights of the terms, and the sum of their squares."""
        weights = {term: (1 + math.log(n)) * self._idf(term) for term, n in terms.items()}
        return weights, sum(weight * weight for weight in weights.values())

    def _idf(self, term: str) -> float:
        return math.log((1 + self.count) / (1 + self.frequency[term])) + 1


def _cosine(one: tuple[Weights, float], other: tuple[Weights, float]) -> float:
    shared = sum(weight * other[0][term] for term, weight in one[0].items() if term in other[0])
    size = math.sqrt(one[1] * other[1])
    return shared / size if size else 0.0

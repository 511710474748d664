"""What the built-in models are judged by, for any function that turns texts into vectors.

Translations: each sentence of one language looks for its translation among all of the other's. Code: a description
looks for its code among sixteen of the same programming language. Ties count against the model.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.builtin.corpus import LANGUAGES, Row, description
from models.builtin.targets import Floats, unit

Role = Literal["query", "document"]
Embed = Callable[[Sequence[str], Role], Floats]
Scores = NDArray[np.float32]
CANDIDATES = 16
GRAMS = (1, 2, 3, 4)
BUCKETS = 2**20
SEED = 16


def top1(scores: Scores) -> float:
    """Percentage of rows whose own column (the diagonal) is the only largest."""
    return float(100 * ((scores >= scores.diagonal()[:, None]).sum(axis=1) == 1).mean())


class Translations:
    """Parallel rows, encoded once in both roles; scored at any dimension. A row may lack a language."""

    def __init__(self, embed: Embed, rows: Sequence[Row]) -> None:
        self.having = {key: [i for i, row in enumerate(rows) if key in row] for key in LANGUAGES}
        texts = {key: [rows[i][key] for i in having] for key, having in self.having.items()}
        self.queries = {key: embed(texts[key], "query") for key in LANGUAGES}
        self.documents = {key: embed(texts[key], "document") for key in LANGUAGES}

    def by_language(self, dimensions: int) -> dict[str, float]:
        """Top-1 to English and back, mean of the two, for each language."""

        def cut(vectors: Floats) -> Floats:
            return unit(vectors[:, :dimensions])

        scores = {}
        for language in LANGUAGES[1:]:
            rows = self.having[language]
            there = top1(cut(self.queries[language]) @ cut(self.documents["en"][rows]).T)
            back = top1(cut(self.queries["en"][rows]) @ cut(self.documents[language]).T)
            scores[language] = (there + back) / 2
        return scores

    def mean(self, dimensions: int) -> float:
        """Mean over the languages."""
        return float(np.mean(list(self.by_language(dimensions).values())))


def code_groups(rows: Sequence[Row]) -> list[list[Row]]:
    """Sixteens of one programming language with distinct descriptions and code, seeded; remainders are left out."""
    generator = np.random.default_rng(SEED)
    seen: set[str] = set()
    by_language: dict[str, list[Row]] = {}
    for row in rows:
        if description(row) not in seen and row["code"] not in seen:
            seen |= {description(row), row["code"]}
            by_language.setdefault(row["lang"], []).append(row)
    groups = []
    for language in sorted(by_language):
        shuffled = [by_language[language][i] for i in generator.permutation(len(by_language[language]))]
        groups += [shuffled[i : i + CANDIDATES] for i in range(0, len(shuffled) - CANDIDATES + 1, CANDIDATES)]
    return groups


def code_top1(embed: Embed, rows: Sequence[Row]) -> float:
    """Percentage of descriptions that find their code among sixteen."""
    groups = code_groups(rows)
    queries = embed([description(row) for group in groups for row in group], "query")
    codes = embed([row["code"] for group in groups for row in group], "document")
    shape = (len(groups), CANDIDATES, queries.shape[1])
    grids = np.einsum("gqd,gcd->gqc", unit(queries).reshape(shape), unit(codes).reshape(shape))
    return float(np.mean([top1(grid) for grid in grids]))


def ngram_scores(queries: Sequence[str], candidates: Sequence[str]) -> Scores:
    """Cosine of character n-gram counts (square roots): what needs no model at all."""
    return (_ngrams(queries) @ _ngrams(candidates).T).toarray().astype(np.float32)  # type: ignore[no-any-return]


def _ngrams(texts: Sequence[str]) -> csr_matrix:
    columns, values, ends = [], [], [0]
    for text in texts:
        plain = f" {' '.join(text.lower().split())} "
        grams = [plain[i : i + size] for size in GRAMS for i in range(len(plain) - size + 1)]
        buckets, counts = np.unique([zlib.crc32(gram.encode()) % BUCKETS for gram in grams], return_counts=True)
        columns.append(buckets)
        values.append(unit(np.sqrt(counts)[None])[0])
        ends.append(ends[-1] + len(buckets))
    return csr_matrix((np.concatenate(values), np.concatenate(columns), ends), shape=(len(texts), BUCKETS))


def ngram_translations(rows: Sequence[Row]) -> dict[str, float]:
    """The translation measure for n-grams."""
    english = [row["en"] for row in rows]
    result = {}
    for language in LANGUAGES[1:]:
        scores = ngram_scores([row[language] for row in rows], english)
        result[language] = (top1(scores) + top1(scores.T)) / 2
    return result


def ngram_code(rows: Sequence[Row]) -> float:
    """The code measure for n-grams."""
    groups = code_groups(rows)
    grids = [ngram_scores([description(row) for row in group], [row["code"] for row in group]) for group in groups]
    return float(np.mean([top1(grid) for grid in grids]))

"""What the built-in models are judged by, for any function that turns texts into vectors.

Translations: each sentence of one language looks for its translation among all of the other's. Code: a description
looks for its code among sixteen of the same programming language. Contrasts: a text is nearer to what says the same
than to the same with order, negation or number changed. Everyday: a query finds its text among sixteen. Instructions:
the same query finds another text under another instruction. Ties count against the model.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.builtin.corpus import LANGUAGES, Row, description
from models.builtin.targets import Floats, unit
from models.builtin.triplets import Triplet

Role = Literal["query", "document", "alike"]  # alike: either side of a task that has no sides
Embed = Callable[[Sequence[str], Role], Floats]
EmbedFor = Callable[[Sequence[str], str], Floats]  # texts behind an instruction; "" for none
Score = Callable[[Sequence[str], Sequence[str]], NDArray[np.float32]]  # queries, candidates -> (q, c)
Scores = NDArray[np.float32]
CANDIDATES = 16
PAGE_TEXTS = 8
GRAMS = (1, 2, 3, 4)
BUCKETS = 2**20
SEED = 16


def top1(scores: Scores) -> float:
    """Percentage of rows whose own column (the diagonal) is the only largest."""
    return float(100 * ((scores >= scores.diagonal()[:, None]).sum(axis=1) == 1).mean())


class Translations:
    """Parallel rows, encoded once in both roles; scored at any dimension. A row may lack a language."""

    def __init__(self, embed: Embed, rows: Sequence[Row], alike: bool = False) -> None:
        """``alike``: both sides carry the prompt of a task without sides; encoded once, then."""
        self.having = {key: [i for i, row in enumerate(rows) if key in row] for key in LANGUAGES}
        texts = {key: [rows[i][key] for i in having] for key, having in self.having.items()}
        self.queries = {key: embed(texts[key], "alike" if alike else "query") for key in LANGUAGES}
        self.documents = self.queries if alike else {key: embed(texts[key], "document") for key in LANGUAGES}

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


def told_apart(embed: Embed, triplets: Sequence[Triplet]) -> dict[str, float]:
    """Percentage of triplets whose anchor is nearer to the right text than to the wrong one, by kind."""
    anchor, right, wrong = (
        unit(embed([getattr(triplet, place) for triplet in triplets], "alike"))
        for place in ("anchor", "right", "wrong")
    )
    apart = (anchor * right).sum(axis=1) > (anchor * wrong).sum(axis=1)
    kinds = np.array([triplet.kind for triplet in triplets])
    return {str(kind): float(100 * apart[kinds == kind].mean()) for kind in dict.fromkeys(kinds)}


def written_triplets(path: Path) -> list[Triplet]:
    """The hand-written contrasts of checks/contrast.jsonl."""
    return [Triplet(row["kind"], row["anchor"], row["right"], row["wrong"]) for row in _records(path)]


def everyday_items(path: Path, near: bool = False) -> list[tuple[str, str, list[str]]]:
    """(kind, query, sixteen candidates, the right one first) of checks/everyday.jsonl.

    The wrong ones are drawn, seeded, from the right texts of other queries of the kind. With ``near``, three are texts
    on the same field that do not answer instead: harder than what a visitor types.
    """
    rows = _records(path)
    items = []
    for number, row in enumerate(rows):
        others = [other["gold"] for other in rows if other is not row and other["kind"] == row["kind"]]
        if len(others) < CANDIDATES - 1:  # of the few of the -dev file, the near texts are wrong texts too
            others += [
                text for other in rows if other is not row and other["kind"] == row["kind"] for text in other["near"]
            ]
        drawn = np.random.default_rng([SEED, number]).permutation(len(others))[: CANDIDATES - 1]
        wrong = [others[i] for i in drawn]
        if near:
            wrong[: len(row["near"])] = row["near"]
        items.append((row["kind"], row["query"], [row["gold"], *wrong]))
    return items


def everyday_top1(score: Score, path: Path, near: bool = False) -> dict[str, float]:
    """Percentage of everyday queries whose text comes first, by kind; "all" at the end."""
    found: dict[str, list[bool]] = {}
    for kind, query, candidates in everyday_items(path, near):
        scores = score([query], candidates)[0]
        found.setdefault(kind, []).append(bool((scores[1:] < scores[0]).all()))
    shares = {kind: float(100 * np.mean(hits)) for kind, hits in found.items()}
    return shares | {"all": float(100 * np.mean([hit for hits in found.values() for hit in hits]))}


def pages_top1(score: Score, path: Path) -> float:
    """Percentage of everyday queries that find the page their text stands in, among all pages of the kind.

    A page is PAGE_TEXTS of the kind's texts in a row, right and near ones, seeded.
    """
    rows = _records(path)
    hits: list[bool] = []
    for number, kind in enumerate(dict.fromkeys(row["kind"] for row in rows)):
        of_kind = [row for row in rows if row["kind"] == kind]
        texts = [text for row in of_kind for text in (row["gold"], *row["near"])]
        order = np.random.default_rng([SEED, number]).permutation(len(texts))
        pages = [order[start : start + PAGE_TEXTS] for start in range(0, len(order), PAGE_TEXTS)]
        page_of = {texts[i]: place for place, page in enumerate(pages) for i in page}
        between = "" if kind.endswith("zh") else " "
        scores = score([row["query"] for row in of_kind], [between.join(texts[i] for i in page) for page in pages])
        for row, line in zip(of_kind, scores, strict=True):
            place = page_of[row["gold"]]
            hits.append(bool((np.delete(line, place) < line[place]).all()))
    return float(100 * np.mean(hits))


def instructions_followed(embed: EmbedFor, path: Path) -> tuple[float, float]:
    """Percentages: cases in which both instructions find their own text, and single searches that do."""
    both, single = [], []
    for row in _records(path):
        candidates = unit(embed([row["a"]["gold"], row["b"]["gold"], *row["others"]], ""))
        hits = []
        for place, side in enumerate("ab"):
            query = unit(embed([row["query"]], WORDINGS_OF_CHECKS[row[side]["task"]]))[0]
            scores = candidates @ query
            hits.append(bool((np.delete(scores, place) < scores[place]).all()))
        both.append(all(hits))
        single += hits
    return float(100 * np.mean(both)), float(100 * np.mean(single))


WORDINGS_OF_CHECKS = {
    "translation": "Find the translation of this text",
    "code": "Find the code that does this",
    "topic": "Find a text on the same topic",
    "answer": "Find the passage that answers the question",
    "same-question": "Find the same question in other words",
}


def _records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


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


def translation_scores(score: Score, rows: Sequence[Row]) -> dict[str, float]:
    """The translation measure for what scores pairs and has no vectors."""
    english = [row["en"] for row in rows]
    result = {}
    for language in LANGUAGES[1:]:
        foreign = [row[language] for row in rows]
        result[language] = (top1(score(foreign, english)) + top1(score(english, foreign))) / 2
    return result


def code_top1_of_scores(score: Score, rows: Sequence[Row]) -> float:
    """The code measure for what scores pairs and has no vectors."""
    groups = code_groups(rows)
    grids = [score([description(row) for row in group], [row["code"] for row in group]) for group in groups]
    return float(np.mean([top1(grid) for grid in grids]))

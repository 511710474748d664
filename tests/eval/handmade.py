"""A small run and its set, written by hand, so that every figure can be checked with a pencil."""

from __future__ import annotations

import copy
from typing import Any

from eval.sets import Candidate, EvalSet, Query

# id, category, family, language, and the ranks that the four models gave the gold
ROWS = (
    ("q1", "idiom", "f1", "zh", (1, 1, 1, 1)),
    ("q2", "idiom", "f1", "zh", (1, 1, 1, 4)),
    ("q3", "idiom", "f2", "zh", (1, 1, 2, 4)),
    ("q4", "idiom", "f2", "zh", (1, 1, 2, 4)),
    ("q5", "negation", "f3", "zh", (1, 2, 3, 4)),
    ("q6", "negation", "f3", "zh", (1, 2, 4, 4)),
    ("q7", "negation", "f4", "en", (2, 1, 1, 4)),
    ("q8", "negation", "f4", "en", (2, 1, 4, 3)),
)
MODELS = ("bge-m3", "qwen3-embedding-0.6b", "qwen3-embedding-4b", "bm25")
NAME = "hand"
GOLD = "g"


def evalset() -> EvalSet:
    """Eight queries in four families, four candidates each."""
    queries = tuple(
        Query(
            id=key,
            category=category,
            family=family,
            lang=lang,
            text=f"query {key}",
            candidates=(
                Candidate(GOLD, f"right {key}"),
                *(Candidate(f"w{number}", f"wrong {number} {key}") for number in range(1, 4)),
            ),
            relevant={GOLD: 1},
            rationale=f"because {key}",
        )
        for key, category, family, lang, _ in ROWS
    )
    return EvalSet(NAME, queries, "abc", "canary-hand", "built-in")


def result(
    place: int, speed: dict[str, float] | None, memory: dict[str, int] | None, dimensions: int | None
) -> dict[str, Any]:
    """The entry of one model."""
    ranks = {row[0]: row[4][place] for row in ROWS}
    found = list(ranks.values())
    parts = {category: [row[4][place] for row in ROWS if row[1] == category] for category in ("idiom", "negation")}
    return {
        "model": MODELS[place],
        "set": NAME,
        "dimensions": dimensions,
        "queries": len(found),
        "ranks": ranks,
        "ties": dict.fromkeys(ranks, 0),
        "metrics": {
            **{f"top{cutoff}": sum(rank <= cutoff for rank in found) / len(found) for cutoff in (1, 3, 5)},
            "mrr": sum(1 / rank for rank in found) / len(found),
            "ndcg10": 0.5,
            "family": 0.25,
        },
        "intervals": {"top1": [0.1, 0.9], "method": "wilson_effective"},
        "categories": {
            name: {"queries": len(some), "top1": sum(rank == 1 for rank in some) / len(some)}
            for name, some in parts.items()
        },
        "first": {key: GOLD if rank == 1 else "w1" for key, rank in ranks.items()},
        "scores": {key: [0.5, 0.5 if rank == 1 else 0.6] for key, rank in ranks.items()},
        "speed": speed,
        "memory": memory,
        "warnings": [],
        "revision": "r1",
        "dtype": "bfloat16",
        "device": "cuda:0",
        "attention": "sdpa",
        "batch": 1024,
        "prompts": {"query": "Instruct: x\nQuery:", "document": ""},
        "max_tokens": 512,
    }


def compared(a: str, b: str, difference: float, p_holm: float, detectable: float | None = 0.4) -> dict[str, Any]:
    """The entry of one comparison."""
    return {
        "set": NAME,
        "a": a,
        "b": b,
        "queries": 8,
        "families": 4,
        "difference": difference,
        "p": p_holm / 6,
        "p_holm": p_holm,
        "comparisons": 6,
        "mcnemar": 0.5,
        "discordant": 0.5,
        "detectable": detectable,
        "queries_needed": 40,
        "sentence": f"{a} or {b}?",
    }


def speed(rate: float) -> dict[str, float]:
    """30 texts in a timing."""
    return {"texts_per_second": rate, "tokens_per_second": 20 * rate, "mean_seconds": 30 / rate, "load_seconds": 2.5}


def memory(weights: int) -> dict[str, int]:
    """A quarter of the weights on top."""
    return {"weights_bytes": weights, "peak_bytes": weights * 5 // 4}


GIB = 1 << 30


def run() -> dict[str, Any]:
    """Top-1: BGE-M3 6/8, 0.6B 6/8, 4B 3/8, BM25 1/8. The first two are told better than BM25, nothing else is."""
    bge, small, middle, bm25 = MODELS
    made = {
        "schema": 1,
        "id": "run1",
        "created": "2026-11-24T12:00:00Z",
        "title": "A run",
        "complete": True,
        "plan": {"speed": "article"},
        "environment": {"gpu": {"name": "H100"}, "torch": "2.13.0"},
        "sets": {NAME: {"sha256": "abc", "queries": 8, "source": "built-in"}},
        "results": [
            result(0, speed(3000), memory(GIB), 1024),
            result(1, speed(1500), memory(GIB * 3 // 2), 1024),
            result(2, speed(500), memory(GIB * 8), 2560),
            result(3, None, None, None),
        ],
        "comparisons": [
            compared(bge, small, 0.0, 1.0),
            compared(bge, middle, 0.375, 0.2),
            compared(bge, bm25, 0.625, 0.01),
            compared(small, middle, 0.375, 0.3),
            compared(small, bm25, 0.625, 0.01),
            compared(middle, bm25, 0.25, 0.6),
        ],
        "sweeps": [
            swept(bge, 256, "float32", 0.25, 0.01),
            swept(bge, 512, "float32", 0.5, 0.2),
            swept(bge, 1024, "float32", 0.75, 1.0),
            swept(bge, 1024, "int8", 0.75, 1.0),
            swept(small, 256, "float32", 0.75, 1.0),
            swept(small, 1024, "float32", 0.75, 1.0),
        ],
        "failures": {"qwen3-embedding-8b": "Qwen3-Embedding-8B needs 15 GB."},
    }
    return copy.deepcopy(made)


def swept(model: str, dimensions: int, storage: str, top1: float, p: float) -> dict[str, Any]:
    """The entry of one cell of a sweep."""
    size = dimensions * {"float32": 4, "int8": 1}[storage]
    found = {"model": model, "set": NAME, "dimensions": dimensions, "storage": storage, "top1": top1, "mrr": top1}
    return {**found, "bytes_per_vector": size, "p": p, "difference": top1 - 0.75}

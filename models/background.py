"""How a model scores texts that have nothing to do with each other: the ground that its scores stand on.

Cosines of different models are not comparable: one gives unrelated texts 0.1, another 0.8. The share of unrelated
pairs that score lower is comparable, so every score is also shown as a percentile of this sample.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np

from models.vectors import Floats, ladder, rungs_of

SAMPLE = Path(__file__).resolve().parent.parent / "assets" / "background.json"
PERCENTILES = np.arange(101)


@cache
def sample() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Queries and documents in many languages and code, every pair of them unrelated; written for this."""
    data = json.loads(SAMPLE.read_text(encoding="utf-8"))
    return tuple(data["queries"]), tuple(data["documents"])


def quantiles(queries: Floats, documents: Floats) -> Floats:
    """Percentiles 0 … 100 of all unrelated cosines at every rung of the model, float32 (rungs, 101)."""
    rungs = rungs_of(queries.shape[1])
    cosines = ladder(queries, documents, rungs).reshape(len(rungs), -1)
    return np.asarray(np.percentile(cosines, PERCENTILES, axis=1).T, dtype=np.float32)

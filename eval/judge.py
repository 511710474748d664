"""From scores to what a run keeps of each query: rank, ties, what was put first, scores of the best and of the gold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.histograms import Tally
from eval.layout import Ints, Layout
from eval.metrics import Judgement, check_scores, judge, judge_all
from eval.scoring import Block
from models.ranking import pessimistic_ranks
from models.vectors import Floats

#: Called with how many queries are judged; it may raise ``Cancelled``.
OnQueries = Callable[[int], None]


@dataclass(frozen=True)
class Judged:
    """What a model made of a set; everything in the order of its queries (q).

    Attributes:
        first: id of the candidate that it put first; of equals one that is not relevant, as ties count against it.
        scores: float32 (q, 2), of the best placed relevant candidate and of the one put first.
        histograms: scores of right and wrong pairs, as ``eval.histograms`` counts them.
    """

    judgements: tuple[Judgement, ...]
    first: tuple[str, ...]
    scores: Floats
    histograms: dict[str, Any]


def judge_blocks(model: str, layout: Layout, blocks: Iterable[Block], on_queries: OnQueries) -> Judged:
    """Judge every query of a set.

    Args:
        model: what people call it, for the error. blocks: of ``eval.scoring``.

    Raises:
        ModelError: ``score_not_finite``.
    """
    count = len(layout.queries)
    judgements: list[Judgement | None] = [None] * count
    first = [""] * count
    scores = np.empty((count, 2), np.float32)
    tally = Tally()
    done = 0
    for places, block in blocks:
        relevant = relevance(layout, places, block)
        for place, judgement in zip(places, _judge(model, layout, places, block), strict=True):
            judgements[place] = judgement
        for place, column in zip(places, _first(block, relevant), strict=True):
            first[place] = layout.queries[place].candidates[column].id
        scores[places, 0] = np.where(relevant, block, -np.inf).max(axis=1)
        scores[places, 1] = block.max(axis=1)
        tally.add(block, relevant)
        done += len(places)
        on_queries(done)
    return Judged(tuple(item for item in judgements if item), tuple(first), scores, tally.record())


def ranks(model: str, layout: Layout, blocks: Iterable[Block]) -> Ints:
    """Only the ranks (q,) of ``judge_blocks``, faster. Errors as there."""
    found = np.empty(len(layout.queries), np.int64)
    for places, block in blocks:
        gold = _single(layout, places)
        if gold is None:
            found[places] = [item.rank for item in _judge(model, layout, places, block)]
        else:
            check_scores(model, block)
            found[places], _ = pessimistic_ranks(block, gold)
    return found


def relevance(layout: Layout, places: Ints, block: Floats) -> NDArray[np.bool_]:
    """Which candidates of a block (n, c) are relevant."""
    relevant = np.zeros(block.shape, np.bool_)
    for row, place in enumerate(places):
        relevant[row, list(layout.relevant[place])] = True
    return relevant


def _judge(model: str, layout: Layout, places: Ints, block: Floats) -> list[Judgement]:
    gold = _single(layout, places)
    if gold is not None:
        return judge_all(model, block, gold)
    return [judge(model, row, layout.relevant[place]) for place, row in zip(places, block, strict=True)]


def _single(layout: Layout, places: Ints) -> Ints | None:
    """The place of the gold (n,), where every query has exactly one."""
    found = [layout.relevant[place] for place in places]
    if any(len(item) != 1 for item in found):
        return None
    return np.array([next(iter(item)) for item in found], np.int64)


def _first(block: Floats, relevant: NDArray[np.bool_]) -> list[int]:
    """The column of the largest score in each row; of equals the first that is not relevant, if there is one."""
    top = block == block.max(axis=1, keepdims=True)
    wrong = top & ~relevant
    columns: list[int] = np.where(wrong.any(axis=1), wrong.argmax(axis=1), top.argmax(axis=1)).tolist()
    return columns

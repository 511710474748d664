"""How much a model prefers the language of the query, on the set ``mixed-language``: one number a pair of languages.

There, four of sixteen candidates are in the gold's language and twelve in the query's own, one of the four being right.
The number is the share of queries on which a text in the query's own language came first: a wrong one, each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eval import formats
from eval.findings import Sets, matching
from eval.outcomes import Labels, Outcome, Run, mapping, outcomes
from eval.sets import EvalSet
from eval.sheets import Sheet, heads
from eval.words import Words, said

NAME = "mixed-language"
BY_CHANCE = 12 / 16


@dataclass(frozen=True)
class Bias:
    """Of one model: pair ("zh→ja") → (queries, how many had a text in their own language first)."""

    label: str
    pairs: Mapping[str, tuple[int, int]]

    def share(self, pair: str | None = None) -> float | None:
        """From 0 to 1, of one pair or of all; None where nothing was asked."""
        counts = [counts for name, counts in self.pairs.items() if pair in (None, name)]
        asked = sum(count for count, _ in counts)
        return sum(own for _, own in counts) / asked if asked else None


def biases(run: Run, sets: Sets, labels: Labels | None = None) -> tuple[Bias, ...]:
    """Of every model that ran the set; none where the set is not that of the run."""
    item = matching(run, sets).get(NAME)
    return tuple(_bias(outcome, item) for outcome in outcomes(run, labels, NAME)) if item else ()


def _bias(outcome: Outcome, evalset: EvalSet) -> Bias:
    # The golds of a family are all in one language, which is not the query's.
    abroad: dict[str, set[str]] = {}
    for query in evalset.queries:
        abroad.setdefault(query.family, set()).update(query.relevant)
    first = mapping(outcome.record.get("first"))
    pairs: dict[str, tuple[int, int]] = {}
    for query in evalset.queries:
        if query.id in first:
            asked, own = pairs.get(query.category, (0, 0))
            pairs[query.category] = (asked + 1, own + (first[query.id] not in abroad[query.family]))
    return Bias(outcome.label, pairs)


def sheet(run: Run, sets: Sets, words: Words, labels: Labels | None = None) -> Sheet:
    """Rows: pairs of languages, all of them first; columns: queries and each model's share."""
    found = biases(run, sets, labels)
    if not found:
        return Sheet((), ())
    pairs = sorted({pair for item in found for pair in item.pairs})
    asked = [max(item.pairs.get(pair, (0, 0))[0] for item in found) for pair in pairs]
    rows = [(words["eval.bias.all"], str(sum(asked)), *(formats.percent(item.share()) for item in found))]
    rows += [
        (pair, str(count), *(formats.percent(item.share(pair)) for item in found))
        for pair, count in zip(pairs, asked, strict=True)
    ]
    return Sheet((*heads(words, ("languages", "queries")), *(item.label for item in found)), tuple(rows))


def note(words: Words) -> str:
    """What the number means."""
    return said("eval.bias.note", chance=formats.percent(BY_CHANCE)).text(words)

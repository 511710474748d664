"""Gates on how a set is built: one gold, sixteen candidates, families whose golds are each other's rivals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from eval.gate import Gate, faultless, shipped, unasked
from eval.ngrams import Lexical
from eval.sets import EvalSet, Query
from eval.wordless import DIGITS

CANDIDATES, NEAREST = 16, 8


@dataclass(frozen=True)
class Shape:
    """What a built-in set holds at least: queries, categories, families a category; and queries a family, exactly."""

    queries: int
    categories: int = 1
    families: int = 1
    size: int = 4
    nearest: bool = False  # borrows the nearest golds of its category

    def __str__(self) -> str:
        return f"≥ {self.queries} queries, {self.categories} categories, {self.families} families each, of {self.size}"


SHAPES: Mapping[str, Shape] = {
    "zh-hard": Shape(queries=640, categories=8, families=20, nearest=True),
    "code": Shape(queries=120, categories=5, nearest=True),
    "cross-lingual": Shape(queries=240),
    "mixed-language": Shape(queries=240),
    "instruction": Shape(queries=120, size=2),
}
FAMILIES, ONCE, RIVALS, BORROWED = "families", "each gold once", "the family's golds are rivals", "borrowed texts"
PAIRS = "two instructions"
NAMES = (FAMILIES, ONCE, RIVALS, BORROWED, PAIRS)


def gates(item: EvalSet) -> Iterator[Gate]:
    """The gates on a set's form and families."""
    yield _ids(item)
    if item.source != "built-in":
        why = "of the built-in sets only"
        yield from (unasked(name, why) for name in ("one gold", "candidates", *NAMES))
        return
    total = str(len(item.queries))
    yield faultless("one gold", [q.id for q in item.queries if not _one_gold(q)], "one a query", f"{total} of {total}")
    faults = [query.id for query in item.queries if len(query.candidates) != CANDIDATES]
    yield faultless("candidates", faults, f"{CANDIDATES} a query", f"{CANDIDATES} each")
    if not shipped(item):
        yield from (unasked(name, "generated, a family is a needle") for name in NAMES)
        return
    shape = SHAPES.get(item.name, Shape(queries=1))
    golds = _golds(item)
    yield _families(item, shape)
    yield faultless(ONCE, _repeated(item), "no text is gold twice in a category", "once")
    faults = [q.id for q in item.queries if not golds[q.family] <= {c.text for c in q.candidates}]
    yield faultless(RIVALS, faults, "all in each list of the family", "all")
    yield _borrowed(item, golds) if shape.nearest else unasked(BORROWED, "balanced otherwise, see eval/assemble.py")
    yield _pairs(item)


def _ids(item: EvalSet) -> Gate:
    seen = Counter(query.id for query in item.queries)
    faults = [key for key, count in seen.items() if count > 1]
    faults += [q.id for q in item.queries if len({c.id for c in q.candidates}) < len(q.candidates)]
    return faultless("ids", faults, "each once", "each once")


def _one_gold(query: Query) -> bool:
    """One right candidate by id, and by text."""
    right = [candidate.text for candidate in query.candidates if candidate.id in query.relevant]
    return len(right) == len(query.relevant) == 1 and [c.text for c in query.candidates].count(right[0]) == 1


def _golds(item: EvalSet) -> dict[str, set[str]]:
    """The texts that are gold in each family."""
    golds: dict[str, set[str]] = defaultdict(set)
    for query in item.queries:
        golds[query.family] |= {c.text for c in query.candidates if c.id in query.relevant}
    return golds


def _families(item: EvalSet, shape: Shape) -> Gate:
    sizes = Counter(query.family for query in item.queries)
    categories: dict[str, set[str]] = defaultdict(set)
    for query in item.queries:
        categories[query.category].add(query.family)
    fewest = min(map(len, categories.values()))
    value = f"{len(item.queries)} queries, {len(categories)} categories, {fewest} families or more each"
    odd = [family for family, size in sizes.items() if size != shape.size]
    if odd:
        value += f"; not of {shape.size}: {', '.join(odd[:3])}"
    large = len(item.queries) >= shape.queries and fewest >= shape.families
    return Gate(FAMILIES, value, str(shape), not odd and large and len(categories) >= shape.categories)


def _repeated(item: EvalSet) -> list[str]:
    seen = Counter((q.category, c.text) for q in item.queries for c in q.candidates if c.id in q.relevant)
    return [f"{category} “{text[:20]}”" for (category, text), count in seen.items() if count > 1]


def _borrowed(item: EvalSet, golds: Mapping[str, set[str]]) -> Gate:
    """Twelve golds of other families of the category, eight or more of them the nearest to the query by n-grams."""
    pools: dict[str, dict[str, None]] = defaultdict(dict)  # in the file's order
    for query in item.queries:
        pools[query.category] |= dict.fromkeys(c.text for c in query.candidates if c.id in query.relevant)
    lexicals = {category: Lexical(list(pool)) for category, pool in pools.items()}
    faults, fewest = [], CANDIDATES
    for query in item.queries:
        others = [text for text in pools[query.category] if text not in golds[query.family]]
        borrowed = {candidate.text for candidate in query.candidates} - golds[query.family]
        scores = np.round(lexicals[query.category].tfidf(query.text, others), DIGITS)
        last = np.sort(scores)[::-1][:NEAREST].min(initial=1)
        near = sum(text in borrowed for text, score in zip(others, scores, strict=True) if score >= last)
        fewest = min(fewest, near)
        if len(borrowed) != CANDIDATES - len(golds[query.family]) or not borrowed <= set(others) or near < NEAREST:
            faults.append(query.id)
    bar = f"12, golds of its category, {NEAREST} or more the nearest by n-grams"
    return faultless(BORROWED, faults, bar, f"12, of them nearest at least {fewest}")


def _pairs(item: EvalSet) -> Gate:
    """A query under two instructions: the same texts, another gold."""
    if not any(query.pair for query in item.queries):
        return unasked(PAIRS, "no query has a second reading")
    known = {query.id: query for query in item.queries}
    faults = [query.id for query in item.queries if not _paired(query, known.get(query.pair or ""))]
    return faultless(PAIRS, faults, "same query and candidates, another gold", f"{len(known) // 2} pairs")


def _paired(one: Query, other: Query | None) -> bool:
    if other is None or other.pair != one.id or not one.instruction or not other.instruction:
        return False
    same = (one.text, one.candidates, one.family) == (other.text, other.candidates, other.family)
    return same and one.instruction != other.instruction and not one.relevant.keys() & other.relevant.keys()

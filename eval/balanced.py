"""Borrow wrong texts so that neither length nor likeness tells the gold: both ranks are drawn, then texts are found.

For sets whose candidates stand in several languages: there a text's length says which script it is in, so the
nearest texts cannot simply be taken. Seeded by the set's name and the queries' ids: the same sources give the same
bytes.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.ngrams import grams

CANDIDATES = 16
SWEEPS, TRIALS, CHANGES = 40, 120, 700
AIMED = 18  # ranks of likeness, those past the sixteenth aimed at the last
NOISE = 0.05  # beside a mean cosine: how freely ranks of likeness are drawn
MARGIN = 0.01  # of a sum of fifteen cosines: nearer is no order
KEPT = 0.6  # of the changes that would take away a text that is to be taken first

Bounds = tuple[int, int]


@dataclass(frozen=True)
class Slot:
    """A query's place in the set: its family's golds, texts to be taken first, and groups of texts to borrow from."""

    identity: str
    query: str
    gold: str
    own: tuple[str, ...]
    first: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]

    @property
    def texts(self) -> list[str]:
        """All that can be borrowed."""
        return [text for group in self.groups for text in group]

    @property
    def borrowed(self) -> int:
        """How many wrong texts come from outside the family's golds."""
        return CANDIDATES - len(self.own)

    def longer(self, texts: Sequence[str]) -> list[str]:
        """Those that are longer than the gold."""
        return [text for text in texts if len(text) > len(self.gold)]

    def shorter(self, texts: Sequence[str]) -> list[str]:
        """Those that are shorter than the gold."""
        return [text for text in texts if len(text) < len(self.gold)]

    def bounds(self) -> Bounds:
        """The fewest and the most borrowed texts that can be longer than the gold."""
        low = max(0, self.borrowed - len(self.shorter(self.texts)))
        high = min(self.borrowed, len(self.longer(self.texts)))
        if low > high:
            raise ValueError(f"{self.identity}: too few texts to borrow")
        return low, high

    def ranks(self, longer: int) -> Bounds:
        """First and last rank by length, longest first, that texts as long as the gold leave open to it."""
        before = len(self.longer(self.own))
        ties = len(self.own) - 1 - before - len(self.shorter(self.own))
        return before + longer + 1, before + longer + 1 + ties


def borrow(name: str, slots: Sequence[Slot]) -> Iterator[list[str]]:
    """Sixteen texts for every slot, in their order on the page."""
    lengths = _plan(slots, random.Random(f"{name}/length"))
    table = _Likeness(sorted({text for slot in slots for text in (slot.query, *slot.own, *slot.texts)}))
    likeness = _ranks(slots, table, random.Random(f"{name}/likeness"))
    places = [index % CANDIDATES for index in range(len(slots))]
    random.Random(f"{name}/place").shuffle(places)
    for slot, longer, rank, place in zip(slots, lengths, likeness, places, strict=True):
        texts = _search(slot, longer, rank, table)
        rest = [text for text in texts if text != slot.gold]
        random.Random(slot.identity).shuffle(rest)
        yield [*rest[:place], slot.gold, *rest[place:]]


def _ranks(slots: Sequence[Slot], table: _Likeness, generator: random.Random) -> list[int]:
    """A rank of likeness to the other candidates for each gold: by and large, the less like its family, the lower.

    Of four golds that are one sentence but for a word none can be the least like the rest: low ranks are aimed at more
    often than they are reached.
    """
    alike = [table.within(slot.own, slot.gold) + generator.random() * NOISE for slot in slots]
    ranks = [0] * len(slots)
    for place, index in enumerate(sorted(range(len(slots)), key=lambda i: -alike[i])):
        ranks[index] = min(CANDIDATES - 1, AIMED * place // len(slots))
    return ranks


def _plan(slots: Sequence[Slot], generator: random.Random) -> list[int]:
    """How many longer texts each slot borrows: over the set, first and last ranks by length come out even."""
    bounds = [slot.bounds() for slot in slots]
    plan = [generator.randint(low, high) for low, high in bounds]
    first, last = (Counter(slot.ranks(n)[end] for slot, n in zip(slots, plan, strict=True)) for end in (0, 1))
    order = list(range(len(slots)))
    for _ in range(SWEEPS):
        generator.shuffle(order)
        for index in order:
            slot, (low, high) = slots[index], bounds[index]
            now = slot.ranks(plan[index])
            first[now[0]] -= 1
            last[now[1]] -= 1
            options = list(range(low, high + 1))
            generator.shuffle(options)
            plan[index] = min(options, key=lambda n: first[slot.ranks(n)[0]] + last[slot.ranks(n)[1]])
            new = slot.ranks(plan[index])
            first[new[0]] += 1
            last[new[1]] += 1
    return plan


class _Likeness:
    """Cosines of character 1-3-gram TF-IDF between all texts of a set, queries too, computed once."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.place = {text: index for index, text in enumerate(texts)}
        counts = [grams(text) for text in texts]
        found = Counter(term for terms in counts for term in terms)
        column = {term: index for index, term in enumerate(sorted(found))}
        rarity = {term: math.log((1 + len(counts)) / (1 + found[term])) + 1 for term in found}
        table = np.zeros((len(counts), len(column)), np.float32)
        for row, terms in zip(table, counts, strict=True):
            for term, n in terms.items():
                row[column[term]] = (1 + math.log(n)) * rarity[term]
        table /= np.linalg.norm(table, axis=1, keepdims=True)
        self.between = (table @ table.T).astype(np.float64).round(5)  # rounded: no machine's last digit decides

    def off(self, gold: str, texts: Sequence[str], rank: int) -> float:
        """How far the gold is from being more like all the texts than all but ``rank`` of the others; 0 if it is."""
        places = [self.place[text] for text in texts]
        sums = self.between[np.ix_(places, places)].sum(1)
        place = texts.index(gold)
        gaps = np.sort(np.delete(sums, place) - sums[place])[::-1]
        gaps[:rank] *= -1
        return round(float(np.maximum(gaps + MARGIN, 0).sum()), 4)

    def within(self, texts: Sequence[str], one: str | None = None) -> float:
        """Mean likeness of each of the texts, or of one, to all of them."""
        places = [self.place[text] for text in texts]
        rows = places if one is None else [self.place[one]]
        return round(float(self.between[np.ix_(rows, places)].mean()), 4)

    def near(self, query: str, texts: Sequence[str]) -> dict[str, float]:
        """Likeness of each text to a query."""
        row = self.between[self.place[query]]
        return {text: float(row[self.place[text]]) for text in texts}


def _search(slot: Slot, longer: int, rank: int, table: _Likeness) -> list[str]:
    """The family's golds and borrowed texts that give the gold the drawn rank of likeness, or nearly.

    The best of some draws, in which single texts are then changed for others on their side of the gold's length.
    """
    generator = random.Random(f"{slot.identity}/search")
    near = table.near(slot.query, slot.texts)
    alike = {group: table.within(group) for group in slot.groups}
    draws = [[*slot.own, *_draw(slot, longer, trial % 4, near, alike, generator)] for trial in range(TRIALS)]
    costs = [table.off(slot.gold, texts, rank) for texts in draws]
    least = min(costs)
    found = draws[costs.index(least)]
    sides = slot.longer(slot.texts), slot.shorter(slot.texts)
    for _ in range(CHANGES):
        if not least:
            break
        place = generator.randrange(len(slot.own), CANDIDATES)
        text = generator.choice(sides[len(found[place]) < len(slot.gold)])
        if text in found or (found[place] in slot.first and generator.random() < KEPT):
            continue
        changed = [*found[:place], text, *found[place + 1 :]]
        cost = table.off(slot.gold, changed, rank)
        if cost <= least:
            least, found = cost, changed
    return found


def _draw(
    slot: Slot,
    longer: int,
    mode: int,
    near: Mapping[str, float],
    alike: Mapping[tuple[str, ...], float],
    generator: random.Random,
) -> list[str]:
    """Those to be taken first, then whole groups (0; 1: whose texts are alike), any (2), the query's nearest (3)."""
    groups = generator.sample(slot.groups, len(slot.groups))
    if mode == 1:
        noise = {group: generator.random() / 4 for group in groups}
        groups.sort(key=lambda group: -alike[group] - noise[group])
    texts = [text for group in groups for text in generator.sample(group, len(group))]
    if mode == 2:
        generator.shuffle(texts)
    if mode == 3:
        away = {text: generator.random() / 4 for text in texts}
        texts.sort(key=lambda text: -near[text] - away[text])
    texts.sort(key=lambda text: text not in slot.first)  # stable: the order within stays
    return slot.longer(texts)[:longer] + slot.shorter(texts)[: slot.borrowed - longer]

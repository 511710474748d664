"""The comparison of two models, and what it comes to in one plain sentence, in any language.

A language is a table of templates: ``ENGLISH`` here, the same keys in ``ui/locales`` for the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eval.power import ALPHA

ENGLISH: Mapping[str, str] = {
    "eval.detail.detectable": "a difference under {points} would not show",
    "eval.detail.join": "; ",
    "eval.detail.needed": "about {count} queries would be needed",
    "eval.detail.seen": "{points}, {p}",
    "eval.detail.seen_holm": "{points}, {p}, after Holm's correction for {comparisons} comparisons {p_holm}",
    "eval.detail.too_few": "on so few queries no difference would show",
    "eval.p.equal": "p = {p}",
    "eval.p.less": "p < {p}",
    "eval.points.many": "{points} points",
    "eval.points.one": "{points} point",
    "eval.verdict.better": "On these {queries} queries {a} is better than {b} ({details}).",
    "eval.verdict.same": "On these {queries} queries {a} and {b} are right on the very same ones ({details}).",
    "eval.verdict.unclear": "On these {queries} queries the data cannot tell {a} and {b} apart ({details}).",
}


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two models on one set; shares and differences from 0 to 1.

    Attributes:
        set: its name. a, b: ids of the models. queries, families: how many.
        difference: Top-1 of a minus Top-1 of b, over queries.
        p: of the paired permutation test over families, two-sided; 1 where both are right on the same queries.
        p_holm: p corrected for all comparisons made on the set (``comparisons``).
        mcnemar: p of McNemar's exact test, which takes queries for independent.
        discordant: ψ, the share of queries on which exactly one of the two is right.
        detectable: the smallest difference that the set shows at 80 % power, at this ψ, as the first of all those
            comparisons; None if it is too small.
        queries_needed: for the difference seen, likewise; None if there is none.
        sentence: what it comes to, in English.
    """

    set: str
    a: str
    b: str
    queries: int
    families: int
    difference: float
    p: float
    p_holm: float
    comparisons: int
    mcnemar: float
    discordant: float
    detectable: float | None
    queries_needed: int | None
    sentence: str = ""

    @property
    def settled(self) -> bool:
        """Whether the data tell the two apart, all comparisons considered."""
        return self.p_holm < ALPHA


def say(found: Comparison, table: Mapping[str, str] = ENGLISH, names: Mapping[str, str] | None = None) -> str:
    """The sentence of a comparison.

    Args:
        table: templates by key, in one language. names: what people call a model, by id; the id where it has none.
    """
    first, second = (found.a, found.b) if found.difference >= 0 or not found.settled else (found.b, found.a)
    kind = "better" if found.settled else "same" if found.discordant == 0 else "unclear"
    names = names or {}
    return table[f"eval.verdict.{kind}"].format(
        queries=_grouped(found.queries),
        a=names.get(first, first),
        b=names.get(second, second),
        details=table["eval.detail.join"].join(_details(found, table)),
    )


def _details(found: Comparison, table: Mapping[str, str]) -> list[str]:
    # Holm's figure stands where it is what decides.
    corrected = found.comparisons > 1 and found.p < ALPHA
    seen = table["eval.detail.seen_holm" if corrected else "eval.detail.seen"].format(
        points=_points(found.difference, table, seen=True),
        p=_p(found.p, table),
        p_holm=_p(found.p_holm, table),
        comparisons=found.comparisons,
    )
    if found.settled:
        return [seen]
    details = [seen, table["eval.detail.too_few"]]
    if found.detectable is not None:
        points = _points(found.detectable, table, seen=False)
        details = [seen, table["eval.detail.detectable"].format(points=points)]
    # Less than there are: by this estimate it would be settled, and only the small number of families forbids it.
    if found.queries_needed is not None and found.queries_needed > found.queries:
        details.append(table["eval.detail.needed"].format(count=_grouped(_rounded(found.queries_needed))))
    return details


def _points(share: float, table: Mapping[str, str], *, seen: bool) -> str:
    """Percentage points: what was seen to a tenth, what is estimated to two digits."""
    points = abs(share) * 100
    text = f"{points:.0f}" if points >= 9.95 and not seen else f"{points:.1f}".removesuffix(".0")
    return table[f"eval.points.{'one' if text == '1' else 'many'}"].format(points=text)


def _p(p: float, table: Mapping[str, str]) -> str:
    """As statisticians print it: p = .74, p = .034, p < .001, p = 1."""
    if p < 0.001:
        return table["eval.p.less"].format(p=".001")
    text = f"{p:.2g}" if p < 0.1 else f"{p:.2f}"
    return table["eval.p.equal"].format(p="1" if text == "1.00" else text.removeprefix("0"))


def _rounded(count: int) -> int:
    """To two digits: 3,766 is about 3,800."""
    return int(float(f"{count:.2g}"))


def _grouped(count: int) -> str:
    return f"{count:,}"

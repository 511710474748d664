"""Gates on what lies beside a set: its canary, its card, and what readers chose who did not know the golds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from eval import formats
from eval.assemble import CANARY
from eval.gate import Gate, faultless, shipped, unasked
from eval.lines import json_lines
from eval.sets import EvalSet, Query

AGREEMENT = 0.95  # of each category
NAMES = ("canary", "card", "blind choices", "blind agreement")


def gates(item: EvalSet, blind: Path, card: Path) -> Iterator[Gate]:
    """The gates on a built-in set's evidence.

    Args:
        blind: folder of ``NAME.jsonl``, a line ``{"id", "choice"}`` for each query.
        card: the text that names the SHA-256 of every set.

    Raises:
        InputError: a line of the evidence is no JSON object.
    """
    if not shipped(item):
        yield from (unasked(name, "of the sets in eval/data only") for name in NAMES)
        return
    right = item.canary == CANARY.format(name=item.name)
    yield Gate("canary", item.canary[:24] + " …" if item.canary else "none", "in the first line, with the name", right)
    yield _card(item, card)
    path = blind / f"{item.name}.jsonl"
    if not path.is_file():
        yield from (Gate(name, "no evidence", f"{path.name} in {blind.name}/", False) for name in NAMES[2:])
        return
    choices: dict[str, list[str]] = defaultdict(list)
    for _, row in json_lines(path.read_text(encoding="utf-8"), path.name):
        choices[str(row.get("id"))].append(str(row.get("choice")))
    yield _choices(item, choices)
    yield _agreement(item, choices)


def _card(item: EvalSet, card: Path) -> Gate:
    if not card.is_file():
        return unasked("card", "there is no card yet", f"{item.sha256[:12]}…")
    known = item.sha256 in card.read_text(encoding="utf-8")
    return Gate("card", f"{item.sha256[:12]}…", "SHA-256 of the file stands in the card", known)


def _choices(item: EvalSet, choices: Mapping[str, list[str]]) -> Gate:
    """Every query was read once, and what was chosen is a text of its list as it stands today.

    The evidence holds no text: a candidate's id is the beginning of its text's SHA-256, so a choice names a text that
    has not changed since. That the query and the fifteen other texts have not, it cannot tell.
    """
    faults = [query.id for query in item.queries if not _chosen(query, choices.get(query.id, []))]
    faults += sorted(choices.keys() - {query.id for query in item.queries})
    total = len(item.queries)
    bar = "one a query, the hash of a text in its list"
    return faultless("blind choices", faults, bar, f"{total} of {total}")


def _chosen(query: Query, choices: list[str]) -> bool:
    texts = {candidate.id: candidate.text for candidate in query.candidates}
    return len(choices) == 1 and sha256(texts.get(choices[0], "").encode()).hexdigest()[:10] == choices[0]


def _agreement(item: EvalSet, choices: Mapping[str, list[str]]) -> Gate:
    total, agreed = Counter[str](), Counter[str]()
    for query in item.queries:
        total[query.category] += 1
        agreed[query.category] += choices.get(query.id, [""])[0] in query.relevant
    shares = {category: agreed[category] / count for category, count in total.items()}
    lowest = min(shares, key=shares.__getitem__)
    value = f"{formats.percent(shares[lowest])} % at least ({lowest})"
    return Gate("blind agreement", value, f"≥ {AGREEMENT:.0%} of each category", shares[lowest] >= AGREEMENT)

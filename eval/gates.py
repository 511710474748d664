"""The gates that a set passes or does not ship: ``python -m eval check SET``, each computed from the file anew.

from eval.dataset import load
from eval.gates import check

print([gate for gate in check(load("zh-hard")) if not gate.passed])
"""

from __future__ import annotations

from pathlib import Path

from eval import construction, evidence, fair, hygiene
from eval.assemble import SOURCES
from eval.dataset import DATA
from eval.gate import Gate, generated, unasked
from eval.sets import EvalSet

MOST_PAIRS, MOST_CHARACTERS = 200_000, 2_000_000  # of queries and candidates; beyond them a check takes minutes
BLIND, CARD = SOURCES / "blind", DATA / "README.md"

__all__ = ["Gate", "check"]


def check(item: EvalSet, blind: Path = BLIND, card: Path = CARD) -> list[Gate]:
    """Every gate, those that do not bind this set with the reason in ``bar``.

    Of a set that is not built in only what needs no families, canary, card or readers is asked.

    Args:
        item: the set.
        blind: folder of the blind choices, ``NAME.jsonl``.
        card: the file that names the sets' hashes.

    Raises:
        InputError: the blind choices are no JSON lines.
    """
    lists = {id(query.candidates): query.candidates for query in item.queries}  # a corpus is one list for all queries
    pairs = sum(len(query.candidates) for query in item.queries)
    characters = sum(len(candidate.text) for texts in lists.values() for candidate in texts)
    if not generated(item) and (pairs > MOST_PAIRS or characters > MOST_CHARACTERS):
        return [unasked("every gate", "too many texts", f"{pairs} pairs, {characters} characters")]
    return [
        *construction.gates(item),
        *fair.gates(item),
        *hygiene.gates(item, SOURCES),
        *evidence.gates(item, blind, card),
    ]

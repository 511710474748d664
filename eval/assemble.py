"""Make the built-in sets from their written families: ``python -m eval.assemble``.

A family is four queries with four golds about one contrast. A query's sixteen candidates are the family's four golds
and twelve borrowed from other families of its category: eight at least are the nearest to the query by character
n-grams, the other four are a whole family drawn. Where golds stand in another language than their queries, the twelve
are balanced by length and likeness instead (``eval.balanced``). Seeded by the query's id: the same sources give
the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from eval.balanced import CANDIDATES, Slot, borrow
from eval.ngrams import Lexical

HERE = Path(__file__).parent
SOURCES, DATA = HERE / "sources", HERE / "data"
NEAREST = 8
CANARY = "libra-canary {name} 3b8f6c52-9f0e-4e57-8a64-5d1f0e7b2c91: this text must not be in training data"

Family = dict[str, Any]
Record = dict[str, Any]


def assemble(name: str, families: Sequence[Family]) -> Iterator[Record]:
    """Records of a set; texts are borrowed among families of one category."""
    pools: dict[str, list[Family]] = defaultdict(list)
    for family in families:
        pools[family["category"]].append(family)
    lexicals = {
        key: Lexical([item["gold"] for family in pool for item in family["items"]]) for key, pool in pools.items()
    }
    for family in families:
        key = family["category"]
        for place, item in enumerate(family["items"], 1):
            identity = f"{name}/{family['family']}/{place}"
            yield _record(identity, family, item, _candidates(identity, item, family, pools[key], lexicals[key]))


def across(name: str, families: Sequence[Family]) -> Iterator[Record]:
    """Records whose gold is in another language than the query.

    The wrong texts are in the golds' language (``cross-lingual``), or in the query's own (``mixed-language``, whose
    categories are the pairs of languages): a family's golds, and what was written as wrong beside another query.
    """
    own_language = name == "mixed-language"
    pairs = [(family, place, item) for family in families for place, item in enumerate(family["items"], 1)]
    slots = [_slot(name, family, place, item, families, own_language) for family, place, item in pairs]
    for (family, _, item), slot, texts in zip(pairs, slots, borrow(name, slots), strict=True):
        languages = f"{family['query_lang']}→{family['gold_lang']}"
        shown = family | ({"category": languages} if own_language else {})
        yield _record(slot.identity, shown, item, texts)


def _slot(
    name: str, family: Family, place: int, item: dict[str, str], families: Sequence[Family], own_language: bool
) -> Slot:
    language = family["query_lang" if own_language else "gold_lang"]
    groups = []
    for some in families:
        if some["gold_lang"] == language and some is not family:
            groups.append(tuple(other["gold"] for other in some["items"]))
        if some["query_lang"] == language:
            groups += [tuple(other["same_lang"] for other in some["items"]), tuple(some.get("also", ()))]
    return Slot(
        identity=f"{name}/{family['family']}/{family['query_lang']}/{family['gold_lang']}/{place}",
        query=item["query"],
        gold=item["gold"],
        own=tuple(other["gold"] for other in family["items"]),
        first=tuple(other["same_lang"] for other in family["items"]) if own_language else _golds(language, families),
        groups=tuple(group for group in groups if group),
    )


def _golds(language: str, families: Sequence[Family]) -> tuple[str, ...]:
    return tuple(item["gold"] for family in families if family["gold_lang"] == language for item in family["items"])


def instructed(cases: Sequence[Family]) -> Iterator[Record]:
    """Two records a case: one query, one list of candidates, two instructions, two golds."""
    for case in cases:
        own = [case["a"]["gold"], case["b"]["gold"], *case["near"]]
        others = [
            other[side]["gold"]
            for other in cases
            if other is not case and other["lang"] == case["lang"]
            for side in ("a", "b")
        ]
        scores = Lexical(own + others).tfidf(case["query"], others)
        nearest = [others[i] for i in sorted(range(len(others)), key=lambda i: (-scores[i], i))]
        chosen = own + nearest[: CANDIDATES - len(own)]
        random.Random(f"instruction/{case['id']}").shuffle(chosen)
        for side, other in (("a", "b"), ("b", "a")):
            family = {"category": case["category"], "family": case["id"], "query_lang": case["lang"]}
            item = {**case, "gold": case[side]["gold"]}
            record = _record(f"instruction/{case['id']}/{side}", family, item, chosen)
            yield record | {"instruction": case[side]["instruction"], "pair": f"{case['id']}-{other}"}


def _candidates(
    identity: str, item: dict[str, str], family: Family, pool: Sequence[Family], lexical: Lexical
) -> list[str]:
    """The sixteen texts in a seeded order."""
    own = [other["gold"] for other in family["items"]]
    others = [other["gold"] for some in pool if some is not family for other in some["items"]]
    scores = lexical.tfidf(item["query"], others)
    nearest = [others[i] for i in sorted(range(len(others)), key=lambda i: (-scores[i], i))]
    chosen = own + nearest[:NEAREST]
    generator = random.Random(identity)
    # A whole family at the end: the query's own four golds are no longer the only four that resemble each other.
    free = [some for some in pool if some is not family and not {o["gold"] for o in some["items"]} & set(chosen)]
    generator.shuffle(free)
    chosen += [other["gold"] for some in free[:1] for other in some["items"]]
    chosen += [text for text in nearest[NEAREST:] if text not in chosen][: CANDIDATES - len(chosen)]
    generator.shuffle(chosen)
    return chosen


def _record(identity: str, family: Family, item: dict[str, str], texts: Sequence[str]) -> Record:
    ids = {text: hashlib.sha256(text.encode()).hexdigest()[:10] for text in texts}
    return {
        "id": identity.split("/", 1)[1].replace("/", "-"),
        "category": family["category"],
        "family": family["family"],
        "lang": family.get("query_lang", "zh"),
        "query": item["query"],
        "candidates": [{"id": ids[text], "text": text} for text in texts],
        "gold": ids[item["gold"]],
        "rationale": item["rationale"],
        "gloss_en": item["gloss_en"],
    }


def write(name: str, records: Iterator[Record]) -> Path:
    """Write ``data/NAME.jsonl``: the canary, then a record a line."""
    lines = [json.dumps({"canary": CANARY.format(name=name)}, ensure_ascii=False)]
    lines += [json.dumps(record, ensure_ascii=False) for record in records]
    path = DATA / f"{name}.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read_families(name: str) -> list[Family]:
    """The written families of a set, in order."""
    text = (SOURCES / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def main() -> None:
    """Entry point: every set whose sources are here."""
    DATA.mkdir(exist_ok=True)
    for path in sorted(SOURCES.glob("*.jsonl")):
        families = read_families(path.stem)
        if path.stem == "instruction":
            print(write(path.stem, instructed(families)))
        elif path.stem == "cross-lingual":
            for name in (path.stem, "mixed-language"):
                print(write(name, across(name, families)))
        else:
            print(write(path.stem, assemble(path.stem, families)))


if __name__ == "__main__":
    main()

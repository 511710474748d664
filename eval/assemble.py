"""Make the built-in sets from their written families: ``python -m eval.assemble``.

A family is four queries with four golds about one contrast. A query's sixteen candidates are the family's four golds
and twelve borrowed from other families of its category: eight at least are the nearest to the query by character
n-grams, the other four are a whole family drawn. Seeded by the query's id: the same sources give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from eval.ngrams import Lexical

HERE = Path(__file__).parent
SOURCES, DATA = HERE / "sources", HERE / "data"
CANDIDATES, NEAREST = 16, 8
CANARY = "libra-canary {name} 3b8f6c52-9f0e-4e57-8a64-5d1f0e7b2c91: this text must not be in training data"

Family = dict[str, Any]
Record = dict[str, Any]


def assemble(name: str, families: Sequence[Family]) -> Iterator[Record]:
    """Records of a set; texts are borrowed among families of one category whose golds are in one language.

    Across languages a category is too small to borrow in: there, any family with golds in that language lends.
    """
    pools: dict[tuple[str, str], list[Family]] = defaultdict(list)
    for family in families:
        pools[_pool(family)].append(family)
    lexicals = {
        key: Lexical([item["gold"] for family in pool for item in family["items"]]) for key, pool in pools.items()
    }
    for family in families:
        key = _pool(family)
        for place, item in enumerate(family["items"], 1):
            identity = f"{name}/{family['family']}/{place}"
            chosen = _candidates(identity, item, family, pools[key], lexicals[key])
            if len(chosen) < CANDIDATES:  # a language with few families: wrong texts in that language stand in
                chosen += _stand_ins(identity, family, families)[: CANDIDATES - len(chosen)]
                random.Random(identity).shuffle(chosen)
            yield _record(identity, family, item, chosen)


def _stand_ins(identity: str, family: Family, families: Sequence[Family]) -> list[str]:
    """Texts in the golds' language that were written as wrong ones for the mixed-language form."""
    texts = [
        item["same_lang"]
        for some in families
        if some is not family and some["query_lang"] == family["gold_lang"]
        for item in some["items"]
    ]
    random.Random(identity).shuffle(texts)
    return texts


def _pool(family: Family) -> tuple[str, str]:
    language = family.get("gold_lang", "")
    return ("" if language else family["category"], language)


def mixed(families: Sequence[Family]) -> Iterator[Record]:
    """The mixed-language form: the family's four golds in the other language, twelve wrong texts in the query's own."""
    by_language: dict[str, list[Family]] = defaultdict(list)
    for family in families:
        by_language[family["query_lang"]].append(family)
    for family in families:
        others = [
            item["same_lang"]
            for some in by_language[family["query_lang"]]
            if some is not family
            for item in some["items"]
        ]
        own = [item["gold"] for item in family["items"]] + [item["same_lang"] for item in family["items"]]
        lexical = Lexical(own + others)
        for place, item in enumerate(family["items"], 1):
            identity = f"mixed-language/{family['family']}/{place}"
            scores = lexical.tfidf(item["query"], others)
            nearest = sorted(range(len(others)), key=lambda i: (-scores[i], i))
            chosen = own + [others[i] for i in nearest[: CANDIDATES - len(own)]]
            random.Random(identity).shuffle(chosen)
            yield _record(identity, family, item, chosen)


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
        records = instructed(families) if path.stem == "instruction" else assemble(path.stem, families)
        print(write(path.stem, records))
    if (SOURCES / "cross-lingual.jsonl").exists():  # until its gates are passed it lies in drafts/
        print(write("mixed-language", mixed(read_families("cross-lingual"))))


if __name__ == "__main__":
    main()

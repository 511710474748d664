"""Gates on the texts: no two alike, one form of Unicode, one Chinese script, and a reason beside every item."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eval.folding import fold
from eval.gate import Gate, faultless, generated, shipped, unasked
from eval.sets import EvalSet, Query
from eval.wordless import texts_of

NAMES = ("no two texts alike", "near-duplicates", "Unicode form", "simplified Chinese", "rationale and gloss")
ALIKE = 0.8  # Jaccard
MOST_TEXTS = 4_000  # whose pairs are compared
OTHER_SOURCE = {"mixed-language": "cross-lingual"}  # a second form of the same families

HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
OTHER_HAN = re.compile("[\u3040-\u30ff\u31f0-\u31ff\uac00-\ud7af]")  # kana, Hangul: its Han are not Chinese
SIGNS = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
QUOTED = re.compile("「[^」]*」")  # how a Chinese rationale quotes Japanese or traditional text
# In Big5 and not in GB 2312 of 1980, but simplified Chinese all the same: in the 通用规范汉字表 of 2013.
STANDARD = frozenset("齁瞭囧")
CHINESE_RATIONALES = {"zh-hard"}


def gates(item: EvalSet, sources: Path) -> Iterator[Gate]:
    """The gates on the texts of a set; ``sources`` is the folder of the families that built-in sets were made of."""
    if generated(item):
        yield from (unasked(name, "generated, one prose in many orders") for name in NAMES)
        return
    yield faultless("no two texts alike", _doubles(item), "none equal but for case, punctuation and space")
    yield _near(item, sources)
    faults = [query.id for query in item.queries if any(not _composed(text) for text in _all(query))]
    yield faultless("Unicode form", faults, "NFC", "NFC")
    if not shipped(item):
        yield from (unasked(name, "of the built-in sets only") for name in NAMES[3:])
        return
    found = {query.id: _traditional(query) for query in item.queries}
    faults = [f"{key} {signs}" for key, signs in found.items() if signs]
    yield faultless("simplified Chinese", faults, "no sign that is traditional only")
    yield _reasons(item)


def _all(query: Query) -> list[str]:
    texts = [query.text, query.rationale, query.gloss, query.instruction or ""]
    return texts + [candidate.text for candidate in query.candidates]


def _composed(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text)


def _doubles(item: EvalSet) -> list[str]:
    """Queries with two candidates that fold to one text, or one that folds to the query; and queries asked twice."""
    faults, before = [], set()
    for query in item.queries:
        folded = [fold(candidate.text) for candidate in query.candidates]
        question = fold(query.text), query.instruction
        if len(set(folded)) < len(folded) or question[0] in folded or question in before:
            faults.append(query.id)
        before.add(question)
    return faults


def _near(item: EvalSet, sources: Path) -> Gate:
    name, bar = "near-duplicates", f"Jaccard < {ALIKE} but within a family or among declared decoys"
    if not item.families_matter:
        return unasked(name, "there are no families")
    homes = _homes(item, sources)
    if len(homes) > MOST_TEXTS:
        return unasked(name, "too many texts")
    texts = list(homes)
    faults = [
        f"“{texts[one][:20]}” / “{texts[other][:20]}”"
        for one, other in _alike(texts)
        if not homes[texts[one]] & homes[texts[other]]
    ]
    return faultless(name, faults, bar)


def _homes(item: EvalSet, sources: Path) -> dict[str, set[str]]:
    """The families of every text: those whose gold it is, or those that it was written for as a wrong one.

    The source of a built-in set tells for which family each was written.
    """
    golds: dict[str, set[str]] = defaultdict(set)
    beside: dict[str, set[str]] = defaultdict(set)
    for query in item.queries:
        golds[query.text].add(query.family)
        for candidate in query.candidates:
            (golds if candidate.id in query.relevant else beside)[candidate.text].add(query.family)
    if shipped(item):  # its wrong texts are borrowed all over
        beside = _written_for(sources / f"{OTHER_SOURCE.get(item.name, item.name)}.jsonl")
    texts = dict.fromkeys(text for query in item.queries for text in (query.text, *texts_of(query)))
    # A gold is at home where it is gold, though it stands in other lists too; a source knows its golds as well.
    return {text: golds.get(text) or beside.get(text, set()) for text in texts}


def _written_for(path: Path) -> dict[str, set[str]]:
    """Every text of a source, and the families, a line each, that it was written for."""
    families: dict[str, set[str]] = defaultdict(set)
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        family = json.loads(line)
        for text in _strings(family):
            families[text].add(family.get("family") or family["id"])
    return families


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)


def _marks(text: str) -> set[str]:
    """What Jaccard counts: the characters of Chinese and Japanese; of an alphabet, whose letters any two sentences
    share, pieces of three.
    """
    plain = fold(text)
    if 2 * len(SIGNS.findall(plain)) >= len(plain):
        return set(plain)
    return {plain[start : start + 3] for start in range(max(1, len(plain) - 2))}


def _alike(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of texts with a Jaccard coefficient of 0.8 or more."""
    from scipy.sparse import csr_array

    sets = [_marks(text) for text in texts]
    columns = {mark: column for column, mark in enumerate(sorted(set().union(*sets)))}
    rows = np.repeat(np.arange(len(sets)), [len(marks) for marks in sets])
    held = [columns[mark] for marks in sets for mark in sorted(marks)]
    table = csr_array((np.ones(len(held), np.float32), (rows, held)), shape=(len(sets), len(columns)))
    sizes = np.array([len(marks) for marks in sets])
    for start in range(0, len(sets), 500):
        shared = (table[start : start + 500] @ table.T).toarray()
        union = sizes[start : start + 500, None] + sizes - shared
        for one, other in np.argwhere(shared >= ALIKE * union - 1e-6):
            if start + one < other:
                yield int(start + one), int(other)


def _traditional(query: Query) -> str:
    """Signs of the traditional script alone in its Chinese texts: Big5 has them, GB 2312 does not.

    A candidate is Chinese if it has Han and neither kana nor Hangul; the query says its language. What a rationale
    quotes in 「」 may be in any script.
    """
    texts = [text.text for text in query.candidates if not OTHER_HAN.search(text.text)]
    texts += [QUOTED.sub("", query.rationale)]
    texts += [query.text, query.instruction or ""] if query.lang.startswith("zh") else []
    return "".join(sorted({sign for sign in HAN.findall("".join(texts)) if _traditional_only(sign)}))


def _traditional_only(sign: str) -> bool:
    return sign not in STANDARD and not _encodable(sign, "gb2312") and _encodable(sign, "big5")


def _encodable(sign: str, encoding: str) -> bool:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _reasons(item: EvalSet) -> Gate:
    chinese = item.name in CHINESE_RATIONALES
    faults = [
        query.id
        for query in item.queries
        if not (query.rationale.strip() and query.gloss.strip()) or (chinese and not HAN.search(query.rationale))
    ]
    bar = "both on every item" + (", the rationale in Chinese" if chinese else "")
    return faultless("rationale and gloss", faults, bar, f"{len(item.queries)} of {len(item.queries)}")

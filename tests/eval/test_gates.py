"""The built-in sets pass every gate; each planted fault is caught by the gate that is meant for it, and by its name."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from eval import construction, fair, hygiene
from eval.__main__ import main
from eval.dataset import DATA, load, read_records, read_table, template
from eval.gate import Gate
from eval.gates import BLIND, check
from eval.ngrams import Lexical
from eval.own import query_record
from eval.sets import Candidate, EvalSet, Query
from eval.wordless import bm25, reach, terms
from models.errors import InputError

OK, BELOW, BAD_INPUT = 0, 1, 2
Change = Callable[[Query], Query]
FILES = sorted(path.stem for path in DATA.glob("*.jsonl"))


@cache
def untouched(name: str) -> tuple[Gate, ...]:
    return tuple(check(load(name)))


def gate(found: list[Gate] | tuple[Gate, ...], name: str) -> Gate:
    (one,) = (one for one in found if one.name == name)
    return one


def caught(name: str, changed: EvalSet, *names: str) -> None:
    """The set passes these gates as it is, and the changed one none of them."""
    found = check(changed)
    for one in names:
        assert gate(untouched(name), one).passed
        assert not gate(untouched(name), one).bar.startswith("not asked")
        assert not gate(found, one).passed, one


def with_first(item: EvalSet, change: Change) -> EvalSet:
    return replace(item, queries=(change(item.queries[0]), *item.queries[1:]))


def with_all(item: EvalSet, change: Change) -> EvalSet:
    return replace(item, queries=tuple(change(query) for query in item.queries))


def gold_of(query: Query) -> Candidate:
    return next(one for one in query.candidates if one.id in query.relevant)


def with_text(query: Query, old: str, new: str) -> Query:
    texts = tuple(replace(one, text=new) if one.text == old else one for one in query.candidates)
    return replace(query, candidates=texts)


def a_wrong_one(query: Query) -> Candidate:
    return next(one for one in query.candidates if one.id not in query.relevant)


@pytest.mark.parametrize("name", FILES)
def test_a_built_in_set_passes(name: str) -> None:
    assert [one for one in untouched(name) if not one.passed] == []


def test_a_generated_set_passes_what_is_asked_of_it() -> None:
    found = check(load("long-2048"))
    assert all(one.passed for one in found)
    assert not gate(found, "gold position").bar.startswith("not asked")
    assert gate(found, "BM25").bar.startswith("not asked")


# ---- one right answer among sixteen


def test_a_duplicated_candidate_is_caught() -> None:
    def double(query: Query) -> Query:
        others = [one.text for one in query.candidates if one.id not in query.relevant]
        return with_text(query, others[0], f" {others[1].upper()} ")

    caught("code", with_first(load("code"), double), "no two texts alike")


def test_a_candidate_that_is_the_query_is_caught() -> None:
    changed = with_first(load("code"), lambda query: with_text(query, a_wrong_one(query).text, query.text))
    caught("code", changed, "no two texts alike")


def test_two_golds_are_caught() -> None:
    twice = with_first(load("code"), lambda query: replace(query, relevant=query.relevant | {a_wrong_one(query).id: 1}))
    caught("code", twice, "one gold")
    same = with_first(load("code"), lambda query: with_text(query, a_wrong_one(query).text, gold_of(query).text))
    caught("code", same, "one gold", "no two texts alike")


@pytest.mark.parametrize("fault", ["list", "text"])
def test_a_file_with_two_golds_is_not_even_read(fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = query_record(load("code").queries[0])
    del row["relevant"]
    if fault == "list":
        row["gold"] = [row["gold"], row["candidates"][0]["id"]]
    else:
        gold = next(one for one in row["candidates"] if one["id"] == row["gold"])
        row["candidates"].append({"id": "second", "text": gold["text"]})
    text = json.dumps(row, ensure_ascii=False)
    with pytest.raises(InputError):
        read_records(text, "code", "built-in")
    path = tmp_path / "mine.jsonl"
    path.write_text(text, encoding="utf-8")
    assert main(["check", str(path)]) == BAD_INPUT
    assert "Line 1 of mine" in capsys.readouterr().err


def test_fifteen_candidates_are_caught() -> None:
    changed = with_first(
        load("code"),
        lambda query: replace(query, candidates=tuple(c for c in query.candidates if c != a_wrong_one(query))),
    )
    caught("code", changed, "candidates")


def test_an_id_that_stands_twice_is_caught() -> None:
    item = load("code")
    caught("code", with_first(item, lambda query: replace(query, id=item.queries[1].id)), "ids")


# ---- rankings that know no meaning


def longest(query: Query) -> Query:
    return with_text(query, gold_of(query).text, gold_of(query).text + "\n" + "#" * 400)


def shortest(query: Query) -> Query:
    return with_text(query, gold_of(query).text, gold_of(query).text[:7] + query.id)


def telling(query: Query) -> Query:
    return with_text(query, gold_of(query).text, f"# {query.text}\n{gold_of(query).text}")


def foremost(query: Query) -> Query:
    return replace(query, candidates=(gold_of(query), *(c for c in query.candidates if c != gold_of(query))))


def odd(query: Query) -> Query:
    """The gold resembles neither the query nor any other candidate, and is as long as before."""
    return with_text(query, gold_of(query).text, "".join(chr(0x10A0 + n % 40) for n in range(len(gold_of(query).text))))


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (longest, ["longest first", "gold length rank"]),
        (shortest, ["shortest first", "gold length rank"]),
        (telling, ["BM25", "n-gram TF-IDF"]),
        (foremost, ["gold position"]),
        (odd, ["query-blind, least like the others"]),
    ],
)
def test_what_gives_the_gold_away_is_caught(change: Change, names: list[str]) -> None:
    caught("code", with_all(load("code"), change), *names)


def test_a_gold_that_shuns_the_words_of_the_query_is_caught() -> None:
    """Every wrong candidate repeats the query, so the least alike is right."""

    def shun(query: Query) -> Query:
        told = tuple(
            one if one.id in query.relevant else replace(one, text=f"{one.text} {query.text}")
            for one in query.candidates
        )
        return replace(query, candidates=told)

    caught("code", with_all(load("code"), shun), "BM25 reversed", "n-gram TF-IDF reversed")


def test_ties_do_not_hide_a_give_away() -> None:
    """The gold ties with one other at the top: never first by a pessimistic rank, and half of the time in truth."""

    def pair(query: Query) -> Query:
        other = a_wrong_one(query)
        told = f"zqx {query.text}"
        return with_text(with_text(query, gold_of(query).text, told), other.text, f"{told} ")

    found = gate(check(with_all(load("code"), pair)), "BM25")
    assert found.value == "0.0 %, ties shared 50.0 %"
    assert not found.passed


def test_reach_counts_ties_both_ways() -> None:
    rows = [np.array([1.0, 1.0, 0.0]), np.array([2.0, 1.0, 0.0]), np.array([0.0, 1.0, 1.0])]
    found = reach(rows, [0, 0, 0])
    assert (found.right, found.shared, found.count) == (1, 1.5, 3)
    back = reach(rows, [0, 0, 0], reverse=True)
    assert (back.right, back.shared) == (1, 1.0)


def test_length_ranks_are_shared_by_ties() -> None:
    assert fair._rank(np.array([3.0, 5.0, 3.0, 3.0]), 0).tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])


def test_likeness_is_the_mean_of_the_cosines() -> None:
    texts = ["红色的门", "红色的窗", "a blue boat", "the door is red"]
    lexical = Lexical(texts)
    told = [np.mean([lexical.tfidf(one, [other])[0] for other in texts if other != one]) for one in texts]
    assert lexical.likeness(texts) == pytest.approx(told)


def test_bm25_reads_signs_of_chinese_and_words_of_english() -> None:
    assert terms("红门 Red-door x_1") == ["红", "门", "red", "door", "x_1"]
    texts = tuple(Candidate(str(n), text) for n, text in enumerate(("红色的门", "蓝色的船", "a boat")))
    (row,) = bm25([Query("q", "c", "f", "zh", "船是什么颜色", texts, {"1": 1})])
    assert row.argmax() == 1
    assert row[2] == 0


# ---- texts


def test_a_text_that_is_not_nfc_is_caught() -> None:
    changed = with_first(load("code"), lambda query: replace(query, gloss=unicodedata.normalize("NFD", "café")))
    caught("code", changed, "Unicode form")
    full = with_first(load("code"), lambda query: replace(query, gloss="，！"))  # NFKC would make them ASCII
    assert gate(check(full), "Unicode form").passed


def test_traditional_characters_are_caught() -> None:
    item = load("instruction")
    for change in (
        lambda query: replace(query, rationale=query.rationale + "這樣"),
        lambda query: with_text(query, a_wrong_one(query).text, "這樣的話說給誰聽都沒有用。"),
        lambda query: replace(query, text="廚房下水道老有臭味", lang="zh"),
    ):
        caught("instruction", with_first(item, change), "simplified Chinese")


def test_japanese_and_what_is_quoted_are_not_traditional_chinese() -> None:
    query = load("instruction").queries[0]
    quoted = replace(query, rationale="日语「愛人」是情妇。")
    assert hygiene._traditional(quoted) == ""
    assert hygiene._traditional(with_text(query, a_wrong_one(query).text, "電話をかける")) == ""
    assert hygiene._traditional(replace(query, rationale="齁咸的，瞭望台")) == ""


def test_a_missing_reason_is_caught() -> None:
    caught("code", with_first(load("code"), lambda query: replace(query, rationale=" ")), "rationale and gloss")
    caught("code", with_first(load("code"), lambda query: replace(query, gloss="")), "rationale and gloss")


def test_the_rationale_of_chinese_items_is_chinese() -> None:
    item = replace(load("zh-hard"), queries=load("zh-hard").queries[:1])
    assert hygiene._reasons(item).passed
    assert not hygiene._reasons(with_first(item, lambda query: replace(query, rationale="Because."))).passed


@pytest.mark.parametrize("name", ["code", "instruction"])
def test_near_duplicates_across_families_are_caught(name: str) -> None:
    """A wrong text of one list becomes the gold of another family with a word more."""
    item = load(name)
    other = gold_of(item.queries[-1]).text
    caught(
        name,
        with_first(item, lambda query: with_text(query, a_wrong_one(query).text, f"{other} 哦")),
        "near-duplicates",
    )


def test_jaccard_counts_chinese_signs_and_pieces_of_three_letters() -> None:
    assert list(hygiene._alike(["红色的大门开了", "红色的大门关了", "蓝色的小船来了"])) == []  # 6 of 8
    assert list(hygiene._alike(["红色的大门开了吗", "红色的大门开了吧", "蓝色的小船来了"])) == []  # 7 of 9
    assert list(hygiene._alike(["甲乙丙丁戊己庚辛壬", "辛庚己戊丁丙乙甲癸", "子丑寅"])) == [(0, 1)]  # 8 of 10
    letters = "the quick brown fox jumps over the lazy dog"
    assert list(hygiene._alike([letters, " ".join(reversed(letters.split())), letters + "s"])) == [(0, 2)]


# ---- families


def test_a_text_that_is_gold_twice_is_caught() -> None:
    item = load("code")
    gold = gold_of(item.queries[0])
    second = next(q for q in item.queries[1:] if q.category == item.queries[0].category and gold in q.candidates)
    twice = tuple(replace(q, relevant={gold.id: 1}) if q is second else q for q in item.queries)
    caught("code", replace(item, queries=twice), "each gold once")


def test_a_family_of_three_is_caught() -> None:
    item = load("code")
    caught("code", replace(item, queries=item.queries[1:]), "families")


def test_too_few_categories_are_caught() -> None:
    item = load("zh-hard")
    shape = construction.SHAPES["zh-hard"]
    assert construction._families(item, shape).passed
    assert not construction._families(with_all(item, lambda q: replace(q, category="one")), shape).passed


def test_a_family_whose_gold_is_no_rival_is_caught() -> None:
    item = load("code")
    sibling = gold_of(item.queries[1]).text
    caught("code", with_first(item, lambda q: with_text(q, sibling, "pass")), construction.RIVALS)


def test_borrowed_texts_that_are_not_the_nearest_are_caught() -> None:
    """The borrowed texts of every list are those that resemble the query least."""
    item = load("zh-hard")
    item = replace(item, queries=tuple(q for q in item.queries if q.category == "idiom"))
    golds = construction._golds(item)
    assert construction._borrowed(item, golds).passed
    query = item.queries[0]
    pool = [gold_of(q) for q in item.queries if q.family != query.family]
    scores = Lexical([one.text for one in pool]).tfidf(query.text, [one.text for one in pool])
    own = [one for one in query.candidates if one.text in golds[query.family]]
    far = [pool[index] for index in np.argsort(scores, kind="stable")[:12]]
    changed = with_first(item, lambda q: replace(q, candidates=(*own, *far)))
    assert construction._borrowed(changed, golds).value == f"1: {query.id}"


def test_a_second_reading_with_the_same_gold_is_caught() -> None:
    item = load("instruction")
    changed = with_first(item, lambda query: replace(query, relevant=item.queries[1].relevant))
    caught("instruction", changed, "two instructions")


# ---- what lies beside a set


def test_no_canary_is_caught() -> None:
    caught("code", replace(load("code"), canary=None), "canary")
    caught("code", replace(load("code"), canary="of another set"), "canary")


def test_the_card_names_the_hash(tmp_path: Path) -> None:
    item, card = load("code"), tmp_path / "README.md"
    assert gate(check(item, card=card), "card").bar.startswith("not asked")
    card.write_text(f"| code | 120 | {item.sha256} |\n", encoding="utf-8")
    assert gate(check(item, card=card), "card").passed
    card.write_text(f"| code | 120 | {'0' * 64} |\n", encoding="utf-8")
    assert not gate(check(item, card=card), "card").passed


def choices(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (BLIND / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def blind(folder: Path, rows: list[dict[str, str]]) -> tuple[Gate, Gate]:
    """What the two gates say of the code set with these choices."""
    (folder / "code.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    found = check(load("code"), blind=folder)
    return gate(found, "blind choices"), gate(found, "blind agreement")


@pytest.mark.parametrize(("wrong", "passed"), [(2, True), (3, False)])  # of 40 in Python
def test_readers_who_disagree_are_heard(wrong: int, passed: bool, tmp_path: Path) -> None:
    item, rows = load("code"), choices("code")
    python = [query for query in item.queries if query.category == "python"]
    assert len(python) == 40
    other = {query.id: a_wrong_one(query).id for query in python[:wrong]}
    covered, agreed = blind(tmp_path, [row | {"choice": other.get(row["id"], row["choice"])} for row in rows])
    assert covered.passed
    assert agreed.passed == passed
    assert "(python)" in agreed.value


def test_choices_that_are_missing_or_of_another_text_are_caught(tmp_path: Path) -> None:
    rows = choices("code")
    assert blind(tmp_path, rows)[0].passed
    assert blind(tmp_path, rows[1:])[0].value == f"1: {rows[0]['id']}"
    assert not blind(tmp_path, [*rows, rows[0]])[0].passed
    assert not blind(tmp_path, [*rows, {"id": "no-such", "choice": "x"}])[0].passed
    changed = with_first(load("code"), lambda query: with_text(query, gold_of(query).text, "rewritten since"))
    caught("code", changed, "blind choices")


def test_a_set_without_evidence_fails(tmp_path: Path) -> None:
    found = check(load("code"), blind=tmp_path)
    assert [one.name for one in found if not one.passed] == ["blind choices", "blind agreement"]


# ---- a visitor's own set


def own(count: int, *, tells: bool) -> str:
    """A table of queries with four candidates; the gold repeats its query, or nothing does."""
    rows = ["query\tgold\tone\ttwo\tthree"]
    for number in range(count):
        told = [f"{'abcd'[place]}{number}w {'abcd'[(place + number) % 4] * 3}" for place in range(4)]
        rows.append("\t".join([f"what about q{number}z", f"q{number}z {told[0]}" if tells else told[0], *told[1:]]))
    return "\n".join(rows)


@pytest.mark.parametrize("tells", [True, False])
def test_a_set_of_ones_own_is_asked_what_it_can_answer(
    tells: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text(own(40, tells=tells), encoding="utf-8")
    found = check(read_table(own(40, tells=tells), "mine"))
    lexical = gate(found, "BM25")
    assert lexical.bar == "≤ 60.0 %, ties shared"  # four candidates, not sixteen
    assert lexical.passed != tells
    for name in ("families", "canary", "card", "blind agreement", "simplified Chinese", "near-duplicates"):
        assert gate(found, name).bar.startswith("not asked")
    assert main(["check", str(path)]) == (BELOW if tells else OK)
    assert ("FAILED" in capsys.readouterr().out) == tells


def test_few_queries_are_not_judged_by_shares() -> None:
    found = check(read_table(template().removeprefix("\ufeff"), "mine"))
    assert all(one.passed for one in found)
    assert gate(found, "BM25").bar == "not asked: 3 queries with one gold are too few"


def test_a_corpus_is_too_large_to_check() -> None:
    corpus = tuple(Candidate(str(number), f"text {number}") for number in range(3000))
    queries = tuple(Query(f"q{n}", "all", f"q{n}", "en", f"what {n}", corpus, {str(n): 1}) for n in range(70))
    (only,) = check(EvalSet("corpus", queries, "0" * 64, source="beir"))
    assert only.passed
    assert only.value == f"210000 pairs, {sum(len(one.text) for one in corpus)} characters"

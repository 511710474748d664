"""The record of the built-in sets, and the sets by name."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from eval import dataset
from eval.checks import set_name
from eval.dataset import EvalSet, fold, load, names, read_records
from eval.limits import VISITOR
from eval.long import NAMES
from models.errors import InputError

TEXTS = ("他去银行存钱。", "河岸上长满了草。", "a bank of clouds", "a piggy bank")


def record(number: int = 1, **changed: Any) -> dict[str, Any]:
    """A record that passes, with fields changed; a field of None is taken out."""
    row = {
        "id": f"q{number}",
        "category": "一词多义",
        "family": "f1",
        "lang": "zh",
        "query": "存款的地方",
        "candidates": [{"id": f"c{index}", "text": text} for index, text in enumerate(TEXTS)],
        "gold": "c0",
        "rationale": "银行才存钱",
        "gloss_en": "where one deposits money",
    } | changed
    return {key: value for key, value in row.items() if value is not None}


def jsonl(*rows: Any) -> str:
    return "\n".join(row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)


def read(*rows: Any) -> EvalSet:
    return read_records(jsonl(*rows), "small")


def refused(*rows: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        read(*rows)
    return caught.value


def test_a_record_becomes_a_query() -> None:
    only = read(record(instruction="Find it.", pair="q9"))
    (query,) = only.queries
    assert (query.id, query.category, query.family, query.lang, query.text) == (
        "q1",
        "一词多义",
        "f1",
        "zh",
        "存款的地方",
    )
    assert [(item.id, item.text) for item in query.candidates] == [(f"c{i}", text) for i, text in enumerate(TEXTS)]
    assert query.relevant == {"c0": 1}
    assert (query.rationale, query.gloss) == ("银行才存钱", "where one deposits money")
    assert (query.instruction, query.pair) == ("Find it.", "q9")
    assert (only.name, only.source, only.canary) == ("small", "own", None)


def test_what_may_be_missing() -> None:
    (query,) = read(record(rationale=None, gloss_en=None)).queries
    assert (query.rationale, query.gloss, query.instruction, query.pair) == ("", "", None, None)


def test_the_canary_stands_first_and_is_no_query() -> None:
    with_canary = read({"canary": "keep out"}, record())
    assert with_canary.canary == "keep out"
    assert len(with_canary.queries) == 1
    assert refused(record(), {"canary": "late"}).values["line"] == 2


def test_the_hash_is_that_of_the_bytes() -> None:
    text = "\ufeff" + jsonl(record()).replace("\n", "\r\n") + "\r\n"
    assert read_records(text, "a").sha256 == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("text", ["\ufeff{}\n{}\n", "{}\r\n{}\r\n", "\n\n  \n{}\n\n{}\n \n", "{}\r{}"])
def test_marks_line_ends_and_empty_lines_change_nothing(text: str) -> None:
    rows = json.dumps(record(1)), json.dumps(record(2))
    assert read_records(text.replace("{}", "%s") % rows, "a").queries == read(record(1), record(2)).queries


def test_a_line_separator_inside_a_text_ends_no_line() -> None:
    odd = "one\u2028two\u0085three"
    assert read(record(query=odd), record(2)).queries[0].text == odd


def test_families_matter_only_where_one_has_several_queries() -> None:
    assert not read(record(1), record(2, family="f2")).families_matter
    assert read(record(1), record(2)).families_matter


@pytest.mark.parametrize(
    ("changed", "code", "told"),
    [
        ({"query": " \t"}, "set_blank", "query"),
        ({"query": None}, "set_lacks", "query"),
        ({"id": None}, "set_lacks", "id"),
        ({"category": None}, "set_lacks", "category"),
        ({"family": ""}, "set_blank", "family"),
        ({"lang": 3}, "set_not_text", "3"),
        ({"rationale": ["why"]}, "set_not_text", "why"),
        ({"query": "half \ud83d"}, "set_character", "U+D83D at position 6"),
        ({"query": "nul \x00"}, "set_character", "U+0000"),
        ({"id": "\udc00"}, "set_character", "U+DC00"),
        ({"query": "x" * (VISITOR.characters + 1)}, "set_text_long", "100001"),
        ({"gold": None}, "set_lacks", "gold"),
        ({"gold": "c9"}, "set_gold", "c9"),
        ({"gold": TEXTS[0]}, "set_gold", TEXTS[0]),
        ({"candidates": None}, "set_candidates", "None"),
        ({"candidates": "a || b"}, "set_candidates", "a || b"),
        ({"candidates": ["a", "b"]}, "set_candidates", "['a', 'b']"),
        ({"candidates": []}, "set_few_candidates", "0"),
        ({"candidates": [{"id": "c0", "text": "a"}]}, "set_few_candidates", "1"),
        ({"candidates": [{"id": "c0", "text": "a"}, {"id": "c0", "text": "b"}]}, "set_candidate_id", "c0"),
        ({"candidates": [{"id": "c0", "text": "a"}, {"text": "b"}]}, "set_lacks", "the id of candidate 2"),
        ({"candidates": [{"id": "c0", "text": "a"}, {"id": "c1"}]}, "set_lacks", "candidate 2"),
        ({"candidates": [{"id": "c0", "text": "a"}, {"id": "c1", "text": " "}]}, "set_blank", "candidate 2"),
        ({"candidates": [{"id": "c0", "text": "A, b"}, {"id": "c1", "text": "ａ b！"}]}, "set_same_text", "c0 and c1"),
        ({"query": f"{TEXTS[1]}！"}, "set_query_is_candidate", "c1"),
    ],
)
def test_a_wrong_record_is_refused_with_its_line_and_value(changed: dict[str, Any], code: str, told: str) -> None:
    error = refused(record(1), "", record(2, **changed))
    assert error.code == code
    assert str(error).startswith("Line 3 of small")
    assert told in str(error)
    str(error).encode()  # a sentence can be sent, whatever was typed


@pytest.mark.parametrize("line", ["{oops}", '["a"]', "3", '{"id": "q"', "[" * 100_000, "9" * 10_000, "query,gold"])
def test_a_line_that_is_no_object_is_refused(line: str) -> None:
    error = refused(record(), line)
    assert (error.code, error.values["line"]) == ("set_json", 2)


def test_an_id_stands_once() -> None:
    error = refused(record(1), record(2), record(1))
    assert (error.code, error.values["line"], error.values["first"]) == ("set_query_id", 3, 1)


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff", json.dumps({"canary": "x"})])
def test_a_set_without_queries_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="small holds no queries"):
        read_records(text, "small")


def test_a_visitor_cannot_send_too_much() -> None:
    error = refused(*(record(number) for number in range(VISITOR.queries + 1)))
    assert (error.code, error.values["line"]) == ("set_many_queries", VISITOR.queries + 1)
    many = [{"id": f"c{number}", "text": f"text {number}"} for number in range(VISITOR.candidates + 1)]
    assert refused(record(candidates=many)).code == "set_many_candidates"
    assert refused("x" * (VISITOR.total + 1)).code == "set_too_large"
    read_records(jsonl(record(candidates=many)), "small", "built-in")  # the host may


def test_a_long_value_is_told_shortened() -> None:
    assert len(str(refused(record(gold="g" * 150, candidates=["x" * 5_000])))) < 400


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello, world!", "hello world"),
        ("他说：“好。”", "他说好"),
        ("ＡＢＣ　１２３", "abc123"),
        ("a\u200bb", "ab"),
        ("1,000 yuan", "1000 yuan"),
        ("(see above)", "see above…"),
        ("Straße", "STRASSE"),
    ],
)
def test_texts_that_are_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("每次1.5片", "每次15片"),
        ("10:30", "1030"),
        ("气温-5度", "气温5度"),
        ("3-5天", "35天"),
        ("50%", "50"),
        ("C#", "C"),
        ("x + 1", "x - 1"),
        ("a * b", "a / b"),
        ("if !ok", "if ok"),
        ("你😀", "你😢"),
        ("？", "！"),
        ("कि", "की"),
    ],
)
def test_texts_that_are_two(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("name", "kept"),
    [("mine.csv", "mine.csv"), ("a\n b\x00", "a b"), ("\ud800x", "?x"), (" ", "own"), ("n" * 999, "n" * 80)],
)
def test_a_name_can_be_kept(name: str, kept: str) -> None:
    assert set_name(name) == kept


def test_sets_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "DATA", tmp_path)
    content = jsonl({"canary": "x"}, record()) + "\n"
    for name in ("zh-small", "code"):
        (tmp_path / f"{name}.jsonl").write_text(content, encoding="utf-8", newline="")
    (tmp_path / "README.md").write_text("card")
    assert names() == ["code", *NAMES, "zh-small"]
    small = load("zh-small")
    assert (small.name, small.source, small.canary) == ("zh-small", "built-in", "x")
    assert small.sha256 == hashlib.sha256((tmp_path / "zh-small.jsonl").read_bytes()).hexdigest()
    with pytest.raises(InputError, match=r'no set "zh-smal"\. Near it: zh-small\.$'):
        load("zh-smal")


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "", "zh-small.jsonl", "sub/zh", "\x00"])
def test_a_name_is_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "data" / "sub").mkdir(parents=True)
    for place in ("secret", "data/zh-small", "data/sub/zh"):
        (tmp_path / f"{place}.jsonl").write_text(jsonl(record()), encoding="utf-8")
    monkeypatch.setattr(dataset, "DATA", tmp_path / "data")
    with pytest.raises(InputError) as caught:
        load(name)
    assert caught.value.code == "set_unknown"


def test_without_files_only_the_generated_sets_have_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "DATA", tmp_path / "nowhere")
    assert names() == [*NAMES]
    with pytest.raises(InputError):
        load("zh")


def test_a_built_in_file_that_is_no_utf8_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "DATA", tmp_path)
    (tmp_path / "zh.jsonl").write_bytes("{}\n".encode("utf-16"))
    with pytest.raises(InputError, match="cannot be read"):
        load("zh")


@pytest.mark.parametrize("name", sorted({*names()} - {*NAMES}))
def test_a_built_in_file_passes(name: str) -> None:
    built_in = load(name)
    assert built_in.canary
    assert built_in.families_matter
    for query in built_in.queries:
        assert len(query.candidates) == 16
        assert list(query.relevant.values()) == [1]
        assert query.rationale
        assert query.gloss

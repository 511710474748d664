"""What a visitor pastes or drops."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from eval.dataset import EvalSet, Query, read_records, read_table, template
from eval.limits import MAX_GRADE, VISITOR
from models.errors import InputError
from tests.eval.test_dataset import jsonl, record


def read(text: str) -> EvalSet:
    return read_table(text, "mine")


def refused(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        read(text)
    return caught.value


def texts(query: Query) -> tuple[str, dict[str, int]]:
    """The query and its candidates' grades, by text."""
    return query.text, {item.text: query.relevant.get(item.id, 0) for item in query.candidates}


LABELLED: list[tuple[str, Any]] = [("a", True), ("b", 0), ("c", "no")]
ONE = [("q", {"a": 1, "b": 0, "c": 0})]
PARIS = "Where is Paris?,In France, of course,In Spain"


@pytest.mark.parametrize(
    "text",
    [
        "query,gold,candidate 1,candidate 2\nq,a,b,c\n",
        "query,gold,candidates\nq,a,b || c\n",
        "query,gold,candidates\nq,a,b,c\n",
        "query,gold\nq,a,b,c",
        "query, gold\nq, a, b, c",
        "query,gold,c,d\nq,a,b,c,,\n",
        "query\tgold\tcandidates\nq\ta\tb\tc\n",
        "query;gold;candidates\nq;a;b || c\n",
        "\ufeffQuery , GOLD,x,y,z\r\n\r\n q , a , b ,,c\r\n,,\r\n",
        "查询,答案,候选,候选\nq,a,b,c\n",
        '"query","gold","candidates"\n"q","a","b || c"\n',
        "candidates,gold,query\nb || c,a,q\n",
        '{"query": "q", "gold": "a", "candidates": ["b", "c"]}',
        '\ufeff\n{"query": "q", "gold": "a", "candidates": "b || c"}\r\n',
        '{"Question": "q", "Answer": "a", "candidates": ["a", "b", "c"]}',
        "query,candidate,label\nq,a,1\nq,b,0\nq,c,0\n",
        "query\tcandidate\tlabel\nq\ta\tTRUE\nq\tb\tFALSE\nq\tc\tno\n",
        "label,query,candidate,note\nyes,q,a,x\nNo,q,b,y\n-1,q,c,z\n",
        "标签,查询,候选\n是,q,a\n否,q,b\n错,q,c\n",
        jsonl(*({"query": "q", "candidate": text, "label": label} for text, label in LABELLED)),
    ],
)
def test_every_form_reads_the_same(text: str) -> None:
    mine = read(text)
    assert [texts(query) for query in mine.queries] == ONE
    assert (mine.name, mine.source) == ("mine", "own")
    assert mine.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_quotes_commas_and_line_breaks_in_cells() -> None:
    mine = read('query,gold,candidate\n"a, ""b""","two\r\nlines",c\nq2,x,y\n')
    assert texts(mine.queries[0]) == ('a, "b"', {"two\nlines": 1, "c": 0})
    error = refused('query,gold,candidate\n"a","two\r\n\r\nlines",c\n\nq2,,y\n')
    assert (error.code, error.values["line"], error.values["field"]) == ("set_lacks", 6, "gold")


def test_a_quote_behind_a_space_begins_a_cell() -> None:
    (query,) = read('query,gold,candidate\nIs it so?, "Yes, it is", "No, it is not"\n').queries
    assert texts(query) == ("Is it so?", {"Yes, it is": 1, "No, it is not": 0})


def test_the_joint_splits_only_a_column_that_stands_alone() -> None:
    mine = read("query,gold,candidate 1,candidate 2\nq,a,x || y,\n")
    assert texts(mine.queries[0])[1] == {"a": 1, "x || y": 0}


def test_grades_and_rows_apart() -> None:
    mine = read("query,candidate,label\nq1,a,3\nq2,x,1.0\nq1,b,0\nq2,y,0\nq1,c,１\n")
    assert [texts(query) for query in mine.queries] == [("q1", {"a": 3, "b": 0, "c": 1}), ("q2", {"x": 1, "y": 0})]


def test_named_columns_are_kept_and_are_no_candidates() -> None:
    mine = read(
        "id,query,gold,other,category,family,lang,instruction,rationale\nx1,q,a,b,时间,f,zh,Find.,why\n,r,a,b\n"
    )
    first, second = mine.queries
    assert (first.id, first.category, first.family, first.lang) == ("x1", "时间", "f", "zh")
    assert (first.instruction, first.rationale) == ("Find.", "why")
    assert len(first.candidates) == 2
    assert (second.id, second.category, second.family, second.instruction) == ("q2", "all", "q2", None)
    assert not mine.families_matter


def test_the_template_reads_back() -> None:
    mine = read(template())
    assert len(mine.queries) >= 2
    assert mine.families_matter
    assert template().startswith("\ufeff")  # or a spreadsheet garbles the Chinese
    header, *rows = template().removeprefix("\ufeff").strip().split("\r\n")
    assert header.startswith("query,gold,candidate")
    assert len(rows) == len(mine.queries)


@pytest.mark.parametrize("canary", [[], [{"canary": "x"}]])
def test_records_are_read_as_records(canary: list[Any]) -> None:
    text = jsonl(*canary, record(1), record(2))
    assert read(text) == read_records(text, "mine")


@pytest.mark.parametrize(
    ("text", "code", "line", "told"),
    [
        ("a,b\n1,2\n", "set_columns", 1, "a, b"),
        ("\nquery,candidates\nq,a\n", "set_columns", 2, "query, candidates"),
        ("query,query,gold\nq,q,a\n", "set_columns", 1, "query, query, gold"),
        ("query,label\nq,1\n", "set_columns", 1, "query, label"),
        ("怎样快速入睡？", "set_columns", 1, "怎样快速入睡？"),
        ("/etc/passwd", "set_columns", 1, "/etc/passwd"),
        ('query,gold,c\nq,"a,b\n', "set_table", 2, "unexpected end"),
        ('query,gold,c\n"a"b,c,d\n', "set_table", 2, "expected after"),
        ("query,gold,c\nq,a,b\n,a,b\n", "set_lacks", 3, "query"),
        ("query,gold,c\nq,,b\n", "set_lacks", 2, "gold"),
        ("query,gold,c\nq,a,\n", "set_few_candidates", 2, "1"),
        ("query,gold,c\nq,a\n", "set_few_candidates", 2, "1"),
        ("query,gold,c,d\nq,a,b,B.\n", "set_same_text", 2, "B."),
        (f"query,gold,candidate 1\n{PARIS}\n", "set_cells", 2, "has 4 cells, but the header has 3"),
        (f"query,gold,candidate 1\nq,a,b,,\n\n{PARIS},,\n", "set_cells", 4, "has 4 cells"),
        (f"query,gold,candidates\nq,a,b,c\n{PARIS}\n", "set_cells", 3, "in quotes"),
        (f"query,gold\n{PARIS}\n", "set_cells", 2, "has 4 cells, but the header has 2"),
        ("query\tgold\tx\nq\ta\tb\tc\n", "set_cells", 2, "name every column"),
        ("query,gold,candidates,category\nq,a,b,c,x\n", "set_cells", 2, "has 5 cells"),
        ("query,gold,c\nq,a,A!\n", "set_same_text", 2, "A!"),
        ("query,gold,c\nq,a,Q?\n", "set_query_is_candidate", 2, "c2"),
        ("query,gold,c\nq,q,b\n", "set_query_is_candidate", 2, "c1"),
        ("query,gold,c\nq,a,b\nr,a,b\nq,b,a\n", "set_query_again", 4, "line 2"),
        ("id,query,gold,c\nx,q,a,b\nx,r,a,b\n", "set_query_id", 3, "x"),
        ("query,gold,c\nq\x00,a,b\n", "set_character", 2, "U+0000"),
        ("query,gold,c\nq,\ud800a,b\n", "set_character", 2, "U+D800"),
        ("query,candidate,label\nq,a,1\nq,b,perhaps\n", "set_label", 3, "perhaps"),
        ("query,candidate,label\nq,a,0.5\nq,b,0\n", "set_label", 2, "0.5"),
        ("query,candidate,label\nq,a,nan\nq,b,0\n", "set_label", 2, "nan"),
        (f"query,candidate,label\nq,a,{MAX_GRADE + 1}\nq,b,0\n", "set_label", 2, "101"),
        ("query,candidate,label\nq,a,\nq,b,0\n", "set_lacks", 2, "label"),
        ("query,candidate,label\nq,a\nq,b,0\n", "set_lacks", 2, "label"),
        ("query,candidate,label\nq,hello, world,1\nq,b,0\n", "set_cells", 2, "has 4 cells"),
        ("query,candidate,label\nq,,1\nq,b,0\n", "set_lacks", 2, "candidate"),
        ("query,candidate,label\nr,x,1\nr,y,0\nq,a,0\nq,b,0\n", "set_no_gold", 4, '"q"'),
        ("query,candidate,label\nq,a,1\nq,b,1\n", "set_no_wrong", 2, '"q"'),
        ("query,candidate,label\nq,a,5\nq,b,1\nq,c,3\n", "set_no_wrong", 2, '"q"'),
        ("query,candidate,label\nq,a,1\nr,x,1\nq,b,0\nq,A,0\nr,y,0\n", "set_same_text", 5, "c1 and c3"),
        ("query,candidate,label\nq,a,1\n", "set_few_candidates", 2, "1"),
        ('{"query": "q", "gold": "a"}', "set_few_candidates", 1, "1"),
        ('{"query": "q", "gold": "a", "candidates": [1]}', "set_not_text", 1, "candidate 1 is 1"),
        ('{"query": "q", "gold": 0, "candidates": ["a", "b"]}', "set_not_text", 1, "gold is 0"),
        ('{"query": "q", "gold": "a", "candidates": 7}', "set_candidate_list", 1, "7"),
        ('{"query": "q", "gold": "a", "candidates": ["b", "b"]}', "set_same_text", 1, "c2 and c3"),
        ('{"query": "q"}', "set_columns", 1, "query"),
        ('{"query": "q", "gold": "a", "candidates": ["b"]}\n{', "set_json", 2, "column 2"),
        ('{"query": "q", "candidate": "a", "label": []}', "set_label", 1, "[]"),
        ('{"query": "\\ud800", "gold": "a", "candidates": ["b"]}', "set_character", 1, "U+D800"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line_and_value(text: str, code: str, line: int, told: str) -> None:
    error = refused(text)
    assert (error.code, error.values["line"]) == (code, line)
    assert told in str(error)
    str(error).encode()


@pytest.mark.parametrize("text", ["", " \n\n", "\ufeff", "query,gold,candidates\n", "query,candidate,label\r\n,,\r\n"])
def test_a_table_without_rows_is_refused(text: str) -> None:
    assert refused(text).code == "set_empty"


def test_too_much_is_refused() -> None:
    rows = "".join(f"q{number},a,b\n" for number in range(VISITOR.queries + 1))
    assert refused(f"query,gold,c\n{rows}").code == "set_many_queries"
    many = ",".join(f"c{number}" for number in range(VISITOR.candidates))
    assert refused(f"query,gold\nq,a,{many}").code == "set_many_candidates"
    assert refused(f"query,gold,c\nq,a,{'b' * (VISITOR.characters + 1)}").code == "set_text_long"
    assert refused(" " * (VISITOR.total + 1)).code == "set_too_large"
    assert refused(f"query,gold,c\nq,a,{'b' * 200_000}").code == "set_table"  # more than csv takes in a cell


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("x")', "<script>alert(1)</script>", "${7*7}", "../../etc/passwd", "مرحبا"]
)
def test_what_is_typed_is_data(text: str) -> None:
    (query,) = read(json.dumps({"query": text, "gold": f"{text} gold", "candidates": [f"{text} other"]})).queries
    assert texts(query) == (text, {f"{text} gold": 1, f"{text} other": 0})

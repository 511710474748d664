"""BEIR folders."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from eval.dataset import EvalSet, read_beir
from eval.ledger import begin, resume
from eval.plan import RunPlan
from models.errors import InputError

CORPUS: list[Any] = [
    {"_id": "d1", "title": "Relativity", "text": "Einstein wrote it."},
    {"_id": "d2", "title": "", "text": "Wheat beer is cloudy."},
    {"_id": "d3", "text": "Nothing of the kind."},
]
QUERIES: list[Any] = [{"_id": "q1", "text": "Who wrote it?"}, {"_id": "q2", "text": "What is cloudy?"}]
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td3\t0\nq2\td2\t1\n"


def folder(
    tmp_path: Path,
    corpus: list[Any] | None = None,
    queries: list[Any] | None = None,
    qrels: dict[str, str] | None = None,
    ranked: list[Any] | None = None,
) -> Path:
    """A folder with these files; what is not given is as above."""
    (tmp_path / "qrels").mkdir()
    for name, rows in (("corpus", corpus or CORPUS), ("queries", queries or QUERIES), ("top_ranked", ranked)):
        if rows is not None:
            lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
            (tmp_path / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for split, text in ({"test": QRELS} if qrels is None else qrels).items():
        (tmp_path / "qrels" / f"{split}.tsv").write_text(text, encoding="utf-8", newline="")
    return tmp_path


def refused(path: Path, top: int | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        read_beir(path, top=top)
    return caught.value


def judged(beir: EvalSet) -> dict[str, dict[str, int]]:
    return {query.id: query.relevant for query in beir.queries}


def test_every_query_is_asked_of_the_whole_corpus(tmp_path: Path) -> None:
    beir = read_beir(folder(tmp_path), "mine")
    assert (beir.name, beir.source, beir.canary) == ("mine", "beir", None)
    first, second = beir.queries
    assert first.candidates is second.candidates
    assert [(item.id, item.text) for item in first.candidates] == [
        ("d1", "Relativity Einstein wrote it."),
        ("d2", "Wheat beer is cloudy."),
        ("d3", "Nothing of the kind."),
    ]
    assert judged(beir) == {"q1": {"d1": 2}, "q2": {"d2": 1}}
    assert (first.text, first.family, first.category) == ("Who wrote it?", "q1", "all")
    assert not beir.families_matter


def test_the_name_is_the_folders_and_the_hash_that_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "scifact").mkdir()
    path = folder(tmp_path / "scifact")
    beir = read_beir(str(path))
    files = [path / "corpus.jsonl", path / "queries.jsonl", path / "qrels" / "test.tsv"]
    assert beir.name == "scifact"
    assert beir.sha256 == hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def test_test_is_the_split_and_without_it_all_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    head = "query-id\tcorpus-id\tscore\n"
    parts = {"train": f"{head}q1\td1\t1\n", "dev": f"{head}q2\td2\t1\n"}
    assert judged(read_beir(folder(tmp_path / "a", qrels={**parts, "test": f"{head}q2\td3\t1"}))) == {"q2": {"d3": 1}}
    assert set(judged(read_beir(folder(tmp_path / "b", qrels=parts)))) == {"q1", "q2"}


def test_the_header_may_be_missing_and_lines_may_end_in_crlf(tmp_path: Path) -> None:
    path = folder(tmp_path, qrels={"test": "\ufeffq1\td1\t1\r\n\r\nq2\td2\t1\r\n"})
    assert set(judged(read_beir(path))) == {"q1", "q2"}


def test_queries_without_a_relevant_document_are_left_out(tmp_path: Path) -> None:
    queries = [*QUERIES, {"_id": "q3", "text": "not judged"}, {"_id": "q4", "text": "judged wrong"}]
    path = folder(tmp_path, queries=queries, qrels={"test": f"{QRELS}q4\td1\t0\nq4\td2\t-1\n"})
    assert set(judged(read_beir(path))) == {"q1", "q2"}


def test_whole_numbers_are_ids(tmp_path: Path) -> None:
    corpus = [{"_id": number, "text": f"text {number}"} for number in (1, 2)]
    path = folder(tmp_path, corpus, [{"_id": 7, "text": "q"}], {"test": "7\t2\t1.0\n"})
    assert judged(read_beir(path)) == {"7": {"2": 1}}


def test_useless_documents_harm_no_query(tmp_path: Path) -> None:
    corpus = [*CORPUS, {"_id": "d4", "text": "nothing of the kind"}, {"_id": "d5", "title": None, "text": " "}]
    beir = read_beir(folder(tmp_path, corpus))
    assert [item.id for item in beir.queries[0].candidates] == ["d1", "d2", "d3", "d4"]


def test_equal_right_answers_are_told_apart_by_no_one_and_need_not(tmp_path: Path) -> None:
    corpus = [*CORPUS, {"_id": "d4", "text": "wheat beer is cloudy"}]
    assert judged(read_beir(folder(tmp_path, corpus, qrels={"test": f"{QRELS}q2\td4\t1\n"})))["q2"] == {
        "d2": 1,
        "d4": 1,
    }


@pytest.mark.parametrize("grade", ["", "q2\td4\t2\n"])
def test_a_document_equal_to_a_right_answer_is_refused(tmp_path: Path, grade: str) -> None:
    corpus = [*CORPUS, {"_id": "d4", "text": "wheat beer is cloudy"}]
    error = refused(folder(tmp_path, corpus, qrels={"test": QRELS + grade}))
    assert error.code == "set_same_text"
    assert str(error).startswith("Line 4 of corpus.jsonl: the candidates d2 and d4")


def test_an_equal_document_outside_the_ranked_list_harms_no_one(tmp_path: Path) -> None:
    corpus = [*CORPUS, {"_id": "d4", "text": "wheat beer is cloudy"}]
    inside, outside = (
        [{"query-id": "q1", "corpus-ids": ["d1", "d2"]}, {"query-id": "q2", "corpus-ids": ["d2", other]}]
        for other in ("d4", "d1")
    )
    for name in ("inside", "outside"):
        (tmp_path / name).mkdir()
    assert refused(folder(tmp_path / "inside", corpus, ranked=inside), top=2).code == "set_same_text"
    assert len(read_beir(folder(tmp_path / "outside", corpus, ranked=outside), top=2).queries) == 2


def test_ranked_lists_narrow_the_candidates(tmp_path: Path) -> None:
    ranked = [
        {"query-id": "q1", "corpus-ids": ["d3", "d5", "d1", "d2"]},
        {"query-id": "q2", "corpus-ids": ["d2", "d1"]},
    ]
    path = folder(tmp_path, [*CORPUS, {"_id": "d5", "text": ""}], ranked=ranked)
    beir = read_beir(path, top=2)
    assert [[item.id for item in query.candidates] for query in beir.queries] == [["d3", "d1"], ["d2", "d1"]]
    assert beir.sha256 != read_beir(path).sha256


def test_another_top_is_another_set_and_resumes_no_run(tmp_path: Path) -> None:
    ranked = [{"query-id": query, "corpus-ids": ["d1", "d2", "d3"]} for query in ("q1", "q2")]
    path = folder(tmp_path, ranked=ranked)
    two, three = (read_beir(path, top=top) for top in (2, 3))
    assert two.sha256 == read_beir(path, top=2).sha256 != three.sha256
    before, now = (RunPlan(models=("bm25",), sets=(item,)) for item in (two, three))
    with pytest.raises(InputError) as caught:
        resume(now, begin(before))
    assert caught.value.code == "eval_resume"


@pytest.mark.parametrize(
    ("ids", "code", "told"),
    [
        (["d2", "d3", "d1"], "set_gold", "d1"),
        (["d1", "d9"], "set_unknown_id", "d9"),
        (["d1", "d1"], "set_candidate_id", "d1"),
        (["d1"], "set_few_candidates", "1"),
        ([["d1"], "d2"], "set_not_text", "['d1']"),
        (None, "set_lacks", "corpus-ids"),
    ],
)
def test_a_wrong_ranked_list_is_refused(tmp_path: Path, ids: Any, code: str, told: str) -> None:
    ranked = [{"query-id": "q1", "corpus-ids": ids}, {"query-id": "q2", "corpus-ids": ["d2", "d1"]}]
    error = refused(folder(tmp_path, ranked=ranked), top=2)
    assert (error.code, error.values["line"]) == (code, 1)
    assert told in str(error)


def test_every_query_needs_a_ranked_list(tmp_path: Path) -> None:
    error = refused(folder(tmp_path, ranked=[{"query-id": "q1", "corpus-ids": ["d1", "d2"]}]), top=2)
    assert str(error) == 'Line 2 of queries.jsonl names "q2", which top_ranked.jsonl does not have.'


@pytest.mark.parametrize(
    ("changed", "code", "place", "told"),
    [
        ({"corpus": [*CORPUS, "{"]}, "set_json", ("corpus.jsonl", 4), "column"),
        ({"corpus": [*CORPUS, {"_id": "d1", "text": "again"}]}, "set_candidate_id", ("corpus.jsonl", 4), "d1"),
        ({"corpus": [*CORPUS, {"text": "no id"}]}, "set_lacks", ("corpus.jsonl", 4), "_id"),
        ({"corpus": [*CORPUS, {"_id": "d4", "contents": "x"}]}, "set_lacks", ("corpus.jsonl", 4), "text"),
        ({"corpus": [*CORPUS, {"_id": "d4", "text": "a\x00"}]}, "set_character", ("corpus.jsonl", 4), "U+0000"),
        ({"corpus": CORPUS[:1]}, "set_few_candidates", ("corpus.jsonl", 1), "1"),
        ({"corpus": [*CORPUS[:2], {"_id": "d3", "text": ""}], "qrels": {"test": f"{QRELS}q1\td3\t1\n"}}, "set_blank",
         ("corpus.jsonl", 3), "d3"),
        ({"queries": [*QUERIES, {"_id": "q1", "text": "again"}]}, "set_query_id", ("queries.jsonl", 3), "q1"),
        ({"queries": [QUERIES[0], {"_id": "q2", "text": ""}]}, "set_blank", ("queries.jsonl", 2), "text"),
        ({"queries": [QUERIES[0], {"_id": "q2", "text": "Nothing of the kind!"}]}, "set_query_is_candidate",
         ("queries.jsonl", 2), "d3"),
        ({"qrels": {"test": f"{QRELS}q2\td9\t1\n"}}, "set_unknown_id", ("qrels/test.tsv", 5), "d9"),
        ({"qrels": {"dev": f"{QRELS}q9\td1\t1\n"}}, "set_unknown_id", ("qrels/dev.tsv", 5), "q9"),
        ({"qrels": {"test": f"{QRELS}q2\td1\tvery\n"}}, "set_label", ("qrels/test.tsv", 5), "very"),
        ({"qrels": {"test": f"{QRELS}q2 d1 1\n"}}, "set_judgment", ("qrels/test.tsv", 5), "q2 d1 1"),
        ({"qrels": {"test": f"{QRELS}q2\t0\td1\t1\n"}}, "set_judgment", ("qrels/test.tsv", 5), "q2"),
    ],
)  # fmt: skip
def test_a_wrong_folder_is_refused_with_file_line_and_value(
    tmp_path: Path, changed: dict[str, Any], code: str, place: tuple[str, int], told: str
) -> None:
    error = refused(folder(tmp_path, **changed))
    assert (error.code, error.values["name"], error.values["line"]) == (code, *place)
    assert told in str(error)


def test_a_folder_without_judgments_is_refused(tmp_path: Path) -> None:
    path = folder(tmp_path, qrels={"test": "query-id\tcorpus-id\tscore\n"})
    assert refused(path).code == "set_empty"


@pytest.mark.parametrize("missing", ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    path = folder(tmp_path)
    (path / missing).unlink()
    assert missing.replace("test", "*") in str(refused(path))
    assert "top_ranked.jsonl" in str(refused(path, top=5))


def test_a_file_that_is_no_utf8_is_named(tmp_path: Path) -> None:
    path = folder(tmp_path)
    (path / "queries.jsonl").write_bytes(b"\xff\xfe\x00")
    assert refused(path).code == "set_unreadable"

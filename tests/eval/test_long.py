"""Needles in documents: where they lie, how long the documents are, and what a run makes of the grid."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from eval.benchmark import run as benchmark
from eval.dataset import fold, load, names
from eval.events import Done
from eval.layout import lay_out
from eval.long import DEPTHS, DOCUMENTS, LENGTHS, NAMES, Cell, assembled, generated, needles_of, prose_of
from eval.long_grid import grids, notes, sheet
from eval.own import sets_of
from eval.plan import RunPlan
from eval.queries import EXCERPT, listed
from eval.report import html, markdown
from eval.sets import EvalSet, Query
from eval.words import words
from models import Workbench
from models.spec import Role

ROOT = Path(__file__).resolve().parent.parent.parent
ENCODER = ROOT / "models" / "builtin" / "libra-mini-encoder"
NEEDLES = {needle.question: needle.text for lang in ("en", "zh") for needle in needles_of(lang)}


@pytest.fixture(scope="module")
def whole() -> EvalSet:
    return generated("long")


def place(query: Query) -> tuple[int, int]:
    """(length, depth), as the id says."""
    length, depth, *_ = query.id.split("-")
    return int(length), int(depth)


def gold(query: Query) -> str:
    (text,) = (item.text for item in query.candidates if item.id in query.relevant)
    return text


# --- the sources


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_prose_is_varied_and_says_nothing_of_the_needles(lang: str) -> None:
    prose = [fold("".join(paragraph)) for paragraph in prose_of(lang)]
    assert len(set(prose)) == 60
    needles = needles_of(lang)
    assert len({needle.text for needle in needles}) == len({needle.question for needle in needles}) == 24
    assert not [needle for needle in needles if any(fold(needle.text) in text for text in prose)]
    sentences = Counter(sentence for paragraph in prose_of(lang) for sentence in paragraph)
    assert max(sentences.values()) == 1


# --- the documents


def test_every_cell_is_there(whole: EvalSet) -> None:
    assert Counter(map(place, whole.queries)) == {(length, depth): 32 for length in LENGTHS for depth in DEPTHS}
    assert Counter(query.lang for query in whole.queries) == {"en": 480, "zh": 480}
    assert len({query.id for query in whole.queries}) == len(whole.queries)
    assert list(dict.fromkeys(query.category for query in whole.queries)) == [f"{length} tokens" for length in LENGTHS]
    for query in whole.queries:
        length, depth = place(query)
        assert query.id.startswith(f"{length}-{depth}-{query.lang}-")
        assert query.category == f"{length} tokens"


def test_exactly_one_candidate_holds_the_needle(whole: EvalSet) -> None:
    for query in whole.queries:
        assert len(query.candidates) == DOCUMENTS == len({item.id for item in query.candidates})
        holders = [item.id for item in query.candidates if NEEDLES[query.text] in item.text]
        assert holders == list(query.relevant)


def test_a_document_has_one_needle_at_its_depth(whole: EvalSet) -> None:
    for query in whole.queries:
        text, needle = gold(query), NEEDLES[query.text]
        assert [other for other in NEEDLES.values() if other in text] == [needle]
        assert text.count(needle) == 1
        depth = 100 * text.index(needle) / (len(text) - len(needle))
        assert depth == pytest.approx(place(query)[1], abs=5)


def test_lengths_by_the_encoders_tokenizer(whole: EvalSet) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(ENCODER / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    for length, found in groupby(whole.queries, lambda query: place(query)[0]):
        queries = list(found)[:: 1 if length <= 1024 else 16]  # all of the short ones, which vary most
        for encoding in tokenizer.encode_batch([gold(query) for query in queries], add_special_tokens=False):
            assert len(encoding.ids) == pytest.approx(length, rel=0.1)


def test_the_questions_of_a_cell_share_its_documents(whole: EvalSet) -> None:
    layout = lay_out(whole, instructions=False)
    assert len(layout.texts) == 960
    assert all(group.shared for group in layout.groups)
    golds = Counter(next(iter(query.relevant)) for query in whole.queries)
    assert set(golds.values()) == {1}  # nothing but the question can tell
    for _, queries in groupby(whole.queries, lambda query: (place(query), query.lang)):
        places = [next(iter(relevant)) for relevant in lay_out(EvalSet("cell", tuple(queries), ""), False).relevant]
        assert sorted(places) == list(range(DOCUMENTS))


def test_a_question_is_in_one_family_wherever_it_is_asked(whole: EvalSet) -> None:
    """The test between models moves families: one asked in many cells may not count as many confirmations."""
    families: dict[str, set[str]] = {}
    for query in whole.queries:
        families.setdefault(query.text, set()).add(query.family)
    assert set(families) == set(NEEDLES)
    assert all(len(found) == 1 for found in families.values())
    assert len(set.union(*families.values())) == len(NEEDLES)
    for _, queries in groupby(whole.queries, lambda query: (place(query), query.lang)):
        assert len({query.family for query in queries}) == DOCUMENTS


# --- the sets


def test_the_same_bytes_each_time() -> None:
    code = "from eval.long import generated; print(generated('long-2048').sha256)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == generated("long-2048").sha256


def test_the_hash_is_of_everything_that_is_judged() -> None:
    small = assembled("long", [Cell(256, 0, "en")])
    assert assembled("long", [Cell(256, 0, "en")]).sha256 == small.sha256
    assert assembled("long", [Cell(256, 25, "en")]).sha256 != small.sha256


def test_sets_by_name(whole: EvalSet) -> None:
    assert set(NAMES) <= set(names())
    assert load("long") is whole
    short = load("long-2048")
    assert short.queries == tuple(query for query in whole.queries if place(query)[0] <= 2048)
    assert short.sha256 != whole.sha256
    for item in (whole, short):
        assert item.source == "built-in"
        assert item.canary
        assert item.families_matter
    run = planted(short)
    assert sets_of(run)["long-2048"].queries == short.queries


# --- the grid


def planted(evalset: EvalSet, sight: int = 512) -> dict[str, Any]:
    """A model that is right wherever the needle lies before ``sight``, and once a cell beyond; and one always right."""

    def result(model: str, limit: int | None, ranks: dict[str, int]) -> dict[str, Any]:
        first = {query.id: next(iter(query.relevant)) for query in evalset.queries}
        return {"model": model, "set": evalset.name, "ranks": ranks, "max_tokens": limit, "first": first}

    near = {}
    for query in evalset.queries:
        length, depth = place(query)
        near[query.id] = 1 if length * depth / 100 < sight or query.id.endswith("01") else 9
    seen = dict.fromkeys(near, 1)
    return {
        "results": [
            result("libra-mini-encoder", sight, near),
            result("qwen3-embedding-0.6b", 8192, seen),
            result("mine", 1024, seen),
            result("bm25", None, seen),
        ],
        "sets": {evalset.name: {"sha256": evalset.sha256, "queries": len(evalset.queries), "source": evalset.source}},
    }


def test_a_planted_run_gives_its_grid(whole: EvalSet) -> None:
    near, *seen = grids(planted(whole), "long")
    assert set(near.cells) == {(length, depth) for length in LENGTHS for depth in DEPTHS}
    for (length, depth), top1 in near.cells.items():
        assert top1 == (1 if length * depth / 100 < 512 else 2 / 32)
        assert near.beyond(length, depth) == (top1 < 1)
    assert all(set(grid.cells.values()) == {1} for grid in seen)
    assert [(grid.own, grid.cut) for grid in (near, *seen)] == [
        (512, 512),
        (32768, 8192),
        (None, 1024),
        (1000000, None),
    ]
    assert not any(seen[2].beyond(length, 100) for length in LENGTHS)
    assert near.queries == 32


def test_the_table_and_what_stands_below_it(whole: EvalSet) -> None:
    run, english = planted(whole), words()
    table = sheet(run, "long", english)
    assert table.head == ("Model", "Length, tokens", "0 %", "25 %", "50 %", "75 %", "100 %")
    assert len(table.rows) == 4 * len(LENGTHS)
    assert table.rows[2] == ("Libra mini encoder", "1,024", "100.0", "100.0", "6.2 †", "6.2 †", "6.2 †")
    assert table.rows[11] == ("Qwen3-Embedding-0.6B", "8,192", *["100.0"] * 4, "100.0 †")
    told = notes(run, "long", english)
    assert "up to 32 queries" in told[0]
    assert "6.2 %" in told[0]
    assert told[1:] == [
        "Libra mini encoder can read 512 tokens, and no text was cut before that.",
        "Qwen3-Embedding-0.6B could read 32,768 tokens; here its texts were cut at 8,192.",
        "mine: texts were cut at 1,024 tokens.",
        "BM25 reads every text to its end.",
    ]
    assert notes(run, "long", words("zh"))[1] == "Libra mini encoder 能读 512 个词元，文本在此之前没有被截断。"


def test_reports_have_the_grid() -> None:
    short = load("long-2048")
    run = planted(short)
    for page in (markdown(run, {short.name: short}), html(run, {short.name: short})):
        assert "How far a model sees" in page
        assert "could read 32,768 tokens" in page
    assert "| Libra mini encoder | 1,024 | 100.0 | 100.0 | 6.2 † |" in markdown(run)
    assert len(html(run, {short.name: short})) < 5_000_000  # excerpts, not documents


def test_other_sets_have_no_grid() -> None:
    short = load("long-2048")
    run = planted(short)
    run["sets"]["long-2048"]["source"] = "own"  # a visitor may call a set so
    assert grids(run, "long-2048") == ()
    assert sheet(run, "long-2048", words()).rows == ()
    assert notes(run, "long-2048", words()) == []
    assert "How far" not in markdown(run) + html(run)
    assert grids(run, "zh-hard") == ()


def test_a_run_cut_short_has_a_grid_of_what_it_has() -> None:
    run = planted(assembled("long", [Cell(256, 0, "en"), Cell(512, 75, "en")]))
    run["results"] = run["results"][:1]
    (grid,) = grids(run, "long")
    assert set(grid.cells) == {(256, 0), (512, 75)}
    assert sheet(run, "long", words()).rows[1][2:] == ("–", "–", "–", "100.0", "–")


def test_lists_show_excerpts() -> None:
    cell = assembled("long", [Cell(4096, 50, "en")])
    first = listed(planted(cell), "long", cell)[0]
    assert len(first.gold[0]) == EXCERPT + 1
    assert first.gold[0].endswith("…")
    assert first.answers[0].first == first.gold[0]
    assert NEEDLES[first.text] in first.rationale


# --- a real run


@pytest.fixture
def bench() -> Iterator[Workbench]:
    made = Workbench()
    yield made
    made.close()


def test_bm25_reads_to_the_end(bench: Workbench) -> None:
    cell = assembled("long", [Cell(2048, 100, "zh")])
    plan = RunPlan(models=("bm25",), sets=(cell,), speed="off", sweep=False)
    (done,) = (event for event in benchmark(bench, plan) if isinstance(event, Done))
    (grid,) = grids(done.run, "long")
    assert grid.cut is None
    assert grid.cells[2048, 100] >= 0.8


def test_the_built_in_encoder_finds_needles_that_it_can_see(bench: Workbench) -> None:
    queries = assembled("long", [Cell(256, 0, "en")]).queries
    asked = bench.vectors("libra-mini-encoder", [query.text for query in queries], Role.QUERY)
    documents = bench.vectors("libra-mini-encoder", [item.text for item in queries[0].candidates], Role.DOCUMENT)
    first = (asked @ documents.T).argmax(axis=1)  # the gold of query n is document n
    assert (first == range(DOCUMENTS)).mean() >= 0.3  # guessing gives 1/16; the encoder was healed on short texts

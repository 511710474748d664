"""CSV, Markdown and HTML of a hand-made run: figures, languages, and nothing that a cell or a page would run."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from eval import sheets
from eval.findings import category_findings, failures, matching, sentences, smallest_dimensions, warnings
from eval.formats import chance, gib, number, percent, points, ratio, seconds, span
from eval.outcomes import outcomes
from eval.report import cell, comparisons_csv, html, markdown, queries_csv, results_csv, sweeps_csv
from eval.words import LANGUAGES, said, words
from tests.eval.handmade import GIB, MODELS, NAME, evalset, run

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\x00\ud800|`*_[a](javascript:b)"
EVAL = Path(__file__).resolve().parent.parent.parent / "eval"
ENGLISH = words()


def rows(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


# --- figures


def test_figures_as_people_read_them() -> None:
    assert [percent(share) for share in (0.875, 1, 0, None, 0.9999, 0.0001)] == [
        "87.5",
        "100.0",
        "0.0",
        "–",
        "99.9",
        "0.1",
    ]
    assert [points(value) for value in (0.025, -0.025, 0.0, None)] == ["+2.5", "−2.5", "0.0", "–"]
    assert (gib(1.5 * GIB), gib(GIB / 1024), gib(None)) == ("1.50", "0.00098", "–")
    assert [seconds(value) for value in (0.02, 0.0015, 12.3456)] == ["0.020", "0.0015", "12.346"]
    assert (ratio(1.4321), number(0.81249), number(12.34), span(0.5, None)) == ("×1.43", "0.812", "12.3", "–")
    assert [chance(p) for p in (0.0001, 0.034, 0.74, 1.0)] == ["<.001", ".034", ".74", "1"]


# --- CSV


def test_results_have_a_row_for_every_model_and_the_failed_one() -> None:
    found = rows(results_csv(run()))
    assert [row["model"] for row in found] == [*MODELS, "qwen3-embedding-8b"]
    assert found[0]["top1"] == "0.75"
    assert found[0]["weights_bytes"] == str(GIB)
    assert (found[0]["top1_low"], found[0]["interval_method"]) == ("0.1", "wilson_effective")
    assert (found[3]["texts_per_second"], found[3]["dimensions"]) == ("", "")
    assert found[4]["error"] == "Qwen3-Embedding-8B needs 15 GB."


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "－"])
def test_no_cell_is_a_formula(start: str) -> None:
    assert cell(f"{start}1+1") == f"'{start}1+1"
    made = run()
    made["results"][0]["label"] = f"{start}cmd"
    assert rows(results_csv(made))[0]["label"].startswith(f"'{start}")


def test_numbers_stay_numbers() -> None:
    assert (cell(-0.5), cell(None), cell("1-2")) == (-0.5, "", "1-2")


def test_queries_with_and_without_their_set() -> None:
    found = rows(queries_csv(run(), {NAME: evalset()}))
    assert len(found) == 8 * 4
    bm25 = next(row for row in found if (row["query_id"], row["model"]) == ("q2", "bm25"))
    assert (bm25["rank"], bm25["first"], bm25["gold"], bm25["lang"]) == ("4", "wrong 1 q2", "right q2", "zh")
    assert (bm25["gold_score"], bm25["first_score"]) == ("0.5", "0.6")
    assert {row["query"] for row in rows(queries_csv(run()))} == {""}


def test_comparisons_and_sweeps() -> None:
    assert [row["p_holm"] for row in rows(comparisons_csv(run()))] == ["1.0", "0.2", "0.01", "0.3", "0.01", "0.6"]
    assert rows(sweeps_csv(run()))[3]["bytes_per_vector"] == "1024"


# --- the record


def test_a_changed_set_is_none() -> None:
    made = run()
    assert set(matching(made, {NAME: evalset()})) == {NAME}
    made["sets"][NAME]["sha256"] = "other"
    assert matching(made, {NAME: evalset()}) == {}


@pytest.mark.parametrize(
    "broken", [{}, {"results": None, "comparisons": 3}, {"results": [{}], "sweeps": [{"set": "None"}]}]
)
def test_a_record_that_lacks_everything_is_reported_all_the_same(broken: dict[str, Any]) -> None:
    assert "<!doctype html>" in html(broken)
    assert markdown(broken).startswith("# Libra benchmark")
    assert rows(results_csv(broken)) == [] or broken.get("results")


def test_figures_that_are_none_are_left_out() -> None:
    made = run()
    made["results"][0]["metrics"]["top1"] = float("nan")
    made["results"][0]["intervals"] = None
    assert outcomes(made)[0].top1 is None
    assert "nan" not in html(made).lower().replace("finance", "")


def test_sentences_are_made_anew_in_the_language_asked_for() -> None:
    english, chinese = (sentences(run(), NAME, words(language)) for language in LANGUAGES)
    assert english[2].startswith("On these 8 queries BGE-M3 is better than BM25 (62.5 points, p = .0017")
    assert chinese[2].startswith("在这 8 条查询上，BGE-M3 优于 BM25")
    made = run()
    del made["comparisons"][0]["discordant"]  # an older record: it speaks for itself
    assert sentences(made, NAME, words("zh"))[0] == "bge-m3 or qwen3-embedding-0.6b?"


def test_smallest_dimension() -> None:
    told = [one.text(ENGLISH) for one in smallest_dimensions(run(), NAME)]
    assert told[0].startswith("BGE-M3 was not trained to be cut. Down to 512 of 1024 dimensions")
    assert told[1].startswith("Qwen3-Embedding-0.6B: down to 256 of 1024 dimensions")


def test_warnings_speak_the_language() -> None:
    made = run()
    values = {"model": "M", "reason": "r"}
    made["results"][0]["warnings"] = [
        {"code": "encode_failed", "message": "M failed.", "values": values},
        {"code": "no_such", "message": "As it was.", "values": {}},
        {"code": "encode_failed", "message": "Other values.", "values": {}},
    ]
    told = warnings(outcomes(made)[0], words("zh"))
    assert told[0].startswith("M 编码时出错：r")
    assert told[1:] == ["As it was.", "Other values."]


def test_failures_speak_the_language() -> None:
    made = run() | {"failure_details": {"qwen3-embedding-8b": {"code": "cancelled", "values": {}}}}
    assert failures(made, words("zh")) == {"Qwen3-Embedding-8B": "已停止。"}
    assert failures(run(), words("zh")) == {"Qwen3-Embedding-8B": "Qwen3-Embedding-8B needs 15 GB."}


def test_categories_that_tell_models_apart() -> None:
    cell = {"set": NAME, "category": "idiom", "a": "bge-m3", "b": "bm25", "queries": 4, "difference": -0.75, "p": 0.01}
    made = run() | {"category_comparisons": [cell | {"q": 0.02}, cell | {"q": 0.06}]}
    assert [one.text(ENGLISH) for one in category_findings(made, NAME)] == [
        "In idiom (4 queries) BM25 is better than BGE-M3 by 75.0 points (q = .02, Benjamini–Hochberg)."
    ]
    made["category_comparisons"] = [cell | {"q": 0.06}]
    assert "No single category" in category_findings(made, NAME)[0].text(ENGLISH)
    assert category_findings(run(), NAME) == []


def test_places_are_intervals() -> None:
    found = sheets.results(run(), NAME, ENGLISH)
    assert [row[-1] for row in found.rows] == ["1–3", "1–3", "1–4", "3–4"]
    assert found.rows[0][1:7] == ("1.00", "1.25", "0.010", "3,000.0", "75.0", "10.0–90.0")
    assert found.rows[3][1:5] == ("–",) * 4


# --- words


def test_every_key_that_is_said_exists() -> None:
    sources = {path.name: path.read_text(encoding="utf-8") for path in EVAL.glob("*.py")}
    speaking = {name: text for name, text in sources.items() if "from eval.words import" in text}
    assert len(speaking) > 10
    for name, text in speaking.items():
        for key in re.findall(r"""["'](eval\.[a-z0-9_.]*[a-z0-9_])["']""", text):
            assert key in ENGLISH, f"{name} says {key}"


def test_sentences_hold_sentences_and_lists() -> None:
    inner = said("eval.claim.lacks", models=("A", "B"))
    assert inner.text(ENGLISH) == "This run has no result of A, B."
    assert said("eval.report.warning", model="{x}", set="s", message=inner).text(words("zh")) == (
        "{x} 在 s 上：本次运行没有 A、B 的结果。"
    )


def test_an_unknown_language_is_english() -> None:
    assert words("../../x") == ENGLISH


# --- Markdown


def test_markdown_has_the_figures_and_no_signs_of_strangers() -> None:
    made = run()
    made["title"] = HOSTILE
    made["failures"] = {"qwen3-embedding-8b": HOSTILE}
    text = markdown(made, {NAME: evalset()})
    assert "| BGE-M3 | 1.00 | 1.25 | 0.010 | 3,000.0 | 75.0 |" in text
    assert "1.06 / 1.00 (×0.94)" in text
    assert re.search(r"(?<!\\)<", text) is None
    lines = [line for line in text.splitlines() if line.startswith("|")]
    for above, below in pairwise(lines):
        if set(below) <= set("|-: "):
            assert len(re.findall(r"(?<!\\)\|", above)) == len(re.findall(r"(?<!\\)\|", below))


# --- HTML


class Elements(HTMLParser):
    """What a browser would see: elements, attributes, text; every element closed where it should be."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def parsed(page: str) -> Elements:
    found = Elements()
    found.feed(page)
    found.close()
    assert found.open == []
    return found


def hostile_run() -> dict[str, Any]:
    made = run()
    made["title"] = made["id"] = HOSTILE
    made["environment"] = {HOSTILE: HOSTILE}
    made["failures"] = {HOSTILE: HOSTILE}
    for item in made["results"]:
        item["label"] = HOSTILE + item["model"]
        item["categories"] = {HOSTILE: {"queries": 8, "top1": 0.5}}
        item["prompts"] = {"query": HOSTILE}
        item["warnings"] = [{"message": HOSTILE}]
        item["first"] = dict.fromkeys(item["first"], HOSTILE)
    for item in made["sweeps"]:
        item["storage"] = HOSTILE
    return made


@pytest.mark.parametrize("made", [run(), hostile_run()], ids=["plain", "hostile"])
def test_the_page_asks_nobody_and_runs_nothing(made: dict[str, Any]) -> None:
    page = html(made, {NAME: evalset()})
    page.encode("utf-8")
    found = parsed(page)
    assert not found.tags & {"script", "img", "iframe", "link", "object", "embed", "form", "a", "base", "image", "use"}
    assert not found.attributes & {"src", "href", "srcset", "action", "xlink:href", "background"}
    assert not [name for name in found.attributes if name.startswith("on")]
    style = re.search("<style>(.*?)</style>", page, re.DOTALL)
    assert style
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    assert "default-src 'none'" in page.replace("&#x27;", "'")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_every_part(language: str) -> None:
    page = html(run(), {NAME: evalset()}, words(language))
    found = parsed(page)
    text = " ".join(found.text)
    assert page.count("<svg") == 6  # forest, categories, speed, two kinds of storage, their front
    for key in ("comparisons", "forest", "categories", "speed", "sweep", "published", "environment", "queries"):
        assert words(language)[f"eval.report.{key}"] in text
    for figure in (
        "1.06 / 1.00 (×0.94)",
        "87.5 / 75.0",
        "H100",
        "canary-hand",
        "wrong 1 q7",
        "Qwen3-Embedding-8B needs",
    ):
        assert figure in text
    assert ("On these 8" in text) == (language == "en")


def test_a_stopped_run_says_so() -> None:
    assert ENGLISH["eval.report.incomplete"] not in html(run())
    assert ENGLISH["eval.report.incomplete"] in html({**run(), "complete": False})

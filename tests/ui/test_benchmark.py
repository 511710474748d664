"""The benchmark tab without a browser: from the choices to a run, and from a run to every region."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from eval.benchmark import run as benchmark
from eval.needs import Needs, Prefer
from eval.plan import RunPlan
from eval.queries import Show, counts, listed
from eval.sets import Candidate, EvalSet
from models import Workbench
from models.errors import InputError
from models.settings import load_settings
from tests.eval.samples import Broken, Recorder, bench_with, plan, query, sample
from ui.benchmark.advice import answer, read_needs
from ui.benchmark.archive import HELD_OPEN, Archive, Opened, builtin
from ui.benchmark.data import queries_of, thresholds_of
from ui.benchmark.history import compare_runs, list_runs, remove_run
from ui.benchmark.report import article, of_run, results
from ui.benchmark.results import file_source, list_sets_of
from ui.benchmark.runs import (
    MOST_MODELS,
    owner_of,
    read_plan,
    resumed_plan,
    run_events,
)
from ui.benchmark.sets import checked_own, inside, own_from_file, own_set
from ui.benchmark.tab import enter, open_run
from ui.language import strings
from ui.runs import StopFlag, StopFlags

ROOT = Path(__file__).resolve().parent.parent.parent
ME, YOU = "m" * 32, "y" * 32
EVIL = "<img src=x onerror=hacked=1> ${7*7} {{value}} \"'&"
PLACE = {"speed": "off", "sweep": False, "limit": None, "title": "", "owner": ME}
CSV = "query,gold,candidates\nwhat barks?,a dog,a cat\nwhat mews?,a cat,a dog\n"


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return bench_with({"a": Recorder, "b": Recorder}, runs=tmp_path)


@pytest.fixture
def archive(bench: Workbench) -> Archive:
    return Archive(bench.settings)


def carry_out(bench: Workbench, archive: Archive, wanted: RunPlan, flag: StopFlag | None = None) -> list[Any]:
    return list(run_events(bench, archive, wanted, flag or StopFlag()))


def done(bench: Workbench, archive: Archive, **more: Any) -> str:
    """The id of a run of both models by me."""
    shown = carry_out(bench, archive, plan("a", "b", owner=ME, **more))
    return str(shown[-2][2])


class Tags(HTMLParser):
    """Which elements and attributes a document has."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: set[str] = set()
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.handlers |= {name for name, _ in attrs if name.startswith("on")}


def skipped(value: Any) -> bool:
    return isinstance(value, dict) and value == {"__type__": "update"}


# ---------- from the choices to a run ----------


def test_the_boxes_become_a_plan() -> None:
    own = own_set(CSV, "mine")
    made = read_plan(["bm25"], [], own, **{**PLACE, "limit": 3.0, "title": "t", "sweep": True})  # type: ignore[arg-type]
    assert made.models == ("bm25",)
    assert [item.name for item in made.sets] == ["mine"]
    assert (made.limit, made.speed, made.sweep, made.title, made.owner) == (3, "off", True, "t", ME)
    assert read_plan(None, None, None, **{**PLACE, "limit": 0}).limit is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("models", "sets", "code"),
    [([f"m{i}" for i in range(MOST_MODELS + 1)], [], "too_many_models"), ([], ["../../etc/passwd"], "set_unknown")],
)
def test_what_cannot_be_planned_is_refused(models: list[str], sets: list[str], code: str) -> None:
    with pytest.raises(InputError) as caught:
        read_plan(models, sets, None, **PLACE)  # type: ignore[arg-type]
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (plan("a", sets=()), None),
        (plan(), "no_models"),
        (replace(plan("a"), sets=()), "eval_no_sets"),
        (plan("a", limit=-1), "eval_limit"),
        (plan("a", speed="fast"), "eval_speed"),
        (plan("nobody"), "unknown_model"),
    ],
)
def test_a_plan_that_cannot_run_says_why(bench: Workbench, archive: Archive, wanted: RunPlan, code: str | None) -> None:
    first = carry_out(bench, archive, wanted)[0]
    if code is None:
        assert first[0]["state"] == "running"
    else:
        assert first[1]["error"]["code"] == code
        assert first[0] == {"state": "idle"}


def test_a_typed_set_is_checked_with_its_line() -> None:
    assert checked_own("  \n", "x") is None
    good = checked_own(CSV, "mine")
    assert good == {"said": "set_read", "values": {"name": "mine", "queries": 2, "families": 2, "categories": 1}}
    bad = checked_own("query,gold,candidates\nx,,y\n", "mine")
    assert bad is not None
    assert bad["error"]["values"]["line"] == 2
    assert "{" not in strings("zh")[f"error.{bad['error']['code']}"].format(**bad["error"]["values"])
    assert checked_own("half \ud800", "x")["error"]  # type: ignore[index]


def test_the_template_is_a_set() -> None:
    file = Archive(Workbench().settings).template()
    assert checked_own(file["content"], "x")["said"] == "set_read"  # type: ignore[index]


def test_a_dropped_set_fills_the_boxes_or_leaves_them(tmp_path: Path) -> None:
    good = tmp_path / "birds.csv"
    good.write_text(CSV, encoding="utf-8")
    assert own_from_file(str(good), "")[:2] == (CSV, "birds")
    assert own_from_file(str(good), "mine")[1] == "mine"
    picture = tmp_path / "b.csv"
    picture.write_bytes(b"\x89PNG\x00\xff")
    text, name, notice = own_from_file(str(picture), "")
    assert skipped(text)
    assert skipped(name)
    assert notice is not None
    assert notice["error"]["code"] == "file_not_text"
    assert own_from_file(str(tmp_path / "gone.csv"), "")[2]["error"]["code"] == "file_unreadable"  # type: ignore[index]


def test_a_visitor_is_told_by_a_secret_or_a_session() -> None:
    request: Any = type("R", (), {"session_hash": "abc"})()
    assert enter(ME, request) == ME
    assert enter("", request) == enter(None, request) == enter({"x": 1}, request) == "session-abc"
    assert owner_of("short", "abc") == owner_of(None, "abc") == "session-abc"


# ---------- while it runs ----------


def test_a_run_grows_fills_its_table_and_is_kept(bench: Workbench, archive: Archive) -> None:
    shown = carry_out(bench, archive, plan("a", "b", owner=ME))
    lives = [live for live, _, _ in shown if not skipped(live)]
    assert [model["state"] for model in lives[0]["models"]] == ["waiting", "waiting"]
    assert [len(live["rows"]) for live in lives] == sorted(len(live["rows"]) for live in lives)
    last = lives[-1]
    assert last["state"] == "done"
    assert [model["state"] for model in last["models"]] == ["done", "done"]
    assert [(row["model"], row["set"]) for row in last["rows"]] == [("a", "small"), ("b", "small")]
    assert all(len(row["cells"]) == 9 for row in last["rows"])
    assert last["curves"]["a"]
    json.dumps(last, allow_nan=False)
    run_id = shown[-2][2]
    assert archive.opened(run_id, ME).run["complete"]
    assert all(skipped(value) for value in shown[-1])


def test_one_models_failure_is_a_sentence_in_its_row_and_the_others_go_on(tmp_path: Path) -> None:
    bench = bench_with({"bad": Broken, "b": Recorder}, runs=tmp_path)
    archive = Archive(bench.settings)
    shown = carry_out(bench, archive, plan("bad", "b", owner=ME))
    live = shown[-2][0]
    assert [model["state"] for model in live["models"]] == ["failed", "done"]
    assert live["models"][0]["error"]["code"] == "not_finite"
    page = of_run(archive, shown[-2][2], ME, None, "en", results)
    assert "NaN" in page


def test_stop_keeps_what_is_done_and_it_can_go_on(bench: Workbench, archive: Archive) -> None:
    flag = StopFlag()
    seen = []
    for live, _, run_id in run_events(bench, archive, plan("a", "b", owner=ME), flag):
        if not skipped(live):
            seen.append((live, run_id))
            if live["rows"]:
                flag.set()
    live, run_id = seen[-1]
    assert live["state"] == "stopped"
    assert [row["model"] for row in live["rows"]] == ["a"]
    opened = archive.opened(run_id, ME)
    assert not opened.run["complete"]
    assert strings("en")["eval.report.incomplete"] in of_run(archive, run_id, ME, None, "en", results)
    again = list(run_events(bench, archive, resumed_plan(opened, ME), StopFlag(), opened.run))
    assert again[-2][2] == run_id
    assert again[-2][0]["state"] == "done"
    assert len(archive.opened(run_id, ME).run["results"]) == 2


def test_a_run_whose_process_ended_is_opened_with_what_it_can_tell(tmp_path: Path) -> None:
    bench = bench_with(dict.fromkeys("abc", Recorder), runs=tmp_path)
    kept: list[dict[str, Any]] = []
    wanted = plan("a", "b", "c", owner=ME)
    list(benchmark(bench, wanted, keep=lambda record: kept.append(json.loads(json.dumps(record)))))
    archive, killed = Archive(bench.settings), kept[1]  # two of the three are done
    archive.keep(killed)
    opened = archive.opened(killed["id"], ME)
    (told,) = opened.run["comparisons"]
    assert escape(told["sentence"]) in of_run(archive, killed["id"], ME, None, "en", results)
    assert "cannot tell" in answer(archive, killed["id"], ME, None, "en", Needs())
    again = list(run_events(bench, archive, resumed_plan(opened, ME), StopFlag(), opened.run))
    assert len(archive.opened(again[-2][2], ME).run["comparisons"]) == 3


def test_a_run_whose_process_ended_calls_nothing_a_tie_where_its_set_is_gone(tmp_path: Path) -> None:
    bench = bench_with(dict.fromkeys("ab", Recorder), runs=tmp_path)
    kept: list[dict[str, Any]] = []
    list(benchmark(bench, plan("a", "b", owner=ME), keep=lambda record: kept.append(json.loads(json.dumps(record)))))
    archive, killed = Archive(bench.settings), kept[1]
    archive.keep(killed | {"own_sets": {}, "sets": {"small": killed["sets"]["small"] | {"source": "beir"}}})
    said = answer(archive, killed["id"], ME, None, "en", Needs())
    assert "were not all compared" in said
    assert "cannot tell" not in said.split("<table")[0]
    assert "1–2" not in of_run(archive, killed["id"], ME, None, "en", results)


def test_leaving_frees_the_models(bench: Workbench, archive: Archive) -> None:
    events = run_events(bench, archive, plan("a", "b", owner=ME), StopFlag())
    next(events)
    next(events)
    events.close()  # type: ignore[attr-defined]
    assert {status.state.value for status in bench.statuses()} <= {"ready", "available", "absent"}


def test_a_newer_run_of_the_same_visitor_says_the_last_word(bench: Workbench, archive: Archive) -> None:
    flags = StopFlags()
    events = run_events(bench, archive, plan("a", owner=ME), flags.start("me"))
    next(events)
    second = flags.start("me")
    rest = list(events)
    assert all(skipped(run_id) for _, _, run_id in rest)
    assert not second.is_set()


def test_a_run_can_be_seen_though_the_disk_is_full(bench: Workbench, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    archive = Archive(replace(bench.settings, runs=blocked))
    shown = carry_out(bench, archive, plan("a", owner=ME))
    _, notice, run_id = shown[-2]
    assert notice["error"]["code"] == "run_unwritable"
    assert "Top-1" in of_run(archive, run_id, ME, None, "en", results)


def test_a_damaged_run_says_so(archive: Archive) -> None:
    archive.hold(
        {"id": "r", "results": [{"model": "a", "set": "s", "ranks": {"q": "x"}}], "comparisons": [{"set": "s"}]}, ME
    )
    assert strings("en")["error.unexpected"] in of_run(archive, "r", ME, None, "en", lambda *_: [1 / 0])
    of_run(archive, "r", ME, None, "en", results)


def test_few_runs_are_held_in_memory(archive: Archive) -> None:
    for number in range(HELD_OPEN + 3):
        archive.hold({"id": f"r{number}", "results": []}, ME)
    assert len(archive._open) == HELD_OPEN


# ---------- what a run says ----------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_region_speaks_both_languages(bench: Workbench, archive: Archive, language: str) -> None:
    run_id = done(bench, archive, sweep=True)
    words = strings(language)
    page = of_run(archive, run_id, ME, "small", language, results)
    for key in ("results", "comparisons", "forest", "categories", "sweep", "storage"):
        assert words[f"eval.report.{key}"].format(set="small") in page, key
    assert page.count("<svg") >= 4
    assert words["eval.head.top5"] in page
    beside = of_run(archive, run_id, ME, "small", language, article)
    assert words["eval.claim.little"] in beside
    assert words["eval.judged.open"] in beside
    shown = answer(archive, run_id, ME, "small", language, Needs())
    assert words["page.bench.advice.run"].format(set="small") in shown
    found = thresholds_of(archive, run_id, ME, "small", language)
    assert [model["model"] for model in found["models"]] == ["a", "b"]
    assert found["models"][0]["table"]["head"][0] == words["eval.head.threshold"]
    json.dumps(found, allow_nan=False)


def test_categories_of_built_in_sets_are_translated_and_ones_own_are_not(bench: Workbench, archive: Archive) -> None:
    items = [query(number, category=("idiom", "512 tokens")[number % 2]) for number in range(4)]
    chinese, own = ("成语与惯用语", "512 个词元"), ("idiom", "512 tokens")
    for source, wanted, other in (("built-in", chinese, own), ("own", own, chinese)):
        evalset = sample(source, items, source=source)
        run_id = done(bench, archive, sets=(evalset,))
        opened = archive.hold(archive.store.open(run_id, ME), ME)
        opened = Opened(opened.run, {source: evalset})
        said = opened.spoken(strings("zh"))
        assert tuple(said.run["results"][0]["categories"]) == wanted
        assert {item["category"] for item in said.run["category_comparisons"]} == set(wanted)
        assert tuple(opened.run["results"][0]["categories"]) == own  # what is kept stays
        for page in (str(results(said, source, strings("zh"), {})), inside([evalset], strings("zh"))):
            assert all(name in page for name in wanted)
            assert not any(f">{name}<" in page for name in other)
        assert {item.category for item in said.sets[source].queries} == set(wanted)


def test_every_category_of_a_built_in_set_has_a_name() -> None:
    for path in (ROOT / "eval" / "data").glob("*.jsonl"):
        for name in {one.category for one in builtin(path.stem).queries}:
            # "zh→es": codes of languages need no translation
            assert f"view.bench.category.{name}" in strings("zh") or re.fullmatch("[a-z]{2}→[a-z]{2}", name), name


def test_without_a_run_every_region_says_so(archive: Archive) -> None:
    words = strings("en")
    assert words["page.bench.empty"] in of_run(archive, "", ME, None, "en", results)
    assert queries_of(archive, "", ME, None) == thresholds_of(archive, None, ME, None, "en") == {}
    assert words["page.bench.advice.published"] in answer(archive, "", ME, None, "en", Needs())
    assert list_sets_of(archive, "", ME, None).value is None
    assert file_source("", ME) == {}


def test_queries_carry_the_lists_that_python_would_choose(bench: Workbench, archive: Archive) -> None:
    run_id = done(bench, archive)
    found = queries_of(archive, run_id, ME, None)
    opened = archive.opened(run_id, ME)
    right = counts(listed(opened.run, "small", opened.sets["small"]))
    for show in (Show.ALL, Show.ALL_RIGHT, Show.ALL_WRONG, Show.DISAGREE):
        assert sum(str(show) in item["shows"] for item in found["queries"]) == right[show]
    assert [model["name"] for model in found["models"]] == ["A", "B"]
    first = found["queries"][0]
    assert first["text"] == opened.sets["small"].queries[0].text
    assert len(first["answers"]) == 2
    assert set(first["answers"][0]) == {"rank", "ties", "first", "goldScore", "firstScore"}
    json.dumps(found, allow_nan=False)


def evil_set() -> EvalSet:
    items = [query(number, category=f"{EVIL} {number % 2}") for number in range(4)]
    spoiled = [
        replace(
            item,
            text=f"{EVIL} {number}",
            rationale=EVIL,
            gloss=EVIL,
            candidates=tuple(Candidate(one.id, f"{one.text} {EVIL}") for one in item.candidates),
        )
        for number, item in enumerate(items)
    ]
    return sample(EVIL, spoiled)


def test_markup_stays_text(bench: Workbench, archive: Archive) -> None:
    run_id = done(bench, archive, sets=(evil_set(),), title=EVIL, sweep=True)
    opened = archive.opened(run_id, ME)
    documents = [
        of_run(archive, run_id, ME, None, "en", results),
        of_run(archive, run_id, ME, None, "en", article),
        answer(archive, run_id, ME, None, "en", Needs(languages=(EVIL,))),
        inside(list(opened.sets.values()), strings("en")),
        list_runs(archive, ME, "en", None, None)[2],
        compare_runs(archive, ME, "en", run_id, run_id),
        compare_runs(archive, ME, "en", EVIL, run_id),
        of_run(archive, EVIL, ME, None, "en", results),
        archive.file([run_id, ME, "html", "en"])["content"],
    ]
    for number, document in enumerate(documents):
        found = Tags(document)
        assert not found.tags & {"img", "script", "iframe", "object"}, number
        assert not found.handlers, number
    assert "&lt;img" in documents[0]


def test_a_set_that_has_changed_still_shows_ranks(bench: Workbench, archive: Archive) -> None:
    run_id = done(bench, archive)
    run = {**archive.opened(run_id, ME).run, "own_sets": {}, "sets": {"small": {"sha256": "x", "source": "beir"}}}
    archive.hold(run, ME)
    found = queries_of(archive, run_id, ME, None)
    assert not found["texts"]
    assert found["queries"][0]["text"] == ""
    with pytest.raises(InputError):
        resumed_plan(archive.opened(run_id, ME), ME)


def test_needs_are_read_with_care() -> None:
    assert read_needs(None, 0, -1, None, False, False, "nonsense") == Needs()
    made = read_needs(8, 0.1, float("nan"), [" zh ", "zh", "", "x" * 99], True, True, "speed")
    assert (made.memory_gib, made.seconds, made.storage_gb) == (8.0, 0.1, None)
    assert made.languages == ("zh", "x" * 35)
    assert made.prefer is Prefer.SPEED


# ---------- runs that are kept ----------


def test_nobody_sees_anothers_runs(bench: Workbench, archive: Archive) -> None:
    run_id = done(bench, archive)
    fresh = Archive(bench.settings)  # another worker: nothing is in its memory
    assert run_id in str(list_runs(fresh, ME, "en", None, None)[0].choices)
    assert list_runs(fresh, YOU, "en", None, None)[0].choices == []
    for look in (
        lambda: of_run(fresh, run_id, YOU, None, "en", results),
        lambda: compare_runs(fresh, YOU, "en", run_id, run_id),
        lambda: queries_of(fresh, run_id, YOU, None)["error"]["message"],
        lambda: fresh.file([run_id, YOU, "json", "en"])["error"]["message"],
        lambda: remove_run(fresh, YOU, run_id)["error"]["message"],  # type: ignore[index]
    ):
        assert "There is no run" in look().replace("&quot;", '"')
    archive.store.publish(run_id, ME)
    assert strings("en")["page.bench.runs.published"] in list_runs(fresh, YOU, "en", None, None)[2]
    assert "Top-1" in of_run(fresh, run_id, YOU, None, "en", results)
    assert remove_run(fresh, YOU, run_id)["error"]["code"] == "run_unknown"  # type: ignore[index]


def test_runs_are_listed_opened_compared_and_removed(bench: Workbench, archive: Archive) -> None:
    first, second = done(bench, archive, title="one"), done(bench, archive, title="two")
    pick, other, shown = list_runs(archive, ME, "en", None, None)
    assert pick.value != other.value
    assert {pick.value, other.value} == {first, second}
    assert list_runs(archive, ME, "en", first, "gone")[0].value == first
    assert "one" in shown
    assert open_run(first) == (first, {"state": "idle"})
    side = compare_runs(archive, ME, "zh", first, second)
    assert strings("zh")["page.bench.versus.moved"] in side
    assert remove_run(archive, ME, first)["said"] == "run_removed"  # type: ignore[index]
    assert list_runs(archive, ME, "en", first, None)[0].value == second
    assert remove_run(archive, ME, None) is None
    assert strings("en")["page.bench.runs.choose"] in compare_runs(archive, ME, "en", second, None)


def test_the_host_says_where_runs_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "libra.toml"
    path.write_text('runs = "kept/here"', encoding="utf-8")
    assert load_settings(path).runs == tmp_path / "kept" / "here"
    assert load_settings(None).runs == Path("runs")


@pytest.mark.parametrize("kind", ["json", "csv", "queries", "markdown", "html"])
def test_downloads(bench: Workbench, archive: Archive, kind: str) -> None:
    run_id = done(bench, archive)
    file = archive.file([run_id, ME, kind, "zh"])
    assert file["name"].startswith(f"libra-{run_id}")
    if kind == "json":
        assert json.loads(file["content"])["id"] == run_id
    elif kind in ("csv", "queries"):
        rows = list(csv.DictReader(io.StringIO(file["content"].removeprefix("\ufeff"))))
        assert {row["model"] for row in rows} == {"a", "b"}
    else:
        assert re.search("[\u4e00-\u9fff]", file["content"])


@pytest.mark.parametrize(
    "data", [None, [], ["x"], ["x", ME, "exe", "en"], [1, ME, "json", "en"], ["../x", ME, "json", "en"]]
)
def test_what_the_browser_asks_for_is_checked(archive: Archive, data: Any) -> None:
    assert archive.file(data)["error"]["code"] in ("bad_request", "run_unknown")


def test_the_runs_set_is_chosen_or_the_largest() -> None:
    run = {"results": [{"model": "a", "set": "s", "queries": 2}, {"model": "a", "set": "l", "queries": 9}]}
    opened = Opened(run, {})
    assert (opened.set_name("s"), opened.set_name("gone"), opened.set_name(None)) == ("s", "l", "l")
    assert Opened({"results": []}, {}).set_name("s") is None


PAGE = """
import json
from models import Workbench
from ui.language import Labels
from ui.page import create_page

updates = []
Labels.components = property(lambda self: updates.append(self.updates("zh")) or [one for one, _ in self.entries])
page = create_page(Workbench())
speeds = next(update["choices"] for update in updates[0] if "off" in str(update.get("choices")))
public = sorted(fn.api_name for fn in page.fns.values() if fn.api_visibility == "public")
print(json.dumps({"public": public, "speeds": speeds}))
"""


def test_the_tab_adds_nothing_to_the_public_api_and_speaks_chinese() -> None:
    # In a process of its own: Blocks leave an event loop behind, which is an error among these tests.
    made = subprocess.run([sys.executable, "-c", PAGE], cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(made.stdout.splitlines()[-1])
    assert found["public"] == ["cancel", "compare", "load", "models", "similarity", "status", "unload"]
    assert ["不测", "off"] in found["speeds"]

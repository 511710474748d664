"""The main journey, as a visitor makes it, with the built-in models."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from playwright.sync_api import Browser, Page, expect

from models.vectors import LADDER, rungs_of
from tests.browser.conftest import READY_MS, Watched
from ui.examples import examples

pytestmark = pytest.mark.browser

FIRST = examples()[0]
ENCODER = "libra-mini-encoder"


def rows(page: Page, model: str) -> list[tuple[int, int]]:
    """(candidate, fixed-point score) of the rows that a card lists, best first."""
    found = page.evaluate(
        """(model) => [...document.querySelectorAll(`[data-model="${model}"] [data-candidate]`)]
            .map(({dataset}) => [+dataset.rank, +dataset.candidate, +dataset.score])
            .sort((a, b) => a[0] - b[0])""",
        model,
    )
    return [(candidate, score) for _, candidate, score in found]


def slide(page: Page, dimension: int) -> None:
    """Move the slider to the rung of ``dimension`` and wait until it is drawn."""
    page.evaluate(
        """(dimension) => {
            const range = document.querySelector('#libra-compare input[type=range]');
            range.value = Libra.store.run.ladder.indexOf(dimension);
            range.dispatchEvent(new Event('input', {bubbles: true}));
        }""",
        dimension,
    )
    page.wait_for_selector(f'#libra-compare .libra-view[data-drawn="{dimension}"]')


def fill(page: Page, box: str, text: str) -> None:
    """Set a box's text. Not by Playwright's ``fill``: Chromium's editing takes a minute over 10,000 lines."""
    page.locator(f"#{box} textarea").evaluate(
        "(area, text) => { area.value = text; area.dispatchEvent(new Event('input', {bubbles: true})); }", text
    )


def run(watched: Watched) -> str:
    """Press Compare; the id of the run that follows, once all of it is there."""
    before = watched.page.evaluate("Libra.store.payload && Libra.store.payload.run")
    watched.page.locator("#run").click()
    watched.page.wait_for_function(
        "(before) => Libra.store.payload && Libra.store.payload.run !== before && Libra.store.payload.done",
        arg=before,
        timeout=READY_MS,
    )
    return str(watched.page.evaluate("Libra.store.payload.run"))


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_first_sight_in_both_languages_and_widths(browser: Browser, address: str, width: int, language: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    watched = Watched(context, address)
    page = watched.open()
    if language == "zh":
        page.get_by_text("中文", exact=True).click()
        expect(page.locator("#run")).to_have_text("比较")
        expect(page.get_by_role("tab", name="相似度")).to_be_visible()
    else:
        expect(page.locator("#run")).to_have_text("Compare")
    assert rows(page, ENCODER)[0][0] == FIRST["gold"][0]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    watched.clean()
    context.close()


def test_the_language_switch_keeps_texts_and_results_and_makes_no_new_run(watched: Watched) -> None:
    page = watched.open()
    fill(page, "queries", "typed by hand")
    before = page.evaluate("Libra.store.payload.run")
    page.get_by_text("中文", exact=True).click()
    expect(page.locator("#run")).to_have_text("比较")
    assert page.locator("#queries textarea").input_value() == "typed by hand"
    assert page.evaluate("Libra.store.payload.run") == before
    # callbacks speak it too
    fill(page, "queries", "")
    page.locator("#run").click()
    expect(page.locator("#libra-notice")).to_contain_text("还没有查询")
    page.get_by_text("English", exact=True).click()
    expect(page.locator("#libra-notice")).to_contain_text("There are no queries")
    watched.clean()


def test_the_view_shows_at_every_rung_what_python_computes(watched: Watched) -> None:
    page = watched.open()
    page.wait_for_function("Libra.store.payload.done", timeout=READY_MS)
    client = Client(watched.address, verbose=False)
    for dimension in (32, 56, 160, 384):
        slide(page, dimension)
        expect(page.locator(f'[data-model="{ENCODER}"] .lv-percentile').first).to_have_text(re.compile(r"^P\d"))
        answer: dict[str, Any] = client.predict(
            FIRST["queries"], FIRST["candidates"], [ENCODER], dimension, None, api_name="/compare"
        )
        scores = answer["results"][ENCODER]["scores"][0]
        shown = rows(page, ENCODER)
        assert len(shown) >= 8
        for candidate, score in shown:
            assert abs(score / 32767 - scores[candidate]) < 1e-4
        ranked = [candidate for candidate, _ in shown]
        right = answer["results"][ENCODER]["ranking"][0][: len(ranked)]
        for mine, theirs in zip(ranked, right, strict=True):
            assert mine == theirs or abs(scores[mine] - scores[theirs]) < 1e-4  # int16 may tie what fp32 tells apart
    watched.clean()


def test_dragging_the_slider_makes_no_request(watched: Watched) -> None:
    page = watched.open()
    page.wait_for_function("Libra.store.payload.done", timeout=READY_MS)
    page.wait_for_timeout(600)  # the address is written when the view rests; that is no request, but let all settle
    watched.requests.clear()
    for dimension in [rung for rung in rungs_of(384, LADDER) if rung <= 384]:
        slide(page, dimension)
    assert [url for url in watched.requests if "/libra/status" not in url] == []
    watched.clean()


def test_a_typed_dimension_asks_the_server(watched: Watched) -> None:
    page = watched.open()
    page.wait_for_function("Libra.store.payload.done", timeout=READY_MS)
    field = page.locator("#libra-compare input[type=number]")
    field.fill("100")
    field.press("Enter")
    page.wait_for_selector('#libra-compare .libra-view[data-drawn="100"]')
    client = Client(watched.address, verbose=False)
    answer = client.predict(FIRST["queries"], FIRST["candidates"], [ENCODER], 100, None, api_name="/compare")
    for candidate, score in rows(page, ENCODER):
        assert abs(score / 32767 - answer["results"][ENCODER]["scores"][0][candidate]) < 1e-4
    field.fill("7")
    field.press("Enter")
    expect(page.locator("#libra-compare [role=alert]").first).to_be_visible()
    watched.clean()


MARKUP = "\n".join(
    [
        '<img src=x onerror="window.hacked=1">',
        "${7*7}",
        "{{value}}",
        "<script>window.hacked=2</script>",
        "مرحبا بالعالم",
        "<b>bold</b>",
    ]
)


def test_markup_is_text_everywhere(watched: Watched) -> None:
    page = watched.open()
    fill(page, "queries", MARKUP)
    fill(page, "candidates", MARKUP + "\n{{#each value}}{{this}}{{/each}}")
    run(watched)
    watched.ready(ENCODER)
    for tab in ("Similarity", "Models", "Compare"):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_timeout(300)
    shown = page.locator("#libra-compare").inner_text()
    assert "${7*7}" in shown
    assert "{{value}}" in shown
    assert "49" not in re.sub(r"0\.\d+|\d+ ?ms|P[\d.]+", "", shown).split()
    assert page.evaluate("window.hacked") is None
    assert page.locator("#libra-compare img, #libra-compare script, #libra-similarity img").count() == 0
    assert page.locator("#queries textarea").input_value() == MARKUP
    watched.clean()


@pytest.mark.parametrize(
    ("queries", "candidates", "told"),
    [
        ("", "a", "There are no queries"),
        (" \n\t \n", "a", "There are no queries"),
        ("a", "", "There are no candidates"),
        ("a", "\n".join(f"line {i}" for i in range(10_000)), "10000 candidates"),
        ("x" * 1_000_000, "a", "1000000 characters"),
        ("nul\x00here", "a", "U+0000"),
    ],
)
def test_bad_input_says_why_and_loses_nothing(watched: Watched, queries: str, candidates: str, told: str) -> None:
    page = watched.open()
    before = rows(page, ENCODER)
    fill(page, "queries", queries)
    fill(page, "candidates", candidates)
    page.locator("#run").click()
    expect(page.locator("#libra-notice")).to_contain_text(told)
    assert page.locator("#queries textarea").input_value() == queries
    assert page.locator("#candidates textarea").input_value() == candidates
    assert rows(page, ENCODER) == before  # what was shown stays
    fill(page, "queries", "the app goes on")
    fill(page, "candidates", "it does\nor not")
    run(watched)
    expect(page.locator("#libra-notice .libra-notice")).to_be_hidden()
    watched.clean()


def test_a_lone_surrogate_is_refused(watched: Watched) -> None:
    page = watched.open()
    page.locator("#queries textarea").evaluate(
        r"(area) => { area.value = 'half \ud83d of a pair'; area.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    before = page.evaluate("Libra.store.payload.run")
    page.locator("#run").click()
    expect(page.locator("#libra-notice")).to_contain_text("U+D83D")
    assert page.evaluate("Libra.store.payload.run") == before
    watched.clean()


def test_files_fill_a_box_or_say_why(watched: Watched, tmp_path: Path) -> None:
    page = watched.open()
    page.get_by_text("From a file").click()
    good = tmp_path / "good.csv"
    good.write_text("id,text\n1,first answer\n2,second answer\n", encoding="utf-8")
    page.locator("#drop-candidates input[type=file]").set_input_files(good)
    expect(page.locator("#candidates textarea")).to_have_value("first answer\nsecond answer")
    picture = tmp_path / "picture.txt"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff\xfe")
    page.locator("#drop-queries input[type=file]").set_input_files(picture)
    expect(page.locator("#libra-notice")).to_contain_text("no text")
    assert page.locator("#queries textarea").input_value() == "\n".join(FIRST["queries"])
    watched.clean()


def test_a_link_restores_texts_models_and_view(watched: Watched, browser: Browser) -> None:
    page = watched.open()
    fill(page, "queries", "第一个\nsecond query")
    fill(page, "candidates", "def f():\n    return 1\n---\nthe second\n---\n三")
    run(watched)
    slide(page, 128)
    page.evaluate("Libra.store.set({query: 1})")
    page.wait_for_function("location.hash.startsWith('#s=')")
    page.wait_for_timeout(800)
    link = page.url
    assert "second" not in link
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    other = Watched(context, watched.address)
    other.page.goto(link)
    other.ready(ENCODER)
    expect(other.page.locator("#queries textarea")).to_have_value("第一个\nsecond query")
    expect(other.page.locator("#candidates textarea")).to_have_value("def f():\n    return 1\n---\nthe second\n---\n三")
    other.page.wait_for_selector('#libra-compare .libra-view[data-drawn="128"][data-query="1"]')
    assert [row for row, _ in rows(other.page, ENCODER)] == [row for row, _ in rows(page, ENCODER)]
    other.clean()
    context.close()
    watched.clean()


def test_an_example_fills_the_boxes_and_runs(watched: Watched) -> None:
    page = watched.open()
    example = next(item for item in examples() if item["id"] == "cross-lingual-six")
    before = page.evaluate("Libra.store.payload.run")
    page.locator(f"#example-{example['id']}").click()
    page.wait_for_function(
        "(before) => Libra.store.payload.run !== before && Libra.store.payload.done", arg=before, timeout=READY_MS
    )
    payload = page.evaluate("Libra.store.payload")
    assert payload["request"]["queries"] == example["queries"]
    assert payload["gold"] == example["gold"]
    for query, gold in enumerate(example["gold"]):
        page.evaluate("(query) => Libra.store.set({query})", query)
        page.wait_for_selector(f'#libra-compare .libra-view[data-query="{query}"]')
        assert rows(page, ENCODER)[0][0] == gold  # the translation comes first
    watched.clean()


def test_a_model_that_cannot_be_had_fails_in_its_own_place(watched: Watched) -> None:
    page = watched.open()
    page.locator("#models input").click()
    page.get_by_role("option", name="BGE-M3").click()
    page.keyboard.press("Escape")
    run(watched)
    watched.ready("bge-m3", "failed")
    watched.ready(ENCODER)
    expect(page.locator('[data-model="bge-m3"]')).to_contain_text("offline mode")
    watched.clean()


def test_similarity_and_shelf_and_strip(watched: Watched) -> None:
    page = watched.open()
    page.wait_for_function("Libra.store.payload.done", timeout=READY_MS)
    page.get_by_role("tab", name="Similarity").click()
    expect(page.locator("#libra-similarity canvas").first).to_be_visible()
    expect(page.locator("#libra-similarity svg").first).to_be_visible()
    page.get_by_role("tab", name="Models").click()
    shelf = page.locator("#libra-shelf")
    expect(shelf).to_contain_text("Qwen3-Embedding-8B")
    expect(shelf).to_contain_text("not on this machine")
    expect(page.locator("#libra-strip")).to_contain_text("Libra mini encoder")
    watched.clean()


def test_a_hidden_tab_is_silent(watched: Watched) -> None:
    page = watched.open()
    page.evaluate(
        """() => {
            Object.defineProperty(document, 'visibilityState', {get: () => 'hidden', configurable: true});
            document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    page.wait_for_timeout(1500)
    watched.requests.clear()
    page.wait_for_timeout(3000)
    assert [url for url in watched.requests if "libra/status" in url] == []


def test_candidate_sets_live_in_the_browser(watched: Watched) -> None:
    page = watched.open()
    page.get_by_text("From a file").click()
    fill(page, "candidates", "kept one\nkept two")
    page.locator("#set-name textarea, #set-name input").first.fill("mine")
    page.locator("#set-save").click()
    expect(page.locator("#libra-notice")).to_contain_text("“mine”")
    page.wait_for_function("Libra.store.payload.done", timeout=READY_MS)  # a run that is cut off complains
    page.reload()
    watched.ready(ENCODER)
    page.get_by_text("From a file").click()
    page.locator("#set-pick input").click()
    page.get_by_role("option", name="mine").click()
    expect(page.locator("#candidates textarea")).to_have_value("kept one\nkept two")
    watched.clean()


def keep_set(page: Page, name: str, candidates: str) -> None:
    fill(page, "candidates", candidates)
    page.locator("#set-name textarea, #set-name input").first.fill(name)
    page.locator("#set-save").click()
    expect(page.locator("#libra-notice")).to_contain_text(f"“{name}”")


def test_sets_kept_in_two_tabs_of_a_browser_are_all_kept(watched: Watched) -> None:
    first = watched.open()
    second = Watched(first.context, watched.address)
    second.open().get_by_text("From a file").click()
    first.get_by_text("From a file").click()
    keep_set(first, "one", "of the first tab")
    keep_set(second.page, "two", "of the second tab")
    keep_set(first, "three", "of the first tab again")
    second.page.locator("#set-pick input").click()
    second.page.get_by_role("option", name="three").click()  # listed there too, without a reload
    expect(second.page.locator("#candidates textarea")).to_have_value("of the first tab again")
    second.page.locator("#set-remove").click()
    second.page.wait_for_function("!('three' in Libra.sets.read())")
    first.wait_for_function("Libra.store.payload.done", timeout=READY_MS)
    first.reload()
    watched.ready(ENCODER)
    first.get_by_text("From a file").click()
    first.locator("#set-pick input").click()
    expect(first.get_by_role("option")).to_contain_text(["one", "two"])
    assert set(first.evaluate("Libra.sets.read()")) == {"one", "two"}
    second.clean()
    watched.clean()


def test_a_browser_that_keeps_no_set_says_so(watched: Watched) -> None:
    page = watched.open()
    page.get_by_text("From a file").click()
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new DOMException('full'); }; }")
    fill(page, "candidates", "a")
    page.locator("#set-name textarea, #set-name input").first.fill("mine")
    page.locator("#set-save").click()
    expect(page.locator("#libra-notice")).to_contain_text("did not keep the sets")
    watched.clean()


def test_downloads_hold_what_the_server_computed(watched: Watched) -> None:
    page = watched.open()
    page.wait_for_function("Libra.store.payload.done", timeout=READY_MS)
    with page.expect_download() as caught:
        page.locator('[data-kind="json"]').click()
    whole = json.loads(Path(caught.value.path()).read_text(encoding="utf-8"))
    assert whole["request"]["queries"] == FIRST["queries"]
    assert whole["results"][ENCODER]["ranking"][0][0] == FIRST["gold"][0]
    with page.expect_download() as caught:
        page.locator('[data-kind="csv"]').click()
    assert Path(caught.value.path()).read_text(encoding="utf-8-sig").startswith("model,dimensions,query")
    watched.clean()


def test_a_link_brings_a_typed_dimension_back(watched: Watched, browser: Browser) -> None:
    page = watched.open()
    page.wait_for_function("Libra.store.payload.done", timeout=READY_MS)
    field = page.locator("#libra-compare input[type=number]")
    field.fill("100")
    field.press("Enter")
    page.wait_for_selector('#libra-compare .libra-view[data-drawn="100"]')
    page.wait_for_timeout(800)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    other = Watched(context, watched.address)
    other.page.goto(page.url)
    other.page.wait_for_selector('#libra-compare .libra-view[data-drawn="100"]', timeout=READY_MS)
    other.clean()
    context.close()
    watched.clean()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_expected_answers_survive_an_edited_word_and_a_pinned_run(watched: Watched, language: str) -> None:
    page = watched.open()
    page.wait_for_function("Libra.store.payload.done", timeout=READY_MS)
    if language == "zh":
        page.get_by_text("中文", exact=True).click()
    page.get_by_role("button", name="Pin this run" if language == "en" else "固定本次结果").click()
    edited = [FIRST["queries"][0] + "!", *FIRST["queries"][1:]]
    fill(page, "queries", "\n".join(edited))
    run(watched)
    marks = page.evaluate("Libra.store.run.queries.map((_, query) => Libra.goldOf(Libra.store.run, query))")
    assert marks == FIRST["gold"]
    pinned = "In the pinned run" if language == "en" else "固定"
    expect(page.locator("#libra-compare")).to_contain_text(pinned)
    watched.clean()


@pytest.mark.parametrize("width", [1440, 390])
def test_results_are_hidden_until_the_class_has_guessed(browser: Browser, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    watched = Watched(context, address)
    page = watched.open()
    page.wait_for_function("Libra.store.payload.done", timeout=READY_MS)
    page.get_by_role("button", name="Predict first").click()
    expect(page.locator(f'[data-model="{ENCODER}"]')).to_be_hidden()
    expect(page.locator('[data-kind="json"]')).to_be_disabled()
    page.get_by_role("button", name=re.compile("Reveal")).click()
    expect(page.locator(f'[data-model="{ENCODER}"]')).to_be_visible()
    watched.clean()
    context.close()


def test_a_marked_answer_judges_every_model(watched: Watched) -> None:
    page = watched.open()
    fill(page, "queries", "How is the weather?")
    fill(page, "candidates", "天气怎么样？\n我喜欢喝茶\nDer Zug hat Verspätung")
    run(watched)
    card = page.locator(f'[data-model="{ENCODER}"]')
    card.locator('[data-candidate="0"] button[aria-pressed]').click()
    expect(card).to_contain_text("right, ahead by")
    card.locator('[data-candidate="1"] button[aria-pressed]').click()
    expect(card).to_contain_text("behind")
    watched.clean()


def test_a_saved_file_dropped_back_restores_texts(watched: Watched) -> None:
    page = watched.open()
    page.wait_for_function("Libra.store.payload.done", timeout=READY_MS)
    with page.expect_download() as caught:
        page.get_by_role("button", name="Save to file").click()
    fill(page, "queries", "something else")
    run(watched)
    before = page.evaluate("Libra.store.payload.run")
    page.locator("#libra-share input[type=file]").set_input_files(caught.value.path())
    page.wait_for_function("(run) => Libra.store.payload.run !== run", arg=before, timeout=READY_MS)
    expect(page.locator("#queries textarea")).to_have_value("\n".join(FIRST["queries"]))
    watched.clean()


def test_the_shelf_unloads_and_loads(watched: Watched) -> None:
    page = watched.open()
    page.wait_for_function("Libra.store.payload.done", timeout=READY_MS)
    page.get_by_role("tab", name="Models").click()
    card = page.locator('#libra-shelf [data-model="libra-mini-decoder"]')
    card.get_by_role("button", name="Unload").click()
    card.get_by_role("button", name=re.compile(r"^Load\b")).click()
    expect(card.get_by_role("button", name="Unload")).to_be_visible(timeout=READY_MS)
    watched.clean()

"""The benchmark tab as a visitor uses it: a whole short run in both languages, filters, thresholds, files, stop."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import READY_MS, Watched

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)  # the runs take both cores of a small machine: the page then answers late

MARKUP = "<img src=x onerror=hacked=1> ${7*7} {{value}}"
TABS = {
    "en": ("Benchmark", "Queries", "Thresholds", "Beside the article", "Which model for me?", "Runs"),
    "zh": ("评测", "逐条查询", "阈值", "与文章对照", "我该用哪个模型？", "历次评测"),
}
LONG = 300  # queries of a run that is stopped on its way


def own_table(queries: int, prefix: str = "") -> str:
    """A set of which BM25 gets the first half right and, for want of shared words, hardly the second.

    With another ``prefix`` of its words it is new to the app: vectors of known texts are kept, and their run is over
    before it is seen.
    """
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["query", "gold", "candidate 1", "candidate 2", "category", "rationale"])
    for number in range(queries):
        if number < queries / 2:
            row = [
                f"{prefix}word{number} alpha",
                f"{prefix}word{number} alpha beta",
                f"{prefix}other{number}",
                f"{prefix}third{number}",
                "shared words",
            ]
        else:
            word = f"{prefix}zebra{number}"
            row = [f"{MARKUP} {word}", f"{prefix}unlike{number}", f"{word} {word}", f"{prefix}far{number}", "none"]
        rows.writerow([*row, f"because {MARKUP} {number}"])
    return out.getvalue()


def fill(page: Page, box: str, text: str) -> None:
    """Set a box's text and leave it, as a visitor who pastes does."""
    area = page.locator(f"#{box} textarea, #{box} input").first
    area.evaluate(
        "(area, text) => { area.value = text; area.dispatchEvent(new Event('input', {bubbles: true})); }", text
    )
    area.focus()
    area.blur()


def choose_tab(page: Page, name: str) -> None:
    """Click a tab; on a phone it may stand in the menu of those that do not fit."""
    tab = page.get_by_role("tab", name=name)
    expect(page.get_by_role("tab").first).to_be_visible(timeout=READY_MS)
    page.wait_for_timeout(500)  # the tabs are measured, then folded away
    if tab.count() and tab.first.is_visible():
        tab.first.click()
        return
    for menu in page.locator(".overflow-menu > button").all():
        if menu.is_visible():
            menu.click()
            entry = page.locator(".overflow-dropdown:visible button", has_text=name)
            if entry.count():
                entry.first.click()
                return
            menu.click()
    pytest.fail(f"there is no tab {name}")


def open_tab(watched: Watched, language: str = "en") -> Page:
    page = watched.page
    page.goto(watched.address)
    if language == "zh":
        expect(page.get_by_role("tab", name="Compare")).to_be_visible(timeout=READY_MS)
        page.get_by_text("中文", exact=True).click()
        expect(page.get_by_role("tab", name="比较")).to_be_visible(timeout=READY_MS)
    choose_tab(page, TABS[language][0])
    expect(page.locator("#bench-run")).to_be_visible(timeout=READY_MS)
    return page


def prepare(page: Page, queries: int, *, decoder: bool = False, prefix: str = "") -> None:
    """BM25 and the built-in encoder on a set of one's own, speed not measured."""
    if not decoder:
        page.locator("#bench-models .token", has_text="decoder").locator(".token-remove").click()
    page.locator("#bench-sets input[type=checkbox]:checked").uncheck()
    page.locator("#bench-speed input[value=off]").check()
    page.locator("#bench-own button").first.click()
    expect(page.locator("#bench-own-text")).to_be_visible()
    fill(page, "bench-own-name", "mine")
    fill(page, "bench-own-text", own_table(queries, prefix))
    expect(page.locator("#libra-bench-own .libra-notice")).to_contain_text(str(queries))


def carry_out(page: Page, state: str = "done") -> None:
    page.locator("#bench-run").click()
    page.wait_for_selector(f'#libra-bench-live .libra-view[data-state="{state}"]', timeout=READY_MS)
    expect(page.locator("#bench-results .lb-table").first).to_be_visible(timeout=READY_MS)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_whole_run_in_both_languages(watched: Watched, language: str) -> None:
    page = open_tab(watched, language)
    prepare(page, 12)
    carry_out(page)
    rows = page.locator("#libra-bench-live [data-bench-model]")
    assert rows.count() == 2
    results = page.locator("#bench-results")
    expect(results).to_contain_text("Top-5 %")
    expect(results).to_contain_text("95 % interval" if language == "en" else "95 %")
    assert results.locator("svg.plot").count() >= 4
    assert results.locator("svg.plot .mark").first.evaluate("(node) => getComputedStyle(node).fill") != "rgb(0, 0, 0)"

    _, queries, thresholds, article, advice, runs = TABS[language]
    page.get_by_role("tab", name=queries).click()
    expect(page.locator("#libra-bench-queries .lb-query").first).to_be_visible()
    page.get_by_role("tab", name=thresholds).click()
    expect(page.locator("[data-bench-threshold]")).to_have_count(2)
    page.get_by_role("tab", name=article).click()
    expect(page.locator("#bench-article .lb-table")).to_have_count(2)
    page.get_by_role("tab", name=advice).click()
    page.locator("#need-memory input").fill("1")
    page.locator("#need-memory input").press("Tab")
    expect(page.locator("#bench-advice")).to_contain_text("of 1.00" if language == "en" else "1.00")
    page.get_by_role("tab", name=runs).click()
    expect(page.locator("#bench-listed")).to_contain_text("mine")
    assert page.evaluate("window.hacked") is None
    assert "${7*7}" in page.locator("#libra-bench-queries").text_content()  # type: ignore[operator]

    other, word = ("English", "Results on mine") if language == "zh" else ("中文", "mine 上的结果")
    page.get_by_text(other, exact=True).click()
    page.get_by_role("tab", name="Results" if language == "zh" else "结果").click()
    heading = page.locator("#bench-results h3").first
    expect(heading).to_have_text(word, timeout=READY_MS)
    watched.clean()


def test_filters_agree_with_what_is_listed(watched: Watched) -> None:
    page = open_tab(watched)
    prepare(page, 30)
    carry_out(page)
    page.get_by_role("tab", name="Queries").click()
    view = page.locator("#libra-bench-queries")
    expect(view.locator(".lb-query")).to_have_count(20)  # a page
    total = 0
    for show in ("all_right", "all_wrong", "disagree"):
        view.locator("[data-filter=show]").select_option(show)
        label = view.locator(f'[data-filter=show] option[value="{show}"]').text_content()
        shown = int(view.locator(".libra-view").get_attribute("data-shown") or -1)
        assert f"({shown})" in str(label)
        total += shown
    assert total == 30
    view.locator("[data-filter=show]").select_option("a_not_b")
    expect(view.locator("[data-filter=a]")).to_be_visible()
    a_not_b = int(view.locator(".libra-view").get_attribute("data-shown") or -1)
    view.locator("[data-filter=a]").select_option("1")
    view.locator("[data-filter=b]").select_option("0")
    b_not_a = int(view.locator(".libra-view").get_attribute("data-shown") or -1)
    view.locator("[data-filter=show]").select_option("disagree")
    assert a_not_b + b_not_a == int(view.locator(".libra-view").get_attribute("data-shown") or -1)
    view.locator("[data-filter=show]").select_option("all")
    view.locator("[data-filter=category]").select_option("none")
    expect(view.locator(".lb-query")).to_have_count(15)
    assert view.locator("img, script").count() == 0
    watched.clean()


def test_thresholds_move_without_a_request(watched: Watched) -> None:
    page = open_tab(watched)
    prepare(page, 12)
    carry_out(page)
    page.get_by_role("tab", name="Thresholds").click()
    panel = page.locator('[data-bench-threshold="libra-mini-encoder"]')
    slider = panel.locator("input[type=range]")
    slider.focus()
    before = panel.locator(".lb-threshold").text_content()
    requests = len([url for url in watched.requests if "/libra/status" not in url])
    for _ in range(5):
        slider.press("ArrowLeft")
    assert panel.locator(".lb-threshold").text_content() != before
    assert len([url for url in watched.requests if "/libra/status" not in url]) == requests
    slider.press("Home")
    expect(panel.locator(".lb-figures dd").nth(1)).to_have_text("100.0 %")  # every right pair is taken
    panel.get_by_role("button", name="Best").click()
    assert panel.locator(".lb-threshold").text_content() == before
    background = np.sort(np.random.default_rng(5).normal(size=101)).tolist()
    for score in (-9.0, background[0], 0.1, background[50], background[100], 9.0):
        found = page.evaluate("([b, s]) => Libra.bench.percentile(b, s)", [background, score])
        assert found == pytest.approx(np.interp(score, background, np.linspace(0, 1, 101), left=0, right=1))
    watched.clean()


def test_files_are_saved(watched: Watched, tmp_path: Path) -> None:
    page = open_tab(watched)
    prepare(page, 8)
    carry_out(page)
    for kind in ("json", "csv", "queries", "markdown", "html"):
        with page.expect_download() as caught:
            page.locator(f'#libra-bench-files [data-kind="{kind}"]').click()
        path = tmp_path / caught.value.suggested_filename
        caught.value.save_as(path)
        content = path.read_text(encoding="utf-8-sig")
        if kind == "json":
            run = json.loads(content)
            assert [row["model"] for row in run["results"]] == ["libra-mini-encoder", "bm25"]
            assert run["owner"]
        else:
            assert "libra-mini-encoder" in content or "Libra-mini" in content
    with page.expect_download() as caught:
        page.locator("#libra-bench-own button").click()
    assert caught.value.suggested_filename == "libra-set.csv"
    watched.clean()


def states(address: str) -> set[str]:
    models = httpx.get(f"{address.rstrip('/')}/libra/status", timeout=60).json()["models"]
    return {model["state"] for model in models}


def free(page: Page, address: str) -> None:
    """Wait until no model works; the first example of the other tab may be at it too."""
    for _ in range(150):
        if "busy" not in states(address):
            return
        page.wait_for_timeout(200)
    pytest.fail("a model is kept busy")


def test_stop_keeps_what_is_done_and_it_goes_on(watched: Watched) -> None:
    page = open_tab(watched)
    prepare(page, LONG, prefix="stop")
    page.locator("#bench-models .token", has_text="BM25").locator(".token-remove").click()
    page.locator("#bench-run").click()
    page.wait_for_selector('[data-bench-model="libra-mini-encoder"][data-state="working"]', timeout=READY_MS)
    page.locator("#bench-stop").click()
    page.wait_for_selector('#libra-bench-live .libra-view[data-state="stopped"]', timeout=READY_MS)
    free(page, watched.address)
    page.get_by_role("tab", name="Runs").click()
    expect(page.locator("#bench-listed")).to_contain_text("stopped before its end")
    watched.clean()
    page.reload()
    page.get_by_role("tab", name="Benchmark").click()
    page.get_by_role("tab", name="Runs").click()
    expect(page.locator("#bench-listed")).to_contain_text("mine", timeout=READY_MS)  # the browser kept who it is
    watched.problems.clear()  # requests of the page that was left are given up, and it says so in the console
    page.locator("#bench-resume").click()
    page.wait_for_selector('#libra-bench-live .libra-view[data-state="done"]', timeout=2 * READY_MS)
    watched.clean()


def test_run_during_a_run_starts_the_newer_one(watched: Watched) -> None:
    page = open_tab(watched)
    prepare(page, LONG, prefix="older")
    page.locator("#bench-run").click()
    page.wait_for_selector('[data-bench-model="libra-mini-encoder"][data-state="working"]', timeout=READY_MS)
    page.locator("#bench-models .token", has_text="encoder").locator(".token-remove").click()
    page.locator("#bench-run").click()
    page.wait_for_selector('#libra-bench-live .libra-view[data-state="done"]', timeout=READY_MS)
    expect(page.locator("#libra-bench-live [data-bench-model]")).to_have_count(1)
    free(page, watched.address)
    watched.clean()


def test_leaving_frees_the_model(watched: Watched, browser: Browser) -> None:
    context = browser.new_context()
    leaving = Watched(context, watched.address)
    page = open_tab(leaving)
    prepare(page, LONG, prefix="leave")
    page.locator("#bench-run").click()
    page.wait_for_selector('[data-bench-model="libra-mini-encoder"][data-state="working"]', timeout=READY_MS)
    context.close()
    free(watched.page, watched.address)


def test_what_cannot_run_says_why(watched: Watched) -> None:
    page = open_tab(watched)
    page.locator("#bench-sets input[type=checkbox]:checked").uncheck()
    page.locator("#bench-run").click()
    expect(page.locator("#libra-bench-notice")).to_contain_text("No set of queries is chosen", timeout=READY_MS)
    page.locator("#bench-own button").first.click()
    fill(page, "bench-own-text", "query,gold,candidates\nwhat?,,x\n")
    expect(page.locator("#libra-bench-own .libra-notice")).to_contain_text("Line 2")
    page.get_by_text("中文", exact=True).click()
    expect(page.locator("#libra-bench-own .libra-notice")).to_contain_text("2")
    watched.clean()


def test_anothers_runs_stay_unseen(watched: Watched, browser: Browser) -> None:
    page = open_tab(watched)
    prepare(page, 8)
    carry_out(page)
    context = browser.new_context()
    other = Watched(context, watched.address)
    theirs = open_tab(other)
    theirs.get_by_role("tab", name="Runs").click()
    expect(theirs.locator("#bench-listed")).to_contain_text("No run is kept yet", timeout=READY_MS)
    other.clean()
    context.close()
    watched.clean()


def test_it_fits_a_phone(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900})
    watched = Watched(context, address)
    page = open_tab(watched)
    prepare(page, 8)
    carry_out(page)
    for name in (*TABS["en"][1:], "Results"):
        choose_tab(page, name)
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    watched.clean()
    context.close()

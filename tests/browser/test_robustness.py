"""Runs that overlap, links made by hand, pages that are left: as a visitor meets them."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import READY_MS, Watched
from tests.browser.test_journey import ENCODER, fill

pytestmark = pytest.mark.browser

DONE = "window.Libra && Libra.store.payload && Libra.store.payload.done"


def many(tag: str) -> str:
    """Candidates that take the encoder some seconds."""
    return "\n".join(f"{tag}: candidate {i} speaks at some length about the number {i * 3}" for i in range(1500))


def link(state: dict[str, Any]) -> str:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(json.dumps({"v": 1, **state}).encode()) + packer.flush()
    return f"#s={base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def states(address: str) -> dict[str, str]:
    models = httpx.get(f"{address.rstrip('/')}/libra/status", timeout=60).json()["models"]
    return {model["id"]: model["state"] for model in models}


@pytest.mark.parametrize("how", ["run", "example"])
def test_the_newest_run_counts(watched: Watched, how: str) -> None:
    page = watched.open()
    page.wait_for_function(DONE, timeout=READY_MS)
    fill(page, "candidates", many(how))
    page.locator("#run").click()
    page.wait_for_function("Libra.store.payload.request.candidates.length === 1500", timeout=READY_MS)
    if how == "run":
        fill(page, "candidates", "short one\nshort two")
        page.locator("#run").click()
    else:
        page.locator("#example-cross-lingual-six").click()
    page.wait_for_function(f"{DONE} && Libra.store.payload.request.candidates.length < 100", timeout=READY_MS)
    newest = page.evaluate("Libra.store.payload.run")
    page.wait_for_timeout(3_000)  # the old run ends meanwhile, and must not draw over the new one
    assert page.evaluate("Libra.store.payload.run") == newest
    assert {model["state"] for model in page.evaluate("Libra.store.payload.models")} == {"ready"}
    watched.clean()


def test_a_second_opened_comparison_runs_while_the_first_does(watched: Watched) -> None:
    page = watched.open()
    page.wait_for_function(DONE, timeout=READY_MS)
    for candidates in (many("opened").split("\n"), ["short one", "short two"]):
        state = {"v": 1, "queries": ["q"], "candidates": candidates, "models": [ENCODER]}
        file = {"name": "kept.json", "mimeType": "application/json", "buffer": json.dumps(state).encode()}
        page.locator("#libra-share input[type=file]").set_input_files(file)  # type: ignore[arg-type]
        page.wait_for_function(
            "count => Libra.store.payload.request.candidates.length === count", arg=len(candidates), timeout=READY_MS
        )
    page.wait_for_function(DONE, timeout=READY_MS)
    assert page.evaluate("Libra.store.payload.models.map(model => model.state)") == ["ready"]
    watched.clean()


def test_a_late_word_of_a_replaced_run_draws_nothing(watched: Watched) -> None:
    page = watched.open()
    page.wait_for_function(DONE, timeout=READY_MS)
    earlier = page.evaluate_handle("Libra.store.payload")
    page.locator("#example-cross-lingual-six").click()
    page.wait_for_function(
        f"earlier => {DONE} && Libra.store.payload.run !== earlier.run", arg=earlier, timeout=READY_MS
    )
    newest = page.evaluate("Libra.store.payload.run")
    # What a page is given, by hand: how late a word arrives is the network's business.
    page.evaluate("value => Libra.views.compare.mount(document.createElement('div'), { value }, () => {}, {})", earlier)
    assert page.evaluate("[Libra.store.payload.run, Libra.store.run.id]") == [newest, newest]
    watched.clean()


def test_stop_in_mid_run_frees_the_model_and_keeps_the_boxes(watched: Watched) -> None:
    page = watched.open()
    page.wait_for_function(DONE, timeout=READY_MS)
    typed = many("stop")
    fill(page, "candidates", typed)
    page.locator("#run").click()
    watched.ready(ENCODER, "working")
    page.locator("#stop").click()
    page.wait_for_function(DONE, timeout=READY_MS)
    assert page.locator("#candidates textarea").input_value() == typed
    assert "busy" not in states(watched.address).values()
    watched.clean()


def test_leaving_in_mid_run_frees_the_model(watched: Watched, browser: Browser) -> None:
    context = browser.new_context()
    leaving = Watched(context, watched.address)
    page = leaving.open()
    page.wait_for_function(DONE, timeout=READY_MS)
    fill(page, "candidates", many("leave"))
    page.locator("#run").click()
    leaving.ready(ENCODER, "working")
    context.close()
    for _ in range(50):
        watched.page.wait_for_timeout(200)
        if "busy" not in states(watched.address).values():
            return
    pytest.fail("a page that is gone still keeps a model busy")


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ({"queries": ["half \ud800"], "candidates": ["c", "d"], "models": ["bm25"]}, "half \ufffd"),
        ({"queries": ["q"], "candidates": ["c"], "models": ["nope", "../x"], "lang": "fr", "query": 99}, "q"),
        ({"queries": ["q"], "candidates": ["c"], "models": ["bm25"] * 4, "dimension": 10**9}, "q"),
        (
            {"queries": ["<img src=x onerror='hacked=1'>"], "candidates": ["{{value}}"], "models": ["bm25"]},
            "<img src=x",
        ),
    ],
    ids=["half of a pair", "unknown models", "one model four times", "markup"],
)
def test_a_link_made_by_hand_opens(watched: Watched, state: dict[str, Any], shown: str) -> None:
    page = watched.page
    page.goto(f"{watched.address}{link(state)}")
    page.wait_for_function(DONE, timeout=READY_MS)
    assert page.locator("#queries textarea").input_value().startswith(shown)
    assert page.evaluate("window.hacked") is None
    models = page.evaluate("Libra.store.payload.models.map(model => model.id)")
    assert len(models) == len(set(models)) >= 1
    assert page.evaluate("Libra.store.payload.models.every(model => model.state === 'ready')")
    watched.clean()


def test_a_link_of_too_much_says_so(watched: Watched) -> None:
    page = watched.page
    page.goto(f"{watched.address}{link({'queries': ['a' * 200_000], 'candidates': ['c'], 'models': ['bm25']})}")
    expect(page.locator("#libra-notice")).to_contain_text("200000 characters", timeout=READY_MS)
    watched.clean()


def test_a_set_with_half_a_pair_is_refused_and_stays_in_the_box(watched: Watched) -> None:
    page = watched.open()
    page.get_by_text("From a file").click()
    page.locator("#candidates textarea").evaluate(
        r"(area) => { area.value = 'half \ud83d'; area.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    page.locator("#set-name textarea, #set-name input").first.fill("mine")
    page.locator("#set-save").click()
    expect(page.locator("#libra-notice")).to_contain_text("U+D83D")
    watched.clean()

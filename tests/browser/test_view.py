"""The view on payloads made here, without the app: models of several sizes, many pairs, models that were stopped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from models import Background, Failure, Kind, Request, Result, Workbench
from models.errors import Cancelled
from models.spec import ModelSpec
from models.vectors import rungs_of, similarity
from tests.browser.test_journey import rows
from tests.fakes import spec
from tests.models.test_workbench import bench_of
from ui.payload import FULL_LADDER_PAIRS, Payload, View
from ui.view import head

pytestmark = pytest.mark.browser

SMALL, LARGE, WORDS = "small", "large", "words"
SIZES = {SMALL: 384, LARGE: 1024}
FEW = Request(("one query", "two"), ("first answer", "second", "third"), (SMALL, LARGE))
MANY = replace(
    FEW,
    queries=tuple(f"query number {index}" for index in range(129)),
    candidates=tuple(f"{index} is a candidate" for index in range(128)),
)
REGIONS = ("compare", "similarity", "downloads")


def bench() -> Workbench:
    dense = (replace(spec(name), dimensions=size, smallest_dimension=32) for name, size in SIZES.items())
    return bench_of(*dense, ModelSpec(id=WORDS, label="Words", kind=Kind.BM25))


def view_of(run: str, request: Request, *without: str) -> tuple[View, dict[str, Result]]:
    """A view and its results; the models in ``without`` were stopped before they answered."""
    workbench = bench()
    view = View(run, request, workbench.settings, None)
    for model in without:
        view.add(Failure(model, Cancelled()))
    results = {model: workbench.result(model, request) for model in request.models if model not in without}
    for event in results.values():
        view.add(event)
    return view, results


def opened(browser: Browser, payload: Payload) -> Page:
    """A page with ``REGIONS`` on ``payload``. What they ask the server stands in ``asked``: [function, request, …]."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_content(
        f"<!doctype html><meta charset=utf-8><head>{head()}</head><body>"
        + "".join(f'<div id="libra-{name}"><div class="libra-view" data-view="{name}"></div></div>' for name in REGIONS)
        + "</body>"
    )
    page.evaluate(
        """([regions, payload]) => {
            window.asked = [];
            const answer = (name) => async (...sent) => {
                asked.push([name, ...sent]);
                return { error: { code: 'stand_in', values: {}, message: 'no server here' } };
            };
            const server = Object.fromEntries(['export', 'pairs', 'similarities'].map((name) => [name, answer(name)]));
            for (const name of regions) {
                const props = { value: payload, lang: 'en' };
                const watch = (_, update) => {
                    if (name === 'compare') window.give = (next) => { props.value = next; update(); };
                };
                Libra.mount(document.getElementById(`libra-${name}`), props, watch, server);
            }
        }""",
        [REGIONS, payload],
    )
    page.wait_for_selector("#libra-compare .libra-view[data-drawn]")
    return page


def give(page: Page, payload: Payload) -> int:
    """The next payload, as a run sends it; the dimension that the view then stands at."""
    return int(page.evaluate("async (next) => { give(next); await null; return Libra.store.dimension; }", payload))


def show(page: Page, dimension: int) -> None:
    page.evaluate("(dimension) => Libra.store.set({dimension, extra: null})", dimension)
    page.wait_for_selector(f'#libra-compare .libra-view[data-drawn="{dimension}"]')


def meta(page: Page, model: str) -> str:
    return page.locator(f'[data-model="{model}"] .lv-meta').inner_text()


def test_a_score_among_many_pairs_stands_in_the_background_of_its_own_dimension(browser: Browser) -> None:
    assert len(MANY.queries) * len(MANY.candidates) > FULL_LADDER_PAIRS
    view, _ = view_of("many", MANY)
    for model, size in SIZES.items():
        # At the n-th rung the unrelated pairs lie evenly between 0 and n/100: half of that is their middle.
        ends = np.arange(1, len(rungs_of(size)) + 1) / 100
        view.add(Background(model, np.asarray(ends[:, None] * np.linspace(0, 1, 101), np.float32)))
    page = opened(browser, view.value(done=True))
    for model, size in SIZES.items():
        for dimension in (32, 128, 384):
            middle = (rungs_of(size).index(dimension) + 1) / 200
            percentile = page.evaluate(
                """([id, dimension, value]) => {
                    const { run } = Libra.store;
                    const model = run.ready.find((one) => one.id === id);
                    return Libra.percentileAt(run, model, dimension, Math.round(value * Libra.rank.FIXED_POINT));
                }""",
                [model, dimension, middle],
            )
            assert percentile == pytest.approx(50, abs=1)
    page.close()


def test_every_model_stands_at_every_stop_of_the_slider_among_many_pairs(browser: Browser) -> None:
    view, results = view_of("many", MANY)
    page = opened(browser, view.value(done=True))
    show(page, SIZES[SMALL])  # no power of two: the full size of the other model
    assert meta(page, LARGE).startswith("384 dimensions")
    queries, candidates = results[LARGE].query_vectors, results[LARGE].candidate_vectors
    assert queries is not None
    assert candidates is not None
    right = similarity(queries, candidates, SIZES[SMALL])[0]
    for candidate, score in rows(page, LARGE):
        assert abs(score / 32767 - right[candidate]) < 1e-4
    page.close()


def test_a_card_names_the_rung_it_shows_where_a_typed_dimension_was_not_had(browser: Browser) -> None:
    view, _ = view_of("few", FEW)
    page = opened(browser, view.value(done=True))
    page.evaluate(
        """(id) => {
            const { run } = Libra.store;
            const model = run.models.find((one) => one.id === id);
            const models = new Map([[id, Libra.matrixAt(run, model, 96)]]);
            Libra.store.set({ dimension: 100, extra: { run: run.id, dimension: 100, models } });
        }""",
        SMALL,
    )
    page.wait_for_selector('#libra-compare .libra-view[data-drawn="100"]')
    assert meta(page, SMALL).startswith("100 dimensions")
    assert meta(page, LARGE).startswith("96 dimensions")
    page.close()


def test_a_slider_that_nobody_moved_stays_at_the_end(browser: Browser) -> None:
    def payload(run: str, *models: str) -> Any:
        return view_of(run, replace(FEW, models=models))[0].value(done=True)

    page = opened(browser, payload("1", SMALL))
    assert page.evaluate("Libra.store.dimension") == 384
    assert give(page, payload("2", SMALL, LARGE)) == 1024
    assert give(page, payload("3", WORDS)) == 0
    assert give(page, payload("4", SMALL)) == 384
    show(page, 128)  # moved: it stays there
    assert give(page, payload("5", SMALL, LARGE)) == 128
    show(page, 1024)
    link = {"queries": [*FEW.queries], "candidates": [*FEW.candidates], "gold": [], "dimension": 384, "query": 0}
    page.evaluate("(state) => Libra.share.expect(state)", link)
    assert give(page, payload("6", SMALL, LARGE)) == 384  # a link says where
    page.close()


def test_nothing_more_is_asked_of_a_model_that_was_stopped(browser: Browser) -> None:
    view, _ = view_of("few", FEW, LARGE)
    page = opened(browser, view.value(done=True))
    page.locator('[data-kind="csv"]').click()
    page.locator("#libra-similarity").scroll_into_view_if_needed()
    page.wait_for_function("new Set(asked.map(([name]) => name)).size === 2")
    asked = page.evaluate("asked.map(([name, request]) => [name, request.models])")
    assert sorted(asked) == [["export", [SMALL]], ["pairs", [SMALL]]]
    page.close()


def test_there_is_no_download_where_no_model_answered(browser: Browser) -> None:
    view, _ = view_of("few", replace(FEW, models=(LARGE,)), LARGE)
    page = opened(browser, view.value(done=True))
    assert page.locator('[data-kind="csv"]').is_disabled()
    page.close()

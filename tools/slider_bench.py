"""How long a move of the slider takes until it is painted: 4 models × (32 queries × 256 candidates), in Chromium.

    python -m tools.slider_bench [--queries 32] [--candidates 256] [--moves 60]

The real scripts and styles of the page draw similarities of random vectors at every rung; the server is not asked.
A move counts from the input event until the frame that shows it has been handed to the screen.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics

import numpy as np

from models import CATALOG, Request, Result, Settings
from models.events import Seconds, Side
from models.vectors import Floats, normalise, similarity
from ui.payload import View
from ui.view import head

MODELS = ("qwen3-embedding-8b", "qwen3-embedding-4b", "bge-m3", "libra-mini-encoder")
SEED = 0

MOVE = """async () => {
  const range = document.querySelector('input[type=range]');
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const {port1, port2} = new MessageChannel();
    port1.onmessage = () => done(performance.now());
    port2.postMessage(0);
  }));
  const times = [];
  let rung = 0;
  for (let move = 0; move < %d; move += 1) {
    rung = (rung + 7) %% (Number(range.max) + 1);
    const start = performance.now();
    range.value = rung;
    range.dispatchEvent(new Event('input', {bubbles: true}));
    times.push(await painted() - start);
    await new Promise((rest) => setTimeout(rest, 30));
  }
  return times;
}"""


def fake_result(model: str, request: Request, rng: np.random.Generator) -> Result:
    """Random vectors in which each query has some near candidates, so that rankings change along the ladder."""
    spec = next(spec for spec in CATALOG if spec.id == model)
    dimensions = spec.dimensions or 0
    decay = (1 / np.sqrt(1 + np.arange(dimensions) / 60)).astype(np.float32)
    queries = rng.normal(size=(len(request.queries), dimensions)).astype(np.float32) * decay
    candidates = rng.normal(size=(len(request.candidates), dimensions)).astype(np.float32) * decay
    for index in range(len(candidates)):
        candidates[index] += np.float32(rng.uniform(0, 1.5)) * queries[index % len(queries)]
    vectors = normalise(queries), normalise(candidates)
    return Result(
        model,
        spec=spec,
        revision="random",
        device="cpu",
        dtype="float32",
        dimensions=dimensions,
        scores=similarity(*vectors),
        query_vectors=vectors[0],
        candidate_vectors=vectors[1],
        queries=_side(vectors[0]),
        candidates=_side(vectors[1]),
        seconds=Seconds(0, 0, 0),
    )


def _side(vectors: Floats) -> Side:
    count = len(vectors)
    ones = np.full(count, 12, np.int32)
    return Side(ones, ones * 100, np.zeros(count, np.bool_), np.zeros(count, np.bool_))


def page_of(request: Request) -> str:
    """A page that mounts the compare view on the payload of ``request``, as Gradio would."""
    rng = np.random.default_rng(SEED)
    view = View("bench", request, Settings(), None)
    for model in request.models:
        view.add(fake_result(model, request, rng))
    payload = json.dumps(view.value(done=True)).replace("</", "<\\/")
    return (
        f"<!doctype html><meta charset=utf-8><head>{head()}</head><body><div id=libra-compare>"
        '<div class="libra-view" data-view="compare"></div></div>'
        "<script>Libra.mount(document.getElementById('libra-compare'), "
        f"{{value: {payload}, lang: 'en'}}, () => {{}}, {{}})"
        "</script></body>"
    )


def measure(html: str, moves: int) -> tuple[list[float], int]:
    """Milliseconds of each move, and how many requests were made meanwhile."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), headless=True)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_content(html)
        page.wait_for_selector(".libra-view[data-drawn]")
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.evaluate(MOVE % 5)  # warm-up
        times: list[float] = page.evaluate(MOVE % moves)
        browser.close()
    return times, len(requests)


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=32)
    parser.add_argument("--candidates", type=int, default=256)
    parser.add_argument("--moves", type=int, default=60)
    options = parser.parse_args()
    request = Request(
        tuple(f"query number {index}" for index in range(options.queries)),
        tuple(f"candidate number {index} with some words" for index in range(options.candidates)),
        MODELS,
    )
    times, requests = measure(page_of(request), options.moves)
    high = statistics.quantiles(times, n=20)[-1]
    print(
        f"slider, {len(MODELS)} × ({options.queries} × {options.candidates}), {len(times)} moves: "
        f"median {statistics.median(times):.0f} ms, p95 {high:.0f} ms, {requests} requests"
    )


if __name__ == "__main__":
    main()

"""How soon the page is up, against a bare Gradio app in the same run; and how soon the first results are there.

    python -m tools.page_bench [--runs 3]

Each run starts, one after the other: a one-textbox Gradio app, and Libra; the clock runs from the start of the process
to the first answer for "/". Then Chromium opens Libra: until the first example's result of the built-in encoder is
drawn (cold), and from a click on an example to its result (warm). Medians of the runs.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BARE = """
import gradio as gr
with gr.Blocks(analytics_enabled=False) as page:
    gr.Textbox()
page.launch(server_name="127.0.0.1", server_port={port}, quiet=True, ssr_mode=False)
"""
READY = '[data-model="libra-mini-encoder"][data-state="ready"]'
PATIENCE = 180.0  # seconds, after which something is broken


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(command: list[str], port: int) -> tuple[subprocess.Popen[bytes], float, float]:
    """The process, when it was started, and the seconds until "/" answered."""
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while time.perf_counter() - began < PATIENCE:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                return process, began, time.perf_counter() - began
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    raise SystemExit(f"{command} did not come up")


def results(port: int, began: float) -> tuple[float, float]:
    """Seconds from ``began`` to the first example's result, and from a click to a new one."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), headless=True)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_selector(READY, timeout=PATIENCE * 1000)
        cold = time.perf_counter() - began
        page.wait_for_function("Libra.store.payload.done", timeout=PATIENCE * 1000)
        run = page.evaluate("Libra.store.payload.run")
        clicked = time.perf_counter()
        page.locator("#example-cross-lingual-six").click()
        page.wait_for_function(
            """(run) => Libra.store.payload.run !== run
                && Libra.store.payload.models.some((m) => m.id === 'libra-mini-encoder' && m.state === 'ready')""",
            arg=run,
            timeout=PATIENCE * 1000,
        )
        warm = time.perf_counter() - clicked
        browser.close()
    return cold, warm


def one_run() -> tuple[float, float, float, float]:
    """(bare up, Libra up, first result, warm result), seconds."""
    port = free_port()
    process, _, bare = start([sys.executable, "-c", BARE.format(port=port)], port)
    stop(process)
    port = free_port()
    process, began, up = start([sys.executable, "app.py", "--port", str(port)], port)
    try:
        return bare, up, *results(port, began)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End it and wait until it is gone."""
    process.terminate()
    process.wait(30)


def main() -> None:
    """Measure and print one line a run, then the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    names = ("bare Gradio up", "Libra up", "first result after start", "result after a click")
    runs = []
    for number in range(parser.parse_args().runs):
        runs.append(one_run())
        print(f"run {number + 1}: {line(names, runs[-1])}", flush=True)
    print(f"medians: {line(names, [statistics.median(column) for column in zip(*runs, strict=True)])}")


def line(names: Sequence[str], seconds: Sequence[float]) -> str:
    """Names and seconds, for people."""
    return ", ".join(f"{name} {value:.1f} s" for name, value in zip(names, seconds, strict=True))


if __name__ == "__main__":
    main()

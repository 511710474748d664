"""The real app in a process of its own, with the built-in models, and Chromium to drive it."""

from __future__ import annotations

import os
import queue
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
UP_SECONDS = 120
READY_MS = 120_000


def chromium() -> str:
    """Chromium's path. Missing, it fails where CI is set and skips elsewhere."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail("Chromium is not installed: apt-get install chromium")
    pytest.skip("Chromium is not installed")


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app's address; it has no hub, an empty cache, and a port of its own."""
    home = tmp_path_factory.mktemp("hub")
    environment = {**os.environ, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}
    config = home / "libra.toml"
    config.write_text('runs = "runs"\n', encoding="utf-8")  # beside it: the benchmark's runs stay out of the repository
    command = [sys.executable, "app.py", "--host", "127.0.0.1", "--port", str(_free_port()), "--config", str(config)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield _address(process)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _address(process: subprocess.Popen[str]) -> str:
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None
    stdout = process.stdout

    def read() -> None:
        for line in stdout:
            lines.put(line)

    threading.Thread(target=read, daemon=True).start()
    seen: list[str] = []
    while True:
        try:
            line = lines.get(timeout=UP_SECONDS)
        except queue.Empty:
            pytest.fail(f"the app did not come up: {''.join(seen)}")
        seen.append(line)
        if line.startswith("Libra is up at "):
            return line.split()[4]
        if process.poll() is not None and lines.empty():
            pytest.fail(f"the app ended: {''.join(seen)}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), headless=True)
        yield started
        started.close()


class Watched:
    """A page whose console errors and outside requests are kept; a test ends with ``clean()``."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page: Page = context.new_page()
        self.address = address
        self.problems: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self._console(message.type, message.text))
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        self.page.on("request", lambda request: self._request(request.url))

    def _console(self, kind: str, text: str) -> None:
        if kind == "error":
            self.problems.append(f"console: {text}")

    def _request(self, url: str) -> None:
        self.requests.append(url)
        if not url.startswith((self.address.rstrip("/"), "data:", "blob:")):
            self.problems.append(f"outside request: {url}")

    def open(self, query: str = "", fragment: str = "") -> Page:
        """Open the page and wait until the built-in encoder has answered the first example, or the link's texts."""
        self.page.goto(f"{self.address}{query}{fragment}")
        self.ready("libra-mini-encoder")
        return self.page

    def ready(self, model: str, state: str = "ready") -> None:
        self.page.wait_for_selector(f'[data-model="{model}"][data-state="{state}"]', timeout=READY_MS)

    def clean(self) -> None:
        """Nothing went wrong in the console, nothing left the machine."""
        assert self.problems == []


@pytest.fixture
def watched(browser: Browser, address: str) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield Watched(context, address)
    context.close()

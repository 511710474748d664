"""What the compare tab's buttons do, without a page."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.models.test_workbench import bench_of
from ui.compare import RUNS_AT_ONCE, _wire_run
from ui.runs import StopFlags

SKIP = {"__type__": "update"}


class Buttons:
    """Stands where the tab does, and presses what is wired to it."""

    def __init__(self) -> None:
        self.flags = StopFlags()
        self.notice = None
        self.stop = SimpleNamespace(click=self._stopped)
        _wire_run(self, bench_of(), self.flags)  # type: ignore[arg-type]

    def started(self, wait: Callable[..., Any], run: Callable[..., Any]) -> None:
        self._wait, self._run = wait, run

    def _stopped(self, stop: Callable[..., Any], *_: Any, **__: Any) -> None:
        self._stop = stop

    def press_run(self, session: str, candidates: str = "a\nb", models: tuple[str, ...] = ("a",)) -> Any:
        """What the page says until the run has its turn."""
        return self._wait("x", candidates, list(models), "", SimpleNamespace(session_hash=session))

    def have_turn(self, session: str) -> list[Any]:
        """What the queued event of a press yields."""
        return list(self._run(SimpleNamespace(session_hash=session)))

    def press_stop(self, session: str) -> Any:
        return self._stop(SimpleNamespace(session_hash=session))


@pytest.fixture
def buttons() -> Buttons:
    return Buttons()


def test_a_run_that_has_its_turn_at_once_says_nothing_of_waiting(buttons: Buttons) -> None:
    assert buttons.press_run("me") == SKIP
    (first, notice), *_, last = buttons.have_turn("me")
    assert first["request"]["candidates"] == ["a", "b"]
    assert notice is None
    assert last == (SKIP, SKIP)
    for number in range(RUNS_AT_ONCE):  # a run that is over stands in nobody's way
        assert buttons.press_run(f"{number}") == SKIP
        buttons.have_turn(f"{number}")


def test_a_run_that_waits_says_so_and_stop_ends_it(buttons: Buttons) -> None:
    for number in range(RUNS_AT_ONCE):
        buttons.press_run(f"{number}")
    assert buttons.press_run("me")["said"] == "run_waits"
    assert buttons.press_stop("me") is None  # the word goes
    assert buttons.have_turn("me") == [(SKIP, SKIP)]
    assert buttons.press_stop("me") == SKIP


def test_impatient_presses_run_once_with_the_newest_boxes(buttons: Buttons) -> None:
    buttons.press_run("me", "older")
    buttons.press_run("me", "newer")
    assert buttons.have_turn("me")[0][0]["request"]["candidates"] == ["newer"]
    assert buttons.have_turn("me") == [(SKIP, SKIP)]


def test_what_cannot_run_says_why_at_once_and_ends_no_other_run(buttons: Buttons) -> None:
    flag = buttons.flags.start("me")
    assert buttons.press_run("me", models=("a",) * 5)["error"]["code"] == "too_many_models"
    assert buttons.have_turn("me") == [(SKIP, SKIP)]
    assert not flag.is_set()

"""A run of the page, from the boxes to what is shown; and what else is made of what was typed. No Gradio components."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr

from models import Kind, LibraError, Request, Settings, Workbench
from models.catalog import find
from models.errors import InputError
from ui.examples import example_of
from ui.payload import Payload, View, error_of, sent
from ui.text import fit_into_box, join_texts, parse_texts, read_texts

log = logging.getLogger("libra")

SIDE_BY_SIDE = 4  # models that the page shows at once

Notice = Payload | None


class StopFlag(threading.Event):
    """Set: give up. ``replaced``: a newer run of the same visitor is the reason, and the page is the newer one's."""

    replaced = False


class StopFlags:
    """One flag for each visitor's session: set by the stop button and when the page is left, cleared by a new run.

    Gradio's own cancelling ends a generator between two yields only, and a long step would work on. Nor does it end
    what waits in its queue. So what a run is to do is kept here from the press on, and not given to the queued event:
    that takes the newest there is, or nothing where the visitor has stopped since.
    """

    def __init__(self) -> None:
        self._flags: dict[str, StopFlag] = {}
        self._asked: dict[str, Any] = {}
        self._lock = threading.RLock()

    def ask(self, session: str, asked: Any) -> int:
        """Keep what a run is to do until its turn, in place of what waits already; how many runs come before it."""
        with self._lock:
            self._asked[session] = asked
            return len(self._flags) + len(self._asked) - 1

    @contextmanager
    def turn(self, session: str) -> Iterator[tuple[StopFlag, Any] | None]:
        """The time of a run: its flag, and what was asked for. None where nothing waits.

        That is so where it was stopped, and for all but one of several presses: each of them has queued an event.
        """
        with self._lock:
            asked = self._asked.pop(session, None)
            flag = self.start(session) if asked is not None else None
        try:
            yield (flag, asked) if flag is not None else None
        finally:
            with self._lock:
                if flag is not None and self._flags.get(session) is flag:
                    del self._flags[session]

    def start(self, session: str) -> StopFlag:
        """A fresh flag; a run of the same session that is still going gives up."""
        with self._lock:
            self.replace(session)
            new = self._flags[session] = StopFlag()
        return new

    def replace(self, session: str) -> None:
        """A run that is still going gives up, and leaves the page to a newer one."""
        with self._lock:
            old = self._flags.pop(session, None)
        if old:
            old.replaced = True
            old.set()

    def stop(self, session: str) -> bool:
        """Raise the flag, and forget it and what waits. Whether something did: no run will tell the page of its end."""
        with self._lock:
            flag = self._flags.pop(session, None)
            waited = self._asked.pop(session, None) is not None
        if flag:
            flag.set()
        return waited


def read_request(queries: str, candidates: str, models: Sequence[str] | None, instruction: str | None) -> Request:
    """The boxes as a request. Raises InputError for more models than stand side by side."""
    chosen = tuple(models or ())
    if len(chosen) > SIDE_BY_SIDE:
        raise InputError(
            "too_many_models",
            "{count} models are chosen; at most {limit} stand side by side.",
            count=len(chosen),
            limit=SIDE_BY_SIDE,
        )
    texts = [tuple(parse_texts(typed or "")) for typed in (queries, candidates)]
    return Request(texts[0], texts[1], chosen, instruction=(instruction or "").strip() or None)


def run_events(bench: Workbench, request: Request, flag: StopFlag) -> Iterator[tuple[Any, Notice]]:
    """(payload, notice) after each event of a run; the payload grows model by model.

    A request that cannot be used leaves what is shown as it is and says why. A run that a newer one has replaced
    says nothing more: it would draw over the newer one.
    """
    try:
        events = bench.compare(request, flag.is_set, with_background=True)
    except LibraError as error:
        yield gr.skip(), {"error": error_of(error)}
        return
    view = View(uuid.uuid4().hex, request, bench.settings, example_of(request.queries, request.candidates))
    yield view.value(), None
    for event in events:
        if flag.replaced:
            break
        if view.add(event):
            yield view.value(), gr.skip()
    if not flag.replaced:
        yield view.value(done=True), gr.skip()
    # Gradio sends the last thing yielded once more, and keeps it as long as it knows the session: let it be nothing.
    yield gr.skip(), gr.skip()


def sent_texts(models: Sequence[str] | None, instruction: str | None, settings: Settings) -> Payload:
    """Exactly what stands around each text for every chosen model."""
    rows = []
    for model in models or ():
        spec = find(model, settings.catalog)
        rows.append(
            {"id": spec.id, "name": spec.label, "dense": spec.kind is Kind.DENSE}
            | sent(spec, (instruction or "").strip() or None)
        )
    return {"rows": rows}


def fill_from_file(file: str | None) -> tuple[Any, Notice]:
    """(text for the box, notice): a file that cannot be read leaves the box as it is.

    The box holds as many texts as the notice says. Lines that would split one are changed, and that is said.
    """
    if not file:
        return gr.skip(), gr.skip()
    try:
        texts = read_texts(Path(file), Path(file).name)
        if not texts:
            raise InputError("file_empty", "{name} holds no texts.", name=Path(file).name[:80])
        fitted, changed = fit_into_box(texts)
        said = "file_read_changed" if changed else "file_read"
        values = {"name": Path(file).name[:80], "count": len(fitted), "changed": changed}
        return join_texts(fitted), {"said": said, "values": values}
    except LibraError as error:
        return gr.skip(), {"error": error_of(error)}
    except Exception:
        log.exception("a dropped file could not be read")
        return gr.skip(), {"error": error_of(InputError("file_unreadable", "The file could not be read."))}

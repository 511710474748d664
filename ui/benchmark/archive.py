"""Runs that a visitor may see, opened with the texts of their sets; and runs as files. Plain values, no Gradio."""

from __future__ import annotations

import functools
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from eval import report
from eval.dataset import load, template
from eval.ledger import concluded
from eval.outcomes import main_set, set_names
from eval.own import sets_of
from eval.runs import RunStore, Summary
from eval.sets import EvalSet
from models import LibraError, Settings
from models.errors import InputError
from ui.benchmark.categories import is_own, spoken_run, spoken_set
from ui.language import strings
from ui.payload import Payload, error_of

HELD_OPEN = 8  # runs in memory, of all visitors

Maker = Callable[["Opened", Mapping[str, str], Mapping[str, str]], str]


@dataclass(frozen=True)
class Opened:
    """A run and those of its sets whose texts are at hand, by name."""

    run: Mapping[str, Any]
    sets: Mapping[str, EvalSet]

    def set_name(self, asked: str | None) -> str | None:
        """``asked`` if the run has results on it, else the set that says most; None without results."""
        return asked if asked in set_names(self.run) else main_set(self.run)

    def spoken(self, words: Mapping[str, str]) -> Opened:
        """The same with the categories of built-in sets in the language of ``words``."""
        own = {name: item for name, item in self.sets.items() if is_own(self.run, name)}
        rest = {name: spoken_set(item, words) for name, item in self.sets.items() if name not in own}
        return Opened(spoken_run(self.run, words), rest | own)


@functools.cache
def builtin(name: str) -> EvalSet:
    """A built-in set, read once."""
    return load(name)


class Archive:
    """The runs of this host, as visitors see them. Safe to use from many threads."""

    def __init__(self, settings: Settings) -> None:
        self.store = RunStore(settings.runs)
        self.catalog = settings.catalog
        self.labels = {spec.id: spec.label for spec in settings.catalog}
        self._open: OrderedDict[tuple[str, str], Opened] = OrderedDict()
        self._lock = threading.Lock()

    def opened(self, run_id: str, owner: str) -> Opened:
        """A run of ``owner``'s or a published one. Raises InputError: unknown, damaged, or somebody else's."""
        key = (run_id, owner)
        with self._lock:
            if key in self._open:
                self._open.move_to_end(key)
                return self._open[key]
        found = self.store.open(run_id, owner)
        return self.hold(found, owner)

    def hold(self, run: Mapping[str, Any], owner: str) -> Opened:
        """Keep a run in memory: it can be looked at although the disk is full. Raises InputError for a damaged one."""
        sets = sets_of(run)
        made = Opened(concluded(run, sets), sets)
        with self._lock:
            self._open[(str(run["id"]), owner)] = made
            while len(self._open) > HELD_OPEN:
                self._open.popitem(last=False)
        return made

    def keep(self, run: Mapping[str, Any]) -> None:
        """Write a run to its owner's folder. Raises InputError where the disk refuses."""
        self._forget(str(run["id"]))
        self.store.save(run)

    def delete(self, run_id: str, owner: str) -> None:
        """Remove a run of ``owner``. Raises InputError for one that is not theirs."""
        self._forget(run_id)
        self.store.delete(run_id, owner)

    def summaries(self, owner: str) -> list[Summary]:
        """What ``owner`` may open, the newest first."""
        return self.store.summaries(owner)

    def _forget(self, run_id: str) -> None:
        with self._lock:
            for key in [key for key in self._open if key[0] == run_id]:
                del self._open[key]

    def file(self, data: Any) -> Payload:
        """``[run, owner, kind, language]`` → a file's name, type and content; ``{"error": …}`` where there is none."""
        try:
            run_id, owner, kind, language = _four(data)
            ending, media, make = FILES[kind]
            content = make(self.opened(run_id, owner), strings(language), self.labels)
        except LibraError as error:
            return {"error": error_of(error)}
        return {"name": f"libra-{run_id}{ending}", "type": media, "content": content}

    def template(self, _: Any = None) -> Payload:
        """The table to fill in, as a file."""
        return {"name": "libra-set.csv", "type": CSV, "content": template()}


def _four(data: Any) -> tuple[str, str, str, str]:
    """What the browser sent, if it is four texts and the third a kind of file."""
    fits = isinstance(data, list) and len(data) == 4 and all(isinstance(item, str) for item in data)
    if not fits or data[2] not in FILES:
        raise InputError("bad_request", "The request is not of the form that is expected here.")
    return data[0], data[1], data[2], data[3]


def _told(make: Callable[..., str], one: Opened, words: Mapping[str, str], labels: Mapping[str, str]) -> str:
    """A report for people: its categories are translated as on the page."""
    said = one.spoken(words)
    return make(said.run, said.sets, words, labels)


CSV = "text/csv;charset=utf-8"
#: Kind of file → (ending, media type, maker).
FILES: Mapping[str, tuple[str, str, Maker]] = {
    "json": (".json", "application/json", lambda one, *_: json.dumps(one.run, ensure_ascii=False, indent=1)),
    "csv": (".csv", CSV, lambda one, _, labels: report.results_csv(one.run, labels)),
    "queries": ("-queries.csv", CSV, lambda one, _, labels: report.queries_csv(one.run, one.sets, labels)),
    "markdown": (
        ".md",
        "text/markdown;charset=utf-8",
        lambda one, words, labels: _told(report.markdown, one, words, labels),
    ),
    "html": (
        ".html",
        "text/html;charset=utf-8",
        lambda one, words, labels: _told(report.html, one, words, labels),
    ),
}

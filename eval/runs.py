"""The runs that a host keeps, and who may see them: one JSON a run.

folder/<owner>/<id>.json       a visitor's; <owner> is the hash of what only that visitor knows
folder/published/<id>.json     what the host shows to everybody
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.plan import owner_id
from eval.runfile import read_run, unwritable, write_run
from models.errors import InputError

PUBLISHED = "published"
NOBODY = "nobody"  # owner of runs that somebody without a name makes
MOST_RUNS = 100  # of one owner; the oldest leave
MOST_BYTES = 4 << 30  # of all owners together
_ID = re.compile(r"[0-9a-z-]{1,64}")
_OWNER = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a list of runs shows of one."""

    id: str
    created: str
    title: str
    models: tuple[str, ...]
    sets: tuple[str, ...]
    complete: bool
    failures: int
    published: bool


class RunStore:
    """The runs of a host. A visitor sees their own and the published ones, nobody else's.

    Args:
        folder: made when the first run is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[Path, tuple[int, Summary]] = {}

    def save(self, run: Mapping[str, Any]) -> Path:
        """Keep a run under its owner; the file. Old runs leave where there are too many.

        Raises:
            InputError: ``run_unwritable``.
        """
        path = self._own(str(run["owner"])) / f"{_checked(str(run['id']))}.json"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(path, error) from error
        write_run(path, run)
        self._prune(path)
        return path

    def summaries(self, owner: str) -> list[Summary]:
        """Summaries of what ``owner`` (the secret, not its hash) may see, the newest first."""
        found = []
        for folder in (self._own(owner_id(owner)), self.folder / PUBLISHED):
            for path in folder.glob("*.json"):
                if (summary := self._summary(path)) is not None:
                    found.append(summary)
        return sorted(found, key=lambda item: (item.created, item.id), reverse=True)

    def open(self, run_id: str, owner: str) -> dict[str, Any]:
        """A run that ``owner`` may see.

        Raises:
            InputError: ``run_unknown``; there is none, or it is somebody else's. The answer is the same.
        """
        for folder in (self._own(owner_id(owner)), self.folder / PUBLISHED):
            path = folder / f"{_checked(run_id)}.json"
            if path.is_file():
                return read_run(path)
        raise _unknown(run_id)

    def delete(self, run_id: str, owner: str) -> None:
        """Remove a run of ``owner``; a published one stays. Raises InputError (``run_unknown``)."""
        path = self._own(owner_id(owner)) / f"{_checked(run_id)}.json"
        try:
            path.unlink()
        except FileNotFoundError as error:
            raise _unknown(run_id) from error

    def publish(self, run_id: str, owner: str) -> Path:
        """For the host: show a copy of a run to everybody, without its owner. Raises InputError (``run_unknown``)."""
        run = self.open(run_id, owner) | {"owner": ""}
        path = self.folder / PUBLISHED / f"{_checked(run_id)}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_run(path, run)
        return path

    def _own(self, hashed: str) -> Path:
        """The folder of an owner; whatever is no hash is nobody."""
        return self.folder / (hashed if _OWNER.fullmatch(hashed) else NOBODY)

    def _summary(self, path: Path) -> Summary | None:
        """None for a file that is no run. Read again only when it has changed."""
        try:
            changed = path.stat().st_mtime_ns
            if path not in self._known or self._known[path][0] != changed:
                self._known[path] = (changed, _summary(read_run(path), path.parent.name == PUBLISHED))
        except (OSError, InputError, AttributeError, TypeError):
            return None
        return self._known[path][1]

    def _prune(self, new: Path) -> None:
        """Bounds what is kept: of one owner in number, of all in bytes. Published runs and ``new`` stay."""
        own = sorted(new.parent.glob("*.json"), key=_age)
        for path in own[:-MOST_RUNS]:
            path.unlink(missing_ok=True)
        rest = sorted((path for path in self.folder.glob("*/*.json") if path.parent.name != PUBLISHED), key=_age)
        size = sum(path.stat().st_size for path in rest)
        for path in rest:
            if size <= MOST_BYTES or path == new:
                break
            size -= path.stat().st_size
            path.unlink(missing_ok=True)


def _age(path: Path) -> tuple[int, str]:
    return path.stat().st_mtime_ns, path.name


def _checked(name: str) -> str:
    """A name that is no path. What a visitor sends never becomes one."""
    if not _ID.fullmatch(name):
        raise _unknown(name)
    return name


def _unknown(run_id: str) -> InputError:
    return InputError("run_unknown", 'There is no run "{run}" among yours and the published ones.', run=run_id)


def _summary(run: Mapping[str, Any], published: bool) -> Summary:
    plan = run.get("plan", {})
    return Summary(
        id=str(run.get("id", "")),
        created=str(run.get("created", "")),
        title=str(run.get("title", "")),
        models=tuple(map(str, plan.get("models", ()))),
        sets=tuple(map(str, plan.get("sets", ()))),
        complete=bool(run.get("complete")),
        failures=len(run.get("failures", {})),
        published=published,
    )

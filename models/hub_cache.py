"""Where the hub's files lie on this machine: the cache folder that every Hugging Face library shares.

Environment variables are read at each call; the library reads them once, when it is imported.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from models.spec import ModelSpec


def is_offline() -> bool:
    """Whether the host has switched the hub off for every library."""
    said = (os.environ.get(name, "").upper() for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    return any(value in {"1", "ON", "YES", "TRUE"} for value in said)


def endpoint() -> str:
    """The hub, or the mirror that the host has set."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def cache_folder() -> Path:
    """The cache, by the library's own rules."""
    home = os.environ.get("HF_HOME") or f"{os.environ.get('XDG_CACHE_HOME') or '~/.cache'}/huggingface"
    cache = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or f"{home}/hub"
    return Path(os.path.expandvars(cache)).expanduser().absolute()


@dataclass(frozen=True)
class CachedRepo:
    """One model's place in the cache: ``refs``, ``blobs`` by hash, ``snapshots`` of links to them."""

    spec: ModelSpec
    cache: Path

    @property
    def _name(self) -> str:
        return f"models--{self.spec.source.replace('/', '--')}"

    @property
    def folder(self) -> Path:
        """All that is kept of the repository."""
        return self.cache / self._name

    def snapshot(self, commit: str) -> Path:
        """The folder of one commit's files."""
        return self.folder / "snapshots" / commit

    def blob(self, digest: str) -> Path:
        """Where a file's bytes lie."""
        return self.folder / "blobs" / re.sub(r"\W", "_", digest)

    def lock(self, digest: str) -> Path:
        """The lock that the library, too, holds while it writes that blob."""
        return self.cache / ".locks" / self._name / f"{self.blob(digest).name}.lock"

    def snapshots(self) -> list[Path]:
        """Folders that may hold the model, best first: the pinned commit, ``refs/main``, else the only one."""
        commits = [self.spec.revision] if self.spec.revision else []
        for ref in [*commits, "main"]:
            path = self.folder / "refs" / ref
            if path.is_file():
                commits.append(path.read_text(encoding="utf-8").strip())
        known = [path for commit in commits if commit and (path := self.snapshot(commit)).is_dir()]
        if known:
            return known
        root = self.folder / "snapshots"
        there = [path for path in root.iterdir() if path.is_dir()] if root.is_dir() else []
        return there if len(there) == 1 else []

    def absent(self, commit: str, name: str) -> Path:
        """The empty file that notes, as the library does, that a commit has no file of that name."""
        return self.folder / ".no_exist" / commit / name

    def note_absent(self, commit: str, name: str) -> None:
        """Remember that the hub was asked for the file and has none."""
        note = self.absent(commit, name)
        note.parent.mkdir(parents=True, exist_ok=True)
        note.touch()

    def link(self, digest: str, snapshot: Path, name: str) -> None:
        """Show a blob under its name; where links are not allowed (Windows), move it there."""
        blob, pointer = self.blob(digest), snapshot / name
        pointer.parent.mkdir(parents=True, exist_ok=True)
        fresh = pointer.with_name(f".{pointer.name}.{uuid4().hex[:8]}")
        try:
            fresh.symlink_to(os.path.relpath(blob, pointer.parent))
            fresh.replace(pointer)  # at once: another download of the same model may be reading it
        except OSError:
            if blob.exists():
                blob.replace(pointer)

    def name_commit(self, revision: str, commit: str) -> None:
        """Remember what a branch or tag stood for, so that it is found without the hub."""
        ref = self.folder / "refs" / revision
        ref.parent.mkdir(parents=True, exist_ok=True)
        ref.write_text(commit, encoding="utf-8")

"""From the hub into the cache: one question, then the files that the model needs, weights last."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models import hub_transfer
from models.hub_cache import CachedRepo
from models.hub_errors import missing_file_error, room_error
from models.hub_files import MODULES, ReadJson, lacking, local_names, modules, needed, read_json
from models.hub_transfer import RemoteFile, Tally

if TYPE_CHECKING:
    import httpx2
    from huggingface_hub import ModelInfo
    from huggingface_hub.hf_api import RepoSibling


def prepare() -> None:
    """Import the library: on a busy machine that takes seconds, which are not the hub's."""
    import httpx2  # noqa: F401
    from huggingface_hub import HfApi  # noqa: F401


def ask(repo: CachedRepo, endpoint: str, timeout: float) -> ModelInfo:
    """The commit and its files: one request. ``timeout``: seconds to connect, and again to answer.

    Raises:
        OSError, ValueError: the library's own errors.
    """
    from huggingface_hub import HfApi

    _headers()
    api = HfApi(endpoint=endpoint, library_name="libra")
    return api.model_info(repo.spec.source, revision=repo.spec.revision, timeout=timeout, files_metadata=True)


def download(repo: CachedRepo, endpoint: str, info: ModelInfo, tally: Tally) -> Path:
    """Bring what the model needs of the commit into the cache; files that are there already are counted, not fetched.

    Returns:
        The snapshot's folder. Its name is the commit.

    Raises:
        HubError: a file that the model needs is not in the repository, or the disk has no room for it.
        CutError, CorruptError, Stopped, OSError, ValueError: as they come.
    """
    import httpx2

    commit = info.sha or ""
    if not re.fullmatch(r"\w+", commit):
        raise ValueError(f"{commit!r} is no commit")
    siblings = {sibling.rfilename: sibling for sibling in info.siblings or []}
    snapshot = repo.snapshot(commit)
    read = read_json(snapshot)
    with httpx2.Client(follow_redirects=True, timeout=hub_transfer.STALL_SECONDS) as client:
        source = _Source(repo, endpoint, snapshot, client, _headers())
        if MODULES in siblings:  # says which folders matter
            source.bring([source.describe(siblings[MODULES])], Tally(stop=tally.stop))
        small, large = needed(siblings, modules(siblings, read))
        files = {name: source.describe(siblings[name]) for name in [*small, *large]}
        tally.total = sum(file.size for file in files.values())
        _check_room(repo, files.values())
        source.bring([files[name] for name in small], tally)
        _check_whole(repo, siblings, read)  # before gigabytes are fetched for nothing
        source.bring([files[name] for name in large], tally)
    _check_whole(repo, local_names(snapshot), read)
    if MODULES not in siblings:
        repo.note_absent(commit, MODULES)
    if repo.spec.revision != commit:
        repo.name_commit(repo.spec.revision or "main", commit)
    return snapshot


def _headers() -> dict[str, str]:
    from huggingface_hub import constants
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # public, but lazily so

    # Else it asks the hub for a list of programs to report. The variable comes too late where the library was
    # imported before this package.
    constants.HF_HUB_DISABLE_TELEMETRY = True
    headers: dict[str, str] = build_hf_headers(library_name="libra")
    return headers


@dataclass(frozen=True)
class _Source:
    repo: CachedRepo
    endpoint: str
    snapshot: Path
    client: httpx2.Client
    headers: Mapping[str, str]

    def describe(self, sibling: RepoSibling) -> RemoteFile:
        """Size and hash as the first answer gave them; a mirror that leaves them out is asked for the file's own."""
        from huggingface_hub import get_hf_file_metadata, hf_hub_url

        name = sibling.rfilename
        url = hf_hub_url(self.repo.spec.source, name, revision=self.snapshot.name, endpoint=self.endpoint)
        size, digest = sibling.size, sibling.blob_id
        if sibling.lfs is not None:
            size, digest = sibling.lfs.size, sibling.lfs.sha256
        if size is None or not digest:
            told = get_hf_file_metadata(url, timeout=hub_transfer.STALL_SECONDS, endpoint=self.endpoint)
            size, digest = told.size, told.etag
        if size is None or not digest:
            raise ValueError(f"it tells neither size nor hash of {name}")
        return RemoteFile(name, url, size, digest)

    def bring(self, files: Collection[RemoteFile], tally: Tally) -> None:
        for file in files:
            pointer = self.snapshot / file.path
            if pointer.is_file() and pointer.stat().st_size == file.size:
                tally.done += file.size
                continue
            blob, lock = self.repo.blob(file.digest), self.repo.lock(file.digest)
            hub_transfer.receive(self.client, file, blob, lock, self.headers, tally)
            self.repo.link(file.digest, self.snapshot, file.path)


def _check_room(repo: CachedRepo, files: Collection[RemoteFile]) -> None:
    """Refuse now rather than after an hour. Bytes that are on the disk already are not needed again."""
    there = 0
    for file in files:
        blob = repo.blob(file.digest)
        rest = blob.with_name(f"{blob.name}.incomplete")
        there += next((path.stat().st_size for path in (blob, rest) if path.is_file()), 0)
    wanted = sum(file.size for file in files) - there
    repo.folder.mkdir(parents=True, exist_ok=True)  # nothing may have been fetched yet
    free = shutil.disk_usage(repo.folder).free
    if wanted > free:
        raise room_error(repo.spec, repo.cache, wanted, free)


def _check_whole(repo: CachedRepo, names: Collection[str], read: ReadJson) -> None:
    missing = lacking(names, read)
    if missing:
        raise missing_file_error(repo.spec, missing)

"""Where the files of a model come from: this machine first, else the hub; every failure becomes a sentence.

Nothing here waits for a hub that does not answer: it is asked once, with a limit, and only then downloaded from. The
snapshot is read from the disk afterwards, so that no other library asks the hub again.

    hub.py            local_snapshot, fetch
    hub_files.py      which files a model needs, and whether they are all there
    hub_cache.py      where they lie
    hub_download.py   one question, then the files
    hub_transfer.py   the bytes of one file
    hub_errors.py     the sentences
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import TypeVar

from models.encoder import OnStage
from models.errors import HubError
from models.hub_cache import CachedRepo, cache_folder, endpoint, is_offline
from models.hub_download import ask, download, prepare
from models.hub_errors import explain, folder_error, incomplete_error, offline_mode_error
from models.hub_files import MODULES, fingerprint, lacking, local_names, read_json
from models.hub_transfer import CorruptError, CutError, Tally
from models.spec import ModelSpec

# Read by the libraries when they are imported: no usage data, and no search for other copies of .bin weights.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("DISABLE_SAFETENSORS_CONVERSION", "1")

ANSWER_SECONDS = 2.0  # for each step of the first question: to connect, to answer
DEADLINE_SECONDS = 4.0  # for the whole of it: a name look-up, or an answer that drips, is no such step
POLL_SECONDS = 0.1  # between two calls of on_progress

T = TypeVar("T")


@dataclass(frozen=True)
class Snapshot:
    """The complete files of a model on this machine.

    Attributes:
        path: the folder.
        revision: the commit (the folder's name in the hub's cache); for a local folder a hash of what it holds.
    """

    path: Path
    revision: str


def local_snapshot(spec: ModelSpec) -> Snapshot | None:
    """The files of a model if all of them are on this machine. Asks nobody and never raises; about a millisecond."""
    try:
        if spec.local:
            folder = Path(spec.source)
            return Snapshot(folder, fingerprint(folder)) if not _lacking(folder) else None
        if not spec.source:
            return None
        repo = CachedRepo(spec, cache_folder())
        whole = (folder for folder in repo.snapshots() if not _lacking_cached(repo, folder))
        return next((Snapshot(folder, folder.name) for folder in whole), None)
    except OSError:  # it may not be read, or it vanishes meanwhile
        return None


def fetch(spec: ModelSpec, *, offline: bool = False, on_progress: OnStage | None = None) -> Snapshot:
    """The files of a model: from this machine, else from the hub, going on from where a download was left.

    Args:
        spec: a model with files (not a lexical scorer).
        offline: do not ask the hub. ``HF_HUB_OFFLINE=1`` says the same.
        on_progress: called every 0.1 s of a download with ("download", bytes there, bytes in all); all is 0 until the
            hub has answered. It may raise ``Cancelled``.

    Raises:
        HubError: the files could not be had; the sentence says what to do.
        Cancelled: raised by ``on_progress``. What has arrived is kept.
    """
    found = local_snapshot(spec)
    if found:
        return found
    if spec.local:
        folder = Path(spec.source)
        missing = _lacking(folder) if folder.is_dir() else []
        raise incomplete_error(spec, folder, missing) if missing else folder_error(spec, folder)
    repo, hub = CachedRepo(spec, cache_folder()), endpoint()
    if offline or is_offline():
        raise offline_mode_error(spec, repo.cache, _missing(repo))
    folder = _fetch(repo, hub, on_progress)
    return Snapshot(folder, folder.name)


def _lacking(folder: Path) -> list[str]:
    return lacking(local_names(folder), read_json(folder))


def _lacking_cached(repo: CachedRepo, folder: Path) -> list[str]:
    """As ``_lacking``, and modules.json where the row says how to pool, unless the repository is known to have none.

    Plain transformers fills the same cache and leaves it out; the model would be pooled by a guess, or not load.
    """
    names = local_names(folder)
    missing = lacking(names, read_json(folder))
    if not repo.spec.pooling or MODULES in names or repo.absent(folder.name, MODULES).is_file():
        return missing
    return [MODULES, *missing]


def _missing(repo: CachedRepo) -> list[str]:
    """What a sentence tells: the files that the best folder of the cache lacks."""
    try:
        folder = next(iter(repo.snapshots()), repo.snapshot(repo.spec.revision or "main"))
        return _lacking_cached(repo, folder)
    except OSError:  # it may not be read
        return lacking((), read_json(repo.folder))


def _fetch(repo: CachedRepo, hub: str, on_progress: OnStage | None) -> Path:
    tally = Tally()

    def tick() -> None:
        if on_progress is not None:
            on_progress("download", tally.done, tally.total)

    _watch(prepare, tick, tally)
    import httpx2

    try:
        info = _watch(lambda: ask(repo, hub, ANSWER_SECONDS), tick, tally, DEADLINE_SECONDS)
        folder = _watch(lambda: download(repo, hub, info, tally), tick, tally)
    except HubError:
        raise
    except (CutError, CorruptError, OSError, ValueError, TypeError, KeyError) as error:
        raise explain(error, repo.spec, hub, repo.cache, _missing(repo)) from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise explain(error, repo.spec, hub, repo.cache, _missing(repo)) from error
    tick()
    return folder


def _watch(work: Callable[[], T], tick: Callable[[], None], tally: Tally, limit: float | None = None) -> T:
    """Run ``work`` in a thread and ``tick`` here meanwhile: a look-up or a read that blocks holds up nobody.

    Raises:
        TimeoutError: after ``limit`` seconds; the thread is left to its own time limits.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            future.set_exception(error)

    start = monotonic()
    Thread(target=run, name="libra-hub", daemon=True).start()
    try:
        while not wait([future], POLL_SECONDS).done:
            tick()
            if limit is not None and monotonic() - start > limit:
                raise TimeoutError(f"no answer within {limit:g} s")
    except BaseException:
        tally.stop.set()
        wait([future], 1.0)  # usually it ends at its next block, and what it has is on the disk
        raise
    return future.result()

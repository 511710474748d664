"""Bytes from the hub into its cache, one file at a time: resumed, checked, stoppable.

huggingface_hub 2.4 throws a partial file away when a download ends early, retries a silent server for minutes and
checks sizes but no hashes; with weights of gigabytes none of that will do. So the bytes are fetched here, into the
library's own layout (``blobs/<hash>``, ``<hash>.incomplete``, its locks), which it and others read as their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import httpx2

STALL_SECONDS = 10.0  # a connection that is silent for so long counts as cut
TRIES = 3  # in a row that brought no new byte, then the download gives up
PAUSE_SECONDS = 0.5  # before another try, growing
BLOCK = 1 << 20  # bytes


class Stopped(Exception):
    """The caller set ``Tally.stop``."""


class CutError(Exception):
    """The connection broke, or brought nothing, more often than is worth trying."""


class CorruptError(Exception):
    """What arrived is not what the hub announced; it was removed."""


@dataclass(frozen=True)
class RemoteFile:
    """One file to fetch.

    Attributes:
        path: inside the repository.
        size: bytes.
        digest: hex, sha256 of an LFS file or git's sha1 of a small one; another length means it cannot be checked.
    """

    path: str
    url: str
    size: int
    digest: str


@dataclass
class Tally:
    """What a download shares with the thread that watches it."""

    total: int = 0
    done: int = 0
    stop: Event = field(default_factory=Event)

    def check(self) -> None:
        """Raise ``Stopped`` if the watcher wants an end."""
        if self.stop.is_set():
            raise Stopped


def receive(
    client: httpx2.Client, file: RemoteFile, blob: Path, lock: Path, headers: Mapping[str, str], tally: Tally
) -> None:
    """Bring ``file`` to ``blob``, going on from what an earlier download left.

    Raises:
        CutError, CorruptError, Stopped: see there.
        OSError: the disk; or the hub's answer, as one of huggingface_hub's errors.
    """
    blob.parent.mkdir(parents=True, exist_ok=True)
    with _locked(lock, tally):
        if blob.is_file() and blob.stat().st_size == file.size:
            tally.done += file.size
            return
        rest = blob.with_name(f"{blob.name}.incomplete")
        try:
            with rest.open("a+b") as sink:
                part = _Part(file, sink, tally)
                _fill(client, part, headers)
                part.verify()
        except CorruptError:
            rest.unlink()
            raise
        rest.replace(blob)


@contextmanager
def _locked(path: Path, tally: Tally) -> Iterator[None]:
    """The library's own lock of this file, so that two programs do not write to it at once."""
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, thread_local=False)
    while True:
        try:
            lock.acquire(timeout=0.2)
            break
        except Timeout:
            tally.check()
    try:
        yield
    finally:
        lock.release()


class _Part:
    """What is there of one file, with its running hash."""

    def __init__(self, file: RemoteFile, sink: BinaryIO, tally: Tally) -> None:
        self.file = file
        self.size = 0
        self._sink = sink
        self.tally = tally
        self._hash = _hash(file)
        sink.seek(0)
        while block := sink.read(BLOCK):
            self._count(block)
        if self.size > file.size:
            self.restart()

    def append(self, block: bytes) -> None:
        self._sink.write(block)
        self._count(block)
        if self.size > self.file.size:
            raise CorruptError(self.file.path)

    def restart(self) -> None:
        self.tally.done -= self.size
        self._sink.truncate(0)
        self.size = 0
        self._hash = _hash(self.file)

    def verify(self) -> None:
        if self._hash is not None and self._hash.hexdigest() != self.file.digest:
            raise CorruptError(self.file.path)

    def _count(self, block: bytes) -> None:
        self.size += len(block)
        self.tally.done += len(block)
        if self._hash is not None:
            self._hash.update(block)
        self.tally.check()


def _hash(file: RemoteFile) -> hashlib._Hash | None:
    if len(file.digest) == 64:
        return hashlib.sha256()
    if len(file.digest) == 40:
        return hashlib.sha1(f"blob {file.size}\0".encode(), usedforsecurity=False)
    return None


def _fill(client: httpx2.Client, part: _Part, headers: Mapping[str, str]) -> None:
    """Ask for what is missing until it is all there, or until trying brings nothing any more."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    fruitless = 0
    while part.size < part.file.size:
        before = part.size
        failure: Exception = CutError("the answer ended early")
        try:
            _stream(client, part, headers)
        except httpx2.TransportError as error:
            failure = CutError(str(error) or type(error).__name__)
        except HfHubHTTPError as error:
            if error.response.status_code < 500:
                raise
            failure = error
        fruitless = 0 if part.size > before else fruitless + 1
        if fruitless == TRIES:
            raise failure
        if fruitless:
            part.tally.stop.wait(PAUSE_SECONDS * fruitless)
        part.tally.check()


def _stream(client: httpx2.Client, part: _Part, headers: Mapping[str, str]) -> None:
    from huggingface_hub.utils import hf_raise_for_status  # type: ignore[attr-defined]  # public, but lazily so

    # Compressed, a range and a size would mean something else.
    ask = {**headers, "Accept-Encoding": "identity"}
    if part.size:
        ask["Range"] = f"bytes={part.size}-"
    with client.stream("GET", part.file.url, headers=ask) as response:
        if response.status_code == 416:  # the file is shorter than announced
            raise CorruptError(part.file.path)
        hf_raise_for_status(response)
        if part.size and response.status_code != 206:  # a server that knows no ranges sends all of it again
            part.restart()
        for block in response.iter_bytes():  # as it comes: with a fixed size a cut would lose what is buffered
            part.append(block)

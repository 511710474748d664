"""A hub on loopback that serves folders as repositories, in the shape of the real API, with faults to switch on."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LFS = (".safetensors", ".bin", ".onnx", ".h5", "tokenizer.json")


class StandinHub:
    """Serves ``repos``: hub id → folder. Use as a context manager; ``endpoint`` is what HF_ENDPOINT should say.

    Faults, all off at first (file names as in the repository):
        silent: "api" or "file": accept the connection and never answer
        status: what every question about a repository is answered with, and its X-Error-Code and X-Error-Message
        file_status: the same for files, by name
        cut: file → how often still to break the connection after ``cut_at`` bytes of an answer
        damaged: files that arrive with one byte changed
        slow: seconds to wait between blocks of 16 KiB
        ranges: whether ranges are served
        sizes: whether the first answer tells sizes and hashes, as mirrors sometimes do not
        page: answer the first question with this HTML, as a login page would
        redirect: send files from another origin, as the real hub does
    """

    def __init__(self, repos: dict[str, Path]) -> None:
        self.repos = repos
        self.commit = COMMIT
        self.silent: str | None = None
        self.status: tuple[int, str, str] | None = None
        self.file_status: dict[str, tuple[int, str, str]] = {}
        self.cut: dict[str, int] = {}
        self.cut_at = 20_000
        self.damaged: set[str] = set()
        self.slow = 0.0
        self.ranges = self.sizes = True
        self.page: str | None = None
        self.redirect = False
        self.requests: list[tuple[str, str]] = []  # method, path
        self.authorizations: list[tuple[str, str | None]] = []  # path, header
        self.sent: dict[str, int] = {}  # file → bytes of its content that were sent
        self.resumed: list[tuple[str, int]] = []  # file, first byte asked for
        self.over = Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def files(self, repo: str) -> dict[str, Path]:
        root = self.repos[repo]
        return {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*")) if path.is_file()}


class _Handler(BaseHTTPRequestHandler):
    hub: StandinHub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append((self.command, path))
        self.hub.authorizations.append((path, self.headers.get("Authorization")))
        try:
            if path.startswith("/api/models/"):
                self._api(path.removeprefix("/api/models/"))
            elif "/resolve/" in path:
                self._file(path.lstrip("/"))
            else:
                self._refuse(404, "", "")
        except ConnectionError:  # the client left
            self.close_connection = True

    def _wait_for_ever(self) -> None:
        self.hub.over.wait()
        self.close_connection = True

    def _refuse(self, status: int, code: str, message: str) -> None:
        body = json.dumps({"error": message}).encode()
        headers = {"X-Error-Code": code, "X-Error-Message": message}
        self._answer(status, body, "application/json", {name: value for name, value in headers.items() if value})

    def _answer(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _api(self, rest: str) -> None:
        hub = self.hub
        repo, _, tail = rest.partition("/revision/")
        repo, _, tree = repo.partition("/tree/")
        if hub.silent == "api":
            return self._wait_for_ever()
        if hub.page is not None:
            return self._answer(200, hub.page.encode(), "text/html", {})
        if hub.status is not None:
            return self._refuse(*hub.status)
        if repo not in hub.repos:  # the real hub does not tell strangers what exists
            return self._refuse(401, "RepoNotFound", "Repository not found")
        if (tail or tree) not in {"", "main", hub.commit}:
            return self._refuse(404, "RevisionNotFound", f"Invalid rev id: {tail or tree}")
        files = {name: path.read_bytes() for name, path in hub.files(repo).items()}
        if tree:
            answer: object = [{"type": "file", "path": name, **_described(name, data)} for name, data in files.items()]
        else:
            blobs = hub.sizes and "blobs" in parse_qs(urlsplit(self.path).query)
            answer = {
                "id": repo,
                "modelId": repo,
                "sha": hub.commit,
                "siblings": [
                    {"rfilename": name, **(_described(name, data, "blobId") if blobs else {})}
                    for name, data in files.items()
                ],
            }
        self._answer(200, json.dumps(answer).encode(), "application/json", {})

    def _file(self, rest: str) -> None:
        hub = self.hub
        repo, _, tail = rest.partition("/resolve/")
        moved = repo.startswith("cdn/")
        repo = repo.removeprefix("cdn/")
        name = tail.partition("/")[2]
        if hub.silent == "file":
            return self._wait_for_ever()
        if name in hub.file_status:
            return self._refuse(*hub.file_status[name])
        path = hub.files(repo).get(name)
        if path is None:
            return self._refuse(404, "EntryNotFound", "Entry not found")
        data = path.read_bytes()
        headers = {"X-Repo-Commit": hub.commit, "ETag": f'"{_digest(name, data)}"', "Accept-Ranges": "bytes"}
        if hub.redirect and not moved:
            port = hub.endpoint.rpartition(":")[2]
            away = f"http://localhost:{port}/cdn/{rest}"  # another origin, the same server
            return self._answer(302, b"", "text/plain", {**headers, "Location": away})
        self._content(name, data, headers)

    def _content(self, name: str, data: bytes, headers: dict[str, str]) -> None:
        hub, start, status = self.hub, 0, 200
        asked = self.headers.get("Range")
        if asked and hub.ranges:
            start, status = int(asked.removeprefix("bytes=").rstrip("-")), 206
            hub.resumed.append((name, start))
            if start >= len(data):
                return self._refuse(416, "", "")
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        if name in hub.damaged:
            data = data[:-1] + bytes([data[-1] ^ 1])
        cut = hub.cut.get(name, 0) > 0
        if cut:
            hub.cut[name] -= 1
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) - start))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self._send(name, data[start : start + hub.cut_at] if cut else data[start:])
        if cut:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

    def _send(self, name: str, data: bytes) -> None:
        for start in range(0, len(data), 1 << 14):
            block = data[start : start + (1 << 14)]
            self.wfile.write(block)
            self.hub.sent[name] = self.hub.sent.get(name, 0) + len(block)
            time.sleep(self.hub.slow)


def _digest(name: str, data: bytes) -> str:
    """As the hub names content: sha256 of what lies in LFS, git's own hash of the rest."""
    if name.endswith(LFS):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _described(name: str, data: bytes, blob: str = "oid") -> dict[str, object]:
    """Size and hashes of a file, as the API tells them."""
    described: dict[str, object] = {"size": len(data), blob: _digest("", data)}
    if name.endswith(LFS):
        described["lfs"] = {
            "sha256": _digest(name, data),
            "oid": _digest(name, data),
            "size": len(data),
            "pointerSize": 134,
        }
    return described


def unused_endpoint() -> str:
    """An address where nobody listens: the connection is refused."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"

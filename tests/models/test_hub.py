"""Models from this machine and from a stand-in hub, with everything that can go wrong between."""

from __future__ import annotations

import errno
import json
import random
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest

from models import hub, hub_transfer
from models.errors import Cancelled, HubError
from models.hub import fetch, local_snapshot
from models.spec import Kind, ModelSpec
from tests.standin_hub import COMMIT, StandinHub, unused_endpoint

SPEC = ModelSpec(id="thing", label="Thing", kind=Kind.DENSE, source="org/thing", revision=COMMIT, dimensions=8)
WEIGHTS = 200_000  # bytes
MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
]
SMALL = {"config.json", "modules.json", "tokenizer.json", "tokenizer_config.json", "1_Pooling/config.json"}


def write(folder: Path, name: str, content: object) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


def repository(folder: Path, weights: dict[str, object] | None = None) -> Path:
    """A model in the layout of its hub repository, with other copies of the weights beside, as they often have."""
    write(folder, "config.json", {"model_type": "bert"})
    write(folder, "modules.json", MODULES)
    write(folder, "tokenizer.json", {"model": "tokens " * 300})
    write(folder, "tokenizer_config.json", {})
    write(folder, "1_Pooling/config.json", {"pooling_mode_mean_tokens": True})
    for name, content in (weights or {"model.safetensors": noise(WEIGHTS)}).items():
        write(folder, name, content)
    for name in ("onnx/model.onnx", "onnx/config.json", "openvino/openvino_model.bin", "tf_model.h5", "README.md"):
        write(folder, name, noise(50_000, 1))
    return folder


def sharded() -> dict[str, object]:
    names = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    index = {"metadata": {}, "weight_map": {"a": names[0], "b": names[1], "c": names[1]}}
    return {"model.safetensors.index.json": index, names[0]: noise(90_000, 3), names[1]: noise(70_000, 4)}


class World(NamedTuple):
    hub: StandinHub
    source: Path
    cache: Path

    def fetched(self) -> set[str]:
        """Files whose bytes were asked for."""
        marks = [path.partition(f"/resolve/{COMMIT}/") for method, path in self.hub.requests if method == "GET"]
        return {name for _, mark, name in marks if mark}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache, and nothing else of the host's environment."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_ENDPOINT", unused_endpoint())
    monkeypatch.setattr(hub_transfer, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(hub, "POLL_SECONDS", 0.01)
    return tmp_path / "home" / "hub"


@pytest.fixture
def world(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    from huggingface_hub import close_session

    source = repository(tmp_path / "source")
    with StandinHub({"org/thing": source}) as standin:
        monkeypatch.setenv("HF_ENDPOINT", standin.endpoint)
        yield World(standin, source, cache)
        close_session()


def failure(spec: ModelSpec = SPEC, **options: Any) -> HubError:
    with pytest.raises(HubError) as caught:
        fetch(spec, **options)
    print(caught.value.code, "|", caught.value)
    assert "{" not in str(caught.value)
    return caught.value


def same_files(snapshot: Path, source: Path, names: set[str]) -> bool:
    there = {path.relative_to(snapshot).as_posix() for path in snapshot.rglob("*") if path.is_file()}
    return there == names and all((snapshot / name).read_bytes() == (source / name).read_bytes() for name in names)


def incomplete(cache: Path) -> list[int]:
    return [path.stat().st_size for path in cache.rglob("*.incomplete")]


# Success


def test_downloads_one_copy_of_the_weights_and_then_needs_no_hub(world: World) -> None:
    calls: list[tuple[str, int, int]] = []
    snapshot = fetch(SPEC, on_progress=lambda *call: calls.append(call))
    assert snapshot == hub.Snapshot(world.cache / "models--org--thing" / "snapshots" / COMMIT, COMMIT)
    names = {*SMALL, "model.safetensors"}
    assert same_files(snapshot.path, world.source, names)
    assert world.fetched() == names

    size = sum((world.source / name).stat().st_size for name in names)
    assert calls[-1] == ("download", size, size)
    assert {stage for stage, _, _ in calls} == {"download"}
    assert {total for _, _, total in calls} <= {0, size}
    assert [done for _, done, _ in calls] == sorted(done for _, done, _ in calls)
    assert sum(world.hub.sent.values()) == size
    assert incomplete(world.cache) == []

    world.hub.requests.clear()
    assert fetch(SPEC) == local_snapshot(SPEC) == snapshot
    assert world.hub.requests == []


def test_only_the_repository_is_asked_for_and_nothing_reported(world: World) -> None:
    fetch(SPEC)
    first, *rest = (path for _, path in world.hub.requests)
    assert first == f"/api/models/org/thing/revision/{COMMIT}"
    assert all(path.startswith(f"/org/thing/resolve/{COMMIT}/") for path in rest)


def test_bin_is_taken_where_there_are_no_safetensors(world: World) -> None:
    (world.source / "model.safetensors").rename(world.source / "pytorch_model.bin")
    assert same_files(fetch(SPEC).path, world.source, {*SMALL, "pytorch_model.bin"})


def test_bin_is_left_where_there_are_safetensors(world: World) -> None:
    write(world.source, "pytorch_model.bin", noise(1000))
    write(world.source, "model.fp16.safetensors", noise(1000))
    assert same_files(fetch(SPEC).path, world.source, {*SMALL, "model.safetensors"})


def test_shards_and_module_folders(world: World) -> None:
    (world.source / "model.safetensors").unlink()
    dense = {"idx": 3, "name": "3", "path": "3_Dense", "type": "sentence_transformers.models.Dense"}
    extra = {**sharded(), "modules.json": [*MODULES, dense], "3_Dense/config.json": {"in": 8}}
    extra["3_Dense/model.safetensors"] = noise(500, 5)
    for name, content in extra.items():
        write(world.source, name, content)
    assert same_files(fetch(SPEC).path, world.source, SMALL | set(extra))


def test_the_library_reads_the_cache_as_its_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import hf_hub_download

    snapshot = fetch(SPEC)
    found = hf_hub_download(
        SPEC.source, "model.safetensors", revision=COMMIT, cache_dir=world.cache, local_files_only=True
    )
    assert Path(found) == snapshot.path / "model.safetensors"
    assert Path(found).is_symlink()


def test_a_branch_is_remembered(world: World) -> None:
    spec = replace(SPEC, revision=None)
    assert fetch(spec).revision == COMMIT
    assert (world.cache / "models--org--thing/refs/main").read_text() == COMMIT
    world.hub.requests.clear()
    assert fetch(spec).revision == COMMIT
    assert world.hub.requests == []


def test_a_mirror_that_tells_no_sizes_is_asked_for_each(world: World) -> None:
    world.hub.sizes = False
    world.hub.damaged = {"model.safetensors"}
    assert failure().code == "hub_corrupt"  # the hash comes from the file's own headers then
    world.hub.damaged = set()
    assert same_files(fetch(SPEC).path, world.source, {*SMALL, "model.safetensors"})


def test_the_token_goes_to_the_hub_and_not_to_where_it_sends_us(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    world.hub.redirect = True
    assert same_files(fetch(SPEC).path, world.source, {*SMALL, "model.safetensors"})
    away = [header for path, header in world.hub.authorizations if path.startswith("/cdn/")]
    here = [header for path, header in world.hub.authorizations if not path.startswith("/cdn/")]
    assert len(away) == 6
    assert set(away) == {None}
    assert set(here) == {"Bearer hf_secret"}


def test_two_fetches_at_once_move_the_bytes_once(world: World) -> None:
    world.hub.slow = 0.01
    paths: list[Path] = []
    threads = [Thread(target=lambda: paths.append(fetch(SPEC).path)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paths) == 2
    assert world.hub.sent["model.safetensors"] == WEIGHTS


def plain_transformer(world: World) -> set[str]:
    """Make the repository one without modules.json; returns the files to take of it."""
    (world.source / "modules.json").unlink()
    return {"config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"}


def test_a_plain_transformer_is_downloaded_into_an_empty_cache(world: World) -> None:
    names = plain_transformer(world)
    assert same_files(fetch(SPEC).path, world.source, names)


def test_that_a_repository_has_no_modules_is_remembered(world: World) -> None:
    names = plain_transformer(world)
    spec = replace(SPEC, pooling="mean")
    snapshot = fetch(spec)
    assert same_files(snapshot.path, world.source, names)
    world.hub.requests.clear()
    assert fetch(spec) == local_snapshot(spec) == snapshot
    assert world.hub.requests == []


def filled_by_transformers(world: World, commit: str) -> Path:
    """The cache after ``AutoModel.from_pretrained``: the library's own links, and nothing of the pooling."""
    snapshot = fetch(SPEC).path
    folder = snapshot.parent.parent
    for name in ("modules.json", "1_Pooling/config.json"):
        (snapshot / name).resolve().unlink()
        (snapshot / name).unlink()
    (snapshot / "1_Pooling").rmdir()
    snapshot = snapshot.rename(snapshot.with_name(commit))
    write(folder, "refs/main", commit.encode())
    world.hub.requests.clear()
    world.hub.sent.clear()
    return snapshot


@pytest.mark.parametrize("commit", [COMMIT, "f" * 40])
def test_what_transformers_left_out_is_fetched_and_its_weights_are_used(world: World, commit: str) -> None:
    filled_by_transformers(world, commit)
    spec = replace(SPEC, pooling="cls")
    assert local_snapshot(spec) is None
    snapshot = fetch(spec)
    assert snapshot.revision == COMMIT
    assert same_files(snapshot.path, world.source, {*SMALL, "model.safetensors"})
    assert world.fetched() == {"modules.json", "1_Pooling/config.json"}
    assert local_snapshot(spec) == snapshot


def test_without_the_hub_a_sentence_names_what_transformers_left_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled_by_transformers(world, COMMIT)
    spec = replace(SPEC, pooling="cls")
    assert failure(spec, offline=True).values["files"] == "modules.json"
    monkeypatch.setenv("HF_ENDPOINT", unused_endpoint())
    error = failure(spec)
    assert (error.code, error.values["files"]) == ("hub_offline", "modules.json")
    assert fetch(SPEC, offline=True).path == path  # a row without pooling takes the checkpoint as it is


# Cut, cancelled, resumed


class StopAt:
    """Cancels once so many bytes are there."""

    def __init__(self, done: int) -> None:
        self.limit = done

    def __call__(self, stage: str, done: int, total: int) -> None:
        if done >= self.limit:
            raise Cancelled


def test_cancel_keeps_what_came_and_the_next_run_brings_the_rest(world: World) -> None:
    world.hub.slow = 0.08
    with pytest.raises(Cancelled):
        fetch(SPEC, on_progress=StopAt(90_000))
    kept = sum(incomplete(world.cache))
    assert 60_000 < kept < WEIGHTS
    assert local_snapshot(SPEC) is None

    world.hub.slow = 0
    world.hub.requests.clear()
    calls: list[int] = []
    snapshot = fetch(SPEC, on_progress=lambda stage, done, total: calls.append(done))
    assert same_files(snapshot.path, world.source, {*SMALL, "model.safetensors"})
    assert world.fetched() == {"model.safetensors"}
    assert world.hub.resumed == [("model.safetensors", kept)]
    assert calls[-1] == WEIGHTS + sum((world.source / name).stat().st_size for name in SMALL)


def test_cancel_is_heard_while_the_hub_is_silent(world: World) -> None:
    world.hub.silent = "file"
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        fetch(SPEC, on_progress=lambda *call: StopAt(1)("", len(world.fetched()), 0))
    assert time.monotonic() - begun < 5


def test_a_connection_cut_now_and_then_is_taken_up_again(world: World) -> None:
    world.hub.cut = {"model.safetensors": 4}
    assert same_files(fetch(SPEC).path, world.source, {*SMALL, "model.safetensors"})
    assert world.hub.sent["model.safetensors"] == WEIGHTS


def test_a_connection_that_stays_cut_is_told_and_resumed_next_time(world: World) -> None:
    world.hub.cut = {"model.safetensors": 1}
    world.hub.cut_at = 50_000
    fetch_until_cut(world)
    assert sum(incomplete(world.cache)) == 50_000
    assert local_snapshot(SPEC) is None
    world.hub.cut_at = 20_000
    world.hub.cut = {}
    assert same_files(fetch(SPEC).path, world.source, {*SMALL, "model.safetensors"})
    assert world.hub.sent["model.safetensors"] == WEIGHTS


def fetch_until_cut(world: World) -> None:
    """The first answer brings some bytes, all others none."""
    cut_at, hits = world.hub.cut_at, world.hub.cut

    class Shrinking(dict[str, int]):
        def get(self, name: str, default: int = 0) -> int:  # type: ignore[override]
            if name not in hits:
                return 0
            world.hub.cut_at = cut_at if hits[name] > 0 else 0
            return 1

        def __setitem__(self, name: str, value: int) -> None:
            hits[name] -= 1

    world.hub.cut = Shrinking(dict.fromkeys(hits, 1))
    assert failure().code == "hub_cut"


def test_a_server_without_ranges_sends_it_again(world: World) -> None:
    world.hub.ranges = False
    world.hub.cut = {"model.safetensors": 1}
    calls: list[int] = []
    snapshot = fetch(SPEC, on_progress=lambda stage, done, total: calls.append(done))
    assert same_files(snapshot.path, world.source, {*SMALL, "model.safetensors"})
    assert calls[-1] == WEIGHTS + sum((world.source / name).stat().st_size for name in SMALL)


def test_silence_in_mid_download_counts_as_cut(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_transfer, "STALL_SECONDS", 0.1)
    world.hub.silent = "file"
    begun = time.monotonic()
    assert failure().code == "hub_cut"
    assert time.monotonic() - begun < 5


# Refused


def test_a_hub_that_accepts_and_never_answers(world: World) -> None:
    world.hub.silent = "api"
    begun = time.monotonic()
    calls: list[int] = []
    error = failure(on_progress=lambda stage, done, total: calls.append(done))
    assert time.monotonic() - begun < 5
    assert error.code == "hub_offline"
    assert error.values["endpoint"] == world.hub.endpoint
    assert len(calls) > 10  # the page hears of it, and could have cancelled


def test_a_name_look_up_that_blocks(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_: object, **__: object) -> Any:
        time.sleep(6)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    monkeypatch.setattr(hub, "DEADLINE_SECONDS", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    begun = time.monotonic()
    assert failure().code == "hub_offline"
    assert time.monotonic() - begun < 4


def test_refused_connection_and_unknown_name(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert failure().code == "hub_offline"

    def look_up(*_: object, **__: object) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert "Name or service not known" in str(failure())


@pytest.mark.parametrize("variable", [None, "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline_asks_nobody(world: World, monkeypatch: pytest.MonkeyPatch, variable: str | None) -> None:
    if variable:
        monkeypatch.setenv(variable, "1")
    error = failure(offline=variable is None)
    assert error.code == "hub_offline_mode"
    files = "config.json, model.safetensors, tokenizer.json"
    assert error.values == {"model": "Thing", "files": files, "cache": world.cache}
    assert world.hub.requests == []


@pytest.mark.parametrize(
    ("answer", "code", "told"),
    [
        ((404, "RepoNotFound", "Repository not found"), "hub_not_found", {"repo": "org/thing"}),
        ((401, "RepoNotFound", "Invalid username or password."), "hub_not_found", {"repo": "org/thing"}),
        ((401, "", "Invalid credentials in Authorization header"), "hub_token", {}),
        ((404, "RevisionNotFound", "Invalid rev id"), "hub_revision", {"revision": COMMIT}),
        ((403, "GatedRepo", "Access to model org/thing is restricted"), "hub_gated", {}),
        ((403, "", "Forbidden"), "hub_error", {"status": 403}),
        ((500, "", "Internal error"), "hub_error", {"status": 500}),
        ((429, "", "Too many requests"), "hub_error", {"status": 429}),
    ],
)
def test_refusals(world: World, answer: tuple[int, str, str], code: str, told: dict[str, object]) -> None:
    world.hub.status = answer
    error = failure()
    assert error.code == code
    assert told.items() <= error.values.items()
    assert world.fetched() == set()


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("hub_offline", {"silent": "api"}),
        ("hub_not_found", {"status": (404, "RepoNotFound", "Repository not found")}),
        ("hub_gated", {"status": (403, "GatedRepo", "Access to model org/thing is restricted")}),
        ("hub_error", {"status": (500, "", "Internal error")}),
        ("hub_answer", {"page": "<html>Welcome to the hotel</html>"}),
    ],
)
def test_the_password_of_a_mirror_is_sent_and_not_told(
    world: World, monkeypatch: pytest.MonkeyPatch, code: str, fault: dict[str, object]
) -> None:
    for name, value in fault.items():
        setattr(world.hub, name, value)
    monkeypatch.setattr(hub, "ANSWER_SECONDS", 0.3)
    monkeypatch.setenv("HF_ENDPOINT", world.hub.endpoint.replace("//", "//bob:s3cr@t@"))
    error = failure()
    assert error.code == code
    assert world.hub.endpoint in str(error)
    assert not any(secret in f"{error} {error.values}" for secret in ("bob", "s3cr", "@"))
    assert {header for _, header in world.hub.authorizations} == {"Basic Ym9iOnMzY3JAdA=="}


def test_no_part_of_a_password_is_told_where_the_address_is_no_address(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://bob:s3/cret@mirror.invalid/hf")
    error = failure()
    assert error.values["endpoint"] == "https://mirror.invalid/hf"
    assert not any(secret in str(error) for secret in ("bob", "s3", "cret"))


def test_unknown_model(world: World) -> None:
    assert failure(replace(SPEC, source="org/nothing")).code == "hub_not_found"


@pytest.mark.parametrize("source", ["models/one/of/mine", "what is this?", "../thing"])
def test_a_source_that_is_no_hub_id(world: World, source: str) -> None:
    assert failure(replace(SPEC, source=source)).code == "hub_name"
    assert world.hub.requests == []


def test_a_gated_file_names_the_page_to_accept_at(world: World) -> None:
    world.hub.file_status = {"model.safetensors": (401, "GatedRepo", "Access to model org/thing is restricted")}
    error = failure()
    assert error.code == "hub_gated"
    assert error.values["url"] == f"{world.hub.endpoint}/org/thing"


def test_a_file_that_fails(world: World) -> None:
    world.hub.file_status = {"1_Pooling/config.json": (404, "EntryNotFound", "Entry not found")}
    error = failure()
    assert (error.code, error.values["files"]) == ("hub_missing_file", "1_Pooling/config.json")
    world.hub.file_status = {"model.safetensors": (503, "", "Busy")}
    assert failure().values["status"] == 503


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors", "1_Pooling/config.json"])
def test_a_repository_that_lacks_a_file(world: World, name: str) -> None:
    (world.source / name).unlink()
    error = failure()
    assert (error.code, error.values["files"]) == ("hub_missing_file", name)
    assert "model.safetensors" not in world.fetched()  # known before gigabytes are fetched


def test_a_login_page_is_no_hub(world: World) -> None:
    world.hub.page = "<html>Welcome to the hotel</html>"
    assert failure().code == "hub_answer"


def test_damage_is_found_by_the_hash_and_the_next_run_is_clean(world: World) -> None:
    for name in ("model.safetensors", "config.json"):  # sha256, and git's sha1
        world.hub.damaged = {name}
        error = failure()
        assert (error.code, str(error.values["file"])) == ("hub_corrupt", name)
        assert incomplete(world.cache) == []
        assert local_snapshot(SPEC) is None
        shutil.rmtree(world.cache)
    world.hub.damaged = set()
    assert same_files(fetch(SPEC).path, world.source, {*SMALL, "model.safetensors"})


def test_no_room_is_known_before(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage("/"))(1000, 900, 100)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert failure().code == "hub_disk_space"
    assert world.fetched() == {"modules.json"}


def test_a_disk_that_fills_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    append: Callable[[Any, bytes], None] = hub_transfer._Part.append

    def full(part: Any, block: bytes) -> None:
        if part.size > 100_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(part, block)

    with monkeypatch.context() as patched:
        patched.setattr(hub_transfer._Part, "append", full)
        assert failure().code == "hub_disk_full"
    assert sum(incomplete(world.cache)) > 100_000
    assert same_files(fetch(SPEC).path, world.source, {*SMALL, "model.safetensors"})


def test_a_cache_that_cannot_be_written(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "file" / "hub"))
    assert failure().code == "hub_cache"


def test_modules_that_lead_out_of_their_folder(world: World) -> None:
    write(world.source, "modules.json", [{**MODULES[0], "path": "../../../out"}])
    assert failure().code == "hub_answer"


# This machine


def hand_made(cache: Path, commit: str, ref: bool = True) -> Path:
    """A cache that somebody copied here: real files, no blobs."""
    folder = cache / "models--org--thing"
    snapshot = repository(folder / "snapshots" / commit)
    if ref:
        write(folder, "refs/main", commit.encode())
    return snapshot


@pytest.mark.parametrize("ref", [True, False])
def test_a_hand_made_cache_is_found_offline(cache: Path, ref: bool) -> None:
    path = hand_made(cache, "mine", ref)
    assert fetch(SPEC, offline=True) == local_snapshot(SPEC) == hub.Snapshot(path, "mine")


def test_the_pinned_commit_comes_first(cache: Path) -> None:
    hand_made(cache, "mine")
    pinned = hand_made(cache, COMMIT, ref=False)
    assert fetch(SPEC) == hub.Snapshot(pinned, COMMIT)
    assert fetch(replace(SPEC, revision=None)).revision == "mine"


def test_of_two_unnamed_commits_none_is_guessed(cache: Path) -> None:
    hand_made(cache, "mine", ref=False)
    hand_made(cache, "yours", ref=False)
    assert local_snapshot(SPEC) is None


def test_environment_is_read_at_each_call(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_made(tmp_path / "other", "mine")
    assert local_snapshot(SPEC) is None
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "other"))
    assert local_snapshot(SPEC) is not None


@pytest.mark.parametrize("name", [*sorted(SMALL - {"modules.json", "tokenizer_config.json"}), *sharded()])
def test_a_partial_snapshot_is_not_local(cache: Path, name: str) -> None:
    path = hand_made(cache, COMMIT)
    (path / "model.safetensors").unlink()
    for shard, content in sharded().items():
        write(path, shard, content)
    assert local_snapshot(SPEC) is not None
    (path / name).unlink()
    assert local_snapshot(SPEC) is None
    (path / name).symlink_to(path / "gone")
    assert local_snapshot(SPEC) is None


@pytest.mark.parametrize("name", ["config.json", "modules.json"])
def test_a_file_cut_short_is_not_local(cache: Path, name: str) -> None:
    path = hand_made(cache, COMMIT)
    (path / name).write_bytes((path / name).read_bytes()[:-1])
    assert local_snapshot(SPEC) is None


def test_a_local_folder(cache: Path, tmp_path: Path) -> None:
    folder = repository(tmp_path / "model")
    spec = replace(SPEC, source=str(folder), revision=None)
    snapshot = fetch(spec, offline=True)
    assert snapshot.path == folder
    assert snapshot == local_snapshot(spec)

    copy = shutil.copytree(folder, tmp_path / "copy")
    assert fetch(replace(spec, source=str(copy))).revision == snapshot.revision
    write(folder, "model.safetensors", noise(WEIGHTS, 9))  # trained again
    assert fetch(spec).revision != snapshot.revision


def test_a_local_folder_that_is_not_there_or_not_whole(cache: Path, tmp_path: Path) -> None:
    spec = replace(SPEC, source=str(tmp_path / "model"))
    assert local_snapshot(spec) is None
    error = failure(spec)
    assert (error.code, error.values["path"]) == ("hub_folder_missing", tmp_path / "model")

    repository(tmp_path / "model")
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
    write(tmp_path / "model", "model.safetensors", pointer)  # git clone without git lfs
    assert local_snapshot(spec) is None
    error = failure(spec)
    assert (error.code, error.values["files"]) == ("hub_folder_incomplete", "model.safetensors")


def test_a_lexical_model_has_no_files(cache: Path) -> None:
    assert local_snapshot(ModelSpec(id="bm25", label="BM25", kind=Kind.BM25)) is None

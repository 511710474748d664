"""Which files of a repository a model needs, and whether a folder has them all.

A repository often holds the same weights several times (safetensors, .bin, ONNX, OpenVINO, TensorFlow, GGUF); Libra
takes one copy: safetensors where there are any, else .bin. Names are paths inside the repository, with ``/``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

MODULES = "modules.json"
SETTINGS = {".json", ".txt", ".model", ".jinja", ".tiktoken"}
TOKENIZERS = {"tokenizer.json", "tokenizer.model", "sentencepiece.bpe.model", "spiece.model", "vocab.txt", "vocab.json"}

#: The content of a JSON file of the repository; OSError or ValueError if it cannot be read.
ReadJson = Callable[[str], Any]


class Module(NamedTuple):
    """One line of modules.json: a folder inside the repository ("" is the root) and the class that reads it."""

    path: str
    kind: str


def modules(names: Collection[str], read: ReadJson) -> list[Module]:
    """The modules of a repository; one without modules.json is a plain transformer at the root.

    Raises:
        OSError, ValueError: modules.json cannot be read.
    """
    if MODULES not in names:
        return [Module("", "Transformer")]
    try:
        parts = [Module(row["path"].strip("/"), row["type"].rsplit(".", 1)[-1]) for row in read(MODULES)]
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{MODULES} is not a list of modules") from error
    if any(".." in part.path or "\\" in part.path for part in parts):
        raise ValueError(f"{MODULES} leads out of its folder")
    return parts


def needed(names: Collection[str], parts: list[Module]) -> tuple[list[str], list[str]]:
    """The files to take: settings and tokenizer, and weights."""
    small: list[str] = []
    large: list[str] = []
    for folder in dict.fromkeys(["", *(part.path for part in parts)]):
        inside = _inside(names, folder)
        chosen = weights(inside)
        large += [_join(folder, name) for name in chosen if name.endswith((".safetensors", ".bin"))]
        small += [
            _join(folder, name)
            for name in sorted(inside)
            if PurePosixPath(name).suffix in SETTINGS and (name in chosen or not name.endswith(".index.json"))
        ]
    return small, large


def weights(names: Collection[str]) -> list[str]:
    """The weight files to read among the ``names`` of one folder, an index before its shards; empty if none."""
    for stem, suffix in (("model", "safetensors"), ("pytorch_model", "bin")):
        whole, index = f"{stem}.{suffix}", f"{stem}.{suffix}.index.json"
        if whole in names:
            return [whole]
        if index in names:
            return [
                index,
                *sorted(name for name in names if name.startswith(f"{stem}-") and name.endswith(f".{suffix}")),
            ]
    return []


def lacking(names: Collection[str], read: ReadJson) -> list[str]:
    """What has to be among ``names`` for the model to load and is not; empty if it is complete."""
    try:
        return [name for part in modules(names, read) for name in _lacking(part, names, read)]
    except (OSError, ValueError):
        return [MODULES]


def _lacking(part: Module, names: Collection[str], read: ReadJson) -> Iterator[str]:
    inside = _inside(names, part.path)
    config = _join(part.path, "config.json")
    if part.kind in {"Transformer", "Pooling", "Dense"} and not _readable(config, names, read):
        yield config
    if part.kind in {"Transformer", "Dense", "StaticEmbedding"}:
        yield from _lacking_weights(part.path, inside, read)
    if part.kind in {"Transformer", "StaticEmbedding"} and not TOKENIZERS & inside:
        yield _join(part.path, "tokenizer.json")


def _lacking_weights(folder: str, inside: set[str], read: ReadJson) -> Iterator[str]:
    chosen = weights(inside)
    if not chosen:
        yield _join(folder, "model.safetensors")
    elif chosen[0].endswith(".index.json"):
        try:
            shards = set(read(_join(folder, chosen[0]))["weight_map"].values())
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            yield _join(folder, chosen[0])
        else:
            yield from (_join(folder, shard) for shard in sorted(shards - inside))


def _readable(name: str, names: Collection[str], read: ReadJson) -> bool:
    try:
        return name in names and isinstance(read(name), dict)
    except (OSError, ValueError):
        return False


def _inside(names: Collection[str], folder: str) -> set[str]:
    """Names of the files that lie directly in ``folder``."""
    start = f"{folder}/" if folder else ""
    return {
        name.removeprefix(start) for name in names if name.startswith(start) and "/" not in name.removeprefix(start)
    }


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def read_json(folder: Path) -> ReadJson:
    """How to read the JSON files under ``folder``."""
    return lambda name: json.loads((folder / name).read_text(encoding="utf-8"))


def local_names(folder: Path) -> set[str]:
    """The files of a folder on this machine, in its root and in the folders of its modules."""
    names = {path.name for path in _files(folder)}
    try:
        parts = modules(names, read_json(folder))
    except (OSError, ValueError):
        return names
    return names | {f"{part.path}/{path.name}" for part in parts if part.path for path in _files(folder / part.path)}


def _files(folder: Path) -> Iterator[Path]:
    """Real files: no broken links, and no Git LFS pointers (what ``git clone`` leaves where LFS is not installed)."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.is_file() and not (
            path.stat().st_size < 200 and path.read_bytes().startswith(b"version https://git-lfs")
        ):
            yield path


def fingerprint(folder: Path) -> str:
    """A name for what a local folder holds: it changes with the weights and is the same on every machine."""
    names = local_names(folder)
    small, large = needed(names, modules(names, read_json(folder)))
    stats = [(name, (folder / name).stat()) for name in sorted(small + large)]
    return _fingerprint(folder, tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats))


@lru_cache(maxsize=64)
def _fingerprint(folder: Path, files: tuple[tuple[str, int, int], ...]) -> str:
    """Hash of names, sizes, and both ends of each file: weights of gigabytes are not read for a name."""
    end = 1 << 16
    digest = blake2b(digest_size=6)
    for name, size, _ in files:
        digest.update(f"{name}\0{size}\0".encode())
        with (folder / name).open("rb") as file:
            digest.update(file.read(end))
            file.seek(max(size - end, 0))
            digest.update(file.read(end))
    return f"local-{digest.hexdigest()}"

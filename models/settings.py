"""What the host decides: extra models, placement, memory, limits. Read from one TOML file, never from a visitor."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from models.catalog import CATALOG
from models.errors import InputError
from models.spec import Kind, ModelSpec

GIB = 1 << 30
MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much one request may hold; beyond it the visitor gets a sentence.

    ``pairs`` bounds queries × candidates: what the browser has to hold for every rung.
    """

    queries: int = 500
    candidates: int = 2_000
    pairs: int = 250_000
    characters: int = 100_000  # of one text
    total_characters: int = 4_000_000
    models: int = 16  # of one call; the page shows four side by side
    instruction: int = 2_000
    tokens: int = 8_192  # a text is cut there, whatever the model could read; see facts: 32K inputs take all memory


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The host's choices.

    Attributes:
        catalog: the built-in rows and the host's own.
        memory_bytes: budget for loaded models on each device; None means what is measured free.
        cache_bytes: bound of the vector cache in RAM.
        offline: never ask the hub.
        runs: folder in which the benchmark's runs are kept, those shown to everybody in ``published`` below it.
        limits: bounds of one request.
    """

    catalog: tuple[ModelSpec, ...] = CATALOG
    memory_bytes: int | None = None
    cache_bytes: int = 512 * MIB
    offline: bool = False
    runs: Path = Path("runs")
    limits: Limits = field(default_factory=Limits)


def load_settings(path: Path | None) -> Settings:
    """Read a TOML file; without one, the defaults.

    Raises:
        InputError: the file is missing, is no TOML, or holds a name that is not known here.
    """
    if path is None:
        return Settings()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError("settings_file", "{path} cannot be read: {reason}.", path=path, reason=error) from error
    _only(table, {"memory_gib", "cache_mib", "offline", "runs", "limits", "devices", "models"}, path)
    catalog = _catalog(table.get("models", []), table.get("devices", {}), path)
    limits = table.get("limits", {})
    _only(limits, {item.name for item in fields(Limits)}, path)
    memory = table.get("memory_gib")
    return Settings(
        catalog=catalog,
        memory_bytes=None if memory is None else int(float(memory) * GIB),
        cache_bytes=int(table.get("cache_mib", 512)) * MIB,
        offline=bool(table.get("offline", False)),
        runs=_beside(path, str(table["runs"])) if "runs" in table else Settings.runs,
        limits=Limits(**limits),
    )


def _only(table: dict[str, Any], known: set[str], path: Path) -> None:
    for name in table:
        if name not in known:
            raise InputError(
                "settings_name",
                "{path} sets {name}, which is not known. Known there: {known}.",
                path=path,
                name=name,
                known=", ".join(sorted(known)),
            )


def _catalog(rows: list[dict[str, Any]], devices: dict[str, str], path: Path) -> tuple[ModelSpec, ...]:
    """The built-in rows, then the host's; ``devices`` places any of them."""
    catalog = {spec.id: spec for spec in CATALOG}
    for row in rows:
        spec = _row(row, path)
        catalog[spec.id] = spec
    for model_id, device in devices.items():
        if model_id not in catalog:
            raise InputError(
                "settings_device", "{path} places {model}, which is not in the catalog.", path=path, model=model_id
            )
        catalog[model_id] = replace(catalog[model_id], device=device)
    return tuple(catalog.values())


def _row(row: dict[str, Any], path: Path) -> ModelSpec:
    """One ``[[models]]`` table → a spec. A source that means a folder becomes an absolute path."""
    known = {item.name for item in fields(ModelSpec)} - {"builtin", "kind"}
    _only(row, known, path)
    missing = {"id", "source", "dimensions", "parameters"} - row.keys()
    if missing:
        raise InputError(
            "settings_row",
            "A model in {path} lacks {missing}.",
            path=path,
            missing=", ".join(sorted(missing)),
        )
    values = {"label": row["id"], "smallest_dimension": row["dimensions"], "pooling": "", **row}
    source = str(row["source"])
    if _means_folder(path, source):
        values["source"] = str(_beside(path, source).resolve())
    return ModelSpec(kind=Kind.DENSE, **values)


def _beside(path: Path, name: str) -> Path:
    """A place as the host writes it: from the settings file's folder on, from home, or absolute."""
    return path.parent / os.path.expanduser(name)  # noqa: PTH111 - Path's raises for a user that is not known


def _means_folder(path: Path, source: str) -> bool:
    """Whether ``source`` is a folder, there or not; a hub id never begins like one.

    Where only its first part lies beside the file, the rest is missing or misspelt. On the hub that name may belong to
    anybody, whose weights would be loaded in its place.
    """
    place = Path(source)
    return source.startswith((".", "~", "/")) or place.is_absolute() or (path.parent / Path(*place.parts[:1])).is_dir()

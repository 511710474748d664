"""The file of one run: written aside and renamed, so that it is either the old one or the new one whole."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eval.ledger import SCHEMA
from models.errors import InputError

LARGEST_FILE = 200 << 20


def read_run(path: Path) -> dict[str, Any]:
    """The run in a file.

    Raises:
        InputError: it cannot be read, is no run, or one of another version.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError(f"it has more than {LARGEST_FILE} bytes")
        run = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            "run_unreadable", "{path} cannot be read as a run: {reason}.", path=str(path), reason=reason
        ) from error
    if not isinstance(run, dict) or run.get("schema") != SCHEMA or not _has_form(run):
        raise InputError(
            "run_schema", "{path} holds no run of the benchmark with schema {schema}.", path=str(path), schema=SCHEMA
        )
    return run


def _has_form(run: Mapping[str, Any]) -> bool:
    """Whether the parts that everything else stands on are of the right kind."""
    rows = run.get("results")
    parts = [run.get(name, {}) for name in ("plan", "sets", "failures", "own_sets")]
    return (
        isinstance(rows, list)
        and all(isinstance(part, dict) for part in parts)
        and all(isinstance(row, dict) and isinstance(row.get("ranks"), dict) for row in rows)
        and all(isinstance(row.get(name), str) for row in rows for name in ("model", "set"))
    )


def write_run(path: Path, run: Mapping[str, Any]) -> None:
    """Write a run aside, then rename it: who interrupts this leaves the file as it was.

    Raises:
        InputError: ``run_unwritable``; the folder or the disk does not take it.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        text = json.dumps(run, ensure_ascii=False)
        if "NaN" in text or "Infinity" in text:  # no JSON; in a text of a set they are just words
            text = json.dumps(_finite(run), ensure_ascii=False, allow_nan=False)
        aside.write_text(text, encoding="utf-8", newline="\n")
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise unwritable(path, error) from error


def _finite(value: Any) -> Any:
    """``value`` with null for every number that is none."""
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def unwritable(path: Path, error: OSError) -> InputError:
    """The sentence for a file that cannot be written."""
    return InputError(
        "run_unwritable", "{path} cannot be written: {reason}.", path=str(path), reason=error.strerror or error
    )

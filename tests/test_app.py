"""The command line of the app, where a host has one and where it has only the environment."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app import parse_arguments


@pytest.mark.parametrize(
    ("variable", "arguments", "expected"),
    [
        ("", [], None),
        ("libra.toml", [], Path("libra.toml")),
        ("libra.toml", ["--config", "other.toml"], Path("other.toml")),
    ],
)
def test_settings_are_named_by_the_command_line_or_by_the_environment(
    variable: str, arguments: list[str], expected: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIBRA_CONFIG", variable)
    monkeypatch.setattr(sys, "argv", ["app.py", *arguments])
    assert parse_arguments().config == expected

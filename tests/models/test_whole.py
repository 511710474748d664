"""From a hub id to a ranking, through everything between: checkpoints in the hub's layout, offline, by id."""

from __future__ import annotations

from pathlib import Path

from models import Failure, Request, Result, Settings, Workbench

HUB = ("bge-m3", "qwen3-embedding-0.6b", "qwen3-embedding-4b", "qwen3-embedding-8b", "multilingual-e5-small")
REQUEST = Request(("天气怎么样？", "def f(x):\n    return x"), ("How is the weather?", "le chat dort", "x"), HUB)


def test_every_model_of_the_hub_ranks_by_its_id(checkpoints: Path) -> None:
    """Small checkpoints under large names: they are loaded for what they are, not refused for what they are called."""
    bench = Workbench(Settings(offline=True))
    try:
        events = list(bench.compare(REQUEST))
        assert [str(event.error) for event in events if isinstance(event, Failure)] == []
        found = {event.model: event for event in events if isinstance(event, Result)}
        assert set(found) == set(HUB)
        for result in found.values():
            assert result.scores.shape == (2, 3)
            assert result.dimensions == result.spec.dimensions
            assert result.warnings == ()
            assert result.revision == result.spec.revision
            assert result.seconds.load > 0
    finally:
        bench.close()

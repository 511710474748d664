"""The tool for GPU hosts, run on a CPU with small shapes."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.catalog import find
from tests.checkpoints import MAKERS
from tools import gpu_check


def test_full_shapes_have_the_parameters_of_the_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from transformers import PreTrainedModel

    counts: list[int] = []

    def count(network: PreTrainedModel, *_: object, **__: object) -> None:
        counts.append(sum(tensor.numel() for tensor in network.parameters()))
        raise KeyboardInterrupt  # nothing is written

    def count_state(state: dict[str, torch.Tensor], *_: object) -> None:
        counts.append(sum(tensor.numel() for name, tensor in state.items() if "_ids" not in name))
        raise KeyboardInterrupt

    monkeypatch.setattr(PreTrainedModel, "save_pretrained", count)
    monkeypatch.setattr(torch, "save", count_state)
    for model_id, shape in gpu_check.FULL.items():
        (tmp_path / model_id).mkdir()
        with pytest.raises(KeyboardInterrupt):
            MAKERS[model_id](tmp_path / model_id, find(model_id), "meta", **shape)
    assert counts == [find(model_id).parameters for model_id in gpu_check.FULL]


def test_tiny_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "docs" / "gpu.txt"
    monkeypatch.setattr(gpu_check, "RUNS", 1)
    assert gpu_check.main(["--tiny", "--out", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert text == capsys.readouterr().out
    assert "FAILED" not in text
    for model_id in gpu_check.FULL:
        assert f"ok     {find(model_id).label} float32: weights" in text
    assert "evicts" in text
    assert "refused: " in text
    assert text.endswith("All holds.\n")


def test_a_failed_check_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_check, "TOLERANCE", -1)
    monkeypatch.setattr(gpu_check, "RUNS", 1)
    out = tmp_path / "gpu.txt"
    monkeypatch.setattr(gpu_check, "TINY", {"bge-m3": {}, "qwen3-embedding-0.6b": {}, "qwen3-embedding-4b": {}})
    assert gpu_check.main(["--tiny", "--out", str(out)]) == 1
    assert "FAILED BGE-M3" in out.read_text(encoding="utf-8")


def test_without_cuda_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu_check.main([]) == 2
    assert "no CUDA device" in capsys.readouterr().out

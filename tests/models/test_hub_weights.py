from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from models.hub import Snapshot
from models.hub_weights import parameters
from models.status import Files
from tests.fakes import GIB, spec


def test_safetensors_say_it_exactly_over_all_shards_and_modules(tmp_path: Path) -> None:
    save_file({"a": np.zeros((3, 4), np.float16)}, tmp_path / "model-00001-of-00002.safetensors", {"format": "pt"})
    save_file({"b": np.zeros(5, np.float32)}, tmp_path / "model-00002-of-00002.safetensors")
    (tmp_path / "2_Dense").mkdir()
    save_file({"c": np.zeros((2, 2), np.float32)}, tmp_path / "2_Dense" / "model.safetensors")
    (tmp_path / "onnx").mkdir()
    save_file({"d": np.zeros(1000, np.float32)}, tmp_path / "onnx" / "model.safetensors")
    assert parameters(tmp_path) == 12 + 5 + 4


def test_a_bin_file_says_what_it_holds_at_most(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"x" * 1000)
    (tmp_path / "sparse_linear.pt").write_bytes(b"x" * 1000)
    assert parameters(tmp_path) == 500


def test_nothing_or_damaged_says_nothing(tmp_path: Path) -> None:
    assert parameters(tmp_path) is None
    assert parameters(tmp_path / "missing") is None
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", 1 << 60) + b"{}")
    assert parameters(tmp_path) is None


def test_a_small_checkpoint_under_a_large_name_needs_little(tmp_path: Path) -> None:
    save_file({"a": np.zeros((10, 10), np.float32)}, tmp_path / "model.safetensors")
    large = spec("large", gib=100, builtin=False)
    files = Files(lambda _: Snapshot(tmp_path, "x"))
    assert files.measured(large).parameters == 100
    assert Files(lambda _: None).measured(large).parameters == large.parameters
    assert Files(lambda _: object()).measured(large) == large
    assert large.weight_bytes("float32") == 100 * GIB

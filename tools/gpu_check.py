"""Checks on a GPU what a CPU cannot show: memory, speed, eviction. No page, no downloads.

    python -m tools.gpu_check --out docs/gpu.txt

Makes checkpoints of the four full architectures with random weights (26 GB in a temporary folder: speed and memory do
not depend on the values), loads each through the pool the way the app does, and writes what it found. Exit status: 0 if
all holds, 1 if something does not, 2 without CUDA. ``--tiny`` runs the same on a CPU with small shapes, to test itself.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from models import device as machine
from models.budget import GIB, needed_bytes
from models.catalog import find
from models.device import dtype_for
from models.errors import DoesNotFitError, ModelError
from models.pool import ModelPool, State
from models.settings import Settings
from models.spec import ModelSpec, Role
from tests.checkpoints import MAKERS

TOLERANCE = 0.3 * GIB  # what torch may hold beside the weights
TEXTS = [f"Text {index}: 银行提高了利率, the river bank was muddy after the rain." for index in range(30)]
RUNS = 7

_QWEN = {"num_key_value_heads": 8, "initializer_range": 0.02}
FULL: dict[str, dict[str, Any]] = {
    "bge-m3": {"vocab_size": 250002, "num_hidden_layers": 24, "intermediate_size": 4096, "initializer_range": 0.02},
    "qwen3-embedding-0.6b": _QWEN
    | {"vocab_size": 151669, "num_hidden_layers": 28, "num_attention_heads": 16, "intermediate_size": 3072},
    "qwen3-embedding-4b": _QWEN
    | {"vocab_size": 151665, "num_hidden_layers": 36, "num_attention_heads": 32, "intermediate_size": 9728},
    "qwen3-embedding-8b": _QWEN
    | {"vocab_size": 151665, "num_hidden_layers": 36, "num_attention_heads": 32, "intermediate_size": 12288},
}
TINY: dict[str, dict[str, Any]] = {model_id: {} for model_id in FULL}


@dataclass
class Report:
    """Lines for people, and whether all held."""

    lines: list[str] = field(default_factory=list)
    failures: int = 0

    def say(self, line: str) -> None:
        """Add a line, and print it: some steps take minutes."""
        self.lines.append(line)
        print(line, flush=True)

    def check(self, holds: bool, what: str) -> None:
        """Add a line that begins with ok or FAILED."""
        self.failures += not holds
        self.say(f"{'ok    ' if holds else 'FAILED'} {what}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks; returns the exit status."""
    chosen = asked("gpu_check", __doc__, arguments)
    if chosen is None:
        return 2
    report = Report()
    with tempfile.TemporaryDirectory(prefix="libra-gpu-check-") as folder:
        run(report, Path(folder), "cpu" if chosen.tiny else chosen.device, TINY if chosen.tiny else FULL)
    keep("\n".join(report.lines) + "\n", chosen.out)
    return 1 if report.failures else 0


def asked(name: str, told: str | None, arguments: Sequence[str] | None) -> argparse.Namespace | None:
    """``out``, ``device`` and ``tiny`` of a command for GPUs; None, with a sentence, where there is no GPU for it."""
    parser = argparse.ArgumentParser(prog=f"python -m tools.{name}", description=(told or "").splitlines()[0])
    parser.add_argument("--out", type=Path, help="write the report there, too")
    parser.add_argument("--device", default="cuda:0", help="which GPU (default: cuda:0)")
    parser.add_argument("--tiny", action="store_true", help="small shapes on the CPU: tests this tool, not a GPU")
    chosen = parser.parse_args(arguments)
    import torch

    if chosen.tiny or torch.cuda.is_available():
        return chosen
    print("torch sees no CUDA device here: run this on a machine with a GPU and a CUDA build of torch.")
    return None


def keep(text: str, out: Path | None) -> None:
    """Write a report where it was asked for."""
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")


def run(report: Report, folder: Path, device: str, shapes: dict[str, dict[str, Any]]) -> None:
    """All checks, one after the other."""
    head(report, device)
    specs = [make(folder, model_id, device, shape) for model_id, shape in shapes.items()]
    pool = ModelPool(Settings(catalog=tuple(specs), offline=True))
    for spec in specs:
        measure(report, pool, spec, device)
    pool.close()
    eviction(report, specs, device)
    report.say("All holds." if not report.failures else f"{report.failures} of the above failed.")


def head(report: Report, device: str) -> None:
    """What was run, on what."""
    here = next((item for item in machine.devices() if item.id == device), None)
    kind = f"{here.name}, {here.total_bytes / GIB:.1f} GiB" if here else "not listed by NVML"
    packages = ", ".join(
        f"{package} {version(package)}" for package in ("torch", "transformers", "sentence-transformers")
    )
    report.say(f"Libra on {device} ({kind}), {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    report.say(f"{packages}. Random weights. {len(TEXTS)} short texts, median of {RUNS} runs after one to warm up.")


def make(folder: Path, model_id: str, device: str, shape: dict[str, Any]) -> ModelSpec:
    """Write a checkpoint; the catalog row that loads it."""
    spec = find(model_id)
    path = folder / model_id
    path.mkdir()
    MAKERS[model_id](path, spec, device, **shape)
    _give_back(device)
    local = replace(spec, source=str(path), revision=None, device=device)
    return local if shape else replace(local, parameters=_parameters(path))


def measure(report: Report, pool: ModelPool, spec: ModelSpec, device: str) -> None:
    """Memory and speed of one model, and that unloading gives all back."""
    before = _allocated(device)
    try:
        with pool.lease(spec) as lease:
            dtype = lease.model.dtype
            held = _allocated(device) - before if device != "cpu" else lease.model.memory_bytes
            _peak(device)
            lease.encode(TEXTS, Role.DOCUMENT)
            seconds = statistics.median(lease.encode(TEXTS, Role.DOCUMENT).seconds for _ in range(RUNS))
            tokens = int(lease.encode(TEXTS, Role.DOCUMENT).tokens.sum())
            peak, used, load = _peak(device) - before, _used(device), lease.load_seconds
    except DoesNotFitError as error:
        report.say(f"       {spec.label}: not checked. {error}")
        return
    weights = spec.weight_bytes(dtype)
    report.check(
        abs(held - weights) <= TOLERANCE,
        f"{spec.label} {dtype}: weights {_gib(weights)}, held {_gib(held)}, peak {_gib(peak)} while encoding, "
        f"device {_gib(used)} in use; load {load:.1f} s; {seconds * 1000:.1f} ms, "
        f"{len(TEXTS) / seconds:.0f} texts/s, {tokens / seconds:.0f} tokens/s",
    )
    status = pool.status(spec)
    report.check(
        status.state is State.READY and abs(status.memory_bytes - weights) <= TOLERANCE,
        f"{spec.label}: the status strip shows {_gib(status.memory_bytes)}, {status.state}",
    )
    pool.unload(spec.id)
    left = _allocated(device) - before
    report.check(left <= TOLERANCE / 10, f"{spec.label}: unloading leaves {_gib(left)}")


def eviction(report: Report, specs: Sequence[ModelSpec], device: str) -> None:
    """Under a budget for one of the two smallest models the second evicts the first; the largest is refused."""
    first, second, *_, largest = sorted(specs, key=lambda spec: spec.weight_bytes(dtype_for(spec, device)))
    need = {spec.id: needed_bytes(spec, device, dtype_for(spec, device)) for spec in specs}
    budget = need[second.id] + first.weight_bytes(dtype_for(first, device)) // 2
    pool = ModelPool(Settings(catalog=tuple(specs), offline=True, memory_bytes=budget))
    try:
        pool.load(first)
        pool.load(second)
        states = [pool.status(spec).state for spec in (first, second)]
        report.check(
            states == [State.AVAILABLE, State.READY],
            f"A budget of {_gib(budget)}: loading {second.label} evicts {first.label} ({states[0]}, {states[1]})",
        )
        try:
            pool.load(largest)
            report.check(False, f"{largest.label} was loaded beyond the budget")
        except DoesNotFitError as error:
            report.check(True, f"refused: {error}")
    except ModelError as error:
        report.check(False, str(error))
    finally:
        pool.close()


def _parameters(folder: Path) -> int:
    from transformers import AutoModel

    network: Any = AutoModel.from_pretrained(folder, local_files_only=True)
    return sum(tensor.numel() for tensor in network.parameters())


def _allocated(device: str) -> int:
    """Bytes in torch's tensors on a GPU; 0 on the CPU, where torch does not count."""
    import torch

    return int(torch.cuda.memory_allocated(device)) if device != "cpu" else 0


def _peak(device: str) -> int:
    """The most that it was since the last call."""
    import torch

    if device == "cpu":
        return 0
    peak = int(torch.cuda.max_memory_allocated(device))
    torch.cuda.reset_peak_memory_stats(device)
    return peak


def _used(device: str) -> int:
    return next((item.used_bytes for item in machine.devices() if item.id == device), 0)


def _give_back(device: str) -> None:
    """The network that was drawn on the GPU goes before anything is measured."""
    import gc

    gc.collect()
    if device != "cpu":
        import torch

        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def _gib(count: float) -> str:
    return f"{count / GIB:.2f} GiB"


if __name__ == "__main__":
    sys.exit(main())

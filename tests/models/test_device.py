from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from models import device, gpus, ram
from models.device import Device, choose, devices, dtype_for
from models.spec import Kind, ModelSpec
from tests.fakes import GIB, spec


class NVMLError(Exception):
    pass


class NVMLErrorUninitialized(NVMLError):
    pass


@dataclass
class FakeGpu:
    used: int
    uuid: str
    capability: tuple[int, int] = (8, 0)
    total: int = 80 * GIB
    lost: bool = False


class FakeNvml(ModuleType):
    """The calls of ``pynvml`` that are made, over a list of GPUs."""

    NVMLError = NVMLError
    NVMLError_Uninitialized = NVMLErrorUninitialized

    def __init__(self, *found: FakeGpu, driver: bool = True) -> None:
        super().__init__("pynvml")
        self.found, self.driver, self.opened = found, driver, 0

    def nvmlInit(self) -> None:  # noqa: N802
        if not self.driver:
            raise NVMLError("NVML Shared Library Not Found")
        self.opened += 1

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        if not self.opened:
            raise NVMLErrorUninitialized
        return len(self.found)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeGpu:  # noqa: N802
        return self.found[index]

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> FakeGpu:  # noqa: N802
        raise NVMLError("Not Found")

    def nvmlDeviceGetUUID(self, gpu: FakeGpu) -> str:  # noqa: N802
        return gpu.uuid

    def nvmlDeviceGetName(self, gpu: FakeGpu) -> str:  # noqa: N802
        return f"GPU {gpu.uuid}"

    def nvmlDeviceGetMemoryInfo(self, gpu: FakeGpu) -> Any:  # noqa: N802
        if gpu.lost:
            raise NVMLError("GPU is lost")
        return SimpleNamespace(total=gpu.total, used=gpu.used)

    def nvmlDeviceGetCudaComputeCapability(self, gpu: FakeGpu) -> tuple[int, int]:  # noqa: N802
        if gpu.lost:
            raise NVMLError("GPU is lost")
        return gpu.capability


EIGHT = [FakeGpu(used=(8 - index) * GIB, uuid=f"GPU-{index}{index}-x") for index in range(8)]


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a fake driver in place."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(gpus, "_cuda_build", lambda: True)

    def install(*found: FakeGpu, driver: bool = True) -> FakeNvml:
        module = FakeNvml(*found, driver=driver)
        monkeypatch.setitem(sys.modules, "pynvml", module)
        return module

    return install


def ids() -> list[str]:
    return [found.id for found in devices()]


def test_no_driver_leaves_the_cpu(nvml: Any) -> None:
    nvml(driver=False)
    assert ids() == ["cpu"]


def test_no_gpu_leaves_the_cpu(nvml: Any) -> None:
    nvml()
    assert ids() == ["cpu"]


def test_without_the_library_there_is_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert ids() == ["cpu"]


def test_a_torch_without_cuda_uses_no_gpu(nvml: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    nvml(EIGHT[0])
    monkeypatch.setattr(gpus, "_cuda_build", lambda: False)
    assert ids() == ["cpu"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cuda: Optional[str] = None\n", False),
        ("cuda = None\n", False),
        ("cuda: Optional[str] = '13.0'\nhip: Optional[str] = None\n", True),
    ],
)
def test_the_build_of_torch_is_read_without_importing_it(
    text: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "version.py").write_text(text, encoding="utf-8")
    found = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(gpus.importlib.util, "find_spec", lambda _name: found)  # type: ignore[attr-defined]
    gpus._cuda_build.cache_clear()
    try:
        assert gpus._cuda_build() is expected
    finally:
        gpus._cuda_build.cache_clear()


def test_one_gpu_comes_before_the_cpu(nvml: Any) -> None:
    nvml(EIGHT[0])
    first, second = devices()
    assert (first.id, first.name, second.id) == ("cuda:0", "GPU GPU-00-x", "cpu")
    assert (first.total_bytes, first.used_bytes, first.free_bytes) == (80 * GIB, 8 * GIB, 72 * GIB)


def test_the_driver_is_opened_once(nvml: Any) -> None:
    module = nvml(EIGHT[0])
    devices()
    devices()
    assert module.opened == 1


def test_eight_gpus(nvml: Any) -> None:
    nvml(*EIGHT)
    assert ids() == [*(f"cuda:{index}" for index in range(8)), "cpu"]


def test_a_lost_gpu_is_left_out_and_the_others_keep_their_numbers(nvml: Any) -> None:
    nvml(EIGHT[0], replace(EIGHT[1], lost=True), EIGHT[2])
    assert ids() == ["cuda:0", "cuda:2", "cpu"]


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        ("", []),
        ("-1", []),
        ("3", [3]),
        ("5,2", [5, 2]),
        (" 5 , 2 ", [5, 2]),
        ("1,9,2", [1]),  # CUDA ends the list at the first that is not there
        ("1,x,2", [1]),
        ("1,1", []),  # and gives none at all where one is named twice
        ("GPU-44-x,GPU-6", [4, 6]),
        ("GPU-", []),  # the beginning of all of them names none
        ("MIG-unknown", []),
    ],
)
def test_cuda_visible_devices(visible: str, expected: list[int], nvml: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    nvml(*EIGHT)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    *found, _cpu = devices()
    assert [item.id for item in found] == [f"cuda:{index}" for index in range(len(expected))]
    assert [item.name for item in found] == [f"GPU GPU-{index}{index}-x" for index in expected]


def test_choose_takes_the_gpu_with_most_free_memory() -> None:
    found = [Device("cuda:0", "", 80, 70), Device("cuda:1", "", 24, 4), Device("cpu", "", 500, 0)]
    assert choose(spec("a"), found) == "cuda:1"
    assert choose(spec("a"), found[2:]) == "cpu"


def test_choose_asks_the_machine_where_it_is_not_told(nvml: Any) -> None:
    nvml(*EIGHT)
    assert choose(spec("a")) == "cuda:7"


def test_choose_follows_the_host() -> None:
    found = [Device("cuda:0", "", 80, 0), Device("cpu", "", 500, 0)]
    assert choose(spec("a", device="cpu"), found) == "cpu"
    assert choose(spec("a", device="cuda"), found) == "cuda:0"


def test_a_lexical_model_never_takes_a_gpu() -> None:
    lexical = ModelSpec(id="bm25", label="BM25", kind=Kind.BM25)
    assert choose(lexical, [Device("cuda:0", "", 80, 0), Device("cpu", "", 1, 1)]) == "cpu"


@pytest.mark.parametrize(
    ("wanted", "capability", "expected"),
    [
        ("bfloat16", (9, 0), "bfloat16"),
        ("bfloat16", (8, 0), "bfloat16"),
        ("bfloat16", (7, 5), "float32"),
        ("float16", (7, 5), "float16"),
    ],
)
def test_dtype_on_a_gpu(wanted: str, capability: tuple[int, int], expected: str, nvml: Any) -> None:
    nvml(EIGHT[0], replace(EIGHT[1], capability=capability))
    assert dtype_for(replace(spec("a"), gpu_dtype=wanted), "cuda:1") == expected


def test_dtype_on_a_gpu_that_does_not_answer_is_the_models_own(nvml: Any) -> None:
    nvml(replace(EIGHT[0], lost=True))
    assert dtype_for(replace(spec("a"), gpu_dtype="bfloat16"), "cuda:0") == "bfloat16"


def test_dtype_on_a_cpu() -> None:
    assert dtype_for(replace(spec("a"), gpu_dtype="bfloat16"), "cpu") == "float32"


# --- RAM


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of 64 GiB, of which 40 are available, whose control groups lie in a folder."""
    import psutil

    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=64 * GIB, available=40 * GIB))
    monkeypatch.setattr(ram, "PROC", tmp_path / "proc")
    monkeypatch.setattr(ram, "CGROUPS", tmp_path / "cgroup")
    return tmp_path


def test_without_control_groups_the_machine_counts(machine: Path) -> None:
    assert ram.ram() == (64 * GIB, 24 * GIB)


def test_control_group_version_2(machine: Path) -> None:
    write(machine / "proc/self/cgroup", "0::/app/inner\n")
    write(machine / "cgroup/app/memory.max", f"{16 * GIB}\n")
    write(machine / "cgroup/app/memory.current", f"{10 * GIB}\n")
    write(machine / "cgroup/app/memory.stat", f"anon 5\ninactive_file {3 * GIB}\nactive_file {GIB}\n")
    write(machine / "cgroup/app/inner/memory.max", "max\n")
    assert ram.ram() == (16 * GIB, 6 * GIB)


def test_control_group_version_1_in_a_container_whose_path_is_the_hosts(machine: Path) -> None:
    write(machine / "proc/self/cgroup", "5:cpu,cpuacct:/docker/1\n4:memory:/docker/1\n0::/docker/1\n")
    write(machine / "cgroup/memory/memory.limit_in_bytes", f"{8 * GIB}\n")
    write(machine / "cgroup/memory/memory.usage_in_bytes", f"{5 * GIB}\n")
    write(
        machine / "cgroup/memory/memory.stat",
        f"inactive_file 1\ntotal_inactive_file {GIB}\ntotal_active_file {GIB}\n",
    )
    assert ram.ram() == (8 * GIB, 3 * GIB)


@pytest.mark.parametrize("text", ["9223372036854771712\n", "max\n", "nonsense\n"])
def test_a_control_group_without_a_limit_takes_nothing_away(text: str, machine: Path) -> None:
    write(machine / "proc/self/cgroup", "4:memory:/\n")
    write(machine / "cgroup/memory/memory.limit_in_bytes", text)
    assert ram.ram() == (64 * GIB, 24 * GIB)


def test_a_wide_limit_does_not_hide_that_the_machine_is_full(machine: Path) -> None:
    write(machine / "proc/self/cgroup", "0::/\n")
    write(machine / "cgroup/memory.max", f"{60 * GIB}\n")
    write(machine / "cgroup/memory.current", f"{GIB}\n")
    assert ram.ram() == (60 * GIB, 20 * GIB)


def test_this_machine() -> None:
    *_, cpu = devices()
    assert cpu.id == "cpu"
    assert cpu.name
    assert 0 < cpu.used_bytes <= cpu.total_bytes
    assert 0 < device.process_bytes() < cpu.total_bytes

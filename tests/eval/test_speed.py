"""Speed and memory, measured on models whose clock and memory the test sets. No time is really measured here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from eval import meters
from eval.events import Sample
from eval.meters import Reading
from eval.sampler import MemoryMeter, Sampler
from eval.speed import ARTICLE_RUNS, BATCHES, LENGTHS, WARM_UPS, Stopwatch, Timing, measure
from eval.texts import SHORT, short_texts, texts_of
from models.encoder import Encoding, OnProgress
from models.errors import Cancelled
from models.pool import Lease
from models.slot import Slot
from models.spec import Role
from tests.eval.samples import Recorder, dense
from tests.fakes import FakeScorer


class Timed(Recorder):
    """Takes 0.3 s for each call, 0.5 s for every tenth; the first calls take very long."""

    def encode(
        self,
        texts: Sequence[str],
        role: Role,
        instruction: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> Encoding:
        encoding = super().encode(texts, role, instruction, on_progress)
        number = len(self.calls)
        seconds = 100.0 if number <= WARM_UPS else 0.5 if number % 10 == 0 else 0.3
        return Encoding(encoding.vectors, encoding.tokens, encoding.kept, encoding.truncated, seconds)


def watch_of(encoder: Recorder, counted: list[int] | None = None) -> Stopwatch:
    lease = Lease(Slot(encoder.spec, encoder), encoder, 0.0, lambda _: None)
    return Stopwatch(lease, lambda *_: None, (counted if counted is not None else []).append)


def test_the_articles_protocol() -> None:
    encoder, counted = Timed(dense("a")), []  # type: ignore[var-annotated]
    steps: list[tuple[int, int]] = []
    found = measure(watch_of(encoder, counted), "article", lambda *step: steps.append(step))
    assert found is not None
    assert (found["texts"], found["runs"], found["cells"]) == (30, ARTICLE_RUNS, [])
    assert len(encoder.calls) == WARM_UPS + ARTICLE_RUNS
    assert found["mean_seconds"] == pytest.approx((9 * 0.3 + 0.5) / 10)  # the warm-up is not in it
    assert found["median_seconds"] == pytest.approx(0.3)
    assert found["texts_per_second"] == pytest.approx(30 / 0.32)
    tokens = [sum(map(len, call)) for call in encoder.calls[WARM_UPS:]]
    assert found["tokens_per_second"] == pytest.approx(np.mean(tokens) / 0.32)
    assert found["joules_per_1000_texts"] is None
    assert counted == [30] * len(encoder.calls)
    assert steps == [(0, 1), (1, 1)]


def test_the_standard_protocol_has_every_length_and_batch() -> None:
    encoder = Timed(dense("a"))
    found = measure(watch_of(encoder), "standard", lambda *_: None)
    assert found is not None
    cells = found["cells"]
    assert [(cell["length"], cell["batch"]) for cell in cells] == [(n, b) for n in LENGTHS for b in BATCHES]
    assert {cell["role"] for cell in cells if cell["batch"] == 1} == {"query"}
    for cell in cells:
        assert cell["tokens"] == pytest.approx(cell["length"], rel=0.15)  # a token of the fake is a character
        assert cell["runs"] in {3, 4}  # 0.3 or 0.5 s each until a second is full
        assert cell["texts_per_second"] == pytest.approx(cell["batch"] / cell["mean_seconds"])
        assert cell["p95_seconds"] >= cell["median_seconds"]


def test_no_text_is_measured_twice() -> None:
    encoder = Timed(dense("a"))
    measure(watch_of(encoder), "article", lambda *_: None)
    texts = [text for _, _, text in encoder.seen]
    assert len(set(texts)) == len(texts)
    for size in (8, 40, 400):
        many = [text for run in range(5) for text in texts_of(size, 32, run)]
        assert len(set(many)) == len(many) == 160
        assert {len(text) for text in many} <= {size - 1, size}


def test_the_30_texts_are_short_and_different() -> None:
    assert len(set(SHORT)) == 30
    assert short_texts(1)[0] != short_texts(2)[0]


def test_speed_off() -> None:
    encoder = Timed(dense("a"))
    assert measure(watch_of(encoder), "off", lambda *_: None) is None
    assert encoder.calls == []


def test_percentiles_by_hand() -> None:
    record = Timing(tuple(float(second) for second in range(1, 101)), texts=2, tokens=10).record()
    assert record["mean_seconds"] == 50.5
    assert record["median_seconds"] == 50.5
    assert record["p95_seconds"] == pytest.approx(95.05)
    assert record["texts_per_second"] == pytest.approx(2 / 50.5)
    assert record["tokens_per_second"] == pytest.approx(10 / 50.5)


def test_a_stop_ends_a_measurement() -> None:
    encoder = Timed(dense("a"))
    watch = watch_of(encoder)

    def leave(*_: int) -> None:
        if len(encoder.calls) == 3:
            raise Cancelled

    watch.on_progress = leave
    with pytest.raises(Cancelled):
        measure(watch, "article", lambda *_: None)
    assert len(encoder.calls) == 3


def test_energy_where_the_gpu_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = Timed(dense("a"))
    monkeypatch.setattr(meters, "joules", lambda _: 50.0 * len(encoder.calls))
    found = measure(watch_of(encoder), "article", lambda *_: None)
    assert found is not None
    assert found["joules_per_1000_texts"] == pytest.approx(50 / 30 * 1000)
    assert found["watts"] == pytest.approx(50 / 0.3, rel=0.1)


def test_the_sampler_looks_at_entry_and_exit_and_keeps_the_most() -> None:
    seen: list[Sample] = []
    used = iter([100, 700, 300, 200])
    with Sampler("a", "cpu", seen.append, lambda _: Reading(next(used), 60.0)) as sampler:
        sampler.count(5)
        sampler.look()
        sampler.count(0)
        sampler.look()
    assert [item.memory_bytes for item in seen] == [100, 700, 300, 200]
    assert sampler.peak_bytes == 700
    assert sampler.watts == [60.0] * 4
    assert seen[0].texts_per_second is None
    assert seen[1].texts_per_second is not None
    assert seen[2].texts_per_second is None
    assert not sampler._thread.is_alive()


def memory(model: Any, readings: list[int]) -> Any:
    used = iter(readings)
    with Sampler("a", "cpu", lambda _: None, lambda _: Reading(next(used, readings[-1]), None)) as sampler:
        return MemoryMeter(model, sampler).record()


def test_memory_on_a_cpu_is_growth_over_the_first_text() -> None:
    model = Recorder(dense("a"))
    found = memory(model, [9_000, 1_000, 1_600])  # the load before took more, which is not counted
    assert found["weights_bytes"] == model.memory_bytes
    assert found["above_weights_bytes"] == 600
    assert found["peak_bytes"] == model.memory_bytes + 600
    assert (found["process_bytes"], found["device_bytes"], found["method"]) == (1_600, None, "rss")


def test_a_model_without_weights_has_no_memory() -> None:
    assert memory(FakeScorer(dense("a")), [1, 2, 3]) is None


def test_memory_on_a_gpu_is_what_torch_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Recorder(dense("a"), device="cuda:0")
    counted = iter([(5_000, 0), (5_000, 5_400)])  # another model lies there too
    monkeypatch.setattr(meters, "allocated", lambda _: next(counted))
    monkeypatch.setattr(meters, "forget_peak", lambda _: None)  # torch may be here, built without CUDA
    found = memory(model, [10_000, 10_000, 12_000])
    assert found["above_weights_bytes"] == 400
    assert (found["process_bytes"], found["device_bytes"], found["method"]) == (None, 12_000, "cuda")


def test_meters_of_a_machine_without_that_gpu() -> None:
    assert meters.read("cuda:9") == Reading(0, None)
    assert meters.joules("cuda:9") is None
    assert meters.joules("cpu") is None
    assert meters.read("cpu").memory_bytes > 0
    assert meters.allocated("cpu") == (0, 0)

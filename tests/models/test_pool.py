from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from models.budget import CPU_ACTIVATIONS, GPU_ACTIVATIONS, needed_bytes
from models.device import Device
from models.errors import Cancelled, DoesNotFitError, HubError, MemoryExhaustedError, ModelError
from models.pool import ModelPool, State
from models.settings import Settings
from models.spec import Kind, ModelSpec, Role
from tests.fakes import GIB, WAIT, Background, FakeLoader, FakeMachine, Watcher, spec

A, B, C = spec("a"), spec("b"), spec("c")
LOADING = ("load", 0, 1)


class Bench:
    """A pool over fakes."""

    def __init__(self, machine: FakeMachine | None = None, memory_gib: float | None = None) -> None:
        self.machine = machine or FakeMachine()
        self.loader = FakeLoader(self.machine)
        self.absent: set[str] = set()
        self.looked: list[str] = []
        limit = None if memory_gib is None else int(memory_gib * GIB)
        self.pool = ModelPool(
            Settings(catalog=(A, B, C), memory_bytes=limit),
            load=self.loader,
            devices=self.machine,
            local=self.local,
        )

    def local(self, wanted: ModelSpec) -> object | None:
        self.looked.append(wanted.id)
        return None if wanted.id in self.absent else object()

    def states(self) -> str:
        return " ".join(status.state for status in self.pool.statuses())

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what another thread is about to do."""
        pause = threading.Event()
        for _ in range(int(WAIT / 0.01)):
            if condition():
                return
            pause.wait(0.01)
        raise AssertionError("it did not happen")


@pytest.fixture
def make() -> Iterator[Callable[..., Bench]]:
    benches: list[Bench] = []

    def make(machine: FakeMachine | None = None, memory_gib: float | None = None) -> Bench:
        benches.append(Bench(machine, memory_gib))
        return benches[-1]

    yield make
    for bench in benches:
        for gate in bench.loader._gates.values():
            gate.set()
        bench.pool.close()
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("libra-load-")]


@pytest.fixture
def bench(make: Callable[..., Bench]) -> Bench:
    return make()


# --- loading


def test_a_model_is_loaded_when_it_is_first_needed_and_kept(bench: Bench) -> None:
    assert bench.loader.begun == []
    with bench.pool.lease(A) as first:
        assert first.load_seconds > 0
        assert first.model.spec is A
    with bench.pool.lease(A) as second:
        assert second.load_seconds == 0.0
        assert second.model is first.model
    assert bench.loader.begun == ["a"]


def test_many_who_ask_at_once_cause_one_load(bench: Bench) -> None:
    gate = bench.loader.gate("a")
    watchers = [Watcher() for _ in range(6)]

    def ask(watcher: Watcher) -> object:
        with bench.pool.lease(A, watcher) as lease:
            return lease.model

    with ExitStack() as stack:
        visitors = [stack.enter_context(Background(lambda w=watcher: ask(w))) for watcher in watchers]  # type: ignore[misc]
        for watcher in watchers:
            watcher.wait_for(LOADING)  # progress reaches each of them
        gate.set()
        assert len({id(visitor.result()) for visitor in visitors}) == 1
    assert bench.loader.begun == ["a"]


def test_loading_one_model_does_not_block_using_another(bench: Bench) -> None:
    bench.pool.load(B)
    gate = bench.loader.gate("a")
    with Background(lambda: bench.pool.load(A)) as loading:
        bench.loader.wait_started("a")
        with bench.pool.lease(B) as lease:
            assert lease.encode(["text"], Role.QUERY).vectors.shape == (1, 8)
        bench.pool.load(C)
        bench.pool.unload("c")
        assert bench.states() == "loading ready available"
        gate.set()
        loading.result()


def test_loads_run_in_threads_of_their_own(bench: Bench) -> None:
    names: list[str] = []
    bench.loader.failures["a"] = []
    plain = bench.loader._work
    bench.loader._work = lambda *args: (names.append(threading.current_thread().name), plain(*args))[1]  # type: ignore[method-assign, func-returns-value]
    bench.pool.load(A)
    assert names == ["libra-load-a"]


# --- failure


def test_a_failed_load_is_kept_and_the_next_ask_tries_again(bench: Bench) -> None:
    error = HubError("hub_offline", "no hub")
    bench.loader.failures["a"] = [error]
    with pytest.raises(HubError) as caught:
        bench.pool.load(A)
    assert caught.value is error
    status = bench.pool.status(A)
    assert (status.state, status.error) == (State.FAILED, error)
    bench.pool.load(A)
    status = bench.pool.status(A)
    assert (status.state, status.error) == (State.READY, None)
    assert bench.loader.begun == ["a", "a"]


def test_all_who_wait_get_the_failure(bench: Bench) -> None:
    gate = bench.loader.gate("a")
    bench.loader.failures["a"] = [ModelError("broken", "broken")]
    watchers = [Watcher(), Watcher()]
    with (
        Background(lambda: bench.pool.load(A, watchers[0])) as first,
        Background(lambda: bench.pool.load(A, watchers[1])) as second,
    ):
        for watcher in watchers:
            watcher.wait_for(LOADING)
        gate.set()
        for visitor in (first, second):
            with pytest.raises(ModelError, match="broken"):
                visitor.result()
    assert bench.loader.begun == ["a"]


def test_a_foreign_error_becomes_a_sentence_and_its_traceback_goes_to_the_log(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.loader.failures["a"] = [RuntimeError("no such kernel.")]
    with caplog.at_level(logging.ERROR, "libra"), pytest.raises(ModelError) as caught:
        bench.pool.load(A)
    assert caught.value.code == "load_crashed"
    assert str(caught.value) == "A could not be loaded: no such kernel. The server's log has the details."
    assert caplog.records[0].exc_info
    kept = bench.pool.status(A).error
    assert kept is not None
    assert isinstance(kept.__cause__, RuntimeError)
    assert kept.__cause__.__traceback__ is None  # its frames would keep half-loaded weights alive


def test_a_load_whose_thread_cannot_start_has_failed_and_nobody_waits_for_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(ModelError, match="A could not be loaded: can't start new thread"):
            bench.pool.load(A)
    status = bench.pool.status(A)
    assert (status.state, status.error and status.error.code) == (State.FAILED, "load_crashed")
    bench.pool.load(A)
    assert bench.states() == "ready available available"


def test_unload_forgets_a_failure(bench: Bench) -> None:
    bench.loader.failures["a"] = [ModelError("broken", "broken")]
    with pytest.raises(ModelError):
        bench.pool.load(A)
    bench.pool.unload("a")
    assert bench.pool.status(A).state is State.AVAILABLE


# --- cancelling


def test_the_last_to_leave_cancels_the_load(bench: Bench) -> None:
    bench.loader.gate("a")
    watcher = Watcher()
    with Background(lambda: bench.pool.load(A, watcher)) as visitor:
        watcher.wait_for(LOADING)
        watcher.leave()
        with pytest.raises(Cancelled):
            visitor.result()
    bench.until(lambda: bench.loader.stopped == ["a"])
    status = bench.pool.status(A)
    assert (status.state, status.error) == (State.AVAILABLE, None)


def test_one_who_leaves_does_not_take_the_load_from_another(bench: Bench) -> None:
    gate = bench.loader.gate("a")
    leaving, staying = Watcher(), Watcher()
    with (
        Background(lambda: bench.pool.load(A, leaving)) as first,
        Background(lambda: bench.pool.load(A, staying)) as second,
    ):
        leaving.wait_for(LOADING)
        staying.wait_for(LOADING)
        leaving.leave()
        with pytest.raises(Cancelled):
            first.result()
        gate.set()
        second.result()
    assert bench.loader.stopped == []
    assert bench.states() == "ready available available"


def test_an_explicit_cancel_stops_it_for_all(bench: Bench) -> None:
    bench.loader.gate("a")
    watchers = [Watcher(), Watcher()]
    with (
        Background(lambda: bench.pool.load(A, watchers[0])) as first,
        Background(lambda: bench.pool.load(A, watchers[1])) as second,
    ):
        for watcher in watchers:
            watcher.wait_for(LOADING)
        bench.pool.cancel("a")
        for visitor in (first, second):
            with pytest.raises(Cancelled):
                visitor.result()
    assert bench.states() == "available available available"


def test_a_load_that_does_not_notice_frees_its_waiters_at_once_and_is_closed_when_it_ends(bench: Bench) -> None:
    gate = bench.loader.gate("a")
    bench.loader.deaf.add("a")
    with Background(lambda: bench.pool.load(A)) as visitor:
        bench.loader.wait_started("a")
        bench.pool.cancel("a")
        with pytest.raises(Cancelled):
            visitor.result()
    again = Watcher()
    with Background(lambda: bench.pool.load(A, again)) as visitor:
        again.wait_for(LOADING)  # waits for the old one to end
        assert bench.loader.begun == ["a"]
        gate.set()
        visitor.result()
    assert bench.loader.begun == ["a", "a"]
    discarded, kept = bench.loader.models["a"]
    assert (discarded.closed, kept.closed) == (1, 0)


def test_one_who_waits_behind_a_dying_load_can_leave(bench: Bench) -> None:
    gate = bench.loader.gate("a")
    bench.loader.deaf.add("a")
    with Background(lambda: bench.pool.load(A)) as visitor:
        bench.loader.wait_started("a")
        bench.pool.cancel("a")
        with pytest.raises(Cancelled):
            visitor.result()
    again = Watcher()
    again.leave()
    with pytest.raises(Cancelled):
        bench.pool.load(A, again)
    gate.set()
    bench.until(lambda: bool(bench.loader.models.get("a")) and bench.loader.models["a"][0].closed == 1)
    assert bench.loader.begun == ["a"]


def test_cancelling_what_does_not_load_does_nothing(bench: Bench) -> None:
    bench.pool.cancel("a")
    bench.pool.load(A)
    bench.pool.cancel("a")
    assert bench.states() == "ready available available"


# --- unloading


def test_unload_gives_the_memory_back(bench: Bench) -> None:
    bench.pool.load(A)
    assert bench.pool.status(A).memory_bytes == GIB
    bench.pool.unload("a")
    bench.pool.unload("a")
    assert bench.loader.models["a"][0].closed == 1
    assert bench.pool.status(A).memory_bytes == 0
    assert bench.machine.held == {"cpu": 0}


def test_a_model_in_use_is_not_unloaded(bench: Bench) -> None:
    with bench.pool.lease(A):
        assert bench.pool.status(A).state is State.BUSY
        with pytest.raises(ModelError) as caught:
            bench.pool.unload("a")
    assert caught.value.code == "model_busy"
    assert str(caught.value) == "A is in use. Unload it when the run is over, or stop the run."
    assert bench.loader.models["a"][0].closed == 0
    bench.pool.unload("a")
    assert bench.loader.models["a"][0].closed == 1


def test_a_model_that_somebody_waits_for_is_not_unloaded(bench: Bench) -> None:
    gate = bench.loader.gate("a")
    with Background(lambda: bench.pool.load(A)) as visitor:
        bench.loader.wait_started("a")
        with pytest.raises(ModelError, match="in use"):
            bench.pool.unload("a")
        gate.set()
        visitor.result()
    assert bench.states() == "ready available available"


def test_unloading_what_nobody_knows_does_nothing(bench: Bench) -> None:
    bench.pool.unload("nothing")


# --- memory


def small(gib: float) -> FakeMachine:
    return FakeMachine(cpu=(gib, 0.0))


NEED = needed_bytes(A, "cpu", "float32") / GIB  # 1.65


def test_what_a_model_needs() -> None:
    half = replace(spec("m", gib=4), gpu_dtype="bfloat16")
    assert needed_bytes(half, "cuda:0", "bfloat16") == 2 * GIB + GPU_ACTIVATIONS
    assert needed_bytes(half, "cpu", "float32") == int(1.4 * 4 * GIB) + CPU_ACTIVATIONS
    assert needed_bytes(ModelSpec(id="bm25", label="BM25", kind=Kind.BM25), "cpu", "float32") == 0


def test_what_cannot_fit_is_refused_with_a_sentence_and_not_tried(make: Callable[..., Bench]) -> None:
    bench = make(FakeMachine(cpu=(8, 7)))
    with pytest.raises(DoesNotFitError) as caught:
        bench.pool.load(A)
    assert str(caught.value) == (
        "A needs 1.6 GiB of memory on cpu, where only 1.0 GiB can be had. Free memory there, or choose a smaller model."
    )
    assert bench.loader.begun == []
    status = bench.pool.status(A)
    assert (status.state, status.fits, status.free_bytes) == (State.FAILED, False, GIB)
    bench.machine.gib["cpu"] = (8, 0)
    bench.pool.load(A)  # and once there is room, it is


def test_what_cannot_fit_is_not_downloaded_either(make: Callable[..., Bench]) -> None:
    bench = make(FakeMachine(cpu=(8, 7)))
    absent = replace(A, builtin=False)
    bench.absent.add("a")
    with pytest.raises(DoesNotFitError):
        bench.pool.load(absent)
    assert bench.loader.begun == []


def test_the_least_recently_used_idle_model_is_evicted(make: Callable[..., Bench]) -> None:
    bench = make(small(2 + NEED))
    for wanted in (A, B, C, A):  # A is used again, so B is the oldest
        bench.pool.load(wanted)
    bench.pool.load(spec("d"))
    assert bench.states() == "ready available ready"
    assert bench.loader.models["b"][0].closed == 1


def test_only_as_many_as_needed_are_evicted(make: Callable[..., Bench]) -> None:
    bench = make(small(6))
    for wanted in (A, B, C):
        bench.pool.load(wanted)
    bench.pool.load(spec("d", gib=2))  # needs 3.05 of 3 that are free
    assert bench.states() == "available ready ready"


def test_a_leased_model_is_pinned(make: Callable[..., Bench]) -> None:
    bench = make(small(1 + NEED))
    with bench.pool.lease(A) as lease:
        bench.pool.load(B)
        bench.pool.load(C)  # B goes, though A is older
        assert bench.states() == "busy available ready"
        with bench.pool.lease(C), pytest.raises(DoesNotFitError):
            bench.pool.load(B)
        assert lease.encode(["text"], Role.QUERY).tokens.tolist() == [4]
    assert bench.loader.models["a"][0].closed == 0


def test_a_model_is_used_until_its_lease_ends(make: Callable[..., Bench]) -> None:
    bench = make(small(1 + NEED))
    bench.pool.load(B)
    with bench.pool.lease(A):
        bench.pool.load(B)
    bench.pool.load(C)
    assert bench.states() == "ready available ready"


def test_the_hosts_budget_bounds_each_device(make: Callable[..., Bench]) -> None:
    bench = make(FakeMachine(cpu=(64, 0), cuda_0=(80, 0)), memory_gib=NEED)
    bench.pool.load(replace(A, device="cpu"))
    bench.pool.load(replace(B, device="cuda:0"))
    assert bench.states() == "ready ready available"
    bench.pool.load(replace(C, device="cpu"))
    assert bench.states() == "available ready ready"
    with pytest.raises(DoesNotFitError):
        bench.pool.load(spec("big", gib=4))


def test_the_hosts_budget_does_not_make_memory(make: Callable[..., Bench]) -> None:
    bench = make(small(1), memory_gib=100)
    with pytest.raises(DoesNotFitError):
        bench.pool.load(A)


def test_mapped_weights_count_though_the_kernel_calls_them_free(make: Callable[..., Bench]) -> None:
    bench = make(small(1 + NEED))
    bench.machine.take = lambda *_: None  # type: ignore[method-assign] # measured as if nothing had been loaded
    for wanted in (A, B, C):
        bench.pool.load(wanted)
    assert bench.states() == "available ready ready"


def test_two_loads_do_not_count_the_same_free_memory(make: Callable[..., Bench]) -> None:
    bench = make(small(2 * NEED - 0.1))  # one while it loads and one that is loaded, not two that load
    gates = {name: bench.loader.gate(name) for name in "ab"}
    watcher = Watcher()
    with Background(lambda: bench.pool.load(A)) as first:
        bench.loader.wait_started("a")
        with Background(lambda: bench.pool.load(B, watcher)) as second:
            watcher.wait_for(("load", 0, 0))
            assert bench.loader.begun == ["a"]
            gates["a"].set()
            first.result()
            gates["b"].set()
            second.result()
    assert bench.loader.begun == ["a", "b"]
    assert bench.states() == "ready ready available"


def test_a_measurement_from_before_memory_was_given_back_refuses_nothing(make: Callable[..., Bench]) -> None:
    bench = make(small(NEED + 0.1))
    bench.pool.load(A)
    measure, meanwhile = bench.machine.__call__, [lambda: bench.pool.unload("a")]

    def devices() -> list[Device]:
        found = measure()
        if meanwhile:
            meanwhile.pop()()
        return found

    bench.pool._memory._devices = devices
    bench.pool.load(B)
    assert bench.states() == "available ready available"


def test_one_who_waits_for_memory_can_leave(make: Callable[..., Bench]) -> None:
    bench = make(small(NEED + 0.1))
    gate = bench.loader.gate("a")
    watcher = Watcher()
    with Background(lambda: bench.pool.load(A)) as first:
        bench.loader.wait_started("a")
        with Background(lambda: bench.pool.load(B, watcher)) as second:
            watcher.wait_for(("load", 0, 0))
            watcher.leave()
            with pytest.raises(Cancelled):
                second.result()
        gate.set()
        first.result()
    assert bench.states() == "ready available available"


def test_a_failed_or_cancelled_load_gives_its_reservation_back(make: Callable[..., Bench]) -> None:
    bench = make(small(NEED + 0.1))
    bench.loader.failures["a"] = [ModelError("broken", "broken")]
    with pytest.raises(ModelError, match="broken"):
        bench.pool.load(A)
    gate = bench.loader.gate("a")
    with Background(lambda: bench.pool.load(A)) as visitor:
        bench.loader.wait_started("a")
        bench.loader.wait_started("a")
        bench.pool.cancel("a")
        with pytest.raises(Cancelled):
            visitor.result()
    gate.set()
    bench.pool.load(B)
    assert bench.pool.status(B).free_bytes == pytest.approx((NEED + 0.1) * GIB, abs=2)


def test_a_download_reserves_no_memory(make: Callable[..., Bench]) -> None:
    bench = make(small(NEED + 0.1))
    bench.absent.add("a")
    bench.loader.stages = [("download", 10, 100)]
    gate = bench.loader.gate("a")
    watcher = Watcher()
    with Background(lambda: bench.pool.load(replace(A, builtin=False), watcher)) as downloading:
        watcher.wait_for(("download", 10, 100))
        status = bench.pool.status(A)
        assert (status.state, status.stage, status.done, status.total) == (State.DOWNLOADING, "download", 10, 100)
        bench.pool.load(B)
        assert bench.states() == "downloading ready available"
        gate.set()
        downloading.result()
    assert bench.states() == "ready available available"  # B made room, once the memory was needed


def test_a_model_that_lost_its_room_during_the_download_is_refused(make: Callable[..., Bench]) -> None:
    bench = make(small(NEED + 0.1))
    bench.absent.add("a")
    bench.loader.stages = [("download", 10, 100)]
    gate = bench.loader.gate("a")
    watcher = Watcher()
    with Background(lambda: bench.pool.load(replace(A, builtin=False), watcher)) as downloading:
        watcher.wait_for(("download", 10, 100))
        with bench.pool.lease(B):
            gate.set()
            with pytest.raises(DoesNotFitError):
                downloading.result()
    assert bench.states() == "failed ready available"
    assert "a" not in bench.loader.models


def test_models_go_to_the_gpu_with_most_free_memory_and_stay_apart(make: Callable[..., Bench]) -> None:
    bench = make(FakeMachine(cuda_0=(8, 1), cuda_1=(8, 0), cpu=(64, 0)))
    gate = bench.loader.gate("a")
    with Background(lambda: bench.pool.load(spec("a", gib=4))) as first:
        bench.loader.wait_started("a")
        bench.pool.load(B)  # cuda:1 has promised its memory already
        gate.set()
        first.result()
    assert [status.device for status in bench.pool.statuses()][:2] == ["cuda:1", "cuda:0"]


def test_a_gpu_full_of_idle_models_comes_before_an_empty_one_that_is_too_small(make: Callable[..., Bench]) -> None:
    bench = make(FakeMachine(cuda_0=(80, 0), cuda_1=(12, 0), cpu=(64, 0)))
    bench.pool.load(spec("a", gib=70, device="cuda:0"))
    large = spec("b", gib=28)  # 14.3 in float16
    status = bench.pool.status(large)
    assert (status.device, status.fits, status.free_bytes) == ("cuda:0", True, 80 * GIB)
    bench.pool.load(large)
    assert bench.states() == "available ready available"
    bench.pool.load(C)  # and what has room elsewhere takes nobody's
    assert bench.states() == "available ready ready"


def test_a_device_that_is_not_there_is_a_sentence(bench: Bench) -> None:
    with pytest.raises(ModelError) as caught:
        bench.pool.load(spec("a", device="cuda:5"))
    assert caught.value.code == "device_missing"
    assert str(caught.value) == "A is placed on cuda:5, which this machine does not have. It has cpu."


def test_memory_is_not_freed_twice_when_eviction_and_unload_meet(make: Callable[..., Bench]) -> None:
    bench = make(small(NEED + 0.1))
    bench.pool.load(A)
    with ExitStack() as stack:
        for work in (lambda: bench.pool.unload("a"), lambda: bench.pool.load(B)):
            stack.enter_context(Background(work)).result()
    assert bench.loader.models["a"][0].closed == 1
    assert bench.states() == "available ready available"


def test_evictions_and_leases_of_the_same_models_at_once(make: Callable[..., Bench]) -> None:
    """Four visitors, three models, room for one that loads and one that is loaded: nobody gets a closed model."""
    bench = make(small(1 + NEED))

    def visit(turn: int) -> int:
        done = 0
        for step in range(30):
            try:
                with bench.pool.lease((A, B, C)[(turn + step) % 3]) as lease:
                    lease.encode(["text"], Role.QUERY)
                    assert bench.loader.models[lease.model.spec.id][-1] is lease.model
                    assert not lease.model.closed
                    done += 1
            except DoesNotFitError:
                pass  # the two others are in use
        return done

    with ExitStack() as stack:
        visitors = [stack.enter_context(Background(lambda n=number: visit(n))) for number in range(4)]  # type: ignore[misc]
        assert sum(visitor.result() for visitor in visitors) > 0
    assert bench.machine.held["cpu"] == sum(status.memory_bytes for status in bench.pool.statuses())
    assert bench.pool._memory._reserved["cpu"] == bench.pool._memory._closing["cpu"] == 0


# --- encoding


def exhausted() -> MemoryExhaustedError:
    return MemoryExhaustedError("out_of_memory", "full")


def test_out_of_memory_evicts_idle_models_of_that_device_and_tries_once_more(make: Callable[..., Bench]) -> None:
    bench = make(FakeMachine(cuda_0=(80, 0), cpu=(64, 0)))
    bench.pool.load(B)
    bench.pool.load(replace(C, device="cpu"))
    with bench.pool.lease(spec("d")), bench.pool.lease(A) as lease:
        model = bench.loader.models["a"][0]
        model.failures = [exhausted()]
        assert lease.encode(["x", "y"], Role.DOCUMENT).vectors.shape == (2, 8)
        assert model.calls == [("x", "y"), ("x", "y")]
    assert bench.states() == "ready available ready"
    assert bench.loader.models["d"][0].closed == 0


def test_out_of_memory_twice_is_an_error(bench: Bench) -> None:
    with bench.pool.lease(A) as lease:
        model = bench.loader.models["a"][0]
        model.failures = [exhausted(), exhausted()]
        with pytest.raises(ModelError) as caught:
            lease.encode(["x"], Role.QUERY)
        assert not isinstance(caught.value, MemoryExhaustedError)
        assert caught.value.code == "out_of_memory"
        assert caught.value.values == {"model": "A", "device": "cpu"}
        assert len(model.calls) == 2
        lease.encode(["x"], Role.QUERY)  # the model goes on


def test_encodings_of_one_model_take_turns_and_who_waits_can_leave(bench: Bench) -> None:
    bench.pool.load(A)
    model = bench.loader.models["a"][0]
    model.gate.clear()
    waiting, leaving = Watcher(), Watcher()

    def encode(watcher: Watcher) -> None:
        with bench.pool.lease(A) as lease:
            lease.encode(["x"], Role.QUERY, None, watcher)

    with Background(lambda: encode(Watcher())) as first:
        assert model.entered.wait(WAIT)
        with Background(lambda: encode(waiting)) as second, Background(lambda: encode(leaving)) as third:
            waiting.wait_for((0, 1))
            leaving.wait_for((0, 1))
            leaving.leave()
            with pytest.raises(Cancelled):
                third.result()
            model.gate.set()
            first.result()
            second.result()
    assert model.at_once == 1
    assert len(model.calls) == 2


def test_two_models_encode_at_once(bench: Bench) -> None:
    bench.pool.load(A)
    bench.loader.models["a"][0].gate.clear()
    with bench.pool.lease(A) as lease, Background(lambda: lease.encode(["x"], Role.QUERY)) as first:
        assert bench.loader.models["a"][0].entered.wait(WAIT)
        with bench.pool.lease(B) as other:
            other.encode(["x"], Role.QUERY)
        bench.loader.models["a"][0].gate.set()
        first.result()


def test_a_scorer_is_leased_like_any_other(bench: Bench) -> None:
    lexical = ModelSpec(id="bm25", label="BM25", kind=Kind.BM25)
    with bench.pool.lease(lexical) as lease:
        assert lease.scores(["ab"], ["abc", "x"]).tolist() == [[2, 0]]
    bench.machine.gib["cpu"] = (1, 1)
    assert bench.pool.status(lexical).fits


# --- status


def test_the_state_of_a_model_that_nobody_asked_for_is_read_from_its_files(bench: Bench) -> None:
    hub = replace(A, builtin=False)
    bench.absent.add("a")
    assert bench.pool.status(hub).state is State.ABSENT
    bench.absent.clear()
    assert bench.pool.status(hub).state is State.ABSENT  # remembered for a moment
    bench.pool.load(hub)
    bench.pool.unload("a")
    assert bench.pool.status(hub).state is State.AVAILABLE


def test_files_are_not_looked_for_at_each_ask_and_never_for_what_is_built_in(bench: Bench) -> None:
    for _ in range(5):
        bench.pool.status(replace(A, builtin=False))
        bench.pool.status(B)
    assert bench.looked == ["a"]


def test_statuses_asks_the_machine_once_and_loads_nothing(bench: Bench) -> None:
    assert bench.states() == "available available available"
    assert bench.machine.asked == 1
    assert bench.loader.begun == []


def test_the_status_of_a_loaded_model(bench: Bench) -> None:
    bench.pool.load(A)
    status = bench.pool.status(A)
    assert (status.id, status.stage, status.memory_bytes) == ("a", "", GIB)
    assert (status.device, status.dtype, status.revision) == ("cpu", "float32", "fake")
    assert status.needed_bytes == needed_bytes(A, "cpu", "float32")
    assert status.free_bytes == 64 * GIB  # what it holds itself could be had as well
    assert status.fits


# --- the end


def test_close_gives_everything_back_and_models_in_use_when_their_lease_ends(bench: Bench) -> None:
    bench.pool.load(A)
    bench.loader.gate("c")
    with Background(lambda: bench.pool.load(C)) as loading, bench.pool.lease(B) as lease:
        bench.loader.wait_started("c")
        bench.pool.close()
        with pytest.raises(Cancelled):
            loading.result()
        assert bench.loader.models["a"][0].closed == 1
        assert bench.loader.models["b"][0].closed == 0
        lease.encode(["x"], Role.QUERY)
    assert bench.loader.models["b"][0].closed == 1
    with pytest.raises(ModelError) as caught:
        bench.pool.load(A)
    assert caught.value.code == "pool_closed"


def test_a_model_that_fails_to_close_is_logged_and_gone(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.pool.load(A)

    def fail() -> None:
        raise RuntimeError("stuck")

    bench.loader.models["a"][0]._on_close = fail
    with caplog.at_level(logging.ERROR, "libra"):
        bench.pool.unload("a")
    assert "closing a failed" in caplog.text
    assert bench.states() == "available available available"

"""What a person can ask for, over fake models: no weights, no page."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from models import Background, Event, Failure, Progress, Request, Result, Workbench
from models.encoder import Model
from models.errors import InputError, LibraError, Notice
from models.pool import ModelPool, State
from models.settings import Limits, Settings
from models.spec import Kind, ModelSpec
from tests.fakes import WAIT, FakeEncoder, FakeLoader, FakeMachine, FakeScorer, spec
from tests.fakes import Background as InBackground

PAIR = Request(("weather today", "tea"), ("how is the weather", "I like tea", "a train"), ("a", "b"))


def bench_of(*specs: ModelSpec, loader: FakeLoader | None = None, **settings: object) -> Workbench:
    chosen = Settings(catalog=specs or (spec("a"), spec("b")), **settings)  # type: ignore[arg-type]
    loader = loader or FakeLoader()
    return Workbench(chosen, ModelPool(chosen, load=loader, devices=loader.machine))


def results(events: list[Event]) -> dict[str, Result]:
    return {event.model: event for event in events if isinstance(event, Result)}


def test_every_model_gives_a_result_with_its_numbers() -> None:
    bench = bench_of()
    found = results(list(bench.compare(PAIR)))
    assert set(found) == {"a", "b"}
    for result in found.values():
        assert result.scores.shape == (2, 3)
        assert result.scores.dtype == np.float32
        assert result.query_vectors is not None
        assert result.candidate_vectors is not None
        assert result.scores == pytest.approx(result.query_vectors @ result.candidate_vectors.T)
        assert result.dimensions == 8
        assert not result.queries.cached.any()
        assert result.queries.tokens.tolist() == [len(text) for text in PAIR.queries]
        assert result.seconds.load >= 0


def test_nothing_is_encoded_twice() -> None:
    machine = FakeMachine()
    loader = FakeLoader(machine)
    bench = bench_of(loader=loader)
    list(bench.compare(PAIR))
    again = results(list(bench.compare(replace(PAIR, queries=("weather today", "new")))))["a"]
    assert again.queries.cached.tolist() == [True, False]
    assert again.candidates.cached.all()
    encoder = loader.models["a"][-1]
    assert isinstance(encoder, FakeEncoder)
    seen = [text for call in encoder.calls for text in call]
    assert len(seen) == len(set(seen)) == 6


def test_duplicates_are_encoded_once_and_keep_their_places() -> None:
    machine = FakeMachine()
    loader = FakeLoader(machine)
    bench = bench_of(spec("a"), loader=loader)
    request = Request(("x",), ("same", "other", "same", "same"), ("a",))
    result = results(list(bench.compare(request)))["a"]
    assert result.scores[0, 0] == result.scores[0, 2] == result.scores[0, 3]
    encoder = loader.models["a"][-1]
    assert isinstance(encoder, FakeEncoder)
    assert [text for call in encoder.calls for text in call].count("same") == 1
    assert result.warnings == ()  # one text, one vector: that is no collision


def test_a_cached_run_loads_nothing() -> None:
    machine = FakeMachine()
    loader = FakeLoader(machine)
    bench = bench_of(loader=loader)
    list(bench.compare(PAIR))
    bench.unload("a")
    result = results(list(bench.compare(PAIR)))["a"]
    assert loader.begun.count("a") == 1
    assert result.queries.cached.all()
    assert result.seconds.encode == 0


class Folder:
    """``loader.load`` over a folder in which a model is trained: each checkpoint is the mirror image of the one before.

    Attributes:
        checkpoint: what a load finds, (revision, dtype).
    """

    def __init__(self) -> None:
        self.checkpoint = ("first", "float32")

    def __call__(self, spec: ModelSpec, *, device: str, **_: object) -> Model:
        revision, dtype = self.checkpoint
        sign = 1 if self.checkpoint == ("first", "float32") else -1

        class Mirrored(FakeEncoder):
            def _vector(self, text: str) -> NDArray[np.float32]:
                return sign * super()._vector(text)

        return Mirrored(spec, device, dtype, revision)

    def bench(self) -> Workbench:
        chosen = Settings(catalog=(replace(spec("a"), source="/folder"),))
        return Workbench(chosen, ModelPool(chosen, load=self, devices=FakeMachine()))


@pytest.mark.parametrize("checkpoint", [("second", "float32"), ("first", "float16")])
@pytest.mark.parametrize("change", [{"queries": ("weather today", "new")}, {"candidates": ("I like tea", "new")}])
def test_one_result_is_one_checkpoints(change: dict[str, tuple[str, ...]], checkpoint: tuple[str, str]) -> None:
    folder = Folder()
    bench = folder.bench()
    request = replace(PAIR, models=("a",))
    list(bench.compare(request))
    bench.pool.unload("a")  # evicted for another
    folder.checkpoint = checkpoint
    request = replace(request, **change)  # type: ignore[arg-type]
    result = results(list(bench.compare(request)))["a"]
    expected = results(list(folder.bench().compare(request)))["a"]
    assert (result.revision, result.dtype) == checkpoint
    assert result.scores == pytest.approx(expected.scores)
    assert not result.queries.cached.any()
    assert not result.candidates.cached.any()
    again = results(list(bench.compare(request)))["a"]
    assert again.scores == pytest.approx(expected.scores)
    assert again.candidates.cached.all()


@pytest.mark.parametrize("load", [True, False])
def test_a_folder_is_read_anew_after_an_unload_though_every_text_is_cached(load: bool) -> None:
    folder = Folder()
    bench = folder.bench()
    request = replace(PAIR, models=("a",))
    list(bench.compare(request, with_background=True))
    folder.checkpoint = ("second", "float32")
    bench.unload("a")
    if load:
        bench.load("a")
    events = list(bench.compare(request, with_background=True))
    result = results(events)["a"]
    assert result.revision == "second"
    assert not result.queries.cached.any()
    assert {key.revision for key in bench.resources.backgrounds} == {"first", "second"}


class Crowded:
    """Two models, and memory for one; "a" is held while it encodes, until "b" has been refused.

    Attributes:
        stop: the run's stop flag.
    """

    def __init__(self) -> None:
        self.loader = FakeLoader(FakeMachine(cpu=(2.0, 0.0)))
        self.bench = bench_of(loader=self.loader)
        self.stop = threading.Event()

    def compare(self, stop: bool = False) -> list[Event]:
        self.bench.load("a")
        encoder = self.loader.models["a"][0]
        encoder.gate.clear()
        run = InBackground(lambda: list(self.bench.compare(PAIR, self.stop.is_set, with_background=True)))
        with self.bench.pool.lease(self.bench.settings.catalog[0]):  # not evicted before the run has it
            assert encoder.entered.wait(WAIT)
        self._wait_refused()
        if stop:
            self.stop.set()
        encoder.gate.set()
        found: list[Event] = run.result()
        return found

    def _wait_refused(self) -> None:
        pause = threading.Event()
        for _ in range(int(WAIT / 0.01)):
            if self.bench.statuses()[1].state is State.FAILED:
                return
            pause.wait(0.01)
        raise AssertionError("it was not refused")


def test_models_of_one_request_make_room_for_each_other() -> None:
    events = Crowded().compare()
    assert [event.model for event in events if isinstance(event, Result)] == ["a", "b"]
    assert {event.model for event in events if isinstance(event, Background)} == {"a", "b"}
    assert not [event for event in events if isinstance(event, Failure)]


def test_a_model_that_waits_for_room_is_not_tried_after_a_stop() -> None:
    crowded = Crowded()
    events = crowded.compare(stop=True)
    failures = [(event.model, event.error.code) for event in events if isinstance(event, Failure)]
    assert failures == [("a", "cancelled"), ("b", "cancelled")]
    assert crowded.loader.begun == ["a"]


def test_a_model_that_fits_nowhere_fails_once_and_the_others_go_on() -> None:
    events = list(bench_of(spec("a"), spec("b", gib=100)).compare(PAIR))
    assert set(results(events)) == {"a"}
    (failure,) = [event for event in events if isinstance(event, Failure)]
    assert (failure.model, failure.error.code) == ("b", "does_not_fit")


def test_one_failure_leaves_the_others() -> None:
    bench = bench_of()
    events = list(bench.compare(replace(PAIR, models=("a", "no-such", "b"))))
    assert set(results(events)) == {"a", "b"}
    failures = [event for event in events if isinstance(event, Failure)]
    assert [(event.model, event.error.code) for event in failures] == [("no-such", "unknown_model")]


def test_what_a_library_raises_becomes_a_sentence_with_the_models_name() -> None:
    machine = FakeMachine()
    loader = FakeLoader(machine)
    bench = bench_of(loader=loader)
    bench.load("a")
    encoder = loader.models["a"][-1]
    assert isinstance(encoder, FakeEncoder)
    encoder.failures.append(ZeroDivisionError("surprise"))
    (failure,) = [event for event in bench.compare(PAIR) if isinstance(event, Failure)]
    assert failure.model == "a"
    assert "surprise" in str(failure.error)


def test_background_comes_after_all_results() -> None:
    events = list(bench_of().compare(PAIR, with_background=True))
    kinds = [type(event) for event in events if isinstance(event, Result | Background)]
    assert kinds == [Result, Result, Background, Background]
    background = next(event for event in events if isinstance(event, Background))
    assert background.quantiles.shape == (1, 101)
    assert (np.diff(background.quantiles, axis=1) >= 0).all()


def test_collapsed_vectors_are_a_warning() -> None:
    class Collapsed(FakeEncoder):
        def _vector(self, text: str) -> NDArray[np.float32]:
            vector = np.zeros(8, np.float32)
            vector[0] = 1
            return vector

    def collapsed(spec: ModelSpec, **_: object) -> Model:
        return Collapsed(spec)

    chosen = Settings(catalog=(spec("a"),))
    pool = ModelPool(chosen, load=collapsed, devices=FakeMachine())
    result = results(list(Workbench(chosen, pool).compare(replace(PAIR, models=("a",)))))["a"]
    assert [warning.code for warning in result.warnings] == ["identical_vectors", "identical_vectors"]
    assert result.warnings[1].values["count"] == 3


def test_a_scorer_has_no_dimensions() -> None:
    def scorer(spec: ModelSpec, **_: object) -> Model:
        return FakeScorer(spec)

    row = ModelSpec(id="words", label="Words", kind=Kind.BM25)
    chosen = Settings(catalog=(row,))
    pool = ModelPool(chosen, load=scorer, devices=FakeMachine())
    result = results(list(Workbench(chosen, pool).compare(replace(PAIR, models=("words",)))))["words"]
    assert result.dimensions is None
    assert result.query_vectors is None
    assert result.scores.shape == (2, 3)


def test_dimensions_cut_before_scoring() -> None:
    row = replace(spec("a"), dimensions=64, smallest_dimension=32)
    bench = bench_of(row)
    full = results(list(bench.compare(replace(PAIR, models=("a",)))))["a"]
    cut = results(list(bench.compare(replace(PAIR, models=("a",), dimensions=40))))["a"]
    assert (full.dimensions, cut.dimensions) == (64, 40)
    assert cut.candidates.cached.all()
    assert not np.array_equal(full.scores, cut.scores)
    more = results(list(bench.compare(replace(PAIR, models=("a",), dimensions=128))))["a"]
    assert more.dimensions == 64  # it uses all it has


def test_stop_ends_a_run_while_a_model_encodes() -> None:
    machine = FakeMachine()
    loader = FakeLoader(machine)
    bench = bench_of(spec("a"), loader=loader)
    bench.load("a")
    encoder = loader.models["a"][-1]
    assert isinstance(encoder, FakeEncoder)
    encoder.gate.clear()
    stop = threading.Event()
    events: list[Event] = []
    run = threading.Thread(
        target=lambda: events.extend(bench.compare(replace(PAIR, models=("a",)), stop.is_set)), daemon=True
    )
    run.start()
    assert encoder.entered.wait(20)
    stop.set()
    encoder.gate.set()
    run.join(20)
    assert not run.is_alive()
    assert [event.error.code for event in events if isinstance(event, Failure)] == ["cancelled"]


def test_closing_the_generator_stops_the_models() -> None:
    bench = bench_of()
    events = bench.compare(PAIR)
    assert isinstance(next(events), Progress | Result)
    events.close()  # type: ignore[attr-defined]
    assert results(list(bench.compare(PAIR))).keys() == {"a", "b"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"queries": ()}, "no_queries"),
        ({"candidates": ()}, "no_candidates"),
        ({"candidates": ("a", " \n")}, "blank_text"),
        ({"queries": ("a\ud800",)}, "unusable_character"),
        ({"queries": ("a\x00",)}, "unusable_character"),
        ({"queries": ("a",) * 11}, "too_many_queries"),
        ({"candidates": ("a",) * 21}, "too_many_candidates"),
        ({"queries": ("a",) * 10, "candidates": ("b",) * 20}, "too_many_pairs"),
        ({"candidates": ("x" * 101,)}, "text_too_long"),
        ({"candidates": ("x" * 100,) * 20}, "too_many_characters"),
        ({"models": ()}, "no_models"),
        ({"models": tuple("abcdefghijklmnopq")}, "too_many_models"),
        ({"dimensions": 0}, "dimensions_range"),
        ({"dimensions": 4097}, "dimensions_range"),
        ({"dimensions": True}, "dimensions_range"),
        ({"dimensions": 64.0}, "dimensions_range"),
        ({"instruction": "x" * 51}, "text_too_long"),
        ({"queries": (3,)}, "not_a_text"),
    ],
)
def test_bad_input_reaches_no_model(change: dict[str, object], code: str) -> None:
    machine = FakeMachine()
    loader = FakeLoader(machine)
    limits = Limits(queries=10, candidates=20, pairs=150, characters=100, total_characters=1500, instruction=50)
    bench = bench_of(loader=loader, limits=limits)
    with pytest.raises(InputError) as caught:
        bench.compare(replace(PAIR, **change))  # type: ignore[arg-type]
    assert caught.value.code == code
    assert loader.begun == []


def test_vectors_of_a_scorer_are_refused() -> None:
    row = ModelSpec(id="words", label="Words", kind=Kind.BM25)
    with pytest.raises(LibraError, match="Words has no vectors"):
        bench_of(row).vectors("words", ["x"], role=None)  # type: ignore[arg-type]


def test_what_the_files_are_not_is_told_with_every_result() -> None:
    class Smaller(FakeEncoder):
        notices = (Notice("wrong_dimensions", "Eight, not 64.", {"found": 8}),)

    def smaller(spec: ModelSpec, **_: object) -> Model:
        return Smaller(replace(spec, dimensions=8))

    chosen = Settings(catalog=(replace(spec("a"), dimensions=64),))
    bench = Workbench(chosen, ModelPool(chosen, load=smaller, devices=FakeMachine()))
    for _ in range(2):  # the second time from the cache
        result = results(list(bench.compare(replace(PAIR, models=("a",), dimensions=32))))["a"]
        assert result.dimensions == 8  # it uses all it has
        assert "wrong_dimensions" in [warning.code for warning in result.warnings]

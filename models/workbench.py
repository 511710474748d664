"""What a person can ask for, as one call each. The page, the API and the command line all stand on this."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from models.cache import VectorCache
from models.catalog import find
from models.encoder import OnStage
from models.errors import Cancelled, DoesNotFitError, InputError, LibraError, ModelError
from models.events import Background, Event, Failure, LastRun, Progress, Result
from models.job import Job
from models.pool import ModelPool, Status
from models.request import Request, check
from models.resources import Resources
from models.settings import Settings
from models.spec import Kind, Role
from models.vectors import Floats

log = logging.getLogger("libra")

Stop = Callable[[], bool]


def never() -> bool:
    """The stop flag of a caller that never stops."""
    return False


class Workbench:
    """Compares models. Owns the pool and the vector cache; safe to use from many threads."""

    def __init__(self, settings: Settings | None = None, pool: ModelPool | None = None) -> None:
        self.settings = settings or Settings()
        self.pool = pool or ModelPool(self.settings)
        self.resources = Resources(self.settings, self.pool, VectorCache(self.settings.cache_bytes))

    @property
    def last(self) -> LastRun | None:
        """How fast the last dense model of a run encoded."""
        return self.resources.last

    def compare(self, request: Request, stop: Stop = never, with_background: bool = False) -> Iterator[Event]:
        """Run every model over the request and yield what happens, as it happens.

        One model's failure is an event, and the others go on. Models load side by side but encode one after the
        other, so that the seconds each is given are its own. Once ``stop()`` is true or the caller closes the
        generator, models give up at their next batch.

        Args:
            with_background: also yield each model's ``Background``, after its result.

        Raises:
            InputError: at once, before anything runs, for a request that cannot be used.
        """
        return self._compare(check(request, self.settings), stop, with_background)

    def _compare(self, request: Request, stop: Stop, with_background: bool) -> Iterator[Event]:
        done: list[str] = []
        for event in self._all(request.models, stop, lambda job: job.compare(request)):
            if isinstance(event, Result) and event.spec.kind is Kind.DENSE:
                done.append(event.model)
            yield event
        if not with_background or not done or stop():
            return
        for event in self._all(done, stop, lambda job: job.background(request.instruction)):
            if isinstance(event, Background):  # nobody waits for it, and nobody misses it where it fails
                yield event

    def _all(self, models: Sequence[str], stop: Stop, task: Callable[[Job], Event]) -> Iterator[Event]:
        """Run ``task`` for every model, together where memory allows.

        What found no room beside the others is tried again once they are over, one after another: by then they are
        idle and can be evicted. Until then nothing is said of it; a model that does not fit at all fails once.
        """
        crowded: list[str] = []
        for event in self._together(models, stop, task):
            if len(models) > 1 and isinstance(event, Failure) and isinstance(event.error, DoesNotFitError):
                crowded.append(event.model)
            else:
                yield event
        for model in crowded:
            if stop():
                yield Failure(model, Cancelled())
            else:
                yield from self._together([model], stop, task)

    def _together(self, models: Sequence[str], stop: Stop, task: Callable[[Job], Event]) -> Iterator[Event]:
        """Run ``task`` for every model in a thread of its own; yield progress, results and failures as they come."""
        events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        left = threading.Event()
        turn = threading.Lock()

        def stopped() -> bool:
            return left.is_set() or stop()

        def work(model: str) -> None:
            try:
                events.put(self._attempt(model, stopped, turn, events.put, task))
            finally:
                events.put(None)

        with ThreadPoolExecutor(len(models), "libra-model") as threads:
            try:
                for model in models:
                    threads.submit(work, model)
                running = len(models)
                while running:
                    if (event := events.get()) is None:
                        running -= 1
                    else:
                        yield event
            finally:
                left.set()

    def _attempt(
        self,
        model: str,
        stopped: Stop,
        turn: threading.Lock,
        emit: Callable[[Event], None],
        task: Callable[[Job], Event],
    ) -> Event:
        """What ``task`` makes of one model; whatever goes wrong becomes this model's Failure."""
        try:
            spec = find(model, self.settings.catalog)
            with Job(self.resources, spec, stopped, turn, lambda *step: emit(Progress(model, *step))) as job:
                return task(job)
        except LibraError as error:
            return Failure(model, error)
        except Exception as error:
            log.exception("%s failed", model)
            return Failure(
                model, ModelError("model_failed", "{model} failed: {reason}", model=model, reason=str(error))
            )

    def result(self, model: str, request: Request, stop: Stop = never) -> Result:
        """One model's part alone. Raises LibraError instead of yielding a Failure."""
        request = check(request, self.settings)
        with Job(self.resources, find(model, self.settings.catalog), stop, threading.Lock(), lambda *_: None) as job:
            return job.compare(request)

    def vectors(
        self, model: str, texts: Sequence[str], role: Role, instruction: str | None = None, stop: Stop = never
    ) -> Floats:
        """Full-dimension vectors float32 (n, d) of texts, from the cache where it has them.

        Raises:
            LibraError: unknown model, one without vectors, or whatever made it fail.
        """
        spec = find(model, self.settings.catalog)
        if spec.kind is not Kind.DENSE:
            raise InputError("no_vectors", "{model} has no vectors.", model=spec.label)
        with Job(self.resources, spec, stop, threading.Lock(), lambda *_: None) as job:
            return job.encode(texts, role, instruction)[0]

    def statuses(self) -> list[Status]:
        """The state of every model of the catalog, cheap enough to ask each second."""
        return self.pool.statuses()

    def load(self, model: str, on_progress: OnStage | None = None) -> None:
        """Make a model ready now: download if need be, load, keep. Blocks until it is."""
        spec = find(model, self.settings.catalog)
        with Job(self.resources, spec, never, threading.Lock(), on_progress or (lambda *_: None)) as job:
            job.leased()  # and what it is, is known from now on: a run whose texts are all cached would not ask

    def unload(self, model: str) -> None:
        """Give a model's memory back. Raises ModelError while it is in use."""
        spec = find(model, self.settings.catalog)
        self.pool.unload(spec.id)
        if spec.local:  # whoever trains in that folder unloads it so that the next run reads it anew
            self.resources.identities.pop(spec.id, None)

    def cancel(self, model: str) -> None:
        """Stop a download or a load that is under way."""
        self.pool.cancel(find(model, self.settings.catalog).id)

    def close(self) -> None:
        """Give everything back."""
        self.pool.close()

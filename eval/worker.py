"""One model after the other: load, measure, judge every set. Runs in a thread of its own and emits what happens."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from eval import ledger
from eval.events import Done, Event, Row, Trouble
from eval.plan import RunPlan
from eval.reporter import Reporter
from eval.sampler import MemoryMeter, Sampler
from eval.speed import Stopwatch, measure
from eval.trial import Trial
from models import Workbench
from models.catalog import find
from models.encoder import Encoder
from models.errors import Cancelled, LibraError, ModelError
from models.job import Job
from models.pool import Lease
from models.spec import Role

log = logging.getLogger("libra")

FIRST_TEXT = "河岸的银行 the bank by the river"  # what a model reads before its memory is measured

#: Keeps the run as it is now; called after each model and set, and at the end.
Keep = Callable[[Mapping[str, Any]], object]


class Worker:
    """Carries out a checked plan on ``run``, a record that grows.

    Args:
        stopped: whether to give up at the next batch. left: whether nobody is there any more to be told.
    """

    def __init__(
        self,
        workbench: Workbench,
        plan: RunPlan,
        run: ledger.Run,
        *,
        emit: Callable[[Event], None],
        stopped: Callable[[], bool],
        left: Callable[[], bool],
        keep: Keep,
    ) -> None:
        self.workbench, self.plan, self.run = workbench, plan, run
        self.emit, self.stopped, self.left, self.keep = emit, stopped, left, keep

    def work(self) -> None:
        """Run every model that has something left to do, then conclude.

        Raises:
            LibraError: the run cannot be kept.
        """
        for model in self.plan.models:
            if self.stopped():
                break
            if ledger.missing(self.run, self.plan, model):
                self._attempt(model)
        if self.left():
            return  # what is finished was kept; whoever opens or resumes it concludes it
        ledger.conclude(self.run, self.plan)
        try:
            self.keep(self.run)
        finally:
            self.emit(Done(self.run))

    def _attempt(self, model: str) -> None:
        """Whatever goes wrong becomes this model's trouble, but for a stop."""
        try:
            self._run(model)
        except Cancelled as error:  # else somebody cancelled this model's load, and the others go on
            if not self.stopped():
                self._fail(model, error)
        except LibraError as error:
            self._fail(model, error)
        except Exception as error:
            log.exception("%s failed", model)
            self._fail(model, ModelError("model_failed", "{model} failed: {reason}", model=model, reason=str(error)))

    def _fail(self, model: str, error: LibraError) -> None:
        ledger.fail(self.run, model, error)
        self.emit(Trouble(model, error))

    def _run(self, model: str) -> None:
        spec = find(model, self.workbench.settings.catalog)
        reporter = Reporter(model, self.emit)
        with Job(self.workbench.resources, spec, self.stopped, threading.Lock(), reporter.on_job) as job:
            lease = job.leased()
            with Sampler(model, lease.model.device, self.emit) as reporter.sampler:
                trial = self._trial(job, lease, reporter)
                for eval_set in ledger.missing(self.run, self.plan, model):
                    outcome = trial.run(eval_set)
                    ledger.add(self.run, outcome)
                    self._keep()
                    self.emit(Row(outcome.result))

    def _keep(self) -> None:
        """A disk that is full must not cost the run: the end says so again."""
        try:
            self.keep(self.run)
        except LibraError as error:
            log.warning("the run was not kept: %s", error)

    def _trial(self, job: Job, lease: Lease, reporter: Reporter) -> Trial:
        """Measure memory and speed before anything is encoded for a set; a model without vectors has neither."""
        if not isinstance(lease.model, Encoder):
            return Trial(job, self.plan, reporter, None, lambda: None)

        def on_progress(*_: int) -> None:
            if self.stopped():
                raise Cancelled

        assert reporter.sampler is not None
        lease.encode([FIRST_TEXT], Role.DOCUMENT, None, on_progress)
        memory = MemoryMeter(lease.model, reporter.sampler)
        speed = ledger.measured(self.run, job.spec.id)
        if speed is None and self.plan.speed != "off":
            watch = Stopwatch(lease, on_progress, reporter.count)
            reporter.begin("speed", 0)
            speed = measure(watch, self.plan.speed, reporter.step)
            if speed is not None:
                # Null where it was loaded already: nobody waited for it.
                speed["load_seconds"] = lease.load_seconds or None
        return Trial(job, self.plan, reporter, speed, memory.record)

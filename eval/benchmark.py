"""The benchmark: models over sets of queries with known answers.

    from eval.benchmark import run
    from eval.dataset import load
    from eval.plan import RunPlan

    for event in run(Workbench(), RunPlan(models=("bm25",), sets=(load("zh-hard"),))):
        print(event)

plan.py     what is to be done, checked       ledger.py   the record that grows, and what is concluded from it
worker.py   one model after the other         trial.py    one model on one set
layout.py   which text stands where           encode.py   vectors of a set, each text once
scoring.py  scores, block by block            judge.py    scores to ranks
sweep.py    dimension and storage             speed.py    how fast
sampler.py  memory, while it works            runs.py     runs as files
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from eval import ledger
from eval.events import Event
from eval.plan import RunPlan, check
from eval.worker import Keep, Worker
from models import Workbench


def _never() -> bool:
    return False


def _nowhere(_run: Mapping[str, Any]) -> None:
    pass


def run(
    workbench: Workbench,
    plan: RunPlan,
    stop: Callable[[], bool] = _never,
    *,
    keep: Keep = _nowhere,
    resume: Mapping[str, Any] | None = None,
) -> Iterator[Event]:
    """Carry out ``plan`` and yield what happens, as it happens; ``Done`` with the whole run is the last.

    Models run one after the other, each on a lease of the pool, so that an idle one can be evicted for the next. One
    model's failure is an event, and the others go on. Once ``stop()`` is true the model gives up at its next batch, and
    what is finished is concluded; when the caller closes the generator, the same without a conclusion. In both cases
    nothing is leased, and no thread runs, once the generator has ended.

    Args:
        stop: asked at each batch. keep: given the record after each model and set, and at the end; see ``eval.runs``.
        resume: an earlier record of the same plan, whose finished models and sets are not run again.

    Raises:
        InputError, UnknownModelError: at once, before anything runs, for a plan that cannot be carried out or resumed.
        LibraError: at the end, where ``keep`` raises it.
    """
    checked = check(plan, workbench.settings)
    begun = ledger.begin(checked) if resume is None else ledger.resume(checked, resume)
    return _events(workbench, checked, begun, stop, keep)


def _events(
    workbench: Workbench, plan: RunPlan, begun: ledger.Run, stop: Callable[[], bool], keep: Keep
) -> Iterator[Event]:
    events: queue.SimpleQueue[Event | Exception | None] = queue.SimpleQueue()
    left = threading.Event()

    def stopped() -> bool:
        return left.is_set() or stop()

    worker = Worker(workbench, plan, begun, emit=events.put, stopped=stopped, left=left.is_set, keep=keep)

    def work() -> None:
        try:
            worker.work()
        except Exception as error:  # noqa: BLE001 - raised again where the caller can see it
            events.put(error)
        finally:
            events.put(None)

    thread = threading.Thread(target=work, name="libra-benchmark", daemon=True)
    thread.start()
    try:
        while (event := events.get()) is not None:
            if isinstance(event, Exception):
                raise event
            yield event
    finally:
        left.set()
        thread.join()

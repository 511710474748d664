"""One model on one set: encode or score, judge, sweep. What comes out are entries of the run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from eval.encode import Encoded, Encoding
from eval.judge import Judged, judge_blocks
from eval.layout import Layout, lay_out
from eval.plan import RunPlan
from eval.reporter import Reporter
from eval.results import facts, judged_record, notice_records
from eval.scoring import Block, blocks, scorer_blocks
from eval.sets import EvalSet
from eval.sweep import sweep
from models.encoder import Encoder
from models.errors import Notice
from models.job import Job
from models.pool import Lease


@dataclass(frozen=True)
class Outcome:
    """Entries for ``results`` and ``sweeps``."""

    result: dict[str, Any]
    sweeps: tuple[dict[str, Any], ...] = ()


class Trial:
    """Runs one leased model over sets.

    Args:
        measured: ``speed`` and, asked at the end of each set, ``memory`` of its results.
    """

    def __init__(
        self,
        job: Job,
        plan: RunPlan,
        reporter: Reporter,
        speed: dict[str, Any] | None,
        memory: Callable[[], dict[str, Any] | None],
    ) -> None:
        self.job, self.plan, self.reporter, self.speed, self.memory = job, plan, reporter, speed, memory

    def run(self, eval_set: EvalSet) -> Outcome:
        """Judge one set.

        Raises:
            ModelError: a vector or a score is no number; whatever the model raises.
            Cancelled: the run was stopped.
        """
        lease, spec = self.job.leased(), self.job.spec
        layout = lay_out(eval_set, instructions=spec.instruction_template is not None)
        if not isinstance(lease.model, Encoder):
            return self._scorer(lease, eval_set, layout)
        encoded = Encoding(self.job, layout, eval_set.name, self.reporter).run()
        begun = time.perf_counter()
        judged = self._judge(eval_set, layout, blocks(layout, encoded.queries, encoded.candidates))
        seconds = {"encode": encoded.seconds, "judge": time.perf_counter() - begun}
        begun = time.perf_counter()
        sweeps = self._sweep(eval_set, layout, encoded) if self.plan.sweep else ()
        seconds["sweep"] = time.perf_counter() - begun
        result = self._result(eval_set, layout, judged, encoded.queries.shape[1], self._notices(encoded), seconds)
        result["encoding"] = {name: getattr(encoded, name) for name in ("texts", "cached", "tokens", "seconds", "cut")}
        result["background"] = [round(float(value), 5) for value in encoded.background]
        return Outcome(result, sweeps)

    def _scorer(self, lease: Lease, eval_set: EvalSet, layout: Layout) -> Outcome:
        begun = time.perf_counter()
        judged = self._judge(eval_set, layout, scorer_blocks(layout, lease.scores))
        seconds = {"encode": 0.0, "judge": time.perf_counter() - begun, "sweep": 0.0}
        notices = self.job.identity().notices
        return Outcome(self._result(eval_set, layout, judged, None, notices, seconds))

    def _judge(self, eval_set: EvalSet, layout: Layout, found: Iterable[Block]) -> Judged:
        self.reporter.begin("judge", len(layout.queries), eval_set.name)

        def on_queries(done: int) -> None:
            self.job.on_stage("judge", done, len(layout.queries))

        on_queries(0)
        return judge_blocks(self.job.spec.label, layout, found, on_queries)

    def _sweep(self, eval_set: EvalSet, layout: Layout, encoded: Encoded) -> tuple[dict[str, Any], ...]:
        self.reporter.begin("sweep", 0, eval_set.name)

        def on_cell(done: int, total: int) -> None:
            self.job.on_stage("sweep", done, total)

        found = sweep(self.job.spec.label, layout, encoded.queries, encoded.candidates, self.plan.dimensions, on_cell)
        return tuple({"model": self.job.spec.id, "set": eval_set.name} | item for item in found)

    def _notices(self, encoded: Encoded) -> tuple[Notice, ...]:
        """What the files are not, identical vectors, texts that were cut."""
        spec = self.job.spec
        notices = self.job.identity().notices + encoded.notices
        if encoded.cut:
            notices += (
                Notice(
                    "eval_texts_cut",
                    f"{spec.label} read only the beginning of {encoded.cut} texts; they are longer than its limit.",
                    {"model": spec.label, "count": encoded.cut},
                ),
            )
        return notices

    def _result(
        self,
        eval_set: EvalSet,
        layout: Layout,
        judged: Judged,
        dimensions: int | None,
        notices: tuple[Notice, ...],
        seconds: dict[str, float],
    ) -> dict[str, Any]:
        spec, model = self.job.spec, self.job.leased().model
        begun = time.perf_counter()
        record = judged_record(layout, judged)
        judging = seconds["judge"] + time.perf_counter() - begun
        return {
            "model": spec.id,
            "label": spec.label,
            "set": eval_set.name,
            "dimensions": dimensions,
            "dimensions_full": dimensions,
            **record,
            "speed": self.speed,
            "memory": self.memory(),
            "seconds": seconds | {"judge": judging},
            "warnings": notice_records(notices),
            **facts(spec, model, self.job.resources.settings, layout),
        }

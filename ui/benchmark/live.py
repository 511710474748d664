"""A run while it goes on: its events → what the browser draws. Figures come formatted, so no language is in them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from eval.events import Done, Event, Row, Sample, Step, Trouble
from eval.outcomes import outcomes
from eval.plan import RunPlan
from eval.sheets import figures_of
from ui.payload import Payload, error_of

EVERY = 0.25  # seconds between two pictures; what is finished comes at once
MOST_POINTS = 240  # of a curve; when there are more, every other one goes


class Live:
    """What the live view shows of one run. ``value`` grows with the events."""

    def __init__(self, plan: RunPlan, labels: Mapping[str, str]) -> None:
        self.labels = labels
        self.sets = [item.name for item in plan.sets]
        self.models: dict[str, Payload] = {
            model: {"id": model, "name": labels.get(model, model), "slot": slot, "state": "waiting"}
            for slot, model in enumerate(dict.fromkeys(plan.models))
        }
        self.curves: dict[str, list[list[float | None]]] = {model: [] for model in self.models}
        self.rows: list[Payload] = []
        self.state = "running"
        self._told = 0.0

    def add(self, event: Event) -> bool:
        """Take in an event; whether it is time for a new picture."""
        if isinstance(event, Step):
            self._step(event)
        elif isinstance(event, Sample):
            self._sample(event)
        elif isinstance(event, Row):
            self._row(event.record)
        elif isinstance(event, Trouble):
            self.models[event.model] |= {"state": "failed", "error": error_of(event.error)}
        elif isinstance(event, Done):
            self._done(event.run)
        now = time.monotonic()
        if isinstance(event, Step | Sample) and now - self._told < EVERY:
            return False
        self._told = now
        return True

    def resume(self, run: Mapping[str, Any]) -> None:
        """Take in what an earlier part of the run has."""
        for record in run.get("results", ()):
            self._row(record)

    def value(self) -> Payload:
        """The whole as plain data, which later events leave as it is: Gradio sends what differs from the last."""
        return {
            "state": self.state,
            "sets": self.sets,
            "models": [dict(model) for model in self.models.values()],
            "curves": {model: list(curve) for model, curve in self.curves.items()},
            "rows": list(self.rows),
        }

    def _step(self, event: Step) -> None:
        for model in self.models.values():  # one after the other: whoever worked before is through
            if model["id"] != event.model and model["state"] == "working":
                model["state"] = "done"
        self.models[event.model] |= {
            "state": "working",
            "stage": event.stage,
            "set": event.set,
            "done": event.done,
            "total": event.total,
            "left": event.seconds_left,
        }

    def _sample(self, event: Sample) -> None:
        model, curve = self.models[event.model], self.curves[event.model]
        model["memory"] = event.memory_bytes
        model["peak"] = max(model.get("peak", 0), event.memory_bytes)
        if event.texts_per_second is not None:
            model["rate"] = event.texts_per_second
        curve.append([round(event.seconds, 2), event.memory_bytes, event.texts_per_second])
        if len(curve) > MOST_POINTS:
            del curve[1::2]

    def _row(self, record: Mapping[str, Any]) -> None:
        (item,) = outcomes({"results": [record]}, self.labels)
        self.rows.append({"model": item.model, "set": item.set, "cells": list(figures_of(item))})
        if sum(row["model"] == item.model for row in self.rows) == len(self.sets) and item.model in self.models:
            self.models[item.model]["state"] = "done"

    def _done(self, run: Mapping[str, Any]) -> None:
        self.state = "done" if run.get("complete") else "stopped"
        for model in self.models.values():
            finished = sum(row["model"] == model["id"] for row in self.rows) == len(self.sets)
            if model["state"] != "failed":
                model["state"] = "done" if finished else "stopped"

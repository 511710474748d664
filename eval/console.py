"""What the command line shows: bars on a terminal, plain lines otherwise, and the tables at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TextIO

from eval import formats
from eval.events import Event, Row, Step, Trouble

LINE_SECONDS = 5.0  # between two lines about one stage


class Progress(Protocol):
    """Shows a run while it goes on."""

    def show(self, event: Event) -> None:
        """Show one event."""

    def close(self) -> None:
        """Nothing more comes."""


def progress(stream: TextIO | None = None) -> Progress:
    """Bars where somebody looks at a terminal (stderr by default), else lines: a log of bars is unreadable."""
    stream = sys.stderr if stream is None else stream
    return Bars(stream) if stream.isatty() else Lines(stream)


def _row_line(record: Mapping[str, Any]) -> str:
    top1, interval = record["metrics"]["top1"], record["intervals"]["top1"]
    return f"{record['model']} on {record['set']}: Top-1 {formats.percent(top1)} ({formats.span(*interval)})"


class Lines:
    """A line where a stage begins, then every few seconds."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._stage: tuple[str, str, str] | None = None
        self._told = 0.0
        self._line = ""

    def show(self, event: Event) -> None:
        """Show one event."""
        match event:
            case Step():
                self._step(event)
            case Row(record):
                self._say(_row_line(record))
            case Trouble(model, error):
                self._say(f"{model} failed: {error}")

    def close(self) -> None:
        """Nothing more comes."""

    def _step(self, step: Step) -> None:
        stage = (step.model, step.set, step.stage)
        now = time.monotonic()
        if stage == self._stage and now - self._told < LINE_SECONDS:
            return
        self._stage, self._told = stage, now
        left = "" if step.seconds_left is None else f", {step.seconds_left:.0f} s left"
        count = f" {step.done}/{step.total}" if step.total else ""
        line = f"{' '.join(part for part in stage if part)}{count}{left}"
        if line != self._line:
            self._say(line)
        self._line = line

    def _say(self, text: str) -> None:
        print(text, file=self.stream, flush=True)


class Bars:
    """One bar at a time, for the stage that runs. tqdm comes with transformers."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._bar: Any = None
        self._stage: tuple[str, str, str] | None = None

    def show(self, event: Event) -> None:
        """Show one event."""
        match event:
            case Step():
                self._step(event)
            case Row(record):
                self._say(_row_line(record))
            case Trouble(model, error):
                self._say(f"{model} failed: {error}")

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _step(self, step: Step) -> None:
        from tqdm import tqdm

        stage = (step.model, step.set, step.stage)
        if stage != self._stage:
            self.close()
            self._stage = stage
            label = " ".join(part for part in stage if part)
            scale = step.stage == "download"
            self._bar = tqdm(total=step.total, desc=label, file=self.stream, leave=False, unit_scale=scale)
        if self._bar is not None:
            self._bar.total = step.total
            self._bar.n = step.done
            self._bar.refresh()

    def _say(self, text: str) -> None:
        self.close()
        self._stage = None
        print(text, file=self.stream, flush=True)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns in plain text: the first to the left, figures to the right."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (header, *rows)
    )


HEADER = ("model", "GiB", "mean s", "texts/s", "Top-1", "95 %", "Top-3", "Top-5", "MRR", "dimensions")


def result_tables(run: Mapping[str, Any]) -> str:
    """The article's table for every set, what can be concluded, and every warning, in plain text."""
    parts = []
    for name, facts in run["sets"].items():
        rows = [row for row in run["results"] if row["set"] == name]
        if not rows:
            continue
        parts.append(f"{name} ({facts['source']}, {rows[0]['queries']} queries)")
        parts.append(table(HEADER, [_cells(row) for row in rows]))
        parts += [item["sentence"] for item in run["comparisons"] if item["set"] == name]
        parts += dict.fromkeys(f"Warning: {item['message']}" for row in rows for item in row["warnings"])
        parts.append("")
    parts += [f"{model} failed: {message}" for model, message in run["failures"].items()]
    return "\n".join(parts).rstrip()


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    speed, memory, metrics = row["speed"] or {}, row["memory"] or {}, row["metrics"]
    return (
        row["model"],
        formats.gib(memory.get("weights_bytes")),
        formats.seconds(speed.get("mean_seconds")),
        formats.rate(speed.get("texts_per_second")),
        formats.percent(metrics["top1"]),
        formats.span(*row["intervals"]["top1"]),
        formats.percent(metrics["top3"]),
        formats.percent(metrics["top5"]),
        formats.number(metrics["mrr"]),
        formats.NONE if row["dimensions"] is None else str(row["dimensions"]),
    )

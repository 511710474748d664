"""The article's protocol on a GPU: 30 texts at once, mean of several, VRAM; beside the published figures.

    python -m tools.gpu_article --out docs/article-gpu.md

Makes checkpoints of the four full architectures with random weights (26 GB in a temporary folder): speed and memory do
not depend on the values, accuracy does and is not reported. The benchmark itself measures, as it does in the page. Exit
status: 0 if every model was measured, 1 if one was not, 2 without CUDA. ``--tiny`` runs small shapes on a CPU, to test
itself; its figures mean nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval import formats
from eval.benchmark import run as benchmark
from eval.dataset import load
from eval.events import Done, Trouble
from eval.outcomes import Run
from eval.plan import RunPlan
from eval.published import Beside, beside
from models.settings import Settings
from models.workbench import Workbench
from tools.gpu_check import FULL, TINY, asked, keep, make

SET = "zh-hard"
QUERIES = 8  # one a category: nothing is said of the answers, only the texts have to be of the kind
HEAD = (
    "model",
    "weights GiB",
    "published",
    "ratio",
    "peak GiB",
    "mean s",
    "published",
    "ratio",
    "texts/s",
    "published",
    "ratio",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; returns the exit status."""
    chosen = asked("gpu_article", __doc__, arguments)
    if chosen is None:
        return 2
    device, shapes = ("cpu", TINY) if chosen.tiny else (chosen.device, FULL)
    with tempfile.TemporaryDirectory(prefix="libra-gpu-article-") as folder:
        run, troubles = measured(Path(folder), device, shapes)
    text = report(run, troubles)
    print(text)
    keep(text, chosen.out)
    return 1 if troubles else 0


def measured(folder: Path, device: str, shapes: dict[str, dict[str, Any]]) -> tuple[Run, list[str]]:
    """The run, and a sentence for each model that failed."""
    specs = tuple(make(folder, model_id, device, shape) for model_id, shape in shapes.items())
    bench = Workbench(Settings(catalog=specs, offline=True))
    plan = RunPlan(
        models=tuple(spec.id for spec in specs), sets=(load(SET),), limit=QUERIES, speed="article", sweep=False
    )
    run: Run = {}
    troubles = []
    try:
        for event in benchmark(bench, plan):
            if isinstance(event, Trouble):
                troubles.append(f"{event.model}: {event.error}")
            elif isinstance(event, Done):
                run = event.run
    finally:
        bench.close()
    return run, troubles


def report(run: Run, troubles: Sequence[str]) -> str:
    """Markdown."""
    environment = run["environment"]
    lines = [
        "# The article's protocol, measured",
        "",
        "30 texts at once, mean of several runs after a warm-up; random weights, so no accuracy. "
        "Published: A100 40 GB, vLLM. Ratios are ours / published.",
        "",
        "| " + " | ".join(HEAD) + " |",
        "|---" * len(HEAD) + "|",
        *("| " + " | ".join(_row(item)) + " |" for item in beside(run, SET)),
        "",
        *(f"- {name}: {value}" for name, value in environment.items() if isinstance(value, str | int | float)),
        *(f"- **{sentence}**" for sentence in troubles),
    ]
    return "\n".join(lines) + "\n"


def _row(item: Beside) -> tuple[str, ...]:
    ours, there = item.ours, item.published
    return (
        item.label,
        formats.gib(ours.weights_bytes if ours else None),
        f"{there.vram_gib:.2f}",
        formats.ratio(item.memory_ratio),
        formats.gib(ours.peak_bytes if ours else None),
        formats.seconds(ours.mean_seconds if ours else None),
        f"{there.mean_seconds:.3f}",
        formats.ratio(item.seconds_ratio),
        formats.rate(ours.texts_per_second if ours else None),
        f"{there.texts_per_second:,.1f}",
        formats.ratio(item.rate_ratio),
    )


if __name__ == "__main__":
    raise SystemExit(main())

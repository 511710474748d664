"""The published article beside a run: its table, and how far ours is from it. ``eval.conclusions`` judges the rest.

Published figures: A100 40 GB, vLLM; a timing is of 30 texts; each query picks from 16 candidates in 8 categories of
hard Chinese. Its VRAM equals the weights in 16 bit, in GiB. It gives no Top-5. 87.5 % against 100 % is one query of
eight (or two of sixteen) there, which is no evidence of a difference.
"""

from __future__ import annotations

from dataclasses import dataclass

from eval.formats import GIB
from eval.outcomes import Labels, Outcome, Run, label_of, outcomes

TEXTS = 30  # of one timing


@dataclass(frozen=True, kw_only=True)
class Published:
    """One row of the article's table; shares from 0 to 1."""

    model: str
    vram_gib: float
    mean_seconds: float
    texts_per_second: float
    top1: float
    top3: float
    dimensions: int
    top5: float | None = None


BGE, SMALL, MIDDLE, LARGE = "bge-m3", "qwen3-embedding-0.6b", "qwen3-embedding-4b", "qwen3-embedding-8b"
BY_SIZE = (SMALL, MIDDLE, LARGE)  # the Qwen3 ones


def _row(model: str, vram: float, seconds: float, rate: float, top1: float, dimensions: int) -> Published:
    return Published(
        model=model,
        vram_gib=vram,
        mean_seconds=seconds,
        texts_per_second=rate,
        top1=top1,
        top3=1.0,
        dimensions=dimensions,
    )


ARTICLE: tuple[Published, ...] = (
    _row(BGE, 1.06, 0.020, 1496.5, 1.0, 1024),
    _row(SMALL, 1.12, 0.019, 1611.4, 0.875, 1024),
    _row(MIDDLE, 7.55, 0.073, 412.0, 0.875, 2560),
    _row(LARGE, 14.10, 0.122, 246.0, 1.0, 4096),
)


@dataclass(frozen=True)
class Beside:
    """A published row and what the run measured, where it has that model.

    The ratios are ours / published: below 1 is less memory, less time, fewer texts a second.
    """

    published: Published
    label: str
    ours: Outcome | None

    @property
    def memory_ratio(self) -> float | None:
        """Of the weights, since those are what was published."""
        return _ratio(self.ours.weights_bytes if self.ours else None, self.published.vram_gib * GIB)

    @property
    def seconds_ratio(self) -> float | None:
        """Of the mean inference time; it compares if the run timed 30 texts as well."""
        return _ratio(self.ours.mean_seconds if self.ours else None, self.published.mean_seconds)

    @property
    def rate_ratio(self) -> float | None:
        """Of the texts per second."""
        return _ratio(self.ours.texts_per_second if self.ours else None, self.published.texts_per_second)


def beside(run: Run, name: str, labels: Labels | None = None) -> tuple[Beside, ...]:
    """The article's table beside the results of one set."""
    ours = {item.model: item for item in outcomes(run, labels, name)}
    return tuple(Beside(row, label_of(row.model, labels), ours.get(row.model)) for row in ARTICLE)


def _ratio(ours: float | None, published: float) -> float | None:
    return None if ours is None else ours / published

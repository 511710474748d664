"""What a visitor needs of a model, and whether one meets it: yes, no, or not known; each with the figure behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from eval import formats
from eval.formats import GIB
from eval.outcomes import Outcome, figure
from eval.published import Published
from eval.words import Said, said
from models.spec import Kind, ModelSpec

MILLION = 1_000_000
FLOAT32 = "float32"


class Prefer(StrEnum):
    """What decides between models whose accuracy the data cannot tell apart."""

    MEMORY = "memory"
    SPEED = "speed"
    STORAGE = "storage"


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a visitor asks for; None, empty and False ask for nothing.

    Attributes:
        memory_gib: VRAM there is. seconds: the longest mean inference time, as in the results table.
        storage_gb: GB (10⁹ bytes) there are for a million vectors.
        languages: tags such as ``zh``; accuracy is then that on queries in them.
        custom_dimensions: vectors that may be cut to any dimension. instructions: queries with a task of one's own.
    """

    memory_gib: float | None = None
    seconds: float | None = None
    storage_gb: float | None = None
    languages: tuple[str, ...] = ()
    custom_dimensions: bool = False
    instructions: bool = False
    prefer: Prefer = Prefer.MEMORY


class Source(StrEnum):
    """Where a figure comes from."""

    RUN = "run"
    PUBLISHED = "published"
    ESTIMATE = "estimate"


@dataclass(frozen=True)
class Figure:
    """A number and where it comes from; None where nobody knows it."""

    value: float | None = None
    source: Source | None = None

    @property
    def said(self) -> Said:
        """The source in words."""
        return said(f"eval.source.{self.source or 'none'}")


@dataclass(frozen=True)
class Check:
    """Whether one need is met (None: not known), and the sentence that says why."""

    met: bool | None
    reason: Said


@dataclass(frozen=True)
class Setting:
    """How vectors are stored.

    Attributes:
        size: bytes of a vector; 0 for a model that keeps none.
        top1: Top-1 (0 … 1) measured in the sweep with just this; None at full size, where the results have it.
        full: whether it is the full vector in float32, which is what models are compared by.
        measured: whether any figure of the run was taken with it.
        ranks: of each query of the result (q,), where the sweep kept them; None at full size.
    """

    dimensions: int | None
    storage: str
    size: float
    top1: float | None = None
    full: bool = True
    measured: bool = True
    ranks: tuple[int, ...] | None = None

    @property
    def gigabytes(self) -> float:
        """GB (10⁹) of a million vectors."""
        return self.size * MILLION / 1e9


def memory_of(ours: Outcome | None, published: Published | None, spec: ModelSpec | None) -> Figure:
    """Bytes of VRAM: measured on a GPU, else published, else the weights in 16 bit. RAM of a CPU is not it."""
    if ours is not None and ours.on_gpu and ours.memory_bytes is not None:
        return Figure(ours.memory_bytes, Source.RUN)
    if published is not None:
        return Figure(published.vram_gib * GIB, Source.PUBLISHED)
    if spec is not None and (spec.parameters or spec.kind is Kind.BM25):
        return Figure(spec.weight_bytes("float16"), Source.ESTIMATE)
    return Figure()


def seconds_of(ours: Outcome | None, published: Published | None) -> Figure:
    """Mean inference time: measured, else published."""
    if ours is not None and ours.mean_seconds is not None:
        return Figure(ours.mean_seconds, Source.RUN)
    return Figure(published.mean_seconds, Source.PUBLISHED) if published else Figure()


def setting_of(
    dimensions: int | None, spec: ModelSpec | None, sweep: Sequence[Mapping[str, Any]], limit: float | None
) -> Setting | None:
    """The best way to store the vectors of one model within ``limit`` GB a million; None if there is none.

    Full float32 where it fits; else what the sweep measured to be most accurate; else, of a model that was trained to
    be cut, the largest dimension that fits, of which nothing was measured.
    """
    if dimensions is None:
        return Setting(None, "", 0.0)
    full = Setting(dimensions, FLOAT32, 4.0 * dimensions)
    if limit is None or full.gigabytes <= limit:
        return full
    fitting = [found for found in map(_swept, sweep) if found.gigabytes <= limit]
    if fitting:
        return max(fitting, key=lambda item: (item.top1 or 0.0, -item.size))
    cut = int(limit * 1e9 / MILLION / 4)
    if spec is not None and spec.matryoshka and cut >= (spec.smallest_dimension or 1):
        return Setting(cut, FLOAT32, 4.0 * cut, None, False, False)
    return None


def _swept(item: Mapping[str, Any]) -> Setting:
    ranks = item.get("ranks")
    return Setting(
        dimensions=int(item["dimensions"]),
        storage=str(item.get("storage", FLOAT32)),
        size=item["bytes_per_vector"],
        top1=item["top1"],
        full=False,
        ranks=tuple(ranks) if isinstance(ranks, list | tuple) else None,
    )


def check_memory(found: Figure, limit: float) -> Check:
    """VRAM against ``limit`` GiB."""
    return _check("memory", found, limit * GIB, formats.gib)


def check_seconds(found: Figure, limit: float) -> Check:
    """Mean inference time against ``limit`` seconds."""
    return _check("seconds", found, limit, formats.seconds)


def _check(name: str, found: Figure, limit: float, shown: Any) -> Check:
    if figure(found.value) is None or found.value is None:
        return Check(None, said(f"eval.need.{name}.unknown"))
    met = found.value <= limit
    key = f"eval.need.{name}.{'met' if met else 'over'}"
    return Check(met, said(key, value=shown(found.value), limit=shown(limit), source=found.said))


def check_storage(found: Setting | None, limit: float) -> Check:
    """A million vectors against ``limit`` GB."""
    if found is None:
        return Check(False, said("eval.need.storage.over", limit=_gb(limit)))
    if found.dimensions is None:
        return Check(True, said("eval.need.storage.none"))
    kind = "met" if found.full else "reduced" if found.measured else "unmeasured"
    values = {"value": _gb(found.gigabytes), "dimensions": found.dimensions, "storage": found.storage}
    return Check(True if found.measured else None, said(f"eval.need.storage.{kind}", limit=_gb(limit), **values))


def check_dimensions(spec: ModelSpec | None) -> Check:
    """Whether vectors may be cut to any dimension."""
    if spec is None:
        return Check(None, said("eval.need.dimensions.unknown"))
    if spec.matryoshka:
        return Check(True, said("eval.need.dimensions.met", smallest=spec.smallest_dimension))
    return Check(False, said("eval.need.dimensions.over"))


def check_instructions(spec: ModelSpec | None) -> Check:
    """Whether a query may carry an instruction."""
    if spec is None:
        return Check(None, said("eval.need.instructions.unknown"))
    met = spec.instruction_template is not None
    return Check(met, said(f"eval.need.instructions.{'met' if met else 'over'}"))


def check_languages(languages: Sequence[str], queries: int) -> Check:
    """Whether anything is known of the languages: how many queries in them stand behind the accuracy."""
    if not queries:
        return Check(None, said("eval.need.languages.unknown", languages=tuple(languages)))
    return Check(True, said("eval.need.languages.met", languages=tuple(languages), count=formats.whole(queries)))


def _gb(value: float) -> str:
    return formats.gigabytes(value * 1e9)

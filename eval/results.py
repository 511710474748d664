"""The parts of one entry of ``results``: what was judged, and what the model was."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from eval.intervals import interval
from eval.judge import Judged
from eval.layout import Layout
from eval.metrics import Judgement, by_category, measures, per_query
from models.device import CPU
from models.encoder import Encoder, Model
from models.errors import Notice
from models.settings import Settings
from models.spec import ModelSpec, Role

DIGITS = 6  # of a score: float32 has seven


def judged_record(layout: Layout, judged: Judged) -> dict[str, Any]:
    """Everything of a result that follows from the ranks, and the ranks themselves."""
    judgements, ids = judged.judgements, [query.id for query in layout.queries]
    record: dict[str, Any] = {
        "queries": len(ids),
        "ranks": {key: item.rank for key, item in zip(ids, judgements, strict=True)},
        "ties": {key: item.ties for key, item in zip(ids, judgements, strict=True)},
        "metrics": measures(judgements, layout.families),
        "intervals": _intervals(judgements, layout.families),
        "categories": _categories(layout, judgements),
        "first": dict(zip(ids, judged.first, strict=True)),
        "scores": {
            key: [round(value, DIGITS) for value in pair] for key, pair in zip(ids, judged.scores.tolist(), strict=True)
        },
        "histograms": judged.histograms,
    }
    if any(len(item) > 1 for item in layout.relevant):
        record["relevant_ranks"] = _relevant_ranks(layout, judgements)
    return record


def _relevant_ranks(layout: Layout, judgements: Sequence[Judgement]) -> dict[str, dict[str, int]]:
    """Query id → candidate id → rank, of every relevant candidate: nDCG is computed from them."""
    return {
        query.id: {query.candidates[place].id: rank for place, rank in zip(relevant, item.ranks, strict=True)}
        for query, relevant, item in zip(layout.queries, layout.relevant, judgements, strict=True)
    }


def _intervals(judgements: Sequence[Judgement], families: Sequence[str]) -> dict[str, Any]:
    """``method`` is that of Top-1; ``methods`` has all, since they depend on the values."""
    found = {name: interval(values, families) for name, values in per_query(judgements).items()}
    return {
        **{name: [item.low, item.high] for name, item in found.items()},
        "method": found["top1"].method,
        "methods": {name: item.method for name, item in found.items()},
    }


def _categories(layout: Layout, judgements: Sequence[Judgement]) -> dict[str, dict[str, Any]]:
    """Every category with its measures and the interval of its Top-1."""
    categories = [query.category for query in layout.queries]
    found: dict[str, dict[str, Any]] = {
        name: dict(values) for name, values in by_category(judgements, categories, layout.families).items()
    }
    for name, values in found.items():
        inside = [place for place, category in enumerate(categories) if category == name]
        made = interval(
            [float(judgements[place].rank == 1) for place in inside], [layout.families[place] for place in inside]
        )
        values |= {"queries": len(inside), "interval": [made.low, made.high], "method": made.method}
    return found


def notice_records(notices: Iterable[Notice]) -> list[dict[str, Any]]:
    """Warnings as data: ``code`` and ``values`` for a sentence in another language, ``message`` in English. Each once;
    the same is found among queries and among candidates."""
    found: dict[str, dict[str, Any]] = {}
    for item in notices:
        values = {name: value if isinstance(value, int | float) else str(value) for name, value in item.values.items()}
        found.setdefault(item.message, {"code": item.code, "message": item.message, "values": values})
    return list(found.values())


def facts(spec: ModelSpec, model: Model, settings: Settings, layout: Layout) -> dict[str, Any]:
    """What decides the vectors besides the texts: revision, dtype, device, attention, batch, prompts, limit.

    ``batch``: padded tokens of one batch of the encoder. ``threads``: of torch, on a CPU. None for what a model does
    not say or have.
    """
    torch = sys.modules.get("torch") if isinstance(model, Encoder) and model.device == CPU else None
    limit = min(spec.max_tokens, settings.limits.tokens) if isinstance(model, Encoder) else None
    prompts = {str(role): spec.prompt(role) for role in Role}
    if any(instruction for _, instruction in layout.asked):
        prompts["instruction"] = spec.instruction_template or ""
    return {
        "revision": model.revision,
        "dtype": model.dtype,
        "device": model.device,
        "attention": attention(model),
        "batch": getattr(model, "budget", None),
        "prompts": prompts,
        "threads": torch.get_num_threads() if torch is not None else None,
        "max_tokens": getattr(model, "max_tokens", limit),
        "parameters": spec.parameters,
    }


def attention(model: Model) -> str | None:
    """Which implementation of attention a transformer runs; None for what is none, or does not say."""
    if isinstance(said := getattr(model, "attention", None), str):
        return said
    modules = getattr(model, "_model", None)
    network = getattr(modules[0], "auto_model", None) if modules is not None else None
    found = getattr(getattr(network, "config", None), "_attn_implementation", None)
    return str(found) if found else None

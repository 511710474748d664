"""Results → plain data that the view in the browser, the API and downloads read. One place, no Gradio."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from models import Background, Event, Failure, LibraError, ModelSpec, Progress, Request, Result, Role, Settings
from models.events import Side
from models.ranking import order
from models.request import ladder_of
from models.vectors import LADDER, Floats, ladder, rungs_of, to_fixed_point
from ui.text import looks_like_code, safe_cell

FULL_LADDER_PAIRS = 16_384  # up to here (4 × 32 × 256 twice over) the browser gets every rung of the ladder
MAX_NUMBER = 2**53  # the browser's numbers are whole up to here; NaN is not below it, nor is infinity
OCTAVES = tuple(rung for rung in LADDER if rung & (rung - 1) == 0)  # beyond it, powers of two: 8 rungs, not 29

Payload = dict[str, Any]


def rungs_for(pairs: int) -> tuple[int, ...]:
    """Which rungs are worth their bytes for that many pairs of query and candidate."""
    return LADDER if pairs <= FULL_LADDER_PAIRS else OCTAVES


def error_of(error: LibraError) -> Payload:
    """An error as the page translates it: its code, its values, and the English sentence for anyone else."""
    return {
        "code": error.code,
        "values": {name: _plain(value) for name, value in error.values.items()},
        "message": str(error),
    }


def _plain(value: object) -> object:
    """A number that JSON and the browser can hold as it is, else the value as text."""
    return value if isinstance(value, int | float) and abs(value) <= MAX_NUMBER else str(value)


class View:
    """The payload of one run, growing with its events. ``value`` is what the view in the browser gets."""

    def __init__(self, run: str, request: Request, settings: Settings, example: Mapping[str, Any] | None) -> None:
        self.request = request
        # The slider's stops, and the rungs of every model: each has its own similarities wherever the slider stands.
        self.ladder = ladder_of(request.models, settings, rungs_for(len(request.queries) * len(request.candidates)))
        names = {spec.id: spec.label for spec in settings.catalog}
        self.models: dict[str, Payload] = {
            model: {"id": model, "name": names.get(model, model), "state": "waiting"} for model in request.models
        }
        self.head: Payload = {
            "run": run,
            "total": len(request.models),
            "request": request_data(request),
            "code": {
                "queries": [looks_like_code(text) for text in request.queries],
                "candidates": [looks_like_code(text) for text in request.candidates],
            },
            "gold": list(example["gold"]) if example else [None] * len(request.queries),
            "gloss": {"title": example["title"], "text": example["text"]} if example else None,
            "ladder": self.ladder,
        }

    def add(self, event: Event) -> bool:
        """Take in what happened to one model; whether that changed anything (progress repeats itself)."""
        known = self.models[event.model]
        new = self._changed(event, known)
        self.models[event.model] = new
        return new != known

    def _changed(self, event: Event, known: Payload) -> Payload:
        if isinstance(event, Progress):
            return {**known, "state": "working", "stage": event.stage, "done": event.done, "total": event.total}
        if isinstance(event, Failure):
            return {"id": event.model, "name": known["name"], "state": "failed", "error": error_of(event.error)}
        if isinstance(event, Background):
            # Taken at all its rungs, of which the similarities of many pairs have but some: so it brings its own.
            background = {"rungs": rungs_of(known["dimensions"]), "quantiles": to_fixed_point(event.quantiles)}
            return {**known, "background": background}
        if isinstance(event, Result):
            return ready(event, self.request, self.ladder)
        return known

    def value(self, done: bool = False) -> Payload:
        """The whole as plain data."""
        return {**self.head, "done": done, "models": list(self.models.values())}


def request_data(request: Request) -> Payload:
    """The texts and choices, as the browser sends them back for more."""
    return {
        "queries": list(request.queries),
        "candidates": list(request.candidates),
        "models": list(request.models),
        "instruction": request.instruction,
    }


def ready(result: Result, request: Request, rungs: Sequence[int]) -> Payload:
    """One model's finished part; similarities at every rung, as int16 (rungs × q × c)."""
    spec = result.spec
    stops, values, scale = _rungs(result, rungs)
    return {
        "id": spec.id,
        "name": spec.label,
        "state": "ready",
        "kind": spec.kind.value,
        "dimensions": None if result.query_vectors is None else result.query_vectors.shape[1],
        "smallest": spec.smallest_dimension,
        "matryoshka": spec.matryoshka,
        "rungs": stops,
        "similarities": to_fixed_point(values / scale),
        "scale": scale,
        **{name: _sides(result, name) for name in ("tokens", "kept", "truncated", "cached")},
        "seconds": asdict(result.seconds),
        "warnings": [asdict(warning) for warning in result.warnings],
        "revision": result.revision,
        "device": result.device,
        "dtype": result.dtype,
        "sent": sent(spec, request.instruction),
        "background": None,
    }


def _rungs(result: Result, rungs: Sequence[int]) -> tuple[list[int], Floats, float]:
    """Stops, scores there (stops, q, c) and what divides them into -1 … 1. A scorer has one stop, 0."""
    if result.query_vectors is None or result.candidate_vectors is None:
        return [0], result.scores[None], max(float(np.abs(result.scores).max(initial=0)), 1e-9)
    stops = rungs_of(result.query_vectors.shape[1], rungs)
    return stops, ladder(result.query_vectors, result.candidate_vectors, stops), 1.0


def _sides(result: Result, name: str) -> Payload:
    def values(side: Side) -> list[Any]:
        listed: list[Any] = getattr(side, name).tolist()
        return listed

    return {"queries": values(result.queries), "candidates": values(result.candidates)}


def sent(spec: ModelSpec, instruction: str | None) -> Payload:
    """What stands before and after every text when it goes into the model; and whether it takes an instruction."""
    return {
        "query": {"prefix": spec.prompt(Role.QUERY, instruction), "suffix": spec.end_token},
        "document": {"prefix": spec.prompt(Role.DOCUMENT), "suffix": spec.end_token},
        "instructed": spec.instruction_template is not None,
    }


def api_result(result: Result) -> Payload:
    """One model's entry of the API's ``results``: fp32 scores, unrounded."""
    return {
        "dimensions": result.dimensions,
        "scores": result.scores.tolist(),
        "ranking": order(result.scores).tolist(),
        **{name: _sides(result, name) for name in ("tokens", "truncated", "cached")},
        "seconds": asdict(result.seconds),
    }


def api_answer(events: Sequence[Event]) -> Payload:
    """The answer of ``/compare``: what each model scored, and what kept the others from it."""
    return {
        "results": {event.model: api_result(event) for event in events if isinstance(event, Result)},
        "failures": {event.model: str(event.error) for event in events if isinstance(event, Failure)},
    }


def as_csv(request: Request, answer: Payload) -> str:
    """A row for each model, query and candidate; texts are safe to open in a spreadsheet."""
    out = io.StringIO()
    out.write("\ufeff")  # Excel takes UTF-8 for something else without the mark
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(["model", "dimensions", "query", "query_text", "candidate", "candidate_text", "score", "rank"])
    for model, result in answer["results"].items():
        for query, ranking in enumerate(result["ranking"]):
            for rank, candidate in enumerate(ranking, 1):
                rows.writerow(
                    [
                        safe_cell(model),
                        result["dimensions"],
                        query,
                        safe_cell(request.queries[query]),
                        candidate,
                        safe_cell(request.candidates[candidate]),
                        repr(float(result["scores"][query][candidate])),
                        rank,
                    ]
                )
    return out.getvalue()


def pairs_payload(vectors: Floats, rungs: Sequence[int]) -> Payload:
    """All-pairs similarities and a plane for each rung.

    Args:
        vectors: float32 (n, d), full dimension. rungs: ascending.

    Returns:
        ``pairs``: base64 int16 (rungs × n × n); ``map``: base64 float32 (rungs × n × 2); ``explained``: the share
        of the variance on each axis, at each rung.
    """
    cosines = ladder(vectors, vectors, rungs)
    places, explained, before = [], [], None
    for gram in cosines:
        place, shares = plane(gram, before)
        places.append(place)
        explained.append(shares)
        before = place
    return {
        "rungs": list(rungs),
        "pairs": to_fixed_point(cosines),
        "map": base64.b64encode(np.stack(places).astype("<f4").tobytes()).decode("ascii"),
        "explained": explained,
    }


def plane(gram: Floats, before: Floats | None) -> tuple[Floats, list[float]]:
    """First two principal components of unit vectors, from their cosines (n, n) alone.

    Double-centring the Gram matrix gives that of the centred vectors, whose eigenvectors scaled by the roots of the
    eigenvalues are the principal component scores (classical scaling, Gower 1966). An axis is mirrored where that
    brings it nearer to ``before``, so that a map does not flip while the slider moves.
    """
    centred = gram - gram.mean(0) - gram.mean(1)[:, None] + gram.mean()
    values, axes = np.linalg.eigh(centred.astype(np.float64))
    values = np.clip(values, 0, None)
    top = np.argsort(values)[::-1][:2]
    place = np.zeros((len(gram), 2), np.float32)
    place[:, : len(top)] = axes[:, top] * np.sqrt(values[top])
    if before is not None:
        place *= np.where((place * before).sum(0) < 0, -1, 1)
    total = values.sum() or 1.0
    shares = (values[top] / total).tolist()
    return place, shares + [0.0] * (2 - len(shares))

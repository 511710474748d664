"""The actions behind the page and the API, as plain functions of plain values: no Gradio, so tested without a browser.

Functions that the view calls take what the browser sent as one value, and answer plain data; what goes wrong there
is an answer too, ``{"error": …}``, because nothing typed may be lost to an exception.
"""

from __future__ import annotations

import functools
import json
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from models import Kind, LibraError, Request, Role, Workbench, find
from models.device import devices, process_bytes
from models.errors import InputError
from models.pool import State
from models.request import check, used_dimensions
from models.vectors import LADDER, Floats, rungs_of, similarity, to_fixed_point
from ui import payload
from ui.payload import Payload

log = logging.getLogger("libra")

MOVING_PAIRS = 64  # up to that many texts the all-pairs map follows the slider; beyond it, when let go
MAX_PAIRS_TEXTS = 400
MAX_LINK = 2_331  # bytes that a QR code of version 40, level M holds (ISO/IEC 18004, table 7)


def request_of(data: object, dimensions: object = None) -> Request:
    """A request as the browser or the API sends it. Raises InputError where it has another shape."""
    if not isinstance(data, dict):
        raise InputError("bad_request", "The request is no object.")
    lists = {}
    for name in ("queries", "candidates", "models"):
        value = data.get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise InputError("bad_list", "{name} is no list of texts. Send a list of strings.", name=name)
        lists[name] = tuple(value)
    instruction = data.get("instruction")
    if instruction is not None and not isinstance(instruction, str):
        raise InputError("bad_instruction", "The instruction is no text. Send a string, or none.")
    return Request(**lists, dimensions=dimensions, instruction=instruction or None)  # type: ignore[arg-type]


def answering(function: Callable[..., Payload]) -> Callable[..., Payload]:
    """Turn errors into answers; the log gets the traceback of what nobody expected."""

    @functools.wraps(function)
    def answer(self: Service, data: Any = None) -> Payload:
        try:
            return function(self, data)
        except LibraError as error:
            return {"error": payload.error_of(error)}
        except Exception:
            log.exception("%s failed", function.__name__)
            return {"error": payload.error_of(LibraError("unexpected", "Something went wrong; the log tells what."))}

    return answer


class Service:
    """What the page can ask of one workbench."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench

    def compare(
        self,
        queries: list[str],
        candidates: list[str],
        models: list[str],
        dimensions: int | None = None,
        instruction: str | None = None,
    ) -> Payload:
        """The API's ``/compare``: every string is one text. Raises InputError for what cannot be used."""
        data = {"queries": queries, "candidates": candidates, "models": models, "instruction": instruction}
        return payload.api_answer(list(self.bench.compare(request_of(data, dimensions))))

    @answering
    def similarities(self, data: Any) -> Payload:
        """``[{request}, dimension]`` → each dense model's matrix at a dimension that is no rung."""
        request = check(request_of(*_pair(data)), self.bench.settings)
        if request.dimensions is None:
            raise InputError("dimensions_missing", "No dimension was given: type a whole number.")
        found: Payload = {}
        failures: dict[str, LibraError] = {}
        for model, queries, candidates in self._vectors(request, failures):
            used = used_dimensions(queries.shape[1], request.dimensions)
            found[model] = to_fixed_point(similarity(queries, candidates, used))
        if failures and not found:
            raise next(iter(failures.values()))
        return {"dimension": request.dimensions, "models": found, "failures": _told(failures)}

    def _vectors(self, request: Request, failures: dict[str, LibraError]) -> Iterator[tuple[str, Floats, Floats]]:
        """(model, query vectors, candidate vectors) of each dense model, full size; what fails goes into ``failures``.

        Each text is encoded in its own role, as for the ranking.
        """
        for model in request.models:
            try:
                if find(model, self.bench.settings.catalog).kind is not Kind.DENSE:
                    continue
                queries = self.bench.vectors(model, request.queries, Role.QUERY, request.instruction)
                candidates = self.bench.vectors(model, request.candidates, Role.DOCUMENT)
            except LibraError as error:
                failures[model] = error
                continue
            yield model, queries, candidates

    @answering
    def pairs(self, data: Any) -> Payload:
        """``[{request}, dimension]`` → every text against every other, and a plane, for each dense model.

        Each text is encoded in its own role: what stands in the picture is what the ranking used.
        """
        request = check(request_of(*_pair(data)), self.bench.settings)
        texts = [("query", index) for index in range(len(request.queries))]
        texts += [("candidate", index) for index in range(len(request.candidates))]
        if len(texts) > MAX_PAIRS_TEXTS:
            raise InputError(
                "too_many_for_pairs",
                "{count} texts; a map of every pair holds at most {limit}. Take fewer.",
                count=len(texts),
                limit=MAX_PAIRS_TEXTS,
            )
        models: Payload = {}
        failures: dict[str, LibraError] = {}
        for model, *sides in self._vectors(request, failures):
            vectors = np.concatenate(sides)
            models[model] = payload.pairs_payload(vectors, _rungs(vectors, request.dimensions))
        return {
            "texts": [{"side": side, "index": index} for side, index in texts],
            "models": models,
            "failures": _told(failures),
        }

    @answering
    def export(self, data: Any) -> Payload:
        """``[{request}, dimension, "csv" | "json"]`` → the result as a file's content, fp32 from the server."""
        if not isinstance(data, list) or len(data) != 3:
            raise InputError("bad_request", "The request is no object.")
        request = request_of(data[0], data[1])
        answer = payload.api_answer(list(self.bench.compare(request)))
        if data[2] == "csv":
            return {"name": "libra.csv", "type": "text/csv;charset=utf-8", "content": payload.as_csv(request, answer)}
        whole = {"request": {**payload.request_data(request), "dimensions": request.dimensions}, **answer}
        content = json.dumps(whole, ensure_ascii=False, indent=1)
        return {"name": "libra.json", "type": "application/json", "content": content}

    @answering
    def qr(self, data: Any) -> Payload:
        """A link → the dark and light fields of its QR code, rows of "0" and "1"."""
        import segno

        link = str(data).encode("utf-8", "replace")
        if len(link) > MAX_LINK:
            raise InputError(
                "link_too_long_for_qr",
                "The link has {count} characters; a QR code holds {limit}. Save it to a file, or take fewer texts.",
                count=len(link),
                limit=MAX_LINK,
            )
        rows = [
            "".join("1" if field else "0" for field in row)
            for row in segno.make(link, error="m", boost_error=False).matrix
        ]
        return {"size": len(rows), "dark": rows}

    @answering
    def load_model(self, data: Any) -> Payload:
        """Start loading a model and answer at once; its progress is in the status."""
        model = str(data)
        spec = find(model, self.bench.settings.catalog)  # an unknown id is refused here, not in the thread
        if self.bench.pool.status(spec).state in (State.DOWNLOADING, State.LOADING, State.READY, State.BUSY):
            return {}
        threading.Thread(target=self._load, args=(model,), name=f"load-{model}", daemon=True).start()
        return {}

    def _load(self, model: str) -> None:
        try:
            self.bench.load(model)
        except LibraError as error:
            log.warning("%s was not loaded: %s", model, error)  # the status carries it to the page

    @answering
    def unload_model(self, data: Any) -> Payload:
        """Give a model's memory back."""
        self.bench.unload(str(data))
        return {}

    @answering
    def cancel_model(self, data: Any) -> Payload:
        """Stop a download or load under way."""
        self.bench.cancel(str(data))
        return {}

    def status(self) -> Payload:
        """What the status strip and the shelf show, each second: the device, the models, the last run's speed."""
        machine = [
            {"id": device.id, "name": device.name, "total": device.total_bytes, "used": device.used_bytes}
            for device in devices()
        ]
        last = self.bench.last
        return {
            "device": machine[0],
            "devices": machine,
            "process": process_bytes(),
            "budget": self.bench.settings.memory_bytes,
            "last": last
            and {
                "model": last.model,
                "texts": last.texts,
                "texts_per_second": last.texts / last.seconds if last.seconds else None,
                "tokens_per_second": last.tokens / last.seconds if last.seconds else None,
                "cached": not last.texts,
            },
            "models": [self._model_status(status) for status in self.bench.statuses()],
        }

    def _model_status(self, status: Any) -> Payload:
        return {
            "id": status.id,
            "label": find(status.id, self.bench.settings.catalog).label,
            "state": status.state.value,
            "stage": status.stage,
            "done": status.done,
            "total": status.total,
            "memory": status.memory_bytes,
            "device": status.device,
            "dtype": status.dtype,
            "revision": status.revision,
            "needed": status.needed_bytes,
            "free": status.free_bytes,
            "here": status.here,
            "fits": status.fits,
            "error": status.error and payload.error_of(status.error),
        }

    def shelf(self) -> Payload:
        """The catalog as the shelf of cards shows it: what does not change while the app runs."""
        return {
            "models": [
                {
                    "id": spec.id,
                    "label": spec.label,
                    "kind": spec.kind.value,
                    # a folder of the host is not the visitor's business
                    "source": "" if spec.local else spec.source,
                    "revision": spec.revision,
                    "dimensions": spec.dimensions,
                    "smallest": spec.smallest_dimension,
                    "matryoshka": spec.matryoshka,
                    "max_tokens": spec.max_tokens,
                    "parameters": spec.parameters,
                    "licence": spec.licence,
                    "languages": spec.languages,
                    "note": spec.note,
                    "pooling": spec.pooling,
                    "builtin": spec.builtin,
                    "local": spec.local,
                }
                for spec in self.bench.settings.catalog
            ]
        }


def _told(failures: dict[str, LibraError]) -> Payload:
    """Failures by model as plain data."""
    return {model: payload.error_of(error) for model, error in failures.items()}


def _pair(data: Any) -> tuple[Any, Any]:
    """``[{request}, dimension, …]`` as the view sends it."""
    if not isinstance(data, list) or len(data) < 2:
        raise InputError("bad_request", "The request is no object.")
    return data[0], data[1]


def _rungs(vectors: Floats, dimension: int | None) -> list[int]:
    """All rungs where the picture may follow the slider, else the one asked for."""
    full = vectors.shape[1]
    if len(vectors) <= MOVING_PAIRS:
        return rungs_of(full, LADDER)
    return [min(dimension or full, full)]

"""The public API: every action under a stable name, for ``gradio_client`` and plain HTTP."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

import gradio as gr
from gradio.events import api

from models import LibraError
from ui.service import Service

P = ParamSpec("P")


def create_api(service: Service) -> None:
    """Register the endpoints on the Blocks that is being built."""

    def compare(
        queries: list[str],
        candidates: list[str],
        models: list[str],
        dimensions: int | None = None,
        instruction: str | None = None,
    ) -> dict[str, Any]:
        """Rank the candidates for every query with every model.

        Args:
            queries: texts to search with; each string is one text, line breaks included.
            candidates: texts to rank.
            models: ids of the catalog, see /models.
            dimensions: cut every vector to this size first; none for each model's full size.
            instruction: replaces the query prompt of the models that take one.
        """
        return service.compare(queries, candidates, models, dimensions, instruction)

    def models() -> list[dict[str, Any]]:
        """The catalog: what each model is."""
        listed: list[dict[str, Any]] = service.shelf()["models"]
        return listed

    def status() -> dict[str, Any]:
        """The device, its memory, and the state of every model."""
        return service.status()

    def load(model: str) -> dict[str, Any]:
        """Start loading a model, downloading it first if need be; /status tells how far it is."""
        return service.load_model(model)

    def unload(model: str) -> dict[str, Any]:
        """Give a model's memory back."""
        return service.unload_model(model)

    def cancel(model: str) -> dict[str, Any]:
        """Stop a download or a load that is under way."""
        return service.cancel_model(model)

    def similarity(
        queries: list[str],
        candidates: list[str],
        models: list[str],
        dimensions: int | None = None,
        instruction: str | None = None,
    ) -> dict[str, Any]:
        """Every text against every other: base64 int16 cosines (× 32767) and a plane, for each dense model."""
        request = {"queries": queries, "candidates": candidates, "models": models, "instruction": instruction}
        return service.pairs([request, dimensions])

    for function in (compare, models, status, load, unload, cancel, similarity):
        name = function.__name__
        api(_told(function), api_name=name, concurrency_limit=4, concurrency_id=f"api-{name}")


def _told(function: Callable[P, Any]) -> Callable[P, Any]:
    """Fail the call with the error's sentence; the client raises it as it stands."""

    @functools.wraps(function)
    def told(*args: P.args, **kwargs: P.kwargs) -> Any:
        try:
            answer = function(*args, **kwargs)
        except LibraError as error:
            raise gr.Error(str(error), print_exception=False) from error
        if isinstance(answer, dict) and set(answer) == {"error"}:
            raise gr.Error(answer["error"]["message"], print_exception=False)
        return answer

    return told

"""What a person asks to be compared, checked before any model is touched."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.errors import InputError
from models.settings import Settings
from models.spec import Kind, ModelSpec
from models.vectors import LARGEST, SMALLEST

# Lone surrogates are no characters and cannot be tokenised or sent; NUL ends strings in half the libraries below.
UNUSABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Request:
    """One comparison.

    Attributes:
        queries, candidates: the texts as typed.
        models: ids; unknown ones fail one by one, not the whole.
        dimensions: cut every vector to this size first; None for each model's full size.
        instruction: replaces the query prompt of the models that take one.
    """

    queries: tuple[str, ...]
    candidates: tuple[str, ...]
    models: tuple[str, ...]
    dimensions: int | None = None
    instruction: str | None = None


def check(request: Request, settings: Settings) -> Request:
    """The request, if it can be used, each model once.

    Raises:
        InputError: an empty list, a text without content or with characters that are none, too much of anything,
            dimensions that no model could have.
    """
    limits = settings.limits
    _check_texts(request.queries, "queries", limits.queries, limits.characters)
    _check_texts(request.candidates, "candidates", limits.candidates, limits.characters)
    pairs = len(request.queries) * len(request.candidates)
    if pairs > limits.pairs:
        raise InputError(
            "too_many_pairs",
            "{pairs} pairs of query and candidate; at most {limit} fit. Take fewer of one side.",
            pairs=pairs,
            limit=limits.pairs,
        )
    total = sum(map(len, request.queries)) + sum(map(len, request.candidates))
    if total > limits.total_characters:
        raise InputError(
            "too_many_characters",
            "{count} characters in all; at most {limit} fit. Take fewer or shorter texts.",
            count=total,
            limit=limits.total_characters,
        )
    _check_models(request.models, limits.models)
    _check_dimensions(request.dimensions, settings.catalog)
    if request.instruction is not None:
        check_text(request.instruction, "instruction", 1, limits.instruction)
    return replace(request, models=tuple(dict.fromkeys(request.models)))


def _check_texts(texts: Sequence[str], side: str, limit: int, characters: int) -> None:
    if not texts:
        raise InputError(f"no_{side}", f"There are no {side}: type at least one.")
    if len(texts) > limit:
        raise InputError(
            f"too_many_{side}",
            f"{{count}} {side}; at most {{limit}} fit. Take fewer.",
            count=len(texts),
            limit=limit,
        )
    for number, text in enumerate(texts, 1):
        check_text(text, side, number, characters)


def check_text(text: object, side: str, number: int, limit: int) -> None:
    """Raises InputError for a text that cannot be used.

    ``side`` names the box, ``number`` the text in it, from 1; the text itself is never repeated in an error."""
    if not isinstance(text, str):
        raise InputError(
            "not_a_text", "Number {number} of the {side} is no text. Send strings.", side=side, number=number
        )
    if not text.strip():
        raise InputError("blank_text", "Number {number} of the {side} is blank. Remove it.", side=side, number=number)
    if len(text) > limit:
        raise InputError(
            "text_too_long",
            "Number {number} of the {side} has {count} characters; at most {limit} fit. Shorten it.",
            side=side,
            number=number,
            count=len(text),
            limit=limit,
        )
    _check_characters(text, side, number)


def _check_characters(text: str, side: str, number: int) -> None:
    if unusable := UNUSABLE.search(text):
        raise InputError(
            "unusable_character",
            "Number {number} of the {side} holds {character} at position {position}, which is no character of a text."
            " Remove it.",
            side=side,
            number=number,
            character=f"U+{ord(unusable.group()):04X}",
            position=unusable.start() + 1,
        )


def _check_models(models: Sequence[str], limit: int) -> None:
    if not models:
        raise InputError("no_models", "No model is chosen: choose at least one.")
    if len(models) > limit:
        raise InputError(
            "too_many_models",
            "{count} models are chosen; at most {limit} stand side by side.",
            count=len(models),
            limit=limit,
        )
    for number, model in enumerate(models, 1):  # whatever else is wrong with an id is that model's failure
        _check_characters(model, "models", number)


def _check_dimensions(dimensions: object, catalog: Sequence[ModelSpec]) -> None:
    largest = max([LARGEST, *(spec.dimensions or 0 for spec in catalog)])
    if dimensions is None:
        return
    if isinstance(dimensions, bool) or not isinstance(dimensions, int) or not SMALLEST <= dimensions <= largest:
        raise InputError(
            "dimensions_range",
            "{dimensions} dimensions: choose a whole number from {smallest} to {full}.",
            dimensions=dimensions,
            smallest=SMALLEST,
            full=largest,
        )


def used_dimensions(full: int, asked: int | None) -> int:
    """How many dimensions a vector of ``full`` really uses when ``asked`` are wanted: never more than it has."""
    return full if asked is None else min(asked, full)


def ladder_of(models: Sequence[str], settings: Settings, rungs: Sequence[int]) -> list[int]:
    """The stops of the slider for these models: ``rungs`` up to the largest, and each model's own full size."""
    full = {
        spec.dimensions
        for spec in settings.catalog
        if spec.id in models and spec.kind is Kind.DENSE and spec.dimensions is not None
    }
    if not full:
        return []
    return sorted({rung for rung in rungs if rung <= max(full)} | full)

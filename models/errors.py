"""The exceptions a person can meet, each a sentence: what happened, with which value, what to do.

    LibraError
    ├── InputError          texts or settings that cannot be used; nothing reached a model
    ├── UnknownModelError   an id that is not in the catalog
    ├── HubError            the model's files could not be had
    ├── DoesNotFitError     refused before loading: the memory is not there
    ├── ModelError          loading or encoding failed inside the model
    │   └── MemoryExhaustedError   out of memory even at the smallest batch
    └── Cancelled           a person asked to stop

Every error carries a stable ``code`` and its ``values``, so that the page can say the same in another language
(``error.<code>`` in ``ui/locales``); ``str(error)`` is the English sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_VALUE = 500  # characters of one value in a sentence: whatever was sent, the answer stays one


class LibraError(Exception):
    """Base of all errors meant for people.

    Args:
        code: stable name, snake_case; the key of the translated sentence.
        sentence: English, with ``{name}`` fields that are filled from ``values``.
        values: what the sentence names (a model id, a number, a path).
    """

    def __init__(self, code: str, sentence: str, **values: object) -> None:
        self.code = code
        self.values = {name: _tellable(value) for name, value in values.items()}
        super().__init__(sentence.format(**self.values))


def _tellable(value: object) -> object:
    """``value``; as a string, shortened and without halves of surrogate pairs, where it could not be told as it is."""
    text = str(value)
    told = text[:LONGEST_VALUE].encode("utf-8", "replace").decode() + "…" * (len(text) > LONGEST_VALUE)
    return value if told == text else told


class InputError(LibraError):
    """Texts or settings that cannot be used. Raised before any model is touched."""


class UnknownModelError(LibraError):
    """An id that the catalog does not have."""


class HubError(LibraError):
    """The files of a model could not be found, downloaded or stored."""


class DoesNotFitError(LibraError):
    """A model needs more memory than can be freed for it."""


class ModelError(LibraError):
    """A model failed while loading or encoding."""


class MemoryExhaustedError(ModelError):
    """Encoding ran out of memory even one text at a time; the pool may free some and try once more."""


class Cancelled(LibraError):
    """Work was stopped on request."""

    def __init__(self) -> None:
        super().__init__("cancelled", "Stopped.")


@dataclass(frozen=True)
class Notice:
    """A warning that stops nothing: a code and its values, as an error has them, and the English sentence."""

    code: str
    message: str
    values: Mapping[str, object]

    @classmethod
    def of(cls, error: LibraError) -> Notice:
        """What would be an error, where the work can go on all the same."""
        return cls(error.code, str(error), error.values)

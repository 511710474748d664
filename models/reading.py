"""What a model reads of a text: tokens, where it was cut, and how texts are laid into batches. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.errors import InputError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

#: Texts in one batch at most, however short they are: a stop is seen between batches.
MOST_TEXTS = 64


@dataclass(frozen=True)
class Reading:
    """n texts, tokenised behind their prompt.

    Attributes:
        features: what the network takes (``input_ids``, ``attention_mask``, …), a list of n lists each, not padded.
        tokens: int32 (n,), prompt and special tokens included.
        kept: int32 (n,), code points of each text (its prompt left out) that lie before the cut.
        truncated: bool (n,).
    """

    features: dict[str, list[list[int]]]
    tokens: NDArray[np.int32]
    kept: NDArray[np.int32]
    truncated: NDArray[np.bool_]


def read(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], prompt: str, limit: int) -> Reading:
    """Tokenise prompt and text as one string, as sentence-transformers does, cut to ``limit`` tokens.

    Raises:
        InputError: a text that is no valid Unicode (half of a surrogate pair).
    """
    whole = [prompt + text for text in texts]
    for index, text in enumerate(whole):
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise InputError(
                "text_not_unicode",
                "Text {number} holds a character that is no valid Unicode (half of a pair). Remove it.",
                number=index + 1,
            ) from error
    encoded: Any = tokenizer(whole, truncation=True, max_length=limit, padding=False)
    before = len(prompt)
    kept = [_kept(item, before, len(text)) for item, text in zip(encoded.encodings, texts, strict=True)]
    lengths = np.array([len(text) for text in texts], np.int32)
    return Reading(
        features={name: list(values) for name, values in encoded.items()},
        tokens=np.array([len(item.ids) for item in encoded.encodings], np.int32),
        kept=np.array(kept, np.int32),
        truncated=np.array(kept, np.int32) < lengths,
    )


def _kept(encoding: Any, before: int, length: int) -> int:
    """Code points of a text of ``length`` that were read, its prompt of ``before`` code points left out.

    A character of which only some bytes were read does not count: the first token beyond the cut may start in it.
    """
    beyond = encoding.overflowing
    if not beyond:
        return length
    ends = [end for _, end in _spans(encoding)]
    starts = [start for start, _ in _spans(beyond[0])]
    cut = min(ends[-1] if ends else 0, starts[0] if starts else before + length)
    return min(max(cut - before, 0), length)


def _spans(encoding: Any) -> list[tuple[int, int]]:
    """Where the tokens of the text lie in it; those that the tokenizer adds by itself are left out."""
    return [span for span, added in zip(encoding.offsets, encoding.special_tokens_mask, strict=True) if not added]


def batch(order: NDArray[np.intp], tokens: NDArray[np.int32], start: int, budget: int) -> NDArray[np.intp]:
    """The texts of ``order`` (longest first) from ``start`` on that fill ``budget`` padded tokens; one at least."""
    count = max(1, min(MOST_TEXTS, budget // int(tokens[order[start]])))
    return order[start : start + count]


def pad(
    reading: Reading, rows: Sequence[int] | NDArray[np.intp], side: str, fill: dict[str, int]
) -> dict[str, NDArray[np.int64]]:
    """The features of ``rows`` as int64 (rows, longest), padded on ``side`` with ``fill`` (0 where it has no value)."""
    width = int(reading.tokens[list(rows)].max())
    padded: dict[str, NDArray[np.int64]] = {}
    for name, values in reading.features.items():
        array = np.full((len(rows), width), fill.get(name, 0), np.int64)
        for line, row in enumerate(rows):
            ids = values[row]
            if side == "left":
                array[line, width - len(ids) :] = ids
            else:
                array[line, : len(ids)] = ids
        padded[name] = array
    return padded

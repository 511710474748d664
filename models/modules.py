"""What a loaded sentence-transformers model is made of, held against its catalog row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.errors import ModelError, Notice
from models.spec import ModelSpec

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def check_modules(spec: ModelSpec, model: SentenceTransformer) -> None:
    """Transformer first, with a fast tokenizer and plain text in; then the pooling that ``spec`` says."""
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    first = model[0]
    if (
        not isinstance(first, Transformer)
        or not getattr(first.tokenizer, "is_fast", False)
        or "message" in first.modality_config  # texts would be wrapped in a chat template
    ):
        raise ModelError(
            "unsupported_model",
            "{model} is no sentence-transformers model of plain texts with a fast tokenizer. Choose another.",
            model=spec.label,
        )
    found = [module.pooling_mode for module in model if isinstance(module, Pooling)]
    if spec.pooling and found != [spec.pooling]:
        raise ModelError(
            "wrong_pooling",
            "{model} pools by {found} in its files, by {expected} in its catalog row. Correct the row.",
            model=spec.label,
            found=", ".join(map(str, found)) or "-",
            expected=spec.pooling,
        )


def check_end_token(spec: ModelSpec, tokenizer: Any) -> tuple[Notice, ...]:
    """The tokenizer itself appends the end token, once: pooling reads it. A warning where it does not.

    It is no refusal: the plain library gives the same vectors, and to see what a missing end token does is worth it.
    """
    if not spec.end_token:
        return ()
    tail = tokenizer.convert_ids_to_tokens(tokenizer("a")["input_ids"])[-2:]
    if tail[-1] == spec.end_token and tail[0] != spec.end_token:
        return ()
    error = ModelError(
        "wrong_end_token",
        "The tokenizer of {model} ends a text with {found}, not once with {expected}. Fetch its files again.",
        model=spec.label,
        found=" ".join(tail),
        expected=spec.end_token,
    )
    return (Notice.of(error),)


def positions(model: SentenceTransformer) -> int:
    """Tokens that the table of positions has room for; RoBERTa and its kin leave the first ``padding_idx + 1`` unused.

    One token more is an error on a CPU, and on CUDA the end of the process's context.
    """
    from torch.nn import Embedding

    room = [1 << 30]
    for module in model.modules():
        table, unused = getattr(module, "position_embeddings", None), getattr(module, "padding_idx", None)
        if isinstance(table, Embedding):
            room.append(table.num_embeddings - (unused + 1 if isinstance(unused, int) else 0))
    return min(room)


def prompt_length(model: SentenceTransformer, prompt: str) -> int | None:
    """Tokens of the prompt, for a pooling that leaves them out; None for all others."""
    from sentence_transformers.sentence_transformer.modules import Pooling

    if not prompt or all(module.include_prompt for module in model if isinstance(module, Pooling)):
        return None
    ids = model.tokenizer(prompt)["input_ids"]
    return len(ids) - (ids[-1] in model.tokenizer.all_special_ids)

"""The trained decoder as an ordinary sentence-transformers folder around transformers' Qwen3Model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from models.builtin.batches import END, PAD
from models.builtin.context import ContextDecoder
from models.builtin.encoder import save_sentence_transformer
from models.builtin.instructions import TASK, TEMPLATE
from models.builtin.layer import EPSILON, FEED_FORWARD, HEAD, HEADS, HIDDEN, THETA
from models.builtin.vocabulary import fast_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import Qwen3Model

MAX_TOKENS = 512
POSITIONS = 2048
PROMPTS = {"query": TEMPLATE.format(task=TASK), "document": ""}
ATTENTION = {"q_proj", "k_proj", "v_proj", "o_proj", "q_norm", "k_norm"}
MLP = {"gate_proj", "up_proj", "down_proj"}


def transformers_name(name: str, layers: int) -> str:
    """What transformers' Qwen3Model calls a parameter of ContextNetwork with ``layers`` context layers."""
    if name == "norm":
        return "norm.weight"
    *place, short = name.split(".")
    number = layers if place == ["pool"] else int(place[1])
    room = "self_attn." if short in ATTENTION else "mlp." if short in MLP else ""
    return f"layers.{number}.{room}{short}.weight"


def qwen3(decoder: ContextDecoder) -> Qwen3Model:
    """The same arithmetic in transformers' names: the table is ``embed_tokens``, the pooling layer the last one."""
    from transformers import Qwen3Config, Qwen3Model

    layers = len(decoder.network.layers)
    config = Qwen3Config(
        vocab_size=len(decoder.table),
        hidden_size=HIDDEN,
        intermediate_size=FEED_FORWARD,
        num_hidden_layers=layers + 1,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        head_dim=HEAD,
        rope_parameters={"rope_type": "default", "rope_theta": THETA},
        rms_norm_eps=EPSILON,
        tie_word_embeddings=True,
        attention_bias=False,
        max_position_embeddings=POSITIONS,
        bos_token_id=None,
        eos_token_id=END,
        pad_token_id=PAD,
    )
    weights = {transformers_name(name, layers): value for name, value in decoder.network.state_dict().items()}
    network = Qwen3Model(config)
    network.load_state_dict(weights | {"embed_tokens.weight": decoder.table})
    network.train(False)
    return network


def save_decoder(decoder: ContextDecoder, tokenizer: Tokenizer, folder: Path) -> None:
    """Write ``folder`` in float16: last-token pooling, padding on the left, the end token appended by the tokenizer."""
    from tokenizers import processors

    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A $B </s>", special_tokens=[("</s>", END)]
    )
    wrapped = fast_tokenizer(tokenizer, MAX_TOKENS, padding_side="left")
    save_sentence_transformer(qwen3(decoder), wrapped, folder, pooling="lasttoken", prompts=PROMPTS)

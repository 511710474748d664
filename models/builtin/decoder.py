"""libra-mini-decoder: the word table and the one layer, trained on the teacher's targets.

Two stages. The first sees short texts and fast rates, the second longer texts and slow ones. Steps are counted, not
minutes, and every batch has its own seed: a run that was stopped goes on where its last checkpoint was.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models.builtin.batches import CONCEPTS, END, Batch, Stage, TextBank, pack
from models.builtin.instructions import TASKS
from models.builtin.layer import HIDDEN, PoolingLayer
from models.builtin.targets import Floats, Targets

SEED = 7
DIMENSIONS = (32, 64, 128, HIDDEN)
TEMPERATURE = 0.05
START_SIZE = 0.3  # root mean square of a word table's row at the start
COSINE_WEIGHT = 5.0
BETAS = (0.9, 0.98)
LARGEST_GRADIENT = 5.0
WARM_UP = 50  # steps
LAST_RATE = 0.02  # of the stage's rate, reached linearly
SAME = 0.85  # two concepts whose targets are this close are no negatives of each other
CHECKPOINT = 200  # steps between checkpoints


STAGES = (
    Stage("short", 1500, 2e-3, 2e-2, longest=40, longest_code=40, by_length=0.0, code_weight=1.0, wordings=14),
    Stage("long", 600, 3e-4, 1e-3, longest=56, longest_code=160, by_length=1.0, code_weight=3.0, wordings=len(TASKS)),
)


class RowAdam:
    """Adam on the rows of a table that a batch touches; a row that is not touched costs nothing and keeps its state."""

    def __init__(self, table: Tensor) -> None:
        self.table = table
        self.first, self.second = torch.zeros_like(table), torch.zeros_like(table)

    @torch.no_grad()
    def step(self, rows: Tensor, gradient: Tensor, rate: float) -> None:
        """Move ``table[rows]`` (distinct rows) against ``gradient`` (rows, width)."""
        first = self.first[rows].lerp_(gradient, 1 - BETAS[0])
        second = self.second[rows].lerp_(gradient.square(), 1 - BETAS[1])
        self.first[rows], self.second[rows] = first, second
        self.table[rows] -= rate * first / (second.sqrt() + 1e-8)


class Decoder:
    """The word table (pieces, HIDDEN) and the layer, float32."""

    def __init__(self, table: Floats) -> None:
        torch.manual_seed(SEED)
        self.table = torch.from_numpy(table.copy())
        self.table[END] = torch.randn(HIDDEN) * 0.03
        self.layer = PoolingLayer()

    def states(self, rows: Tensor, batch: Batch) -> Tensor:
        """End states of a batch, (2n, HIDDEN), from the table's ``rows`` of its pieces."""
        end = rows[int(np.searchsorted(batch.pieces, END))]
        return self.layer(rows, torch.from_numpy(batch.index), torch.from_numpy(batch.lengths), end)  # type: ignore[no-any-return]

    @torch.no_grad()
    def encode(self, sequences: list[list[int]], size: int = 256) -> Floats:
        """Unit vectors, float32 (n, HIDDEN), of token ids without the end token."""
        vectors = np.zeros((len(sequences), HIDDEN), np.float32)
        order = np.argsort([len(sequence) for sequence in sequences], kind="stable")
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            batch = Batch(*pack([sequences[i] for i in chosen]), chosen)
            states = self.states(self.table[torch.from_numpy(batch.pieces)], batch)
            vectors[chosen] = functional.normalize(states, dim=1).numpy()
        return vectors


class Trainer:
    """Trains a Decoder stage by stage; state that a resumed run needs is in ``path``."""

    def __init__(self, decoder: Decoder, targets: Targets, path: Path) -> None:
        self.decoder, self.path = decoder, path
        self.targets, self.known = torch.from_numpy(targets.vectors), torch.from_numpy(targets.known)
        self.stage, self.step = 0, 0
        self._new_optimisers()
        if path.exists():
            self._restore()

    def _new_optimisers(self) -> None:
        self.rows = RowAdam(self.decoder.table)
        self.adam = torch.optim.AdamW(self.decoder.layer.parameters(), betas=BETAS, weight_decay=0.0)

    def run(self, number: int, bank: TextBank) -> None:
        """Train stage ``number`` to its end; nothing where it is past already."""
        if number < self.stage:
            return
        stage, began, first = STAGES[number], time.monotonic(), self.step
        bank.tune(stage)
        for batch in bank.batches((SEED, number), self.step, stage.steps):
            loss = self._train(batch, stage)
            self.step += 1
            if self.step % 100 == 0:
                speed = (self.step - first) * 2 * CONCEPTS / (time.monotonic() - began)
                print(f"{stage.name}: step {self.step}, loss {loss:.3f}, {speed:.0f} texts/s", flush=True)
            if self.step % CHECKPOINT == 0:
                self._save()
        self.stage, self.step = number + 1, 0
        self._new_optimisers()
        self._save()

    def _train(self, batch: Batch, stage: Stage) -> float:
        pieces = torch.from_numpy(batch.pieces)
        rows = self.decoder.table[pieces].requires_grad_()
        states = self.decoder.states(rows, batch)
        concept = torch.from_numpy(batch.concept)
        # The full length always, and one prefix at random: Matryoshka.
        prefix = np.random.default_rng([SEED, self.stage, self.step, 1]).choice(DIMENSIONS[:-1])
        loss = sum(self._loss(states, concept, width) for width in (HIDDEN, int(prefix)))
        assert isinstance(loss, Tensor)
        self.adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        pace = min(1.0, self.step / WARM_UP) * max(LAST_RATE, 1 - self.step / stage.steps)
        for group in self.adam.param_groups:
            group["lr"] = stage.layer_rate * pace
        torch.nn.utils.clip_grad_norm_(self.decoder.layer.parameters(), LARGEST_GRADIENT)
        self.adam.step()
        assert rows.grad is not None
        self.rows.step(pieces, rows.grad, stage.table_rate * pace)
        return float(loss.detach())

    def _loss(self, states: Tensor, concept: Tensor, width: int) -> Tensor:
        """Towards the target, towards the targets' similarities in the batch, and each text to its pair."""
        ours = functional.normalize(states[:, :width], dim=1)
        one, other = ours.chunk(2)
        loss = _contrast(one, other, self._not_negatives(concept))
        known = self.known[concept]
        if not known.any():
            return loss
        target = functional.normalize(self.targets[concept[known]][:, :width], dim=1)
        wanted = (target @ target.T / TEMPERATURE).softmax(dim=-1)
        for side in (one[known], other[known]):
            loss = loss + COSINE_WEIGHT / 2 * (1 - (side * target).sum(dim=1)).mean()
            loss = loss - (wanted * (side @ target.T / TEMPERATURE).log_softmax(dim=-1)).sum(dim=-1).mean() / 2
        return loss

    def _not_negatives(self, concept: Tensor) -> Tensor:
        """Pairs of a batch that say the same, bool (n, n) without the diagonal."""
        target = self.targets[concept]
        same = (concept[:, None] == concept[None]) | (target @ target.T > SAME)
        return same & ~torch.eye(len(concept), dtype=torch.bool)

    def _save(self) -> None:
        aside = self.path.with_suffix(".part")
        torch.save(self._state(), aside)
        aside.rename(self.path)

    def _state(self) -> dict[str, Any]:
        return {
            "stage": self.stage,
            "step": self.step,
            "table": self.decoder.table,
            "layer": self.decoder.layer.state_dict(),
            "first": self.rows.first,
            "second": self.rows.second,
            "adam": self.adam.state_dict(),
        }

    def _restore(self) -> None:
        state = torch.load(self.path, weights_only=True)
        self.stage, self.step = state["stage"], state["step"]
        self.decoder.table.copy_(state["table"])
        self.decoder.layer.load_state_dict(state["layer"])
        self.rows.first.copy_(state["first"])
        self.rows.second.copy_(state["second"])
        self.adam.load_state_dict(state["adam"])


def _contrast(one: Tensor, other: Tensor, same: Tensor) -> Tensor:
    """Each text finds its pair among the batch's, both ways (InfoNCE)."""
    scores = (one @ other.T / TEMPERATURE).masked_fill(same, -1e4)
    right = torch.arange(len(one))
    return (functional.cross_entropy(scores, right) + functional.cross_entropy(scores.T, right)) / 2

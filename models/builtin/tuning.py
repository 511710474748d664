"""The decoder's second stage: context layers and pooling layer together, on pairs, triplets and lessons.

Plain texts are held near the vectors that the static stage gave them: order, negation and instructions are to be learnt
beside what was there, not instead of it. A translation is found with an
instruction before the query and none before the text, so pairs are mostly drawn like that.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models.builtin.batches import END, PAD
from models.builtin.context import ContextDecoder
from models.builtin.curriculum import Curriculum, Step
from models.builtin.decoder import (
    BETAS,
    DIMENSIONS,
    LARGEST_GRADIENT,
    LAST_RATE,
    TEMPERATURE,
    Decoder,
    RowAdam,
    pair_loss,
    target_loss,
)
from models.builtin.kept import Checkpoint, RunningAverage, Stateful
from models.builtin.layer import HIDDEN
from models.builtin.precision import products
from models.builtin.recipe import Tuning
from models.builtin.targets import Floats, Targets

WARM_UP = 50  # steps
CHECKPOINT = 100  # steps between checkpoints
RUNNING = 0.99  # of the average of the steps, what stays at each
ADDING = ("o_proj", "down_proj")  # of a layer, what it adds to the stream
FORMS = 64  # of a layer's compiled code at most
SHARPNESS = 0.05  # of the margin between right and wrong: where the loss turns


class Tuner:
    """Trains ``decoder`` in place; a run that was stopped goes on at its last checkpoint ``path``."""

    def __init__(
        self,
        decoder: ContextDecoder,
        before: Decoder,
        targets: Targets,
        singles: Floats,
        plan: Tuning,
        path: Path,
        is_fast: bool = False,
    ) -> None:
        """``before`` is the static stage's. ``singles`` float32 (lost words and lessons' texts, HIDDEN): their targets.

        ``is_fast``: see precision.py.
        """
        self.singles, self.before, self.is_fast = torch.from_numpy(singles), before, is_fast
        self.decoder, self.plan = decoder, plan
        self.targets, self.known = torch.from_numpy(targets.vectors), torch.from_numpy(targets.known)
        network = decoder.network
        # What the layers add starts at nothing, and Adam's steps know no size but the rate: at the full rate the first
        # hundred of them would drown what the static stage has learnt.
        named = [*network.layers.named_parameters()]
        groups = [
            {"params": [one for name, one in named if not name.endswith(ADDING)], "share": 1.0},
            {"params": [one for name, one in named if name.endswith(ADDING)], "share": plan.out_share},
            {"params": [*network.pool.parameters(), network.norm], "share": plan.pool_share},
        ]
        self.adam = torch.optim.AdamW(groups, betas=BETAS, weight_decay=0.0)
        self.rows = RowAdam(decoder.table)
        # A table that stays needs no average and no place in a checkpoint: it is 98 MB, four times over.
        table, state = ({"table": decoder.table}, self.rows.saved()) if plan.table_rate else ({}, {})
        self.running = RunningAverage(table | network.state_dict(), RUNNING)
        tensors = table | state | self.running.saved()
        parts: dict[str, Stateful] = {"network": network, "adam": self.adam}
        self.checkpoint = Checkpoint(path, tensors, parts)
        self.step = self.checkpoint.restore().get("step", 0)
        if is_fast:
            # Layers share one code, and each way to call it is a form of its own: kept still or not, read at the end.
            torch._dynamo.config.recompile_limit = FORMS
            for layer in (*network.layers, network.pool):
                layer.compile(dynamic=True)

    def run(self, curriculum: Curriculum) -> None:
        """Train to the end."""
        began, first, sums = time.monotonic(), self.step, np.zeros(5)
        while self.step < self.plan.steps:
            sums += self._train(curriculum.step(self.plan.seed, self.step))
            self.step += 1
            self.running.follow(self.step)
            if self.step % 50 == 0:
                left = (time.monotonic() - began) / (self.step - first) * (self.plan.steps - self.step) / 60
                pairs, triplets, texts, lessons, kept = sums / 50
                print(
                    f"tuning: step {self.step} of {self.plan.steps}, pairs {pairs:.3f}, contrasts {triplets:.3f}, "
                    f"texts {texts:.3f}, lessons {lessons:.3f}, kept {kept:.3f}, {left:.0f} minutes left",
                    flush=True,
                )
                sums[:] = 0
            if self.step == self.plan.steps:
                self.running.settle()
            if self.step % CHECKPOINT == 0 or self.step == self.plan.steps:
                self.checkpoint.save(step=self.step)

    def _train(self, step: Step) -> list[float]:
        pieces = np.unique(np.concatenate([*step.sequences, [PAD, END]])).astype(np.int64)
        rows = self.decoder.table[torch.from_numpy(pieces)].requires_grad_(self.plan.table_rate > 0)
        with products(self.is_fast):
            states = self.decoder.states(rows, pieces, step.sequences)
        states = states.float()
        # The full length always, and one prefix at random: Matryoshka.
        prefix = np.random.default_rng([self.plan.seed, self.step, 1]).choice(DIMENSIONS[:-1])
        losses = [self._losses(states, step, width) for width in (HIDDEN, int(prefix))]
        weights = (self.plan.pair_weight, self.plan.contrast_weight, self.plan.text_weight, self.plan.lesson_weight)
        loss = sum(weight * part for parts in losses for weight, part in zip(weights, parts, strict=True))
        assert isinstance(loss, Tensor)
        there = torch.from_numpy(self.before.encode(step.plain))
        moved = 1 - (functional.normalize(states[: len(there)], dim=1) * there).sum(dim=1).mean()
        loss = loss + self.plan.keep_weight * moved
        self.adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        pace = min(1.0, (self.step + 1) / WARM_UP) * max(LAST_RATE, 1 - self.step / self.plan.rate_steps)
        for group in self.adam.param_groups:
            group["lr"] = self.plan.rate * pace * group["share"]
        torch.nn.utils.clip_grad_norm_(self.decoder.network.parameters(), LARGEST_GRADIENT)
        self.adam.step()
        if rows.grad is not None:
            self.rows.step(torch.from_numpy(pieces), rows.grad, self.plan.table_rate * pace)
        return [float(part.detach()) for part in (*losses[0], moved)]

    def _losses(self, states: Tensor, step: Step, width: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Of the pairs, the triplets, the singles and the lessons, at ``width`` dimensions."""
        vectors = functional.normalize(states[:, :width], dim=1)
        pairs, triplets, lessons = self.plan.pairs, self.plan.triplets, self.plan.lessons
        one, other, rest = vectors[:pairs], vectors[pairs : 2 * pairs], vectors[2 * pairs :]
        concept = torch.from_numpy(step.concept)
        of_pairs = pair_loss(one, other, self.targets[concept], self.known[concept], concept)
        anchor, right, wrong = rest[: 3 * triplets].view(triplets, 3, width).unbind(1)
        gap = (anchor * right).sum(1) - (anchor * wrong).sum(1)
        of_triplets = functional.softplus((self.plan.margin - gap) / SHARPNESS).mean()
        rest = rest[3 * triplets :]
        single, rest = rest[: len(step.single)], rest[len(step.single) :]
        of_singles = torch.zeros(())
        if len(step.single):
            wanted = functional.normalize(self.singles[torch.from_numpy(step.single)][:, :width], dim=1)
            of_singles = target_loss(single, wanted)
        questions, candidates = rest[:lessons], rest[lessons:]
        scores = questions @ torch.cat([candidates, other]).T / TEMPERATURE
        return of_pairs, of_triplets, of_singles, functional.cross_entropy(scores, torch.from_numpy(step.right))

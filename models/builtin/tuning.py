"""The decoder's second stage: table, context layers and pooling layer together, on pairs, triplets and lessons."""

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
    RowAdam,
    pair_loss,
    target_loss,
)
from models.builtin.layer import HIDDEN
from models.builtin.recipe import Tuning
from models.builtin.targets import Floats, Targets

WARM_UP = 50  # steps
CHECKPOINT = 100  # steps between checkpoints
SHARPNESS = 0.05  # of the margin between right and wrong: where the loss turns


class Tuner:
    """Trains ``decoder`` in place; a run that was stopped goes on at its last checkpoint ``path``."""

    def __init__(self, decoder: ContextDecoder, targets: Targets, texts: Floats, plan: Tuning, path: Path) -> None:
        """``targets`` and ``texts`` float32 (lessons' texts, HIDDEN), the texts' own, are turned and cut."""
        self.texts = torch.from_numpy(texts)
        self.decoder, self.plan, self.path = decoder, plan, path
        self.targets, self.known = torch.from_numpy(targets.vectors), torch.from_numpy(targets.known)
        self.rows = RowAdam(decoder.table)
        self.adam = torch.optim.AdamW(decoder.network.parameters(), betas=BETAS, weight_decay=0.0)
        self.step = 0
        if path.exists():
            self._restore()

    def run(self, curriculum: Curriculum) -> None:
        """Train to the end."""
        began, first, sums = time.monotonic(), self.step, np.zeros(4)
        while self.step < self.plan.steps:
            sums += self._train(curriculum.step(self.plan.seed, self.step))
            self.step += 1
            if self.step % 50 == 0:
                left = (time.monotonic() - began) / (self.step - first) * (self.plan.steps - self.step) / 60
                pairs, triplets, texts, lessons = sums / 50
                print(
                    f"tuning: step {self.step} of {self.plan.steps}, pairs {pairs:.3f}, contrasts {triplets:.3f}, "
                    f"texts {texts:.3f}, lessons {lessons:.3f}, {left:.0f} minutes left",
                    flush=True,
                )
                sums[:] = 0
            if self.step % CHECKPOINT == 0 or self.step == self.plan.steps:
                self._save()

    def _train(self, step: Step) -> list[float]:
        pieces = np.unique(np.concatenate([*step.sequences, [PAD, END]])).astype(np.int64)
        rows = self.decoder.table[torch.from_numpy(pieces)].requires_grad_()
        states = self.decoder.states(rows, pieces, step.sequences)
        # The full length always, and one prefix at random: Matryoshka.
        prefix = np.random.default_rng([self.plan.seed, self.step, 1]).choice(DIMENSIONS[:-1])
        losses = [self._losses(states, step, width) for width in (HIDDEN, int(prefix))]
        weights = (self.plan.pair_weight, self.plan.contrast_weight, self.plan.text_weight, self.plan.lesson_weight)
        loss = sum(weight * part for parts in losses for weight, part in zip(weights, parts, strict=True))
        assert isinstance(loss, Tensor)
        self.adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        pace = min(1.0, (self.step + 1) / WARM_UP) * max(LAST_RATE, 1 - self.step / self.plan.steps)
        for group in self.adam.param_groups:
            group["lr"] = self.plan.rate * pace
        torch.nn.utils.clip_grad_norm_(self.decoder.network.parameters(), LARGEST_GRADIENT)
        self.adam.step()
        if self.plan.table_rate:
            assert rows.grad is not None
            self.rows.step(torch.from_numpy(pieces), rows.grad, self.plan.table_rate * pace)
        return [float(part.detach()) for part in losses[-1]]

    def _losses(self, states: Tensor, step: Step, width: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Of the pairs, the triplets, the single texts and the lessons, at ``width`` dimensions."""
        vectors = functional.normalize(states[:, :width], dim=1)
        pairs, triplets, lessons = self.plan.pairs, self.plan.triplets, self.plan.lessons
        one, other, rest = vectors[:pairs], vectors[pairs : 2 * pairs], vectors[2 * pairs :]
        concept = torch.from_numpy(step.concept)
        of_pairs = pair_loss(one, other, self.targets[concept], self.known[concept], concept)
        anchor, right, wrong = rest[: 3 * triplets].view(triplets, 3, width).unbind(1)
        gap = (anchor * right).sum(1) - (anchor * wrong).sum(1)
        of_triplets = functional.softplus((self.plan.margin - gap) / SHARPNESS).mean()
        rest = rest[3 * triplets :]
        single, rest = rest[: len(step.text)], rest[len(step.text) :]
        of_texts = torch.zeros(())
        if len(step.text):
            wanted = functional.normalize(self.texts[torch.from_numpy(step.text)][:, :width], dim=1)
            of_texts = target_loss(single, wanted)
        questions, candidates = rest[:lessons], rest[lessons:]
        scores = questions @ torch.cat([candidates, other]).T / TEMPERATURE
        return of_pairs, of_triplets, of_texts, functional.cross_entropy(scores, torch.from_numpy(step.right))

    def _save(self) -> None:
        aside = self.path.with_suffix(".part")
        state = {
            "step": self.step,
            "table": self.decoder.table,
            "network": self.decoder.network.state_dict(),
            "first": self.rows.first,
            "second": self.rows.second,
            "adam": self.adam.state_dict(),
        }
        torch.save(state, aside)
        aside.rename(self.path)

    def _restore(self) -> None:
        state = torch.load(self.path, weights_only=True)
        self.step = state["step"]
        self.decoder.table.copy_(state["table"])
        self.decoder.network.load_state_dict(state["network"])
        self.rows.first.copy_(state["first"])
        self.rows.second.copy_(state["second"])
        self.adam.load_state_dict(state["adam"])

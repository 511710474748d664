"""libra-mini-encoder: the cut teacher, healed until rare words that fell apart mean again what they meant.

The student sees a text in pieces of the small vocabulary; its target is what the whole teacher says about the text's
*concept*: the mean over its translations, each less its language's own offset (targets.py). So healing also takes out
the languages' offsets, which cost the teacher itself retrieval across languages. Beside the texts go triplets of
contrasts.py: a text, a translation or paraphrase of it, and the same with its roles, negation or number changed.

Everything is measured less the mean English vector: raw vectors of this family are so alike (unrelated texts score 0.7)
that their cosine hardly tells an error. The vectors themselves keep that mean.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.builtin.decoder import RowAdam
from models.builtin.kept import Checkpoint
from models.builtin.precision import products
from models.builtin.reading import HealingStep, Reading
from models.builtin.recipe import Healing
from models.builtin.targets import Floats
from models.builtin.teacher import mean_pooled

if TYPE_CHECKING:
    from transformers import BertModel

PAD = 1
PART_TOKENS = 2_000  # a step's texts go through the network in parts of like length, at most so long with padding
LAST_RATE = 0.03  # of the full rate, reached linearly
LARGEST_GRADIENT = 1.0
CHECKPOINT = 50  # steps between checkpoints


class Healer:
    """Trains ``network`` in place; a run that was stopped goes on at its last checkpoint ``path``."""

    def __init__(self, network: BertModel, mean: Floats, plan: Healing, path: Path, is_fast: bool = False) -> None:
        """``mean`` float32 (384,): the mean English vector. ``is_fast``: see precision.py."""
        self.network, self.plan, self.is_fast = network, plan, is_fast
        self.mean = torch.from_numpy(mean)
        self.table = network.embeddings.word_embeddings.weight.detach()
        self.rows = RowAdam(self.table)
        self.others = [value for name, value in network.named_parameters() if "word_embeddings" not in name]
        network.embeddings.word_embeddings.weight.requires_grad_(False)
        self.adam = torch.optim.AdamW(self.others, betas=(0.9, 0.98), weight_decay=0.0)
        self.checkpoint = Checkpoint(path, self.rows.saved(), {"network": network, "adam": self.adam})
        self.step = self.checkpoint.restore().get("step", 0)

    def run(self, reading: Reading) -> None:
        """Train to the end."""
        began, first, sums = time.monotonic(), self.step, np.zeros(3)
        while self.step < self.plan.steps:
            sums += self._train(reading.step(self.step))
            self.step += 1
            if self.step % 10 == 0:
                pace = (time.monotonic() - began) / (self.step - first)
                cosine, similar, contrast = sums / 10
                print(
                    f"healing: step {self.step} of {self.plan.steps}, cosine {cosine:.4f}, similarities {similar:.3f}, "
                    f"contrasts {contrast:.3f}, {pace * (self.plan.steps - self.step) / 60:.0f} minutes left",
                    flush=True,
                )
                sums[:] = 0
            if self.step % CHECKPOINT == 0 or self.step == self.plan.steps:
                self.checkpoint.save(step=self.step)

    def states(self, rows: Tensor, pieces: NDArray[np.int64], sequences: list[list[int]]) -> Tensor:
        """Vectors less the mean, unit length, float32 (n, 384), in the order of ``sequences``."""
        order = np.argsort([len(sequence) for sequence in sequences], kind="stable")
        with products(self.is_fast):
            parts = [self._part(rows, pieces, [sequences[i] for i in chosen]) for chosen in _parts(order, sequences)]
        raw = functional.normalize(torch.cat(parts), dim=1)
        return functional.normalize(raw - self.mean, dim=1)[torch.from_numpy(np.argsort(order))]

    def _part(self, rows: Tensor, pieces: NDArray[np.int64], sequences: list[list[int]]) -> Tensor:
        """Means of the last states, float32 (n, 384)."""
        ids = np.full((len(sequences), max(map(len, sequences))), PAD)
        for row, sequence in enumerate(sequences):
            ids[row, : len(sequence)] = sequence
        mask = torch.from_numpy(ids != PAD)
        index = torch.from_numpy(np.searchsorted(pieces, ids))
        out = self.network(inputs_embeds=functional.embedding(index, rows), attention_mask=mask.long())
        return mean_pooled(out.last_hidden_state, mask)

    def _train(self, lesson: HealingStep) -> tuple[float, float, float]:
        pieces = _pieces(lesson.sequences)
        rows = self.table[torch.from_numpy(pieces)].requires_grad_()
        vectors = self.states(rows, pieces, lesson.sequences)
        target = torch.from_numpy(lesson.target)
        texts = vectors[: len(target)]
        triplets, questions = (vectors[torch.from_numpy(places)] for places in (lesson.triplets, lesson.questions))
        cosine = (texts * target).sum(1).mean()
        wanted = (target @ target.T / self.plan.temperature).softmax(-1)
        similar = -(wanted * (texts @ target.T / self.plan.temperature).log_softmax(-1)).sum(-1).mean()
        loss = self.plan.cosine_weight * (1 - cosine) + similar
        contrast = torch.zeros(())
        if len(triplets):
            anchor, right, wrong = triplets.unbind(1)
            gap = (anchor * right).sum(1) - (anchor * wrong).sum(1)
            contrast = functional.softplus((self.plan.margin - gap) / self.plan.temperature).mean()
            loss = loss + self.plan.contrast_weight * contrast
        if len(questions):
            question, answer, beside = questions.unbind(1)
            scores = question @ torch.cat([answer, beside, texts]).T / self.plan.temperature
            loss = loss + self.plan.question_weight * functional.cross_entropy(scores, torch.arange(len(question)))
        self.adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        pace = min(1.0, (self.step + 1) / self.plan.warm_up) * max(LAST_RATE, 1 - self.step / self.plan.steps)
        for group in self.adam.param_groups:
            group["lr"] = self.plan.rate * pace
        torch.nn.utils.clip_grad_norm_(self.others, LARGEST_GRADIENT)
        self.adam.step()
        assert rows.grad is not None
        self.rows.step(torch.from_numpy(pieces), rows.grad, self.plan.table_rate * pace)
        return float(cosine.detach()), float(similar.detach()), float(contrast.detach())


def _parts(order: NDArray[np.int64], sequences: list[list[int]]) -> list[NDArray[np.int64]]:
    """``order``, shortest first, in pieces of PART_TOKENS."""
    starts = [0]
    for place, number in enumerate(order):
        if (place + 1 - starts[-1]) * len(sequences[number]) > PART_TOKENS and place > starts[-1]:
            starts.append(place)
    return np.split(order, starts[1:])


def _pieces(sequences: list[list[int]]) -> NDArray[np.int64]:
    """Distinct ids, ascending, the padding among them."""
    return np.unique(np.concatenate([*sequences, [PAD]])).astype(np.int64)

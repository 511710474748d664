"""The decoder whole: context layers, in which every piece looks back, and the pooling layer read at the end token.

The static stage (decoder.py) trains the word table and the pooling layer as if texts were bags of pieces with places.
Context layers are put before the pooling layer and start as the identity, so that nothing is lost; what they add is
what pieces mean together: order, negation, and what an instruction asks for.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from models.builtin.batches import pack
from models.builtin.layer import FEED_FORWARD, HEAD, HEADS, HIDDEN, PoolingLayer, angles, rms_norm, turned
from models.builtin.targets import Floats

PARTS = 16  # a step's texts go through the layers in parts of like length, small enough for a processor's cache


class Layer(nn.Module):
    """Qwen3's layer over all positions, or at the last one only; parameters carry transformers' names."""

    def __init__(self) -> None:
        super().__init__()

        def matrix(out: int, width: int, is_zero: bool = False) -> nn.Parameter:
            return nn.Parameter(torch.zeros(out, width) if is_zero else torch.randn(out, width) * width**-0.5)

        inner = HEADS * HEAD
        self.input_layernorm = nn.Parameter(torch.ones(HIDDEN))
        self.q_proj = matrix(inner, HIDDEN)
        self.k_proj = matrix(inner, HIDDEN)
        self.v_proj = matrix(inner, HIDDEN)
        self.o_proj = matrix(HIDDEN, inner, is_zero=True)
        self.q_norm = nn.Parameter(torch.ones(HEAD))
        self.k_norm = nn.Parameter(torch.ones(HEAD))
        self.post_attention_layernorm = nn.Parameter(torch.ones(HIDDEN))
        self.gate_proj = matrix(FEED_FORWARD, HIDDEN)
        self.up_proj = matrix(FEED_FORWARD, HIDDEN)
        self.down_proj = matrix(HIDDEN, FEED_FORWARD, is_zero=True)

    def forward(self, states: Tensor, cosine: Tensor, sine: Tensor, mask: Tensor, last: bool = False) -> Tensor:
        """``states`` (batch, length, HIDDEN), ``mask`` bool (batch, 1, length, length): who may look at whom."""
        normed = rms_norm(states) * self.input_layernorm
        keys, values = _heads(normed @ self.k_proj.T), _heads(normed @ self.v_proj.T)
        here = slice(-1, None) if last else slice(None)
        queries = turned(rms_norm(_heads(normed[:, here] @ self.q_proj.T)) * self.q_norm, cosine[here], sine[here])
        keys = turned(rms_norm(keys) * self.k_norm, cosine, sine)
        mixed = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=mask[:, :, here])
        states = states[:, here] + mixed.transpose(1, 2).flatten(2) @ self.o_proj.T
        normed = rms_norm(states) * self.post_attention_layernorm
        wide = functional.silu(normed @ self.gate_proj.T) * (normed @ self.up_proj.T)
        return states + wide @ self.down_proj.T


class ContextNetwork(nn.Module):
    """``count`` context layers before a trained pooling layer."""

    def __init__(self, count: int, pooling: PoolingLayer) -> None:
        super().__init__()
        self.layers = nn.ModuleList([Layer() for _ in range(count)])
        self.pool = Layer()
        weights = dict(pooling.state_dict())
        self.norm = nn.Parameter(weights.pop("norm").clone())
        self.pool.load_state_dict(weights)

    def forward(self, rows: Tensor, index: Tensor, lengths: Tensor) -> Tensor:
        """States at the end token, float32 (batch, HIDDEN); arguments as in PoolingLayer."""
        length = index.shape[1]
        states = functional.embedding(index, rows)
        cosine, sine = angles(length)
        place = torch.arange(length)
        real = place >= (length - lengths)[:, None]
        before = place[:, None] >= place
        # A padded position may look at itself: a row without any would be NaN.
        mask = (real[:, None, None, :] & before) | torch.eye(length, dtype=torch.bool)
        for layer in self.layers:
            states = layer(states, cosine, sine, mask)
        return rms_norm(self.pool(states, cosine, sine, mask, last=True)[:, 0]) * self.norm


class ContextDecoder:
    """The word table (pieces, HIDDEN) and the network, float32."""

    def __init__(self, table: Tensor, network: ContextNetwork) -> None:
        self.table, self.network = table, network

    def states(self, rows: Tensor, pieces: NDArray[np.int64], sequences: list[list[int]]) -> Tensor:
        """End states (n, HIDDEN) in the order of ``sequences``; ``rows`` are the table's rows of ``pieces``."""
        order = np.argsort([len(sequence) for sequence in sequences], kind="stable")
        parts = []
        for chosen in np.array_split(order, min(PARTS, len(order))):
            texts = pack([sequences[i] for i in chosen])
            place = np.searchsorted(pieces, texts.pieces)[texts.index]
            parts.append(self.network(rows, torch.from_numpy(place), torch.from_numpy(texts.lengths)))
        return torch.cat(parts)[torch.from_numpy(np.argsort(order))]

    @torch.no_grad()
    def encode(self, sequences: list[list[int]], size: int = 128) -> Floats:
        """Unit vectors, float32 (n, HIDDEN), of token ids without the end token."""
        vectors = np.zeros((len(sequences), HIDDEN), np.float32)
        order = np.argsort([len(sequence) for sequence in sequences], kind="stable")
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            texts = pack([sequences[i] for i in chosen])
            rows = self.table[torch.from_numpy(texts.pieces)]
            states = self.network(rows, torch.from_numpy(texts.index), torch.from_numpy(texts.lengths))
            vectors[chosen] = functional.normalize(states, dim=1).numpy()
        return vectors


def _heads(states: Tensor) -> Tensor:
    return states.view(*states.shape[:2], HEADS, HEAD).transpose(1, 2)

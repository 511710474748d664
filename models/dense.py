"""Dense models through sentence-transformers: BGE-M3, Qwen3-Embedding, E5, the built-in pair, a host's own."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.checkpoint import is_out_of_memory, open_checkpoint, out_of_memory, reason
from models.encoder import Encoding, OnProgress, OnStage
from models.errors import LibraError, ModelError, Notice
from models.modules import check_end_token, check_modules, positions, prompt_length
from models.reading import Reading, batch, pad, read
from models.spec import ModelSpec, Role
from models.vectors import Floats, normalise

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# Padded tokens of one batch. On a CPU small ones are fastest (measured: 512 to 2048 within 5 %), and stop sooner.
BUDGET_CPU = 1024
BUDGET_CUDA = 16_384


def load_dense(
    spec: ModelSpec,
    snapshot: Path,
    *,
    revision: str,
    device: str,
    dtype: str,
    max_tokens: int,
    on_progress: OnStage | None = None,
) -> DenseEncoder:
    """Load the folder ``snapshot`` and check that it is what ``spec`` says.

    Args:
        dtype: ``float32``, ``bfloat16`` or ``float16``; always given, since checkpoints carry defaults of their own.
        max_tokens: texts are cut there, or at the model's own limit where that is less.

    Raises:
        ModelError: ``load_failed``, ``unsupported_model``, ``wrong_pooling``. What can be lived with (a missing
            end token, other dimensions than the row says) is in the encoder's ``notices``.
        MemoryExhaustedError: the device has no room.
        Cancelled: when ``on_progress`` raises it.
    """
    model = open_checkpoint(spec, snapshot, device=device, dtype=dtype, on_progress=on_progress)
    check_modules(spec, model)
    if spec.pooling:  # a host's row without pooling takes the checkpoint as it is
        model.tokenizer.padding_side = spec.padding_side
    notices = check_end_token(spec, model.tokenizer)
    dimensions = int(model.get_embedding_dimension() or 0)
    if dimensions != spec.dimensions:  # another checkpoint under a known name: it can be compared all the same
        error = ModelError(
            "wrong_dimensions",
            "{model} gives vectors of {found} dimensions, its catalog row says {expected}. Correct the row.",
            model=spec.label,
            found=dimensions,
            expected=spec.dimensions,
        )
        notices += (Notice.of(error),)
        smallest = min(spec.smallest_dimension or dimensions, dimensions)
        spec = replace(spec, dimensions=dimensions, smallest_dimension=smallest)
    limit = min(max_tokens, model.get_max_seq_length() or max_tokens, positions(model))
    encoder = DenseEncoder(model, spec, revision=revision, device=device, dtype=dtype, max_tokens=limit)
    encoder.notices = notices
    return encoder


class DenseEncoder:
    """An ``Encoder``. One call at a time: the pool sees to that.

    Vectors equal ``SentenceTransformer.encode`` on the same folder with the same prompt. The tokenizer is called once
    for each text, for the vectors as well as for what people are told (tokens, where it was cut). Special tokens that
    somebody types are treated as the checkpoint's tokenizer treats them.
    """

    def __init__(
        self, model: SentenceTransformer, spec: ModelSpec, *, revision: str, device: str, dtype: str, max_tokens: int
    ) -> None:
        self.spec, self.revision, self.device, self.dtype = spec, revision, device, dtype
        self.max_tokens = max_tokens
        self.notices: tuple[Notice, ...] = ()
        self.budget = BUDGET_CUDA if device.startswith("cuda") else BUDGET_CPU
        self._model: SentenceTransformer | None = model
        self._bytes = sum(tensor.nbytes for tensor in [*model.parameters(), *model.buffers()])

    @property
    def memory_bytes(self) -> int:
        """Bytes of the parameters and buffers; 0 once closed."""
        return self._bytes if self._model is not None else 0

    def encode(
        self,
        texts: Sequence[str],
        role: Role,
        instruction: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> Encoding:
        """Encode ``texts`` at full dimension; ``on_progress`` is called before each batch and at the end.

        Raises:
            InputError: a text that is no valid Unicode.
            ModelError: ``not_finite``, ``encode_failed``, ``model_closed``.
            MemoryExhaustedError: out of memory with a single text.
            Cancelled: when ``on_progress`` raises it.
        """
        model = self._opened()
        start = time.perf_counter()
        try:
            prompt = self.spec.prompt(role, instruction)
            reading = read(model.tokenizer, texts, prompt, self.max_tokens)
            vectors = self._vectors(reading, prompt_length(model, prompt), on_progress)
        except LibraError:
            raise
        except Exception as error:
            raise ModelError(
                "encode_failed",
                "{model} failed while encoding: {reason}. Try again, or unload it and load it anew.",
                model=self.spec.label,
                reason=reason(error),
            ) from error
        seconds = time.perf_counter() - start  # every batch was copied to the CPU, so CUDA has nothing pending
        return Encoding(vectors, reading.tokens, reading.kept, reading.truncated, seconds)

    def close(self) -> None:
        """Give the memory back. Idempotent."""
        if self._model is None:
            return
        self._model = None
        gc.collect()
        self._free()

    def _opened(self) -> SentenceTransformer:
        if self._model is None:
            raise ModelError("model_closed", "{model} was unloaded. Load it again.", model=self.spec.label)
        return self._model

    def _vectors(self, reading: Reading, before: int | None, on_progress: OnProgress | None) -> Floats:
        """Batches of like lengths, longest first: memory that suffices for the first suffices for all."""
        total, done, budget = len(reading.tokens), 0, self.budget
        order = np.argsort(-reading.tokens, kind="stable")
        vectors = np.empty((total, self.spec.dimensions or 0), np.float32)
        while done < total:
            if on_progress:
                on_progress(done, total)
            rows = batch(order, reading.tokens, done, budget)
            result = self._batch(reading, rows, before)
            if result is None:
                if len(rows) == 1:
                    raise out_of_memory(self.spec, self.device)
                budget = len(rows) // 2 * int(reading.tokens[rows[0]])
                self._free()
                continue
            vectors[rows] = result
            done += len(rows)
        if on_progress:
            on_progress(total, total)
        return normalise(vectors)

    def _batch(self, reading: Reading, rows: NDArray[np.intp], before: int | None) -> Floats | None:
        """Vectors of ``rows``, not yet normalised in float32; None where memory ran out.

        None rather than an exception, whose traceback would keep the tensors of the failed batch alive.
        ``before``: tokens of the prompt, where the pooling leaves them out.
        """
        import torch

        model = self._opened()
        tokenizer = model.tokenizer
        fill = {"input_ids": tokenizer.pad_token_id or 0, "token_type_ids": tokenizer.pad_token_type_id}
        try:
            with torch.inference_mode():
                features: dict[str, Any] = {
                    name: torch.from_numpy(values).to(self.device)
                    for name, values in pad(reading, rows, tokenizer.padding_side, fill).items()
                }
                if before is not None:
                    features["prompt_length"] = before
                embedding = model(features)["sentence_embedding"].to(torch.float32).cpu()
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                return None
            raise
        vectors: Floats = embedding.numpy()
        if not np.isfinite(vectors).all():
            raise ModelError(
                "not_finite",
                "{model} gave numbers that are none (NaN or infinite) in {dtype}. Its files may be damaged.",
                model=self.spec.label,
                dtype=self.dtype,
            )
        return vectors

    def _free(self) -> None:
        if self.device.startswith("cuda"):
            import torch

            torch.cuda.empty_cache()

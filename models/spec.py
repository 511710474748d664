"""What a model is, as plain data: no weights, no libraries."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

BYTES_PER_PARAMETER = {"float32": 4, "bfloat16": 2, "float16": 2}


class Role(StrEnum):
    """Which side of a retrieval pair a text stands on; it decides the prompt."""

    QUERY = "query"
    DOCUMENT = "document"


class Kind(StrEnum):
    """Which adapter runs a model; ``loader.py`` has one line for each."""

    DENSE = "dense"
    BM25 = "bm25"


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """One row of the catalog.

    Attributes:
        id: stable, lower case; what the API and links use.
        label: what people read.
        kind: which adapter runs it.
        source: hub id (``org/name``) or absolute path of a local folder; empty for a lexical scorer.
        revision: commit on the hub; None for a local folder.
        dimensions: size of the full vector; None for a model without vectors.
        smallest_dimension: the least that the model was trained to be cut to; ``dimensions`` where it was not.
        matryoshka: whether the model was trained so that a prefix of its vector is a vector.
        query_prompt, document_prompt: put before the text, exactly as written here.
        instruction_template: how a custom instruction becomes the query prompt, with an ``{instruction}`` field;
            None for a model that takes none.
        end_token: what the tokenizer appends for pooling, as shown to people; empty if none matters.
        pooling: ``cls``, ``mean``, ``lasttoken``, or empty.
        padding_side: ``left`` or ``right``.
        max_tokens: the model's own limit, prompts and special tokens included.
        parameters: count; 0 for a lexical scorer.
        gpu_dtype: arithmetic on CUDA; bfloat16 falls back to float32 where the GPU lacks it. CPU is always float32.
        licence: SPDX id.
        languages: for the card, as people say it.
        note: one sentence for the card, a key of the locale files.
        builtin: whether the weights lie in this repository.
        device: set by the host ("cuda:1", "cpu"); None lets the pool choose.
    """

    id: str
    label: str
    kind: Kind
    source: str = ""
    revision: str | None = None
    dimensions: int | None = None
    smallest_dimension: int | None = None
    matryoshka: bool = False
    query_prompt: str = ""
    document_prompt: str = ""
    instruction_template: str | None = None
    end_token: str = ""
    pooling: str = ""
    padding_side: str = "right"
    max_tokens: int = 512
    parameters: int = 0
    gpu_dtype: str = "float16"
    licence: str = ""
    languages: str = ""
    note: str = ""
    builtin: bool = False
    device: str | None = None

    @property
    def local(self) -> bool:
        """Whether ``source`` is a folder on this machine rather than a hub id."""
        return Path(self.source).is_absolute()

    def prompt(self, role: Role, instruction: str | None = None) -> str:
        """The exact text put before every text of ``role``.

        A custom instruction replaces the query prompt of a model that takes instructions; documents never get one.
        """
        if role is Role.DOCUMENT:
            return self.document_prompt
        if instruction and self.instruction_template is not None:
            return self.instruction_template.replace("{instruction}", instruction)
        return self.query_prompt

    def weight_bytes(self, dtype: str) -> int:
        """Bytes of the parameters in ``dtype``."""
        return self.parameters * BYTES_PER_PARAMETER[dtype]

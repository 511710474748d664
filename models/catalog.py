"""The models that Libra knows: one row a model, ids that never change."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from models.errors import UnknownModelError
from models.spec import Kind, ModelSpec

BUILTIN = Path(__file__).resolve().parent / "builtin"

# Qwen3-Embedding's README: no space after "Query:", instructions are best in English, documents get none.
QWEN3_TEMPLATE = "Instruct: {instruction}\nQuery:"
QWEN3_PROMPT = QWEN3_TEMPLATE.replace(
    "{instruction}", "Given a web search query, retrieve relevant passages that answer the query"
)


def _qwen3(size: str, revision: str, dimensions: int, parameters: int) -> ModelSpec:
    return ModelSpec(
        id=f"qwen3-embedding-{size.lower()}",
        label=f"Qwen3-Embedding-{size}",
        kind=Kind.DENSE,
        source=f"Qwen/Qwen3-Embedding-{size}",
        revision=revision,
        dimensions=dimensions,
        smallest_dimension=32,
        matryoshka=True,
        query_prompt=QWEN3_PROMPT,
        instruction_template=QWEN3_TEMPLATE,
        end_token="<|endoftext|>",
        pooling="lasttoken",
        padding_side="left",
        max_tokens=32768,
        parameters=parameters,
        gpu_dtype="bfloat16",  # float16 can overflow to NaN (8B, texts beginning "import")
        licence="Apache-2.0",
        languages="100+",
        note="model.note.qwen3",
    )


CATALOG: tuple[ModelSpec, ...] = (
    ModelSpec(
        id="bge-m3",
        label="BGE-M3",
        kind=Kind.DENSE,
        source="BAAI/bge-m3",
        revision="5617a9f61b028005a4858fdac845db406aefb181",
        dimensions=1024,
        smallest_dimension=1024,
        pooling="cls",
        max_tokens=8192,
        parameters=567_754_752,
        gpu_dtype="float16",
        licence="MIT",
        languages="100+",
        note="model.note.bge_m3",
    ),
    _qwen3("0.6B", "97b0c614be4d77ee51c0cef4e5f07c00f9eb65b3", 1024, 595_776_512),
    _qwen3("4B", "5cf2132abc99cad020ac570b19d031efec650f2b", 2560, 4_021_774_336),
    _qwen3("8B", "1d8ad4ca9b3dd8059ad90a75d4983776a23d44af", 4096, 7_567_295_488),
    ModelSpec(
        id="multilingual-e5-small",
        label="multilingual-e5-small",
        kind=Kind.DENSE,
        source="intfloat/multilingual-e5-small",
        revision="fd1525a9fd15316a2d503bf26ab031a61d056e98",
        dimensions=384,
        smallest_dimension=384,
        query_prompt="query: ",
        document_prompt="passage: ",
        pooling="mean",
        max_tokens=512,
        parameters=117_653_760,
        gpu_dtype="float16",
        licence="MIT",
        languages="100",
        note="model.note.e5_small",
    ),
    ModelSpec(
        id="libra-mini-encoder",
        label="Libra mini encoder",
        kind=Kind.DENSE,
        source=str(BUILTIN / "libra-mini-encoder"),
        dimensions=384,
        smallest_dimension=384,
        query_prompt="query: ",
        document_prompt="passage: ",
        pooling="mean",
        max_tokens=512,
        parameters=46_215_552,
        gpu_dtype="float16",
        licence="MIT",
        languages="19",
        note="model.note.mini_encoder",
        builtin=True,
    ),
    ModelSpec(
        id="libra-mini-decoder",
        label="Libra mini decoder",
        kind=Kind.DENSE,
        source=str(BUILTIN / "libra-mini-decoder"),
        dimensions=256,
        smallest_dimension=32,
        matryoshka=True,
        query_prompt="Instruct: Given a query, retrieve the text that matches it\nQuery:",
        instruction_template=QWEN3_TEMPLATE,
        end_token="</s>",
        pooling="lasttoken",
        padding_side="left",
        max_tokens=512,
        parameters=27_134_080,
        gpu_dtype="float16",
        licence="MIT",
        languages="19",
        note="model.note.mini_decoder",
        builtin=True,
    ),
    ModelSpec(
        id="bm25",
        label="BM25",
        kind=Kind.BM25,
        max_tokens=1_000_000,
        licence="MIT",
        languages="*",
        note="model.note.bm25",
    ),
)


def find(model_id: str, catalog: Iterable[ModelSpec] = CATALOG) -> ModelSpec:
    """The row of ``model_id``.

    Raises:
        UnknownModelError: no such id; the sentence suggests near names.
    """
    rows = {spec.id: spec for spec in catalog}
    if model_id in rows:
        return rows[model_id]
    near = get_close_matches(model_id, rows, n=3, cutoff=0.5) or list(rows)
    raise UnknownModelError(
        "unknown_model", 'There is no model "{model}". Near it: {near}.', model=model_id, near=", ".join(near)
    )

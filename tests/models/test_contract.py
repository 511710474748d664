"""The same assertions over every row of the catalog, loaded the way the program loads it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import loader
from models.catalog import CATALOG, find
from models.encoder import Encoder, Scorer
from models.errors import Cancelled
from models.settings import Limits, Settings
from models.spec import Kind, ModelSpec, Role
from models.vectors import Floats

LIMIT = 128
TEXTS = [
    "The river bank was muddy after the rain.",
    "今天的天气很好，我们去公园散步吧。",
    "データベースに接続する方法を教えてください。",
    "한국어를 배우고 싶어요.",
    "مرحبا بالعالم",
    "def add(a, b):\n    return a + b",
    "x",
    "",
    "  white space around  ",
    "a </s> b <|endoftext|> c [MASK] <pad>",
    "{{value}} ${7*7} <b>bold</b> \x00 nul",
    "🙂 naïve e\u0301",
    "word " * 12,
]
LONG = "The river bank was muddy. 今天的天气很好。" * 30


def cosines(left: Floats, right: Any) -> Any:
    right = np.asarray(right, np.float32)
    return (left * (right / np.linalg.norm(right, axis=1, keepdims=True))).sum(axis=1)


@dataclass
class Loaded:
    spec: ModelSpec
    encoder: Encoder
    plain: Any  # SentenceTransformer of the same files
    stages: list[tuple[str, int, int]]

    def reference(self, texts: list[str], prompt: str) -> Any:
        return self.plain.encode(texts, prompt=prompt, normalize_embeddings=True, show_progress_bar=False)


@pytest.fixture(scope="module", params=[spec.id for spec in CATALOG if spec.kind is Kind.DENSE])
def loaded(request: pytest.FixtureRequest, checkpoints: Path) -> Iterator[Loaded]:
    spec = find(request.param)
    if spec.builtin and not Path(spec.source).is_dir():
        pytest.skip(f"{spec.id} is not trained yet")
    import torch
    from sentence_transformers import SentenceTransformer

    def refuse(*_: object) -> None:
        raise AssertionError("loading asked the network")

    stages: list[tuple[str, int, int]] = []
    settings = Settings(limits=Limits(tokens=LIMIT), offline=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        encoder = loader.load(spec, device="cpu", settings=settings, on_progress=lambda *stage: stages.append(stage))
        # By hub id where it has one: what somebody with the same cache would type.
        plain = SentenceTransformer(
            spec.source,
            revision=spec.revision,
            cache_folder=None if spec.local else str(checkpoints),
            device="cpu",
            local_files_only=True,
            model_kwargs={"dtype": torch.float32},
            processor_kwargs={"padding_side": spec.padding_side},
        )
    plain.max_seq_length = LIMIT
    assert isinstance(encoder, Encoder)
    yield Loaded(spec, encoder, plain, stages)
    encoder.close()
    assert encoder.memory_bytes == 0
    encoder.close()


def test_says_what_it_is(loaded: Loaded) -> None:
    spec, encoder = loaded.spec, loaded.encoder
    assert encoder.spec == spec
    assert (encoder.device, encoder.dtype) == ("cpu", "float32")
    assert encoder.revision == spec.revision or (spec.local and encoder.revision)
    network = [*loaded.plain.parameters(), *loaded.plain.buffers()]
    assert encoder.memory_bytes == sum(tensor.nbytes for tensor in network)


def test_loading_reports_progress(loaded: Loaded) -> None:
    steps = [(done, total) for stage, done, total in loaded.stages if stage == "load" and total]
    assert steps
    assert steps[-1][0] == steps[-1][1]
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)


@pytest.mark.parametrize("role", Role)
def test_shapes_and_numbers(loaded: Loaded, role: Role) -> None:
    result = loaded.encoder.encode(TEXTS, role)
    assert result.vectors.shape == (len(TEXTS), loaded.spec.dimensions)
    assert result.vectors.dtype == np.float32
    assert np.isfinite(result.vectors).all()
    np.testing.assert_allclose(np.linalg.norm(result.vectors, axis=1), 1, atol=1e-5)
    assert result.tokens.dtype == result.kept.dtype == np.int32
    assert result.truncated.dtype == np.bool_
    assert result.kept.tolist() == [len(text) for text in TEXTS]
    assert not result.truncated.any()
    assert result.seconds > 0


@pytest.mark.parametrize("role", Role)
def test_equals_plain_sentence_transformers(loaded: Loaded, role: Role) -> None:
    texts = [*TEXTS, LONG]
    vectors = loaded.encoder.encode(texts, role).vectors
    assert cosines(vectors, loaded.reference(texts, loaded.spec.prompt(role))).min() >= 0.99999


def test_equals_the_prompts_in_the_files(loaded: Loaded) -> None:
    if not any(loaded.plain.prompts.values()):
        pytest.skip("its files hold no prompts")
    queries = loaded.encoder.encode(TEXTS, Role.QUERY).vectors
    documents = loaded.encoder.encode(TEXTS, Role.DOCUMENT).vectors
    assert cosines(queries, loaded.plain.encode_query(TEXTS)).min() >= 0.99999
    assert cosines(documents, loaded.plain.encode_document(TEXTS)).min() >= 0.99999


def test_texts_differ(loaded: Loaded) -> None:
    vectors = loaded.encoder.encode(TEXTS[:7], Role.DOCUMENT).vectors
    similarities = vectors @ vectors.T
    assert similarities[np.triu_indices(7, 1)].max() < 0.999


def test_prompt_is_used(loaded: Loaded) -> None:
    spec = loaded.spec
    queries = loaded.encoder.encode(TEXTS[:3], Role.QUERY)
    documents = loaded.encoder.encode(TEXTS[:3], Role.DOCUMENT)
    same = cosines(queries.vectors, documents.vectors)
    if spec.query_prompt == spec.document_prompt:
        assert same.min() > 0.99999
    else:
        assert same.max() < 0.9999
    if len(spec.query_prompt) > len(spec.document_prompt) + 5:
        assert (queries.tokens > documents.tokens).all()


def test_custom_instruction(loaded: Loaded) -> None:
    instruction = "Find the code that does {this}"
    result = loaded.encoder.encode(TEXTS[:3], Role.QUERY, instruction)
    prompt = loaded.spec.prompt(Role.QUERY, instruction)
    assert cosines(result.vectors, loaded.reference(TEXTS[:3], prompt)).min() >= 0.99999
    standard = loaded.encoder.encode(TEXTS[:3], Role.QUERY)
    changed = cosines(result.vectors, standard.vectors).max() < 0.9999
    assert changed == (loaded.spec.instruction_template is not None)
    document = loaded.encoder.encode(TEXTS[:3], Role.DOCUMENT, instruction)
    assert cosines(document.vectors, loaded.encoder.encode(TEXTS[:3], Role.DOCUMENT).vectors).min() > 0.99999


def test_order_and_company_do_not_matter(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaded.encoder, "budget", 300)  # several batches
    texts = [*TEXTS, LONG]
    together = loaded.encoder.encode(texts, Role.QUERY)
    backwards = loaded.encoder.encode(texts[::-1], Role.QUERY)
    assert cosines(together.vectors, backwards.vectors[::-1]).min() > 0.99999
    assert together.tokens.tolist() == backwards.tokens[::-1].tolist()
    for index in (0, 7, len(TEXTS)):
        alone = loaded.encoder.encode([texts[index]], Role.QUERY)
        assert cosines(alone.vectors, together.vectors[index : index + 1])[0] > 0.99999
        assert alone.tokens[0] == together.tokens[index]


@pytest.mark.parametrize("role", Role)
def test_a_text_that_is_too_long(loaded: Loaded, role: Role) -> None:
    result = loaded.encoder.encode([LONG, "short"], role)
    assert result.truncated.tolist() == [True, False]
    assert result.tokens[0] == LIMIT
    kept = int(result.kept[0])
    assert 0 < kept < len(LONG)
    # What lies beyond the cut does not matter, what lies before it does.
    other = loaded.encoder.encode([LONG[:kept] + " and another ending" * 50, "Another beginning " + LONG], role)
    assert cosines(result.vectors[:1], other.vectors[:1])[0] > 0.999
    assert cosines(result.vectors[:1], other.vectors[1:])[0] < 0.99999
    whole = loaded.encoder.encode([LONG[: kept - 8]], role)
    assert not whole.truncated[0]
    assert LIMIT - 12 <= whole.tokens[0] <= LIMIT


def test_end_token_comes_once(loaded: Loaded) -> None:
    ids = loaded.plain.tokenizer("text")["input_ids"]
    assert ids.count(ids[-1]) == 1
    if loaded.spec.end_token:
        assert loaded.plain.tokenizer.convert_ids_to_tokens(ids[-1]) == loaded.spec.end_token


def test_progress_and_stop(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaded.encoder, "budget", 100)
    texts = TEXTS
    calls: list[tuple[int, int]] = []
    loaded.encoder.encode(texts, Role.QUERY, on_progress=lambda *call: calls.append(call))
    assert calls[0] == (0, len(texts))
    assert calls[-1] == (len(texts), len(texts))
    assert len(calls) > 2
    assert calls == sorted(calls)

    def stop(done: int, _total: int) -> None:
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        loaded.encoder.encode(texts, Role.QUERY, on_progress=stop)
    assert np.isfinite(loaded.encoder.encode(["still there"], Role.QUERY).vectors).all()


@pytest.mark.parametrize("spec", [spec for spec in CATALOG if spec.kind is Kind.BM25], ids=lambda spec: spec.id)
def test_scorer(spec: ModelSpec) -> None:
    scorer = loader.load(spec, device="cpu", settings=Settings(offline=True))
    assert isinstance(scorer, Scorer)
    assert not isinstance(scorer, Encoder)
    queries, candidates = ["天气", "add b"], TEXTS
    scores = scorer.scores(queries, candidates)
    assert scores.shape == (2, len(candidates))
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    assert scores[0].argmax() == 1
    assert scores[1].argmax() == 5
    assert scorer.count_tokens(["a b", ""]).tolist() == [2, 0]
    assert scorer.count_tokens(TEXTS).dtype == np.int32
    assert (scorer.spec, scorer.device, scorer.dtype, scorer.memory_bytes) == (spec, "cpu", "float32", 0)
    assert scorer.revision
    scorer.close()
    scorer.close()

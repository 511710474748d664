"""What the dense adapter does when something is wrong, and what it tells of a text."""

from __future__ import annotations

import json
import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import checkpoint
from models.catalog import find
from models.dense import DenseEncoder, load_dense
from models.encoder import OnStage
from models.errors import Cancelled, InputError, LibraError, MemoryExhaustedError, ModelError
from models.reading import batch, pad, read
from models.spec import ModelSpec, Role
from tests.checkpoints import SPREAD, modules, randomly, save_json, snapshot_of, xlm_roberta_tokenizer

E5 = find("multilingual-e5-small")
QWEN = find("qwen3-embedding-4b")
BGE = find("bge-m3")
TEXTS = ["one", "two words", "今天的天气很好", "def add(a, b): return a + b", "", "six"]


def load(
    spec: ModelSpec, folder: Path, max_tokens: int = 64, dtype: str = "float32", on_progress: OnStage | None = None
) -> DenseEncoder:
    return load_dense(
        spec, folder, revision="r", device="cpu", dtype=dtype, max_tokens=max_tokens, on_progress=on_progress
    )


@pytest.fixture
def copy(checkpoints: Path, tmp_path: Path) -> Callable[[ModelSpec], Path]:
    """A copy of a checkpoint, to be damaged."""

    def make(spec: ModelSpec) -> Path:
        return shutil.copytree(snapshot_of(checkpoints, spec), tmp_path / spec.id)

    return make


@pytest.fixture
def e5(checkpoints: Path) -> Iterator[DenseEncoder]:
    encoder = load(E5, snapshot_of(checkpoints, E5))
    yield encoder
    encoder.close()


def plainly(folder: Path, dtype: str = "float32") -> Any:
    """What somebody without Libra would use."""
    import torch
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(
        str(folder), device="cpu", local_files_only=True, model_kwargs={"dtype": getattr(torch, dtype)}
    )


def failure(spec: ModelSpec, folder: Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        load(spec, folder)
    assert spec.label in str(caught.value)
    return caught.value


class Network:
    """Stands before a model's forward pass: fails, or spoils what comes out."""

    def __init__(self, encoder: DenseEncoder, monkeypatch: pytest.MonkeyPatch, act: Callable[[int, Any], Any]) -> None:
        self.sizes: list[int] = []
        model: Any = encoder._model
        inner = model.forward

        def forward(features: dict[str, Any], **more: Any) -> Any:
            size = len(features["input_ids"])
            self.sizes.append(size)
            return act(size, lambda: inner(features, **more))

        monkeypatch.setattr(model, "forward", forward)


# --- memory


def test_out_of_memory_halves_the_batch(e5: DenseEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    expected = e5.encode(TEXTS, Role.QUERY).vectors

    def act(size: int, inner: Callable[[], Any]) -> Any:
        if size > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return inner()

    network = Network(e5, monkeypatch, act)
    result = e5.encode(TEXTS, Role.QUERY)
    np.testing.assert_allclose(result.vectors, expected, atol=1e-5)
    assert network.sizes[:2] == [6, 3]
    assert max(network.sizes[2:]) <= 2


@pytest.mark.parametrize(
    "error",
    [RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), MemoryError()],
    ids=["torch", "python"],
)
def test_out_of_memory_with_one_text(e5: DenseEncoder, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def act(_size: int, _inner: Callable[[], Any]) -> Any:
        raise error

    network = Network(e5, monkeypatch, act)
    with pytest.raises(MemoryExhaustedError) as caught:
        e5.encode(TEXTS, Role.QUERY)
    assert caught.value.code == "memory_exhausted"
    assert caught.value.values == {"model": E5.label, "device": "cpu"}
    assert network.sizes == [6, 3, 1]
    monkeypatch.undo()
    assert np.isfinite(e5.encode(TEXTS, Role.QUERY).vectors).all()


def test_memory_that_is_used_up_while_loading(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(checkpoint, "_open", fail)
    with pytest.raises(MemoryExhaustedError):
        load(E5, snapshot_of(checkpoints, E5))


def test_other_failures_name_the_model(e5: DenseEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    def act(_size: int, _inner: Callable[[], Any]) -> Any:
        raise RuntimeError("device-side assert triggered\nmany more lines")

    Network(e5, monkeypatch, act)
    with pytest.raises(ModelError) as caught:
        e5.encode(TEXTS, Role.QUERY)
    assert caught.value.code == "encode_failed"
    assert caught.value.values == {"model": E5.label, "reason": "device-side assert triggered"}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_none(e5: DenseEncoder, monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    def act(_size: int, inner: Callable[[], Any]) -> Any:
        features = inner()
        features["sentence_embedding"][0, 3] = value
        return features

    Network(e5, monkeypatch, act)
    with pytest.raises(ModelError, match="multilingual-e5-small gave numbers that are none") as caught:
        e5.encode(TEXTS, Role.QUERY)
    assert caught.value.code == "not_finite"


def test_closed(e5: DenseEncoder) -> None:
    e5.close()
    assert e5.memory_bytes == 0
    with pytest.raises(ModelError) as caught:
        e5.encode(TEXTS, Role.QUERY)
    assert caught.value.code == "model_closed"


# --- texts


@pytest.mark.parametrize("text", ["\ud800", "a\udc00b"])
def test_half_a_character(e5: DenseEncoder, text: str) -> None:
    with pytest.raises(InputError) as caught:
        e5.encode(["fine", text], Role.QUERY)
    assert caught.value.code == "text_not_unicode"
    assert caught.value.values == {"number": 2}


@pytest.fixture(scope="module")
def words() -> Any:
    """A tokenizer of words between its own <s> and </s>, through the same library as the real ones."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    names = ["<s>", "</s>", "<pad>", "?", "ask:", "a", "bb", "ccc", "dddd"]
    inner = Tokenizer(models.WordLevel({name: index for index, name in enumerate(names)}, unk_token="?"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    inner.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    fast: Any = PreTrainedTokenizerFast
    return fast(tokenizer_object=inner, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="?")


@pytest.mark.parametrize(
    ("text", "limit", "tokens", "kept", "truncated"),
    [
        ("a bb ccc", 6, 6, 8, False),  # <s> ask: a bb ccc </s>
        ("a bb ccc", 5, 5, 4, True),
        ("a bb ccc", 4, 4, 1, True),
        ("a bb ccc", 3, 3, 0, True),  # the prompt alone fills it
        ("a bb ccc", 2, 2, 0, True),  # not even the prompt
        ("  a   bb  ", 5, 5, 10, False),  # white space is no loss
        ("  a   bb  ccc", 5, 5, 8, True),
        ("", 3, 3, 0, False),
        ("", 2, 2, 0, False),
        ("🙂 好 a", 5, 5, 3, True),  # code points, not bytes
    ],
)
def test_where_a_text_is_cut(words: Any, text: str, limit: int, tokens: int, kept: int, truncated: bool) -> None:
    reading = read(words, [text], "ask: ", limit)
    assert reading.tokens.tolist() == [tokens]
    assert reading.kept.tolist() == [kept]
    assert reading.truncated.tolist() == [truncated]
    assert reading.features["input_ids"][0][-1] == 1


def test_a_character_read_in_part_does_not_count(checkpoints: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(snapshot_of(checkpoints, QWEN))
    text = "龘" * 4  # three bytes each, none of them merged
    assert read(tokenizer, [text], "", 13).kept.tolist() == [4]
    assert [int(read(tokenizer, [text], "", limit).kept[0]) for limit in range(12, 3, -1)] == [3] * 3 + [2] * 3 + [
        1
    ] * 3


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding(words: Any, side: str) -> None:
    reading = read(words, ["a", "a bb ccc"], "", 9)
    features = pad(reading, [0, 1], side, {"input_ids": 2})
    short, fill = [0, 5, 1], [2, 2]
    assert features["input_ids"][0].tolist() == (fill + short if side == "left" else short + fill)
    assert features["attention_mask"][0].tolist() == ([0, 0, 1, 1, 1] if side == "left" else [1, 1, 1, 0, 0])
    assert features["attention_mask"][1].tolist() == [1] * 5
    assert all(values.dtype == np.int64 for values in features.values())


def test_batches_follow_the_budget() -> None:
    tokens = np.array([5, 50, 7, 300, 6], np.int32)
    order = np.argsort(-tokens, kind="stable")
    found, start = [], 0
    while start < len(order):
        rows = batch(order, tokens, start, 100)
        found.append(rows.tolist())
        start += len(rows)
    assert found == [[3], [1, 2], [4, 0]]
    many = np.ones(100, np.int32)
    assert len(batch(np.arange(100), many, 0, 10_000)) == 64


# --- loading


def test_padding_side_is_the_rows(checkpoints: Path) -> None:
    encoder = load(QWEN, snapshot_of(checkpoints, QWEN))
    assert encoder._model is not None
    assert encoder._model.tokenizer.padding_side == "left"


@pytest.mark.parametrize(
    ("spec", "file"),
    [(E5, "model.safetensors"), (BGE, "pytorch_model.bin"), (E5, "config.json"), (E5, "tokenizer.json")],
)
def test_damaged_files(copy: Callable[[ModelSpec], Path], spec: ModelSpec, file: str) -> None:
    path = copy(spec) / file
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    error = failure(spec, path.parent)
    assert error.code == "load_failed"
    assert error.values["reason"]
    assert "\n" not in str(error)


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "1_Pooling/config.json"])
def test_missing_files(copy: Callable[[ModelSpec], Path], file: str) -> None:
    folder = copy(E5)
    (folder / file).unlink()
    assert failure(E5, folder).code == "load_failed"


def test_a_missing_folder_is_not_looked_for_on_the_hub(tmp_path: Path) -> None:
    error = failure(E5, tmp_path / "org" / "name")
    assert error.code == "load_failed"
    assert "the folder is not there" in str(error)


def rewrite(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def without_pooler(weights: dict[str, Any]) -> None:
    for key in [key for key in weights if key.startswith("pooler")]:
        del weights[key]


def test_weights_that_the_files_lack_are_not_made_up(copy: Callable[[ModelSpec], Path]) -> None:
    folder = copy(E5)
    rewrite(folder, lambda weights: weights.pop("encoder.layer.0.attention.self.value.weight"))
    error = failure(E5, folder)
    assert error.code == "load_failed"
    assert "encoder.layer.0.attention.self.value.weight" in str(error)


def test_weights_of_another_shape(copy: Callable[[ModelSpec], Path]) -> None:
    folder = copy(E5)
    name = "encoder.layer.0.intermediate.dense.bias"
    rewrite(folder, lambda weights: weights.update({name: weights[name][:9].clone()}))
    error = failure(E5, folder)
    assert error.code == "load_failed"
    assert name in str(error)


def test_a_pooler_is_not_missed(copy: Callable[[ModelSpec], Path]) -> None:
    folder = copy(E5)
    expected = load(E5, folder).encode(TEXTS, Role.QUERY).vectors
    rewrite(folder, without_pooler)
    np.testing.assert_allclose(load(E5, folder).encode(TEXTS, Role.QUERY).vectors, expected, atol=1e-6)


def test_an_architecture_that_is_not_known(copy: Callable[[ModelSpec], Path]) -> None:
    folder = copy(E5)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    save_json(folder / "config.json", config | {"model_type": "perceptron_9000"})
    error = failure(E5, folder)
    assert error.code == "load_failed"
    assert "perceptron_9000" in str(error)


def test_code_of_a_repository_is_not_run(copy: Callable[[ModelSpec], Path], tmp_path: Path) -> None:
    folder = copy(E5)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    automatic = {"AutoConfig": "evil.Config", "AutoModel": "evil.Model"}
    save_json(folder / "config.json", config | {"model_type": "evil", "auto_map": automatic})
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')", encoding="utf-8")
    assert failure(E5, folder).code == "load_failed"
    assert not (tmp_path / "ran").exists()


def test_another_pooling(checkpoints: Path) -> None:
    error = failure(replace(E5, pooling="cls"), snapshot_of(checkpoints, E5))
    assert error.code == "wrong_pooling"
    assert error.values == {"model": E5.label, "found": "mean", "expected": "cls"}


def test_a_hosts_row_without_pooling_takes_what_is_there(checkpoints: Path) -> None:
    folder = snapshot_of(checkpoints, BGE)
    encoder = load(replace(BGE, pooling="", padding_side="left"), folder)
    assert encoder._model is not None
    assert encoder._model.tokenizer.padding_side == "right"
    np.testing.assert_allclose(
        encoder.encode(TEXTS, Role.QUERY).vectors, load(BGE, folder).encode(TEXTS, Role.QUERY).vectors, atol=1e-6
    )


def test_other_dimensions(checkpoints: Path) -> None:
    encoder = load(replace(E5, dimensions=512, smallest_dimension=400), snapshot_of(checkpoints, E5))
    (notice,) = encoder.notices
    assert notice.code == "wrong_dimensions"
    assert notice.values == {"model": E5.label, "found": 384, "expected": 512}
    assert (encoder.spec.dimensions, encoder.spec.smallest_dimension) == (384, 384)
    assert encoder.encode(TEXTS, Role.QUERY).vectors.shape[1] == 384


@pytest.mark.parametrize("times", [0, 2])
def test_end_token_missing_or_doubled(copy: Callable[[ModelSpec], Path], times: int) -> None:
    folder = copy(QWEN)
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    for part in tokenizer["post_processor"]["processors"]:
        if part["type"] == "TemplateProcessing":
            part["single"] = part["single"][:1] + part["single"][1:] * times
    save_json(folder / "tokenizer.json", tokenizer)
    (notice,) = load(QWEN, folder).notices
    assert notice.code == "wrong_end_token"
    assert notice.values["expected"] == "<|endoftext|>"


def test_a_model_that_is_no_text_model_of_tokens(copy: Callable[[ModelSpec], Path]) -> None:
    folder = copy(QWEN)  # without modules.json its chat template would be wrapped around each text
    (folder / "modules.json").unlink()
    assert failure(replace(QWEN, pooling=""), folder).code == "unsupported_model"


def test_prompt_left_out_of_the_pooling(copy: Callable[[ModelSpec], Path]) -> None:
    folder = copy(E5)
    pooling = json.loads((folder / "1_Pooling" / "config.json").read_text(encoding="utf-8"))
    save_json(folder / "1_Pooling" / "config.json", pooling | {"include_prompt": False})
    plain = plainly(folder)
    vectors = load(E5, folder).encode(TEXTS, Role.QUERY).vectors
    reference = plain.encode(TEXTS, prompt="query: ", normalize_embeddings=True)
    assert (vectors * reference).sum(axis=1).min() > 0.99999
    assert (vectors * plain.encode(TEXTS, normalize_embeddings=True)).sum(axis=1)[:4].max() < 0.99999


def test_positions_bound_the_tokens(tmp_path: Path) -> None:
    from transformers import XLMRobertaConfig, XLMRobertaModel

    tokenizer = xlm_roberta_tokenizer(tmp_path, 1_000_000)
    config = XLMRobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        max_position_embeddings=26,
        type_vocab_size=1,
        initializer_range=SPREAD,
    )
    randomly(XLMRobertaModel, config).save_pretrained(tmp_path)
    modules(tmp_path, "mean", 32)
    encoder = load(replace(E5, dimensions=32, max_tokens=8192), tmp_path, max_tokens=8192)
    assert encoder.max_tokens == 24  # 26 less padding_idx + 1 = 2
    assert encoder.encode(["word " * 50], Role.QUERY).tokens.tolist() == [24]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_dtype_is_what_was_asked_for(checkpoints: Path, dtype: str) -> None:
    encoder = load(QWEN, snapshot_of(checkpoints, QWEN), dtype=dtype)  # the files are bfloat16
    assert encoder._model is not None
    assert {str(tensor.dtype) for tensor in encoder._model.parameters()} == {f"torch.{dtype}"}
    vectors = encoder.encode(TEXTS, Role.QUERY).vectors
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    # Alone, so that no padding rounds differently in 16 bit.
    plain = plainly(snapshot_of(checkpoints, QWEN), dtype)
    for index in (2, 3):
        reference = plain.encode([TEXTS[index]], prompt=QWEN.query_prompt, convert_to_tensor=True).float().numpy()[0]
        alone = encoder.encode([TEXTS[index]], Role.QUERY).vectors[0]
        assert (alone * reference).sum() / np.linalg.norm(reference) > 0.99999


def test_positions_stay_float32(checkpoints: Path) -> None:
    encoder = load(QWEN, snapshot_of(checkpoints, QWEN), dtype="bfloat16")
    assert encoder._model is not None
    frequencies = [tensor for name, tensor in encoder._model.named_buffers() if "inv_freq" in name]
    assert frequencies
    assert {str(tensor.dtype) for tensor in frequencies} == {"torch.float32"}


def test_a_dense_layer_behind_the_pooling(copy: Callable[[ModelSpec], Path]) -> None:
    import torch
    from sentence_transformers.sentence_transformer.modules import Dense

    folder = copy(E5)
    (folder / "2_Dense").mkdir()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        Dense(384, 64, activation_function=torch.nn.Tanh()).save(str(folder / "2_Dense"))
    rows = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    rows.insert(2, {"idx": 2, "name": "dense", "path": "2_Dense", "type": "sentence_transformers.models.Dense"})
    save_json(folder / "modules.json", rows)
    spec = replace(E5, dimensions=64)
    vectors = load(spec, folder).encode(TEXTS, Role.QUERY).vectors
    reference = plainly(folder).encode(TEXTS, prompt="query: ")
    assert (vectors * reference).sum(axis=1).min() > 0.99999
    half = load(spec, folder, dtype="float16").encode(TEXTS, Role.QUERY).vectors
    assert (half * reference).sum(axis=1).min() > 0.999


def test_a_load_can_be_stopped_and_leaves_nothing_behind(checkpoints: Path) -> None:
    from transformers import modeling_utils
    from transformers.utils import logging as bars

    before: Any = (bars._tqdm_hook, vars(modeling_utils)["log_state_dict_report"])

    def stop(_stage: str, done: int, _total: int) -> None:
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        load(QWEN, snapshot_of(checkpoints, QWEN), on_progress=stop)
    after: Any = (bars._tqdm_hook, vars(modeling_utils)["log_state_dict_report"])
    assert after == before
    assert load(QWEN, snapshot_of(checkpoints, QWEN)).memory_bytes > 0


def test_a_load_that_waits_for_another_can_be_stopped(checkpoints: Path) -> None:
    calls = 0

    def stop(_stage: str, _done: int, _total: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Cancelled

    with checkpoint._LOADING, pytest.raises(Cancelled):
        load(E5, snapshot_of(checkpoints, E5), on_progress=stop)


def test_loads_beside_each_other_keep_their_dtypes(checkpoints: Path) -> None:
    import torch

    loaded: dict[str, DenseEncoder] = {}
    errors: list[LibraError] = []

    def run(dtype: str) -> None:
        try:
            loaded[dtype] = load(QWEN, snapshot_of(checkpoints, QWEN), dtype=dtype)
        except LibraError as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(dtype,)) for dtype in ("float32", "bfloat16", "float16")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert torch.get_default_dtype() == torch.float32
    for dtype, encoder in loaded.items():
        assert encoder._model is not None
        assert {str(tensor.dtype) for tensor in encoder._model.parameters()} == {f"torch.{dtype}"}


def test_silence(
    copy: Callable[[ModelSpec], Path], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    folder = copy(E5)
    rewrite(folder, without_pooler)
    with caplog.at_level(logging.WARNING):
        load(E5, folder).encode(["word " * 900, ""], Role.QUERY)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""
    assert caplog.text == ""

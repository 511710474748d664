"""mteb evaluates our models through its own protocol. The tests need it; the app does not (requirements-mteb.txt)."""

from __future__ import annotations

import types

import pytest

from eval import mteb_bridge
from eval.benchmark import run
from eval.mteb_bridge import MtebEncoder, evaluate, task_of
from models.errors import InputError
from models.spec import Role
from tests.eval.samples import WORDY, Recorder, bench_with, dense, made, outcome, plan, query, sample

WHOLE = sample("libra-small", [query(number, family=number // 2) for number in range(12)])


def test_without_mteb_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(InputError, match="requirements-mteb"):
        evaluate(bench_with({"a": Recorder}), "a", ["STS12"])


@pytest.mark.filterwarnings("ignore")
def test_mteb_finds_the_same_top1(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_with({"a": Recorder})
    monkeypatch.setattr(mteb_bridge, "_task", lambda _: task_of(WHOLE))
    ((name, score),) = evaluate(bench, "a", ["libra-small"])
    (row,) = outcome(run(bench, plan("a", sets=[WHOLE])))["results"]
    assert name == "libra-small"
    assert 0 < score <= 1
    assert score == pytest.approx(row["metrics"]["top1"], abs=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_the_encoder_is_what_mteb_calls_one() -> None:
    from mteb.models.models_protocols import EncoderProtocol
    from mteb.types import PromptType

    template = "Instruct: {instruction}\nQuery:"
    bench = bench_with({"a": Recorder}, dense("a", instruction_template=template))
    bench.load("a")
    encoder = MtebEncoder(bench, bench.settings.catalog[0])
    assert isinstance(encoder, EncoderProtocol)
    assert encoder.mteb_model_meta.name == "test/a"

    task = types.SimpleNamespace(prompt={"query": "Find it"})
    for kind in (PromptType.query, PromptType.document, None):
        found = encoder.encode(
            [{"text": [f"{kind} x", f"{kind} y"]}], task_metadata=task, hf_split="", hf_subset="", prompt_type=kind
        )
        assert found.shape == (2, 64)
    asked = {(role, told) for role, told, _ in made(bench, "a").seen}
    assert asked == {(Role.QUERY, "Find it"), (Role.DOCUMENT, None)}
    assert encoder.similarity(found, found).shape == (2, 2)
    assert encoder.similarity_pairwise(found, found).tolist() == pytest.approx([1.0, 1.0])


def test_what_mteb_does_not_know() -> None:
    with pytest.raises(InputError, match='no task "NoSuchTask"'):
        list(evaluate(bench_with({"a": Recorder}), "a", ["NoSuchTask"]))
    with pytest.raises(InputError, match="Words has no vectors"):
        evaluate(bench_with({"a": Recorder}, WORDY), "words", ["STS12"])

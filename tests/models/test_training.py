"""The recipe of the built-in models: its rules and its arithmetic, without training anything."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from models.builtin import recipe
from models.builtin.ahead import drawn_ahead
from models.builtin.batches import END
from models.builtin.concepts import KINDS, Concept
from models.builtin.context import ContextDecoder, ContextNetwork
from models.builtin.contrasts import changes
from models.builtin.curriculum import Step
from models.builtin.decoder import Decoder, pair_loss
from models.builtin.difference import apply_difference, save_difference
from models.builtin.drawing import read_more, thinned
from models.builtin.evaluate import CHECKS
from models.builtin.export import qwen3
from models.builtin.instructions import TASK
from models.builtin.kept import RunningAverage
from models.builtin.layer import HIDDEN, PoolingLayer
from models.builtin.lessons import RIGHT, Lessons
from models.builtin.measures import (
    everyday_items,
    everyday_top1,
    instructions_followed,
    pages_top1,
    told_apart,
    written_triplets,
)
from models.builtin.overlaps import Overlaps, judged_texts
from models.builtin.precision import products
from models.builtin.recipe import Tuning
from models.builtin.targets import Targets, build_targets, unit
from models.builtin.teacher import Shape, WheelModel
from models.builtin.train import LAST_STAGES, STATIC_STAGES
from models.builtin.triplets import ChangedTexts, Frames, Triplet, Written
from models.builtin.tuning import Tuner
from models.builtin.vocabulary import more_pieces
from models.builtin.workshop import HERE, LESSONS, judged


@pytest.fixture(scope="module")
def lessons() -> Lessons:
    return Lessons(LESSONS, Overlaps([]))


def decoder(layers: int, pieces: int = 50) -> ContextDecoder:
    torch.manual_seed(1)
    network = ContextNetwork(layers, PoolingLayer())
    for parameter in network.parameters():  # the start is the identity: move off it
        torch.nn.init.normal_(parameter, std=0.05 if parameter.dim() > 1 else 1.0)
    return ContextDecoder(torch.randn(pieces, HIDDEN) * 0.3, network)


@pytest.mark.parametrize(
    ("language", "text", "kind", "changed"),
    [
        ("en", "Tom shot Mary.", "order", "Mary shot Tom."),
        ("en", "I saw him yesterday.", "order", "He saw me yesterday."),
        ("zh", "汤姆企图刺我。", "order", "我企图刺汤姆。"),
        ("ja", "私はトムが嫌いだ。", "order", "トムは私が嫌いだ。"),
        ("en", "The shop isn't open.", "negation", "The shop is open."),
        ("en", "Forty people were present.", "negation", "Forty people were not present."),
        ("zh", "我肯定你会成功。", "negation", "我肯定你不会成功。"),
        ("de", "Werd nicht fett.", "negation", "Werd fett."),
        ("fr", "Elle n'est jamais à l'heure.", "negation", "Elle est à l'heure."),
    ],
)
def test_a_rule_changes_what_is_said(language: str, text: str, kind: str, changed: str) -> None:
    assert {made.kind: made.text for made in changes(text, language)}[kind] == changed  # type: ignore[index]


@pytest.mark.parametrize(
    ("language", "text", "kind"),
    [
        ("en", "Tom and Mary shot John.", "order"),  # three persons: nobody's counterpart is clear
        ("en", "Tom married Mary.", "order"),  # holds both ways
        ("zh", "我和他走了。", "order"),
        ("pl", "Tom kocha Mary.", "order"),  # names decline
        ("en", "Where is he?", "negation"),
        ("en", "Version 3.14.2 is out", "number"),
    ],
)
def test_a_rule_leaves_alone_what_it_would_spoil(language: str, text: str, kind: str) -> None:
    assert kind not in {made.kind for made in changes(text, language)}


def test_a_number_changes_everywhere_and_alike_each_time() -> None:
    made = [next(c.text for c in changes("=BASE(17;10;4) gives 17.", "en") if c.kind == "number") for _ in range(2)]
    assert made[0] == made[1]
    assert "17" not in made[0]


def test_contrasts_of_training_and_of_the_report_do_not_meet() -> None:
    english, german = KINDS.index("en"), KINDS.index("de")
    concepts = [Concept((english, german), (f"He ate {n} apples.", f"Er aß {n} Äpfel.")) for n in range(20, 320)]
    seen = [{row[0] for row in ChangedTexts(concepts, held).found["number"]} for held in (False, True)]
    assert seen[0]
    assert seen[1]
    assert not seen[0] & seen[1]
    assert len(seen[0] | seen[1]) == len(concepts)


def test_frames_exchange_their_two_places() -> None:
    frames, generator = Frames(LESSONS / "frames.json"), np.random.default_rng(0)
    drawn = [frames.draw(generator) for _ in range(300)]
    assert all("{" not in text for triplet in drawn for text in (triplet.anchor, triplet.right, triplet.wrong))
    assert all(triplet.right != triplet.wrong for triplet in drawn)
    assert sum(sorted(t.right.lower()) == sorted(t.wrong.lower()) for t in drawn) > 280  # the same letters


def test_overlaps_are_found_and_nothing_else() -> None:
    judged_ones = [
        "这家面包店的黑麦面包早上九点前就卖光了。",
        "def head(xs):\n    first = xs[0]\n    return first, len(xs)\n",
    ]
    overlaps = Overlaps([*judged_ones, "The quick brown fox jumps over the lazy dog near the river."])
    assert overlaps.touches("听说这家面包店的黑麦面包,早上就没了")  # twelve in a row, a comma aside
    assert not overlaps.touches("听说这家面包店的面包早上就没了")
    assert overlaps.touches("A QUICK BROWN FOX jumps over the lazy dog, he said")
    assert not overlaps.touches("The lazy dog jumps over a fox")
    assert overlaps.touches("# mine\n    first = xs[0]\n    return first, len(xs)")
    assert not overlaps.touches("    first = xs[0]\n    return None")


def test_what_is_judged_is_not_in_the_lessons() -> None:
    overlaps = Overlaps(judged_texts([path for path in judged() if path.exists()]))
    clean = Lessons(LESSONS, overlaps)
    whole = (LESSONS / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(clean.questions) > 0.95 * len(whole)
    texts = [text for record in clean.questions for side in ("question", "answer") for text in record[side].values()]
    assert not any(map(overlaps.touches, texts))


def test_a_lesson_has_one_right_text(lessons: Lessons) -> None:
    generator = np.random.default_rng(3)
    drawn = [lessons.draw(generator, 0.3) for _ in range(500)]
    assert {lesson.task for lesson in drawn} == set(RIGHT)
    for lesson in drawn:
        assert lesson.candidates[0] not in lesson.candidates[1:]
        assert len(lesson.candidates) >= 3 or lesson.instruction == TASK
        assert lesson.query not in lesson.candidates


def test_the_default_instruction_asks_for_nothing_that_a_translation_is_not(lessons: Lessons) -> None:
    generator = np.random.default_rng(4)
    drawn = [lesson for lesson in (lessons.draw(generator, 0.0) for _ in range(500)) if lesson.instruction == TASK]
    beside = {text for record in lessons.questions for text in record["beside"].values()}
    assert len(drawn) > 10
    assert all(set(lesson.candidates[1:]) <= beside for lesson in drawn)


def test_fast_products_are_close_and_leave_weights_as_they_are() -> None:
    ours = decoder(layers=1)
    sequences = [[5, 6, 7, 8, 9], [11, 12]]
    with products(is_fast=True):
        fast = ours.encode(sequences)
    assert ours.network.layers[0].q_proj.dtype == torch.float32
    exact = ours.encode(sequences)
    assert not np.array_equal(fast, exact)
    assert (fast * exact).sum(axis=1).min() > 0.999


def test_the_trainers_network_is_transformers_qwen3() -> None:
    ours = decoder(layers=2)
    sequences = [[5, 6, 7, 8, 9], [11, 12], [13] * 9]
    expected = ours.encode(sequences)
    with torch.no_grad():
        for sequence, vector in zip(sequences, expected, strict=True):
            states = qwen3(ours)(input_ids=torch.tensor([[*sequence, 2]])).last_hidden_state[0, -1]
            np.testing.assert_allclose(torch.nn.functional.normalize(states, dim=0).numpy(), vector, atol=2e-5)


def test_context_layers_start_as_the_identity() -> None:
    torch.manual_seed(2)
    pooling = PoolingLayer()
    table = torch.randn(50, HIDDEN)
    bare, deep = (ContextDecoder(table, ContextNetwork(count, pooling)) for count in (0, 3))
    np.testing.assert_allclose(bare.encode([[4, 5, 6]]), deep.encode([[4, 5, 6]]), atol=1e-6)


def test_further_pieces_are_the_most_probable_in_our_letters() -> None:
    pieces = ["<s>", "\u2581слово", "ми", "\u2581сөз", "слов", "word", "слово1"]
    scores = [0.0, -3.0, -2.0, -1.0, -4.0, -1.0, -1.0]
    model = WheelModel(Shape(1, 1, 1, 1, 1, 1, 1, 1e-5), pieces, scores, 0, 2, 1, 3, {})
    assert more_pieces(model, [0], {"CYRILLIC": 2}) == [1, 2]  # not Kazakh, and no digits
    assert more_pieces(model, [0, 2], {"CYRILLIC": 2, "LATIN": 9}) == [1, 4, 5]


def test_a_difference_gives_the_second_checkpoint_back(tmp_path: Path) -> None:
    one, other = decoder(layers=1), decoder(layers=1)
    with torch.no_grad():
        other.network.norm.add_(0.25)
    first, out = tmp_path / "first", tmp_path / "out"
    first.mkdir()
    weights = {name: value.half() for name, value in qwen3(one).state_dict().items()}
    save_file(weights, first / "model.safetensors")
    save_difference(one.network.state_dict(), other.network.state_dict(), 1, tmp_path / "d.safetensors")
    assert list(load_file(tmp_path / "d.safetensors")) == ["norm.weight"]  # what did not move is not shipped
    apply_difference(first, tmp_path / "d.safetensors", out, share=0.5)
    moved = load_file(out / "model.safetensors")["norm.weight"] - weights["norm.weight"]
    assert torch.allclose(moved, torch.full_like(moved, 0.125), atol=4e-3)


def test_a_difference_to_another_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    save_file({"norm.weight": torch.ones(2)}, tmp_path / "first" / "model.safetensors")
    save_file({"layers.9.norm.weight": torch.ones(2)}, tmp_path / "d.safetensors")
    with pytest.raises(ValueError, match=r"layers\.9\.norm\.weight"):
        apply_difference(tmp_path / "first", tmp_path / "d.safetensors", tmp_path / "out")


def test_targets_lose_the_languages_offset() -> None:
    generator = np.random.default_rng(4)
    meaning = generator.standard_normal((60, 384)).astype(np.float32)
    english, german = meaning + 1.0, meaning + 1.0 + generator.standard_normal(384).astype(np.float32)
    vectors = np.concatenate([english, german])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    concept, kind = np.tile(np.arange(60), 2), np.repeat([KINDS.index("en"), KINDS.index("de")], 60)
    targets = build_targets(concept, kind, vectors, 61)
    assert not targets.known[60]
    assert targets.known[:60].all()
    centred = meaning - meaning.mean(0)
    assert ((centred / np.linalg.norm(centred, axis=1, keepdims=True) * targets.vectors[:60]).sum(1) > 0.95).all()


def test_recipes_are_read_whole() -> None:
    assert recipe.healing("lessons").steps < recipe.healing("healing").steps
    for stage in STATIC_STAGES:
        static = recipe.static(stage)
        parts = {field: len(value) for field, value in vars(static).items() if isinstance(value, tuple)}
        assert set(parts.values()) == {len(static.steps)}, parts
    assert recipe.tuning("context").context_layers == recipe.tuning("code").context_layers
    runs = [recipe.tuning(stage) for stage in LAST_STAGES]
    # The word table stays: the second checkpoint has the first one's.
    assert all(run.rate_steps >= run.steps and run.table_rate == 0 for run in [*runs, recipe.tuning("code")])
    assert len({run.seed for run in runs}) == len(runs)


def test_a_running_average_forgets_the_start_and_ends_the_run() -> None:
    tensor = torch.zeros(3)
    running = RunningAverage({"x": tensor}, keep=0.9)
    for step in range(1, 11):
        tensor.copy_(torch.full((3,), 1.0))
        running.follow(step)
    share = 1 - 0.9**10
    assert torch.allclose(running.average["x"], torch.full((3,), share))
    restored = RunningAverage({"x": tensor}, keep=0.9)
    for name, saved in running.saved().items():  # as a checkpoint puts it back
        restored.saved()[name].copy_(saved)
    restored.settle()
    assert torch.allclose(tensor, torch.full((3,), share))


def test_thinned_texts_lose_some_pieces_and_keep_the_order() -> None:
    generator = np.random.default_rng(3)
    ids = list(range(40))
    drawn = [thinned(ids, 0.5, generator) for _ in range(200)]
    assert all(some == sorted(set(some)) for some in drawn)
    assert 0.65 < np.mean([len(some) for some in drawn]) / len(ids) < 0.85  # half at most, a quarter on average
    assert thinned([5, 6, 7], 0.5, generator) == [5, 6, 7]
    assert thinned(ids, 0.0, generator) is ids


def test_a_pair_is_no_wrong_text_of_one_that_says_the_same() -> None:
    generator = torch.Generator().manual_seed(2)
    one, other = (torch.nn.functional.normalize(torch.randn(3, 8, generator=generator), dim=1) for _ in range(2))
    target, unknown = torch.eye(3, HIDDEN), torch.zeros(3, dtype=torch.bool)
    apart = pair_loss(one, other, target, unknown, torch.tensor([1, 2, 3]))
    sharing = pair_loss(one, other, target, unknown, torch.tensor([1, 1, 3]))
    assert sharing < apart  # two wrong texts fewer


def test_everyday_items_hold_sixteen_distinct_texts() -> None:
    items = everyday_items(CHECKS / "everyday.jsonl")
    assert len(items) == 120
    assert all(len(set(candidates)) == 16 for _, _, candidates in items)


def test_measures_count_ties_against_the_model(tmp_path: Path) -> None:
    def constant(queries: object, candidates: list[str]) -> np.ndarray:
        return np.ones((1, len(candidates)), np.float32)

    assert everyday_top1(constant, CHECKS / "everyday.jsonl")["all"] == 0.0  # type: ignore[arg-type]
    flat = lambda texts, _: np.ones((len(texts), 4), np.float32)  # noqa: E731
    assert instructions_followed(flat, CHECKS / "instruction.jsonl") == (0.0, 0.0)
    assert set(told_apart(flat, [Triplet("order", "a", "b", "c")]).values()) == {0.0}


def test_a_page_is_found_by_the_text_that_it_holds() -> None:
    rows = [json.loads(line) for line in (CHECKS / "everyday.jsonl").read_text(encoding="utf-8").splitlines()]
    gold = {row["query"]: row["gold"] for row in rows}

    def holds(queries: list[str], pages: list[str]) -> np.ndarray:
        return np.array([[gold[query] in page for page in pages] for query in queries], np.float32)

    assert pages_top1(holds, CHECKS / "everyday.jsonl") == 100.0  # type: ignore[arg-type]
    assert pages_top1(lambda q, c: -holds(q, c), CHECKS / "everyday.jsonl") == 0.0  # type: ignore[arg-type]


def test_what_is_drawn_ahead_keeps_its_order_and_its_arrays() -> None:
    drawn = list(drawn_ahead(lambda: iter([np.full(2, number) for number in range(20)])))
    assert [type(thing) for thing in drawn] == [np.ndarray] * 20
    assert [int(thing[0]) for thing in drawn] == list(range(20))


def one_step(ours: ContextDecoder, plan: Tuning, path: Path) -> list[list[int]]:
    """A step of a later stage on texts of random pieces; the texts."""
    plan = replace(plan, pairs=2, triplets=1, lessons=1, words=1, texts=0)
    generator = np.random.default_rng(6)
    vectors = unit(generator.standard_normal((3, HIDDEN)).astype(np.float32))
    targets = Targets(vectors, np.ones(3, np.bool_), vectors[0], vectors, vectors)
    texts: list[list[int]] = [generator.integers(4, 20, size=5).tolist() for _ in range(4 + 3 + 1 + 3)]
    step = Step(texts, texts[:4], np.array([0, 1]), np.array([2]), np.array([0]))
    static = Decoder(ours.table.numpy())
    losses = Tuner(ours, static, targets, vectors, plan, path)._train(step)
    assert np.isfinite(losses).all()
    return texts


@pytest.mark.parametrize("rate", [0.0, 1e-2])
def test_a_later_stage_moves_the_table_only_where_it_may(tmp_path: Path, rate: float) -> None:
    """And of the table only the rows of the pieces that it read."""
    plan = replace(recipe.tuning("context"), table_rate=rate)
    ours = decoder(plan.context_layers)
    before, network = ours.table.clone(), {name: x.clone() for name, x in ours.network.state_dict().items()}
    texts = one_step(ours, plan, tmp_path / "c.pt")
    moved = (ours.table != before).any(dim=1)
    read = sorted({piece for text in texts for piece in text} | {END})
    assert moved.nonzero().flatten().tolist() == (read if rate else [])
    assert any(not torch.equal(x, network[name]) for name, x in ours.network.state_dict().items())


def test_what_a_context_layer_adds_grows_at_a_rate_of_its_own(tmp_path: Path) -> None:
    plan = replace(recipe.tuning("context"), out_share=0.1, pool_share=0.3)
    ours = decoder(plan.context_layers)
    before = {name: x.clone() for name, x in ours.network.state_dict().items()}
    one_step(ours, plan, tmp_path / "c.pt")
    moved = {name: float((x - before[name]).abs().max()) for name, x in ours.network.state_dict().items()}
    inside = moved["layers.0.q_proj"]  # Adam's first step is as long as the rate, however small the gradient
    for name, share in (("layers.0.o_proj", 0.1), ("layers.1.down_proj", 0.1), ("pool.o_proj", 0.3)):
        assert moved[name] == pytest.approx(share * inside, rel=0.02), name


def test_news_and_long_texts_count_more_with_measure() -> None:
    factor = read_more(np.array([9, 36, 400]), np.array([1.0, 1.0, 6.0]), cap=100)
    assert factor[1] == pytest.approx(2 * factor[0])
    assert factor[2] == pytest.approx(10 * 6**0.4)


def test_written_checks_are_whole() -> None:
    assert len(written_triplets(CHECKS / "contrast.jsonl")) == 180
    rows = [json.loads(line) for line in (CHECKS / "instruction.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 40
    assert all(row["a"]["gold"] != row["b"]["gold"] for row in rows)


def test_the_pieces_folder_is_where_the_recipe_looks() -> None:
    assert (HERE / "lessons" / "frames.json").exists()


def test_written_contrasts_keep_their_sides_apart() -> None:
    """Anchor and right say the same, wrong comes from the other statement, in the wording of right."""
    written = Written(LESSONS / "contrasts.jsonl", Overlaps([]))
    generator = np.random.default_rng(3)
    by_text = {
        text: (number, side)
        for number, record in enumerate(written.records)
        for side in ("one", "other")
        for texts in record[side].values()
        for text in texts
    }
    for _ in range(300):
        triplet = written.draw(generator)
        anchor, right, wrong = (by_text[text] for text in (triplet.anchor, triplet.right, triplet.wrong))
        assert anchor == right
        assert anchor[0] == wrong[0]
        assert anchor[1] != wrong[1]
        assert triplet.anchor != triplet.right


def test_pages_hold_the_answers_to_their_questions() -> None:
    """A page's questions are those of the records whose answers it holds."""
    lessons = Lessons(LESSONS, Overlaps([]))
    answers: dict[str, list[dict[str, str]]] = {}
    for record in lessons.questions:
        for text in (*record["question"].values(), *record["again"].values()):
            answers.setdefault(text, []).append(record["answer"])
    pages = lessons.pages()
    assert {page.language for page in pages} == {"en", "zh"}
    for page in pages:
        assert all(
            any(answer.get(page.language, "\0") in page.text for answer in answers[asked]) for asked in page.questions
        )
    assert [page.text for page in pages] == [page.text for page in Lessons(LESSONS, Overlaps([])).pages()]

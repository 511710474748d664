"""Families of the built-in sets as examples of the compare tab."""

from __future__ import annotations

from eval.dataset import load, names
from ui.examples import example_of
from ui.set_examples import set_examples


def test_every_category_of_every_written_set_has_an_example() -> None:
    shown = {example["id"] for example in set_examples()}
    for name in names():
        if not name.startswith("long") and name != "mixed-language":
            assert {f"{name}-{query.category}" for query in load(name).queries} <= shown


def test_of_the_pairs_of_languages_each_language_asks_once() -> None:
    pairs = [e["id"].removeprefix("mixed-language-") for e in set_examples() if e["id"].startswith("mixed-language-")]
    assert sorted(pair.split("→")[0] for pair in pairs) == sorted(
        {query.lang for query in load("mixed-language").queries}
    )


def test_an_example_of_a_set_expects_what_the_set_expects() -> None:
    for example in set_examples():
        gold = {
            query.text: query
            for name in names()
            if example["id"].startswith(f"{name}-")
            for query in load(name).queries
        }
        assert example["queries"]
        assert len(example["candidates"]) == len(set(example["candidates"])) == 16
        for text, place in zip(example["queries"], example["gold"], strict=True):
            query = gold[text]
            right = {c.text for c in query.candidates if c.id in query.relevant}
            if query.instruction in (None, example["instruction"]):
                assert example["candidates"][place] in right
        assert all(example["title"].values())
        assert all(example["text"].values())


def test_its_texts_are_known_for_it() -> None:
    """The page then marks what is expected."""
    example = set_examples()[0]
    assert example_of(example["queries"], example["candidates"]) is example

"""The card of the built-in sets."""

from __future__ import annotations

import pytest

from eval.card import CARD, TEMPLATE, card
from eval.dataset import DATA, load, names

FILES = [name for name in names() if (DATA / f"{name}.jsonl").exists()]


def test_a_run_of_other_texts_makes_no_card() -> None:
    run = {"results": [], "sets": {name: {"sha256": "0" * 64} for name in FILES}}
    with pytest.raises(ValueError, match="other texts than code, cross-lingual"):
        card(run)


def test_the_card_is_of_todays_files_and_words() -> None:
    written = CARD.read_text(encoding="utf-8")
    for name in FILES:
        assert load(name).sha256 in written
        assert (load(name).canary or "no canary") in written
    for paragraph in TEMPLATE.read_text(encoding="utf-8").split("\n\n"):
        assert "{" in paragraph or paragraph.strip() in written

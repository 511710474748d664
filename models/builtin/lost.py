"""Words that are one piece of the whole vocabulary and not among those that both models keep, as lessons of their own.

The teacher knows each by heart; what it says about one alone is the target for the two or three pieces that are left of
it, or for the one piece where the decoder keeps it after all.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.builtin.kept import keep_arrays
from models.builtin.targets import Floats, unit
from models.builtin.teacher import Teacher, WheelModel
from models.builtin.vocabulary import SPACE

# The most probable of each script. In Thai, which writes no spaces, any piece may be a word.
MOST = {"LATIN": 40_000, "CYRILLIC": 14_000, "ARABIC": 9_000, "DEVANAGARI": 4_000, "THAI": 4_000}
SHORTEST, SHORTEST_THAI = 4, 3  # characters


@dataclass(frozen=True)
class LostWords:
    """Words and their targets, unit float32 (n, 384), each less the mean of its script."""

    words: list[str]
    targets: Floats


def script_of(word: str) -> str:
    """The first letter's script, as Unicode names it."""
    for character in word:
        if character.isalpha():
            return unicodedata.name(character, "?").split()[0]
    return "?"


def words_lost(model: WheelModel, kept: Sequence[int]) -> list[str]:
    """Words among the pieces that do not stay, by script and falling probability."""
    by_script: dict[str, list[tuple[float, str]]] = {script: [] for script in MOST}
    for number in sorted(set(range(len(model.pieces))) - set(kept)):
        piece = model.pieces[number]
        script = script_of(piece)
        if script in by_script and _is_word(piece, script):
            by_script[script].append((-model.scores[number], piece.strip(SPACE)))
    chosen = [word for script, most in MOST.items() for _, word in sorted(by_script[script])[:most]]
    return list(dict.fromkeys(chosen))


def _is_word(piece: str, script: str) -> bool:
    if script == "THAI":
        return len(piece.strip(SPACE)) >= SHORTEST_THAI
    word = piece[1:]
    is_letters = all(unicodedata.category(character)[0] in "LM" for character in word)
    return piece.startswith(SPACE) and len(word) >= SHORTEST and is_letters


def lost_words(teacher: Teacher, words: list[str], path: Path) -> LostWords:
    """The words with their targets; the teacher's vectors are kept in ``path``."""
    if not path.exists():
        keep_arrays(path, vector=teacher.encode(words, batch=128))
    vectors = unit(np.load(path)["vector"].astype(np.float32))
    scripts = np.array([script_of(word) for word in words])
    centred = np.zeros_like(vectors)
    for script in MOST:
        rows = scripts == script
        if rows.any():
            centred[rows] = vectors[rows] - vectors[rows].mean(axis=0)
    return LostWords(words, unit(centred))

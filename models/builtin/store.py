"""The teacher's vectors, made once and kept by text, so that a change to what is trained on costs no vector again.

Resumable: every chunk is a file of its own.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.builtin.concepts import CODE, KINDS, Concept, rarity
from models.builtin.kept import keep_arrays
from models.builtin.teacher import Teacher
from models.builtin.vocabulary import SPACE

CHUNK = 4096
SEED = 20
LONGEST = 220  # characters of a text shown to the teacher: its time goes with the length
SECOND_LANGUAGE_SHARE = 1 / 3  # of concepts whose translation is read too: for the languages' offsets
CODE_FIRST = 8.0  # how much earlier a concept with code is read
PIECE_TOKENS = 24
PAGE_TOKENS = 480  # read of a page; the model itself takes 512


def key_of(text: str) -> int:
    """64 bits of a text's SHA-256: among a million texts, two alike are a one in 40 million chance."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


class TeacherStore:
    """Unit vectors, float16 (384,), by text. ``folder`` holds ``chunk-NNNN.npz``: key uint64 (n,), vector (n, 384)."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.vectors = np.zeros((0, 384), np.float16)
        self.row: dict[int, int] = {}
        self.read()

    def read(self) -> None:
        """Take in the chunks that lie in the folder, those of another process too."""
        paths = sorted(self.folder.glob("chunk-????.npz"))
        if not paths:
            return
        chunks = [np.load(path) for path in paths]
        self.vectors = np.concatenate([chunk["vector"] for chunk in chunks])
        keys = np.concatenate([chunk["key"] for chunk in chunks])
        self.row = {key: row for row, key in enumerate(keys.tolist())}

    def encode(self, teacher: Teacher, texts: Iterable[str], limit: int = 64, batch: int = 32) -> None:
        """Have the teacher encode ``limit`` tokens of those of ``texts`` that are not here; prints the time left."""
        wanted = [text for text in dict.fromkeys(texts) if key_of(text) not in self.row]
        first, began = len(list(self.folder.glob("chunk-????.npz"))), time.monotonic()
        for start in range(0, len(wanted), CHUNK):
            part = wanted[start : start + CHUNK]
            path = self.folder / f"chunk-{first + start // CHUNK:04d}.npz"
            keys = np.array([key_of(text) for text in part], np.uint64)
            keep_arrays(path, key=keys, vector=teacher.encode(part, limit=limit, batch=batch))
            done = start + len(part)
            left = (time.monotonic() - began) / done * (len(wanted) - done)
            print(f"teacher: {done} of {len(wanted)} texts, {left / 60:.0f} minutes left", flush=True)
        self.read()

    def rows_of(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Row of each text in ``vectors``, -1 where the teacher has not read it."""
        return np.array([self.row.get(key_of(text), -1) for text in texts], np.int64)


def reading_list(concepts: list[Concept]) -> list[str]:
    """What the teacher reads, best first, so that it can be stopped: each concept's English, and a translation of some.

    Drawn by rarity (Gumbel's trick, seeded). Code is never read: its description stands for it.
    """
    generator = np.random.default_rng(SEED)
    code = KINDS.index(CODE)
    weights = rarity(concepts) * np.array([CODE_FIRST if code in concept.kinds else 1.0 for concept in concepts])
    order = np.argsort(-(np.log(weights) + generator.gumbel(size=len(concepts))), kind="stable")
    wanted: list[str] = []
    for number in order.tolist():
        concept = concepts[number]
        readable = [i for i, kind in enumerate(concept.kinds) if kind != code and len(concept.texts[i]) <= LONGEST]
        if not readable:
            continue
        wanted.append(concept.texts[readable[0]])
        if len(readable) > 1 and generator.random() < SECOND_LANGUAGE_SHARE:
            wanted.append(concept.texts[readable[int(generator.integers(1, len(readable)))]])
    return wanted


def piece_vectors(teacher: Teacher, pieces: list[str], path: Path) -> NDArray[np.float16]:
    """Each vocabulary piece as a text of its own, float16 (pieces, 384): where the decoder's word table starts."""
    if not path.exists():
        texts = [piece.replace(SPACE, " ").strip() or "." for piece in pieces]
        keep_arrays(path, vector=teacher.encode(texts, limit=PIECE_TOKENS, batch=128))
    vectors: NDArray[np.float16] = np.load(path)["vector"]
    return vectors

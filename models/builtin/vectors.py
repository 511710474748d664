"""The teacher's vectors, made once and kept: of the training texts, and of each vocabulary piece alone.

Resumable: every chunk is a file, written aside and renamed, so a file that exists is whole.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.builtin.concepts import CODE, KINDS, Concept, rarity
from models.builtin.teacher import Teacher

SEED = 20
CHUNK = 4096
TEXTS = 18 * CHUNK
LONGEST = 220  # characters of a text shown to the teacher: its time goes with the length
SECOND_LANGUAGE_SHARE = 1 / 3  # of concepts whose translation is encoded too: for the languages' offsets
CODE_FIRST = 8.0  # how much likelier a concept with code is to be among the encoded
PIECE_TOKENS = 24


def reading_list(concepts: list[Concept], limit: int) -> list[tuple[int, int]]:
    """(concept, text within it) pairs for the teacher, best first.

    Drawn by rarity (Gumbel's trick, seeded): English of each concept drawn, and for some one translation.
    Code is never read: its description stands for it.
    """
    generator = np.random.default_rng(SEED)
    code = KINDS.index(CODE)
    weights = rarity(concepts) * np.array([CODE_FIRST if code in concept.kinds else 1.0 for concept in concepts])
    order = np.argsort(-(np.log(weights) + generator.gumbel(size=len(concepts))), kind="stable")
    wanted: list[tuple[int, int]] = []
    for number in order.tolist():
        concept = concepts[number]
        readable = [i for i, kind in enumerate(concept.kinds) if kind != code and len(concept.texts[i]) <= LONGEST]
        if not readable:
            continue
        wanted.append((number, readable[0]))
        if len(readable) > 1 and generator.random() < SECOND_LANGUAGE_SHARE:
            wanted.append((number, readable[int(generator.integers(1, len(readable)))]))
        if len(wanted) >= limit:
            break
    return wanted[:limit]


def encode_texts(teacher: Teacher, concepts: list[Concept], folder: Path, limit: int = TEXTS) -> None:
    """Write ``chunk-NNN.npz`` files: concept int32 (n,), kind int8 (n,), vector float16 (n, 384)."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = reading_list(concepts, limit)
    for start in range(0, len(wanted), CHUNK):
        path = folder / f"chunk-{start // CHUNK:03d}.npz"
        if path.exists():
            continue
        part = wanted[start : start + CHUNK]
        vectors = teacher.encode([concepts[number].texts[text] for number, text in part])
        numbers = np.array([number for number, _ in part], np.int32)
        kinds = np.array([concepts[number].kinds[text] for number, text in part], np.int8)
        _save(path, concept=numbers, kind=kinds, vector=vectors)
        print(f"teacher: {start + len(part)} of {len(wanted)} texts", flush=True)


def encode_pieces(teacher: Teacher, pieces: list[str], path: Path) -> None:
    """Each vocabulary piece as a text of its own, float16 (pieces, 384): where the decoder's word table starts."""
    if path.exists():
        return
    texts = [piece.replace("\u2581", " ").strip() or "." for piece in pieces]
    _save(path, vector=teacher.encode(texts, limit=PIECE_TOKENS, batch=128))
    print(f"teacher: {len(pieces)} pieces", flush=True)


def read_chunks(folder: Path) -> tuple[NDArray[np.int32], NDArray[np.int8], NDArray[np.float32]]:
    """All chunks there are: concept (n,), kind (n,), unit vectors float32 (n, 384)."""
    chunks = [np.load(path) for path in sorted(folder.glob("chunk-*.npz"))]
    if not chunks:
        raise FileNotFoundError(f"No teacher's vectors in {folder}: run `train teacher` first.")
    vectors = np.concatenate([chunk["vector"] for chunk in chunks]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return (
        np.concatenate([chunk["concept"] for chunk in chunks]),
        np.concatenate([chunk["kind"] for chunk in chunks]),
        vectors,
    )


def _save(path: Path, **arrays: NDArray[np.generic]) -> None:
    aside = path.with_suffix(".part.npz")
    np.savez(aside, **arrays)  # type: ignore[arg-type]
    aside.rename(path)

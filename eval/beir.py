"""BEIR folders: corpus.jsonl, queries.jsonl, qrels/*.tsv.

As in BEIR (https://github.com/beir-cellar/beir/wiki/Load-your-custom-dataset), a document is its title and its text,
and of several judgment files test.tsv is the one; without it, all are read. A grade below 1 is no relevance, and
queries without a relevant document are left out.

Public corpora are not clean, and a useless document more harms no query. So documents without text are left out and
equal ones are kept, unless a right answer is one of them: then nothing could tell it from the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from eval.checks import check_size, checked_text, grade_of, optional_text, set_name, shown
from eval.corpus import CORPUS, Corpus, id_of, read_corpus, read_ranked, unknown_id
from eval.folding import fold
from eval.judging import check_query, gather
from eval.limits import HOST, MAX_INSTRUCTION
from eval.lines import Place, filled_lines, json_lines
from eval.sets import NO_CATEGORY, Candidate, EvalSet, Query
from models.errors import InputError

QUERIES, TOP_RANKED = "queries.jsonl", "top_ranked.jsonl"
Ranked = Mapping[str, tuple[Candidate, ...]]


def read_beir(folder: Path | str, name: str | None = None, top: int | None = None) -> EvalSet:
    """The set in a folder of this machine: for the host and the command line, never for what a visitor typed.

    Args:
        name: the folder's own where None.
        top: None: every query is asked of the whole corpus, one tuple for all. A number: of the first ``top``
            documents that ``top_ranked.jsonl`` lists for it.

    ``sha256`` is that of the files read, one after the other: corpus, queries, judgments, then the ranked lists; and of
    ``top``, which decides what the candidates are.

    Raises:
        InputError: a file is missing or no UTF-8; with the line and the value: no JSON, an id twice or unknown,
            a score that is none, a blank text that is judged, a right answer whose text another document has.
    """
    folder = Path(folder)
    texts = {file: _read(folder, file) for file in _files(folder, top)}
    corpus = read_corpus(texts[CORPUS])
    judgments = _Judgments(corpus)
    for file, text in texts.items():
        if file.startswith("qrels/"):
            judgments.read(text, file)
    ranked = None if top is None else read_ranked(texts[TOP_RANKED], TOP_RANKED, top, corpus)
    name = set_name(name or folder.resolve().name)
    queries = gather(_queries(texts[QUERIES], judgments, corpus, ranked), name, HOST)
    digest = sha256()
    for text in texts.values():
        digest.update(text.encode())
    if top is not None:
        digest.update(f"top {top}".encode())
    return EvalSet(name, queries, digest.hexdigest(), source="beir")


def _files(folder: Path, top: int | None) -> list[str]:
    """The files to read, in order. Raises InputError where one is missing."""
    qrels = sorted(path.name for path in (folder / "qrels").glob("*.tsv"))
    judgments = [f"qrels/{file}" for file in (["test.tsv"] if "test.tsv" in qrels else qrels or ["*.tsv"])]
    files = [CORPUS, QUERIES, *judgments, *([] if top is None else [TOP_RANKED])]
    missing = [file for file in files if not (folder / file).is_file()]
    if missing:
        raise InputError("set_beir_folder", "{folder} lacks {files}.", folder=str(folder), files=", ".join(missing))
    return files


def _read(folder: Path, file: str) -> str:
    text = read_utf8(folder / file)
    check_size(text, file, HOST)
    return text


def read_utf8(path: Path) -> str:
    """The whole of a file, its line ends and byte order mark as they are.

    Raises:
        InputError: it cannot be read, or is no UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("set_unreadable", "{path} cannot be read: {reason}.", path=str(path), reason=error) from error


class _Judgments:
    """Query id → document id → grade ≥ 1, and the line that first judges each query."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self.grades: dict[str, dict[str, int]] = {}
        self.places: dict[str, Place] = {}

    def read(self, text: str, file: str) -> None:
        """Add the lines of a file: query-id, corpus-id and score, tabs between; a first line of names is skipped."""
        for number, (at, line) in enumerate(filled_lines(text, file)):
            cells = [cell.strip() for cell in line.split("\t")]
            if len(cells) != 3:
                raise InputError(
                    "set_judgment",
                    'Line {line} of {name} is "{value}". It should be query-id, corpus-id and score, tabs between.',
                    line=at.line,
                    name=at.name,
                    value=shown(line),
                )
            query_id, document_id, score = cells
            if number == 0 and score.casefold() == "score":
                continue
            if grade := grade_of(score, at):
                self.corpus.document(document_id, at)
                self.places.setdefault(query_id, at)
                self.grades.setdefault(query_id, {})[document_id] = grade


def _queries(text: str, judgments: _Judgments, corpus: Corpus, ranked: Ranked | None) -> Iterator[tuple[Place, Query]]:
    """The judged queries, each with its candidates."""
    whole = tuple(corpus.documents.values())
    folded = {text: ids[0] for text, ids in corpus.alike.items()}
    unseen = dict(judgments.places)
    for at, row in json_lines(text, QUERIES):
        query_id = id_of(row.get("_id"), "_id", at)
        if query_id not in judgments.grades:
            continue
        unseen.pop(query_id, None)
        if ranked is None:
            query = _query(row, query_id, at, whole, judgments.grades[query_id])
            check_query(query, at, corpus.documents, folded)
        else:
            if query_id not in ranked:
                raise unknown_id(query_id, TOP_RANKED, at)
            query = _query(row, query_id, at, ranked[query_id], judgments.grades[query_id])
            ids = {item.id for item in query.candidates}
            check_query(query, at, ids, {fold(item.text): item.id for item in query.candidates})
        corpus.check_twins(query)
        yield at, query
    if unseen:
        query_id, at = next(iter(unseen.items()))
        raise unknown_id(query_id, QUERIES, at)


def _query(
    row: dict[str, Any], query_id: str, at: Place, candidates: tuple[Candidate, ...], relevant: dict[str, int]
) -> Query:
    return Query(
        id=query_id,
        category=NO_CATEGORY,
        family=query_id,
        lang="",
        text=checked_text(row.get("text"), "text", at, HOST.characters),
        candidates=candidates,
        relevant=relevant,
        instruction=optional_text(row.get("instruction"), "instruction", at, MAX_INSTRUCTION) or None,
    )

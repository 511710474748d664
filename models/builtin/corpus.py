"""The training data, read where it lies: translations, and descriptions with code.

Three slices are kept out of training: the held-out file (reported, never chosen by), a slice of NTREX rows
(development: what choices are made by) and a slice of the code (reported). So is every text that overlaps with a set
the project judges models by (overlaps.py).
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.builtin.overlaps import Overlaps

PARALLEL, HELD_OUT, CODE, CHINESE = (f"{name}.jsonl.gz" for name in ("parallel", "parallel-heldout", "code", "zh"))
LANGUAGES = (
    *("en", "zh", "ja", "ko", "ar", "ru", "es", "fr", "de", "it"),
    *("pt", "nl", "pl", "tr", "vi", "hi", "id", "uk", "th"),
)
DEVELOPMENT_SHARE = 4  # one NTREX row of four
CODE_SHARE = 16  # one description of sixteen
SHORTEST_DESCRIPTION = 16  # characters; shorter ones ("Returns the value.") are found by nobody

Row = dict[str, str]


@dataclass(frozen=True)
class Corpus:
    """Rows of the four files. ``parallel`` and ``code`` are for training; keys are languages, "code", "lang", "src"."""

    parallel: list[Row]
    chinese: list[Row]
    code: list[Row]
    development: list[Row]
    held_out: list[Row]
    code_held_out: list[Row]


def read_rows(path: Path) -> list[Row]:
    """The rows of one gzipped JSON-lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def read_corpus(folder: Path, judged: Overlaps | None = None) -> Corpus:
    """Read and split the data folder. The split hangs on the texts alone, not on their order.

    ``judged``: texts that overlap with these are left out of what is trained on, and counted on the terminal.
    """
    parallel = read_rows(folder / PARALLEL)
    code = [row for row in read_rows(folder / CODE) if len(description(row)) >= SHORTEST_DESCRIPTION // 2]
    chinese = read_rows(folder / CHINESE)
    development = [row for row in parallel if row["src"] == "ntrex" and _falls_out(row["en"], DEVELOPMENT_SHARE)]
    out = {row["en"] for row in development}
    training = [row for row in parallel if row["en"] not in out]
    training_code = [row for row in code if not _falls_out(description(row), CODE_SHARE)]
    if judged is not None:
        training, training_code, chinese = (_clean(rows, judged) for rows in (training, training_code, chinese))
    return Corpus(
        parallel=training,
        chinese=chinese,
        code=training_code,
        development=development,
        held_out=read_rows(folder / HELD_OUT),
        code_held_out=[row for row in code if _falls_out(description(row), CODE_SHARE)],
    )


def _clean(rows: list[Row], judged: Overlaps) -> list[Row]:
    """Rows without the texts that overlap; a row that loses its English, its code or its pair is dropped."""
    clean, dropped = [], 0
    for row in rows:
        bad = {key for key, text in row.items() if key not in {"src", "lang"} and judged.touches(text)}
        dropped += len(bad)
        if not bad:
            clean.append(row)
        elif not bad & {"en", "code", "a", "b"}:
            clean.append({key: text for key, text in row.items() if key not in bad})
    print(f"{dropped} texts overlap with a set that models are judged by, and are left out", flush=True)
    return clean


def description(row: Row) -> str:
    """What a code row says about its code: English, or Chinese where there is no English."""
    return row.get("en") or row["zh"]


def all_texts(corpus: Corpus) -> Iterator[str]:
    """Every text of the training rows: what the vocabulary is counted on."""
    for row in corpus.parallel + corpus.code:
        yield from (text for key, text in row.items() if key not in {"src", "lang"})
    for row in corpus.chinese:
        yield from (row["a"], row["b"])


def _falls_out(text: str, share: int) -> bool:
    """One text of ``share``, by its own content: the same text always falls on the same side."""
    digest = hashlib.sha256(" ".join(text.lower().split()).encode()).digest()
    return int.from_bytes(digest[:4], "big") % share == 0

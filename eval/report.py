"""A run to take away: CSV for programs and spreadsheets, Markdown for a page or a paper, and HTML with the plots.

print(markdown(run, {"everyday": load("everyday")}))
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eval import answers, sheets
from eval.findings import Sets, alerts, category_findings, failures, matching, sentences, smallest_dimensions, warnings
from eval.html import html
from eval.markup import clean
from eval.needs import Needs
from eval.outcomes import Labels, Run, labels_of, mapping, outcomes, records, set_names
from eval.probes import probes
from eval.queries import listed
from eval.recommend import recommend
from eval.sheets import Sheet
from eval.words import Words
from eval.words import words as spoken

__all__ = ["comparisons_csv", "html", "markdown", "queries_csv", "results_csv", "sweeps_csv"]

# A spreadsheet takes a cell that begins so for a formula, full-width signs included.
FORMULA = re.compile("[=+\\-@\t\r\n＝＋－＠]")
# A byte order mark, or Excel garbles the Chinese.
MARK = "\ufeff"
METRICS = ("top1", "top3", "top5", "mrr", "ndcg10", "family")
SPEED = ("mean_seconds", "texts_per_second", "tokens_per_second", "load_seconds")
MEMORY = ("weights_bytes", "peak_bytes")
RESULTS = (
    *("set", "model", "label", "queries", "dimensions", *METRICS, "top1_low", "top1_high", "interval_method"),
    *(*SPEED, *MEMORY, *sheets.SETTINGS, "error"),
)
COMPARISONS = (
    *("set", "a", "b", "queries", "families", "difference", "p", "p_holm", "comparisons", "mcnemar", "discordant"),
    *("detectable", "queries_needed", "sentence"),
)
SWEEPS = ("model", "set", "dimensions", "storage", "bytes_per_vector", "top1", "mrr")
QUERIES = (
    "set",
    "query_id",
    "category",
    "family",
    "lang",
    "query",
    "gold",
    "model",
    "rank",
    "ties",
    "first_id",
    "first",
)
QUERY_SCORES = ("gold_score", "first_score")


def results_csv(run: Run, labels: Labels | None = None) -> str:
    """One row a model and set, shares from 0 to 1, bytes and seconds; a failed model has its row and the reason."""
    rows: list[dict[str, Any]] = []
    for item in outcomes(run, labels):
        speed, memory = (mapping(item.record.get(key)) for key in ("speed", "memory"))
        rows.append(
            {
                **{key: item.record.get(key) for key in ("set", "model", "queries", "dimensions", *sheets.SETTINGS)},
                **{key: item.metrics.get(key) for key in METRICS},
                **{key: speed.get(key) for key in SPEED},
                **{key: memory.get(key) for key in MEMORY},
                "label": item.label,
                "top1_low": item.low,
                "top1_high": item.high,
                "interval_method": item.method,
            }
        )
    names = labels_of(run, labels)
    for model, message in mapping(run.get("failures")).items():
        rows.append({"model": model, "label": names[model], "error": message})
    return _csv(RESULTS, rows)


def comparisons_csv(run: Run) -> str:
    """One row a pair of models and set."""
    return _csv(COMPARISONS, records(run, "comparisons"))


def sweeps_csv(run: Run) -> str:
    """One row a model, set, dimension and storage."""
    return _csv(SWEEPS, records(run, "sweeps"))


def queries_csv(run: Run, sets: Sets | None = None, labels: Labels | None = None) -> str:
    """One row a query and model: rank, ties, what came first, scores; texts where the set is there."""
    rows = []
    known = matching(run, sets or {})
    for name in set_names(run):
        for item in listed(run, name, known.get(name), labels):
            for answer in item.answers:
                query = {"set": name, "query_id": item.id, "category": item.category, "family": item.family}
                query |= {"lang": item.lang, "query": item.text, "gold": " || ".join(item.gold)}
                rows.append({**query, **vars(answer)})
    return _csv((*QUERIES, *QUERY_SCORES), rows)


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(row.get(column)) for column in columns] for row in rows)
    return MARK + out.getvalue()


def cell(value: object) -> object:
    """A value as a spreadsheet may have it: numbers as they are, text never as a formula, nothing for None."""
    if value is None or isinstance(value, int | float):
        return "" if value is None else value
    text = clean(value)
    return f"'{text}" if FORMULA.match(text) else text


def markdown(run: Run, sets: Sets | None = None, words: Words | None = None, labels: Labels | None = None) -> str:
    """The run in Markdown: tables and sentences, no plots. Arguments as ``html``."""
    words = words or spoken()
    known = matching(run, sets or {})
    lines = [f"# {_plain(run.get('title') or words['eval.report.title'])}", ""]
    lines += [_plain(words["eval.report.about"].format(created=run.get("created") or "–", id=run.get("id") or "–")), ""]
    for text in alerts(run, words):
        lines += [f"**{_plain(text)}**", ""]
    for model, message in failures(run, words, labels).items():
        failed = words["eval.report.failed"].format(model=model, message=message)
        lines += [f"**{_plain(failed)}**", ""]
    for item in outcomes(run, labels):
        told = (
            words["eval.report.warning"].format(model=item.label, set=item.set, message=text)
            for text in warnings(item, words)
        )
        lines += [line for text in told for line in (f"**{_plain(text)}**", "")]
    for name in set_names(run):
        lines += _section(run, name, known, words, labels)
    return "\n".join(
        [*lines, f"## {words['eval.report.environment']}", "", *_table(sheets.environment(run, words)), ""]
    )


def _section(run: Run, name: str, sets: Sets, words: Words, labels: Labels | None) -> list[str]:
    """All about one set."""
    said = [f"- {_plain(text)}" for text in sentences(run, name, words, labels)]
    cells = [_plain(one.text(words)) for one in category_findings(run, name, labels)]
    smallest = [f"- {_plain(one.text(words))}" for one in smallest_dimensions(run, name, labels)]
    answer = recommend(run, Needs(), name=name, sets=sets, labels=labels).answer
    parts = (
        ("results", [*_table(sheets.results(run, name, words, labels)), "", words["eval.report.note.results"]]),
        ("comparisons", said),
        ("more", _table(sheets.more(run, name, words, labels))),
        ("categories", [*_table(sheets.categories(run, name, words, labels)), "", *cells]),
        *(
            (probe.key, [*_table(probe.sheet), "", *(f"- {_plain(text)}" for text in probe.notes)])
            for probe in probes(run, name, sets, words, labels)
        ),
        ("sweep", [*smallest, "", *_table(sheets.swept(run, name, words, labels))] if smallest else []),
        ("published", [words["eval.report.note.published"], "", *_table(answers.published(run, name, words, labels))]),
        ("conclusions", _table(answers.judged(run, name, words, sets, labels))),
        ("advice", [_plain(one.text(words)) for one in answer]),
        ("settings", _table(sheets.settings(run, name, words, labels))),
    )
    lines = []
    for key, body in parts:
        if body:
            title = words[f"eval.report.{key}"].format(set=_plain(name))
            lines += [f"{'##' if key == 'results' else '###'} {title}", "", *body, ""]
    return lines


def _table(sheet: Sheet) -> list[str]:
    """A table of Markdown; no lines without rows."""
    if not sheet.rows:
        return []
    rules = ["---" if column < sheet.texts else "---:" for column in range(len(sheet.head))]
    rows = [[_plain(one) for one in row] for row in (sheet.head, *sheet.rows)]
    return [f"| {' | '.join(row)} |" for row in (rows[0], rules, *rows[1:])]


def _plain(value: object) -> str:
    """A text of one line in which nothing is a sign of Markdown or HTML."""
    return re.sub(r"([\\`*_\[\]<>|#~&])", r"\\\1", " ".join(clean(value).split()))

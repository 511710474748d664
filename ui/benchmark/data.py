"""What the browser filters and moves by itself, as plain data: the queries one by one, and thresholds."""

from __future__ import annotations

from collections.abc import Callable

from eval.charts import cuts, numbers
from eval.outcomes import Labels, labels_of, outcomes
from eval.queries import Answer, Listed, listed
from eval.thresholds import advice, separations, unrelated
from models import LibraError
from ui.benchmark.archive import Archive, Opened
from ui.benchmark.categories import is_own
from ui.benchmark.markup import Words
from ui.language import strings
from ui.payload import Payload, error_of

LONGEST = 2_000  # characters of a text that are shown

Make = Callable[[Opened, str, Labels], Payload]


def queries_of(archive: Archive, run_id: str | None, owner: str, asked: str | None) -> Payload:
    """The queries of one set of a run, and every model's answer; ``{"error": …}`` where it cannot be opened."""
    return _of_run(archive, run_id, owner, asked, queries)


def thresholds_of(archive: Archive, run_id: str | None, owner: str, asked: str | None, language: str) -> Payload:
    """The scores of right and wrong pairs of each model, and what a threshold at each edge of the bins does."""
    words = strings(language)
    return _of_run(archive, run_id, owner, asked, lambda opened, name, labels: thresholds(opened, name, labels, words))


def _of_run(archive: Archive, run_id: str | None, owner: str, asked: str | None, make: Make) -> Payload:
    if not run_id:
        return {}
    try:
        opened = archive.opened(run_id, owner)
    except LibraError as error:
        return {"error": error_of(error)}
    name = opened.set_name(asked)
    if name is None:
        return {}
    return make(opened, name, archive.labels)


def queries(opened: Opened, name: str, labels: Labels) -> Payload:
    """``models``: id, name, slot. ``queries``: texts, the lists each belongs to, each model's answer or null."""
    evalset = opened.sets.get(name)
    items = listed(opened.run, name, evalset, labels)
    return {
        "key": f"{opened.run.get('id')}/{name}",
        "set": name,
        "texts": evalset is not None,
        "own": is_own(opened.run, name),
        "models": models(opened, name, labels),
        "queries": [_query(item, [one["id"] for one in models(opened, name, labels)]) for item in items],
    }


def models(opened: Opened, name: str, labels: Labels) -> list[Payload]:
    """The models with a result on the set; ``slot`` decides colour and shape, as in the plots of the run."""
    slots, names = numbers(opened.run), labels_of(opened.run, labels)
    found = [item.model for item in outcomes(opened.run, labels, name)]
    return [{"id": model, "name": names[model], "slot": slots[model]} for model in found]


def _query(item: Listed, order: list[str]) -> Payload:
    answers = {answer.model: _answer(answer) for answer in item.answers}
    return {
        "id": item.id,
        "category": item.category,
        "lang": item.lang,
        "text": _short(item.text),
        "gold": [_short(text) for text in item.gold],
        "rationale": _short(item.rationale),
        "gloss": _short(item.gloss),
        "shows": sorted(str(kind) for kind in item.shows),
        "answers": [answers.get(model) for model in order],
    }


def _answer(answer: Answer) -> Payload:
    return {
        "rank": answer.rank,
        "ties": answer.ties,
        "first": _short(answer.first or answer.first_id),
        "goldScore": answer.gold_score,
        "firstScore": answer.first_score,
    }


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def thresholds(opened: Opened, name: str, labels: Labels, words: Words) -> Payload:
    """For each model with histograms: the counts, the cuts, and sentences in the language of ``words``."""
    slots = numbers(opened.run)
    return {
        "key": f"{opened.run.get('id')}/{name}",
        "set": name,
        "models": [
            {
                **item.payload(),
                "name": item.label,
                "slot": slots[item.model],
                "said": [one.text(words) for one in (advice(item), unrelated(item)) if one],
                "table": {"head": list(sheet.head), "rows": [list(row) for row in sheet.rows]},
            }
            for item in separations(opened.run, labels, name)
            for sheet in [cuts(item, words)]
        ],
    }

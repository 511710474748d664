"""Sets of queries on the page: what the chosen ones hold, and a set that a visitor types or drops."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from eval import sheets
from eval.dataset import read_table
from eval.markup import Markup
from eval.own import OWN
from eval.queries import excerpt
from eval.sets import EvalSet
from eval.sheets import Sheet
from models import LibraError
from models.errors import InputError
from ui.benchmark.categories import category as spoken
from ui.benchmark.markup import Words, empty, note, panel, region, table
from ui.payload import Payload, error_of
from ui.runs import Notice
from ui.text import read_text_file, sendable, short_name

log = logging.getLogger("libra")

EXAMPLES = 1  # of each category


def own_set(text: str | None, name: str | None) -> EvalSet | None:
    """What a visitor has typed as a set; None for nothing. Raises InputError with the line that is wrong."""
    typed = sendable(text or "")
    return read_table(typed, sendable(name or "")) if typed.strip() else None


def checked_own(text: str | None, name: str | None) -> Payload | None:
    """What is to be said of a typed set: how much it holds, or what is wrong with it; None for nothing."""
    try:
        found = own_set(text, name)
    except LibraError as error:
        return {"error": error_of(error)}
    if found is None:
        return None
    counts = {
        "queries": len(found.queries),
        "families": len({query.family for query in found.queries}),
        "categories": len({query.category for query in found.queries}),
    }
    return {"said": "set_read", "values": {"name": found.name, **counts}}


def own_from_file(file: str | None, name: str | None) -> tuple[Any, Any, Notice]:
    """(text, name, notice) of a dropped file: one that cannot be read leaves the boxes as they are."""
    if not file:
        return gr.skip(), gr.skip(), gr.skip()
    path = Path(file)
    try:
        text = read_text_file(path, path.name)
        called = (name or "").strip() or short_name(path.stem)
        return text, called, checked_own(text, called)
    except LibraError as error:
        return gr.skip(), gr.skip(), {"error": error_of(error)}
    except Exception:
        log.exception("a dropped file could not be read")
        return gr.skip(), gr.skip(), {"error": error_of(InputError("file_unreadable", "The file could not be read."))}


def inside(sets: Sequence[EvalSet], words: Words) -> str:
    """What the chosen sets hold: each category with its number of queries and an example."""
    return region(*(_inside(item, words) for item in sets)) if sets else region(empty(words["page.bench.inside.none"]))


def _inside(item: EvalSet, words: Words) -> Markup:
    families = len({query.family for query in item.queries})
    chinese = words["eval.report.lang"].startswith("zh")
    told = words["page.bench.inside.count"].format(queries=len(item.queries), families=families)
    rows = []
    for category in dict.fromkeys(query.category for query in item.queries):
        members = [query for query in item.queries if query.category == category]
        for query in members[:EXAMPLES]:
            shown = category if item.source == OWN else spoken(category, words)
            gold = " / ".join(excerpt(one.text) for one in query.candidates if one.id in query.relevant)
            why = (query.rationale or query.gloss) if chinese else (query.gloss or query.rationale)
            rows.append((shown, str(len(members)), query.text, gold, str(len(query.candidates)), why))
    keys = ("category", "queries", "query", "gold")
    more = ("candidates", "why")
    head = (*sheets.heads(words, keys), *(words[f"page.bench.inside.{key}"] for key in more))
    return panel(item.name, note(told), table(Sheet(head, tuple(rows), len(head)), item.name, words))

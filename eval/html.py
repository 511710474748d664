"""A run as one HTML page that needs nothing else: no script, no request to anywhere, light and dark, all escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from eval import answers, formats, sheets
from eval.charts import category_plot, forest_plot, score_plots, speed_plot, storage_plot, sweep_plots
from eval.findings import Sets, alerts, category_findings, failures, matching, sentences, smallest_dimensions, warnings
from eval.markup import Markup, join, tag
from eval.needs import Needs
from eval.outcomes import Labels, Run, mapping, outcomes, set_names
from eval.probes import probes
from eval.queries import listed
from eval.recommend import recommend
from eval.sets import EvalSet
from eval.sheets import Sheet
from eval.style import PAGE, PLOTS, POLICY
from eval.words import Words
from eval.words import words as spoken

MOST_QUERIES = 1_000  # in the list; the CSV has all
MOST_OPEN_ROWS = 24  # a longer table is folded away


@dataclass(frozen=True)
class Context:
    """What every part of the page is made from."""

    run: Run
    sets: Mapping[str, EvalSet]
    words: Words
    labels: Labels | None


def html(run: Run, sets: Sets | None = None, words: Words | None = None, labels: Labels | None = None) -> str:
    """The whole page, to be written as UTF-8.

    Args:
        run: the record. sets: by name; those whose hash is the run's give queries and languages, others are ignored.
        words: the language, see ``eval.words``; English where None.
        labels: what people call a model, where neither the run nor the catalog says it well.
    """
    words = words or spoken()
    told = Context(run, matching(run, sets or {}), words, labels)
    title = str(run.get("title") or words["eval.report.title"])
    body = [tag("h1", title), _about(told), _troubles(told)]
    body += [_set(told, name) for name in set_names(run)]
    body += [_heading(told, "environment"), _table(sheets.environment(run, words), told)]
    head = [
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Markup(PAGE + PLOTS)),
    ]
    page = tag("html", tag("head", *head), tag("body", *body), lang=words["eval.report.lang"])
    return f"<!doctype html>\n{page}\n"


def _about(told: Context) -> Markup:
    """When it was made and of what; and that it is not whole, where it is not."""
    known = mapping(told.run.get("sets"))
    lines = [
        told.words["eval.report.about"].format(
            created=told.run.get("created") or formats.NONE, id=told.run.get("id") or formats.NONE
        ),
        *(
            told.words["eval.report.set"].format(
                set=name,
                queries=mapping(known[name]).get("queries", formats.NONE),
                sha256=mapping(known[name]).get("sha256", formats.NONE),
            )
            for name in known
        ),
    ]
    return join(tag("p", text, class_="muted") for text in lines)


def _troubles(told: Context) -> Markup:
    """Whether the run was cut short or went on elsewhere, models that failed, and warnings."""
    lines = alerts(told.run, told.words)
    for model, message in failures(told.run, told.words, told.labels).items():
        lines.append(told.words["eval.report.failed"].format(model=model, message=message))
    for item in outcomes(told.run, told.labels):
        for text in warnings(item, told.words):
            lines.append(told.words["eval.report.warning"].format(model=item.label, set=item.set, message=text))
    return join(tag("p", text, class_="warning") for text in lines)


def _set(told: Context, name: str) -> Markup:
    """All that the run says about one set."""
    run, words, labels = told.run, told.words, told.labels
    parts = [
        tag("h2", words["eval.report.results"].format(set=name)),
        _table(sheets.results(run, name, words, labels), told),
    ]
    parts.append(_note(told, "results"))
    said = sentences(run, name, words, labels)
    if said:
        parts += [_heading(told, "comparisons"), tag("ul", *(tag("li", text) for text in said))]
    parts += [
        _figure(told, "forest", forest_plot(run, name, words, told.sets.get(name), labels)),
        _table(sheets.more(run, name, words, labels), told),
        _figure(told, "categories", category_plot(run, name, words, labels)),
        _table(sheets.categories(run, name, words, labels), told),
        *(tag("p", one.text(words)) for one in category_findings(run, name, labels)),
        *_probes(told, name),
        _figure(told, "speed", speed_plot(run, name, words, labels)),
        _table(sheets.results(run, name, words, labels), told, folded=True),
        *_sweep(told, name),
        *_scores(told, name),
        *_article(told, name),
        _heading(told, "advice"),
        *(
            tag("p", one.text(words))
            for one in recommend(run, Needs(), name=name, sets=told.sets, labels=labels).answer
        ),
        _heading(told, "settings"),
        _table(sheets.settings(run, name, words, labels), told),
        *_queries(told, name),
    ]
    return tag("section", *parts)


def _probes(told: Context, name: str) -> Iterator[Markup]:
    for probe in probes(told.run, name, told.sets, told.words, told.labels):
        yield _heading(told, probe.key)
        yield from (tag("p", text, class_="muted") for text in probe.notes)
        yield _table(probe.sheet, told)


def _sweep(told: Context, name: str) -> list[Markup]:
    plots = sweep_plots(told.run, name, told.words, told.labels)
    if not plots:
        return []
    return [
        _heading(told, "sweep"),
        tag("ul", *(tag("li", one.text(told.words)) for one in smallest_dimensions(told.run, name, told.labels))),
        *(tag("div", plot, class_="wide") for plot in plots),
        _figure(told, "storage", storage_plot(told.run, name, told.words, told.labels)),
        _table(sheets.swept(told.run, name, told.words, told.labels), told),
    ]


def _scores(told: Context, name: str) -> list[Markup]:
    plots = score_plots(told.run, name, told.words, told.labels)
    if not plots:
        return []
    parts = [_heading(told, "scores"), _note(told, "scores")]
    for label, lines, plot, sheet in plots:
        parts += [
            tag("h4", label),
            *(tag("p", text) for text in lines),
            tag("div", plot, class_="wide"),
            _table(sheet, told),
        ]
    return parts


def _article(told: Context, name: str) -> list[Markup]:
    return [
        _heading(told, "published"),
        _note(told, "published"),
        _table(answers.published(told.run, name, told.words, told.labels), told),
        _table(answers.judged(told.run, name, told.words, told.sets, told.labels), told),
    ]


def _queries(told: Context, name: str) -> list[Markup]:
    """The queries with what each model put first, where their texts are there."""
    evalset = told.sets.get(name)
    if evalset is None:
        return []
    items = listed(told.run, name, evalset, told.labels)
    found = outcomes(told.run, told.labels, name)
    head = (*sheets.heads(told.words, ("query", "gold", "category")), *(item.label for item in found))
    rows = []
    for item in items[:MOST_QUERIES]:
        answered = {answer.model: f"{answer.rank}. {answer.first or answer.first_id}" for answer in item.answers}
        cells = (answered.get(one.model, formats.NONE) for one in found)
        rows.append((item.text, " / ".join(item.gold), item.category, *cells))
    shown = told.words["eval.report.queries_shown"].format(shown=len(rows), count=len(items))
    parts = [_heading(told, "queries"), tag("p", shown, class_="muted")]
    if evalset.canary:
        parts.append(tag("p", evalset.canary, class_="muted"))
    return [*parts, _table(Sheet(head, tuple(rows), len(head)), told, folded=True)]


def _heading(told: Context, key: str) -> Markup:
    return tag("h3", told.words[f"eval.report.{key}"])


def _note(told: Context, key: str) -> Markup:
    return tag("p", told.words[f"eval.report.note.{key}"], class_="muted")


def _figure(told: Context, key: str, plot: Markup | None) -> Markup:
    """A plot under its heading; without data, a sentence that says so."""
    if plot is None:
        return join([_heading(told, key), tag("p", told.words["eval.report.no_data"], class_="muted")])
    return join([_heading(told, key), _note(told, key), tag("div", plot, class_="wide")])


def _table(sheet: Sheet, told: Context, folded: bool = False) -> Markup:
    """A table; a long one is folded away."""
    kinds = ["n" if column >= sheet.texts else None for column in range(len(sheet.head))]
    head = tag("tr", *(tag("th", cell, class_=kind, scope="col") for cell, kind in zip(sheet.head, kinds, strict=True)))
    rows = [
        tag("tr", *(tag("td", cell, class_=kind) for cell, kind in zip(row, kinds, strict=True))) for row in sheet.rows
    ]
    table = tag("div", tag("table", tag("thead", head), tag("tbody", *rows)), class_="wide")
    if not folded and len(sheet.rows) <= MOST_OPEN_ROWS:
        return table
    return tag("details", tag("summary", told.words["eval.report.table"].format(rows=len(sheet.rows))), table)

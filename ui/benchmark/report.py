"""What a run says, as regions of the page: tables, sentences and plots of one set. Pure functions of an opened run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

from eval import answers, formats, sheets
from eval.charts import FLOAT32, category_plot, forest_plot, speed_plot, storage_plot, sweep_plots
from eval.findings import alerts, category_findings, failures, sentences, smallest_dimensions, sweeps, warnings
from eval.markup import Markup
from eval.needs import Needs
from eval.outcomes import Labels, outcomes
from eval.probes import probes
from eval.recommend import recommend
from eval.sheets import Sheet
from eval.versus import versus
from models import LibraError, ModelSpec
from ui.benchmark.archive import Archive, Opened
from ui.benchmark.markup import Words, alarm, empty, error_text, figure, folded, note, panel, paragraphs, region, table
from ui.language import strings

log = logging.getLogger("libra")


def of_run(
    archive: Archive,
    run_id: str | None,
    owner: str,
    asked: str | None,
    language: str,
    draw: Callable[[Opened, str, Words, Labels], Iterable[object]],
) -> str:
    """A region of one set of a run; a sentence where there is no run, or it cannot be shown."""
    words = strings(language)
    if not run_id:
        return nothing(language)
    try:
        opened = archive.opened(run_id, owner).spoken(words)
        name = opened.set_name(asked)
        if name is None:
            return region(*troubles(opened, words, archive.labels), empty(words["page.bench.no.results"]))
        return region(*draw(opened, name, words, archive.labels))
    except LibraError as error:
        return region(alarm(error_text(error, words)))
    except Exception:  # a file that somebody has edited may lack anything
        log.exception("the run %s cannot be shown", run_id)
        return region(alarm(words["error.unexpected"]))


def nothing(language: str) -> str:
    """A region before any run."""
    return region(empty(strings(language)["page.bench.empty"]))


def troubles(opened: Opened, words: Words, labels: Labels) -> list[Markup]:
    """That a run was cut short or went on elsewhere, models that failed, and what is to be known about others."""
    said = alerts(opened.run, words)
    for model, message in failures(opened.run, words, labels).items():
        said.append(words["eval.report.failed"].format(model=model, message=message))
    for item in outcomes(opened.run, labels):
        for text in warnings(item, words):
            said.append(words["eval.report.warning"].format(model=item.label, set=item.set, message=text))
    return [alarm(text) for text in said]


def results(opened: Opened, name: str, words: Words, labels: Labels) -> list[Markup]:
    """The article's columns, what can be concluded, and the plots with their tables."""
    run, say = opened.run, words
    title = say["eval.report.results"].format(set=name)
    found = sheets.results(run, name, words, labels)
    return [
        *troubles(opened, words, labels),
        panel(title, table(found, title, words), note(say["eval.report.note.results"])),
        panel(say["eval.report.comparisons"], paragraphs(sentences(run, name, words, labels))),
        panel(
            say["eval.report.forest"],
            figure(forest_plot(run, name, words, opened.sets.get(name), labels), say["eval.report.forest"]),
            note(say["eval.report.note.forest"]),
            table(sheets.more(run, name, words, labels), say["eval.report.more"], words),
        ),
        _categories(opened, name, words, labels),
        *_probes(opened, name, words, labels),
        _speed(opened, name, words, labels, found),
        *_sweep(opened, name, words, labels),
        panel(
            say["eval.report.settings"],
            table(sheets.settings(run, name, words, labels), say["eval.report.settings"], words, folded=True),
            table(sheets.environment(run, words), say["eval.report.environment"], words, folded=True),
        ),
    ]


def _categories(opened: Opened, name: str, words: Words, labels: Labels) -> Markup:
    title = words["eval.report.categories"]
    plot = category_plot(opened.run, name, words, labels)
    if plot is None:
        return Markup()
    return panel(
        title,
        figure(plot, title),
        paragraphs(one.text(words) for one in category_findings(opened.run, name, labels)),
        note(words["eval.report.note.categories"]),
        table(sheets.categories(opened.run, name, words, labels), title, words, folded=True),
    )


def _probes(opened: Opened, name: str, words: Words, labels: Labels) -> list[Markup]:
    found = probes(opened.run, name, opened.sets, words, labels)
    titles = [words[f"eval.report.{probe.key}"] for probe in found]
    return [
        panel(title, table(probe.sheet, title, words), *(note(text) for text in probe.notes))
        for probe, title in zip(found, titles, strict=True)
    ]


def _speed(opened: Opened, name: str, words: Words, labels: Labels, found: Sheet) -> Markup:
    title = words["eval.report.speed"]
    plot = speed_plot(opened.run, name, words, labels)
    if plot is None:
        return Markup()
    return panel(
        title, figure(plot, title), note(words["eval.report.note.speed"]), table(found, title, words, folded=True)
    )


def _sweep(opened: Opened, name: str, words: Words, labels: Labels) -> list[Markup]:
    plots = sweep_plots(opened.run, name, words, labels)
    if not plots:
        return []
    stored = dict.fromkeys(str(item.get("storage", FLOAT32)) for item in sweeps(opened.run, name))
    names = [words["eval.plot.sweep"].format(storage=storage) for storage in stored]
    title, storage = words["eval.report.sweep"], words["eval.report.storage"]
    said = (one.text(words) for one in smallest_dimensions(opened.run, name, labels))
    return [
        panel(
            title,
            paragraphs(said),
            figure(plots[0], title),
            *(folded(plot, one) for plot, one in zip(plots[1:], names[1:], strict=True)),
            table(sheets.swept(opened.run, name, words, labels), title, words, folded=True),
        ),
        panel(
            storage,
            figure(storage_plot(opened.run, name, words, labels), storage),
            note(words["eval.report.note.storage"]),
            table(sheets.swept(opened.run, name, words, labels), storage, words, folded=True),
        ),
    ]


def article(opened: Opened, name: str, words: Words, labels: Labels) -> list[Markup]:
    """The published table beside ours, and its conclusions, each judged."""
    title, judged = words["eval.report.published"], words["eval.report.conclusions"]
    return [
        panel(
            title,
            note(words["eval.report.note.published"]),
            table(answers.published(opened.run, name, words, labels), title, words),
        ),
        panel(judged, table(answers.judged(opened.run, name, words, opened.sets, labels), judged, words)),
    ]


def advice(
    opened: Opened | None, name: str | None, needs: Needs, catalog: Sequence[ModelSpec], words: Words, labels: Labels
) -> str:
    """Which model for these needs, and the figures behind it; published ones only where there is no run."""
    run, sets = (opened.run, opened.sets) if opened else (None, {})
    found = recommend(run, needs, name=name, sets=sets, catalog=catalog, labels=labels)
    title = words["eval.report.advice"]
    return region(
        panel(
            title,
            paragraphs((one.text(words) for one in found.answer), "lb-answer"),
            note(words["page.bench.advice.run" if run else "page.bench.advice.published"].format(set=name or "")),
            table(answers.advised(found.options, words), title, words),
        )
    )


def compared(first: Opened, second: Opened, words: Words, labels: Labels) -> str:
    """Two runs, model by model."""
    keys = ("before", "after", "points", "p", "moved", "speed", "differs")
    head = (*sheets.heads(words, ("model", "queries")), *(words[f"page.bench.versus.{key}"] for key in keys))
    rows = []
    for item in versus(first.run, second.run, {**second.sets, **first.sets}):
        rows.append(
            (
                f"{labels.get(item.model, item.model)} · {item.set}",
                formats.whole(item.queries),
                formats.percent(item.before),
                formats.percent(item.after),
                formats.points(item.after - item.before),
                formats.NONE if item.p is None else formats.chance(item.p),
                formats.whole(item.moved),
                formats.ratio(item.speed),
                ", ".join(words.get(f"eval.head.{key}", key) for key in item.differs) or formats.NONE,
            )
        )
    title = words["page.bench.versus"]
    return region(panel(title, note(words["page.bench.versus.note"]), table(Sheet(head, tuple(rows)), title, words)))

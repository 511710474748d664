"""What a run found out about its models: comparisons, places, sweeps, and accuracy in some languages only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import combinations
from typing import Any

from eval import formats
from eval.outcomes import Labels, Outcome, Run, figure, labels_of, mapping, outcomes, records, set_names
from eval.power import ALPHA
from eval.sets import EvalSet, Query
from eval.stats import compare, rank_intervals
from eval.verdicts import Comparison
from eval.words import Said, Verdict, Words, said
from models.catalog import CATALOG

Sets = Mapping[str, EvalSet]


@dataclass(frozen=True)
class Subset:
    """Accuracy on some queries of a set: how many, Top-1 of each model (from 0 to 1), and the comparisons on them."""

    queries: int
    top1: Mapping[str, float]
    comparisons: tuple[Comparison, ...]


def matching(run: Run, sets: Sets) -> dict[str, EvalSet]:
    """The sets of ``sets`` that are those of the run: a changed file has another hash, and its texts say nothing."""
    known = mapping(run.get("sets"))
    return {
        name: item
        for name, item in sets.items()
        if mapping(known.get(name)).get("sha256", item.sha256) == item.sha256 and name in set_names(run)
    }


def comparisons(run: Run, name: str) -> tuple[Comparison, ...]:
    """The comparisons made on one set."""
    return tuple(_comparison(item, run) for item in records(run, "comparisons") if item.get("set") == name)


def sentences(run: Run, name: str, words: Words, labels: Labels | None = None) -> list[str]:
    """What the comparisons of one set come to; as the run says it where it lacks the figures to say it anew."""
    names = labels_of(run, labels)
    return [
        Verdict(_comparison(item, run), names).text(words)
        if all(field.name in item for field in fields(Comparison))
        else str(item.get("sentence", ""))
        for item in records(run, "comparisons")
        if item.get("set") == name
    ]


def places(models: Sequence[str], found: Sequence[Comparison]) -> dict[str, tuple[int, int]]:
    """The places that each of ``models`` can hold among them, but for those that nothing compared with another."""
    among = [item for item in found if item.a in models and item.b in models]
    known = {model for item in among for model in (item.a, item.b)}
    standing = rank_intervals(models, among)
    return {model: place for model, place in standing.items() if model in known or len(models) == 1}


def all_compared(models: Sequence[str], found: Sequence[Comparison]) -> bool:
    """Whether each of ``models`` was compared with each other; in a run that was cut short they may not be."""
    return all(between(found, a, b) is not None for a, b in combinations(models, 2))


def between(found: Sequence[Comparison], a: str, b: str) -> tuple[Comparison, int] | None:
    """The comparison of two models and the sign that turns its ``difference`` into that of a minus b."""
    for item in found:
        if {item.a, item.b} == {a, b}:
            return item, 1 if item.a == a else -1
    return None


def sweeps(run: Run, name: str) -> tuple[Mapping[str, Any], ...]:
    """The entries of the dimension and storage sweep on one set that have all their figures."""
    wanted = ("dimensions", "top1", "bytes_per_vector")
    return tuple(
        item
        for item in records(run, "sweeps")
        if item.get("set") == name and all(figure(item.get(key)) is not None for key in wanted)
    )


def subset(
    ranks: Mapping[str, Mapping[str, int]],
    evalset: EvalSet,
    languages: Sequence[str] = (),
    labels: Labels | None = None,
) -> Subset | None:
    """Models compared anew on the queries in some languages that all of them answered; None if there is no such query.

    Args:
        ranks: model id → query id → rank. languages: tags; ``zh`` means zh-Hant too; empty for all.
    """
    chosen = [query for query in evalset.queries if not languages or _speaks(query, languages)]
    chosen = [query for query in chosen if all(query.id in found for found in ranks.values())]
    if not chosen or not ranks:
        return None
    rows = {model: [found[query.id] for query in chosen] for model, found in ranks.items()}
    top1 = {model: sum(rank == 1 for rank in row) / len(row) for model, row in rows.items()}
    families = [query.family for query in chosen]
    return Subset(len(chosen), top1, compare(evalset.name, rows, families, labels=labels))


def smallest_dimensions(run: Run, name: str, labels: Labels | None = None) -> list[Said]:
    """For each model the smallest dimension of float32 from which on nothing was significantly worse than full.

    Single tests at 5 %, not corrected: where many dimensions were tried, one that is told worse may be so by chance.
    """
    names, specs = labels_of(run, labels), {spec.id: spec for spec in CATALOG}
    told = []
    for model in dict.fromkeys(str(item.get("model")) for item in sweeps(run, name)):
        rungs = [item for item in sweeps(run, name) if (item.get("model"), item.get("storage")) == (model, "float32")]
        rungs.sort(key=lambda item: float(item["dimensions"]), reverse=True)
        if len(rungs) < 2 or any(figure(item.get("p")) is None for item in rungs):
            continue
        worse = [item["p"] < ALPHA and item["top1"] < rungs[0]["top1"] for item in rungs]
        least = rungs[worse.index(True) - 1 if True in worse else -1]
        trained = model not in specs or specs[model].matryoshka
        told.append(
            said(
                "eval.sweep.smallest" if trained else "eval.sweep.smallest_untrained",
                model=names.get(model, model),
                dimensions=int(least["dimensions"]),
                full=int(rungs[0]["dimensions"]),
                top1=formats.percent(least["top1"]),
                full_top1=formats.percent(rungs[0]["top1"]),
            )
        )
    return told


def alerts(run: Run, words: Words) -> list[str]:
    """What is to be known of the run as a whole: that it was cut short, that it went on elsewhere."""
    cut_short = [] if run.get("complete", True) else [words["eval.report.incomplete"]]
    return [*cut_short, *([words["eval.report.resumed"]] if records(run, "resumed") else [])]


def warnings(found: Outcome, words: Words) -> list[str]:
    """The warnings of a result, in the language of ``words`` where it has a sentence for their code."""
    return [_sentence(item, str(item.get("message", "")), words) for item in records(found.record, "warnings")]


def failures(run: Run, words: Words, labels: Labels | None = None) -> dict[str, str]:
    """Why models failed, by what people call them, in the language of ``words`` where it can be said."""
    names, details = labels_of(run, labels), mapping(run.get("failure_details"))
    return {
        names[model]: _sentence(mapping(details.get(model)), str(message), words)
        for model, message in mapping(run.get("failures")).items()
    }


def _sentence(item: Mapping[str, Any], message: str, words: Words) -> str:
    """The sentence of an error or a notice by its code; ``message`` where there is none, or with other fields."""
    template = words.get(f"error.{item.get('code')}")
    try:
        return template.format(**mapping(item.get("values"))) if template else message
    except (KeyError, IndexError, ValueError):
        return message


def category_findings(run: Run, name: str, labels: Labels | None = None) -> list[Said]:
    """Pairs of models that a single category tells apart, after Benjamini-Hochberg over all of them; one sentence if
    there is none, none if nothing was compared."""
    names = labels_of(run, labels)
    cells = [item for item in records(run, "category_comparisons") if item.get("set") == name]
    told = [
        said(
            "eval.cell.better",
            category=item["category"],
            queries=item["queries"],
            a=names.get(item["a"] if item["difference"] > 0 else item["b"], item["a"]),
            b=names.get(item["b"] if item["difference"] > 0 else item["a"], item["b"]),
            points=formats.percent(abs(item["difference"])),
            q=formats.chance(item["q"]),
        )
        for item in cells
        if item["q"] < ALPHA
    ]
    return told if told or not cells else [said("eval.cell.none", count=len(cells))]


def languages_of(evalset: EvalSet) -> tuple[str, ...]:
    """The languages that the set's queries name, in the order in which they appear."""
    return tuple(dict.fromkeys(query.lang for query in evalset.queries if query.lang))


def chance_of(evalset: EvalSet) -> float:
    """Top-1 (0 … 1) of a model that guesses."""
    return sum(len(query.relevant) / len(query.candidates) for query in evalset.queries) / len(evalset.queries)


def _speaks(query: Query, languages: Sequence[str]) -> bool:
    tag = query.lang.casefold()
    return any(tag == one.casefold() or tag.startswith(f"{one.casefold()}-") for one in languages)


def _comparison(item: Mapping[str, Any], run: Run) -> Comparison:
    """The comparison as it was made; of an entry with the fields of the issue only, the rest as good as can be."""
    made = {field.name: item[field.name] for field in fields(Comparison) if item.get(field.name) is not None}
    sizes = [one.queries for one in outcomes(run, name=str(item.get("set")))]
    assumed: dict[str, Any] = {"set": "", "a": "", "b": "", "queries": max(sizes, default=0), "families": 0}
    assumed |= {"difference": 0.0, "p": 1.0, "p_holm": made.get("p", 1.0), "comparisons": 1, "mcnemar": 1.0}
    assumed |= {"discordant": 1.0, "detectable": None, "queries_needed": None}
    return Comparison(**(assumed | made))

"""The record of a run: plain data that becomes one JSON file. Begun, resumed, added to, concluded."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from eval import intervals, power, stats
from eval.environment import environment
from eval.outcomes import environment_of, environments
from eval.own import own_records
from eval.plan import RunPlan, owner_id
from eval.sets import EvalSet
from eval.trial import Outcome
from models.errors import InputError, LibraError

SCHEMA = 1

Run = dict[str, Any]


def begin(plan: RunPlan) -> Run:
    """An empty run of a checked plan."""
    now = datetime.now(UTC)
    return {
        "schema": SCHEMA,
        "id": f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}",
        "created": now.isoformat(timespec="seconds"),
        "owner": owner_id(plan.owner),
        "title": plan.title,
        "plan": plan.record(),
        "complete": False,
        "environment": environment(),
        "statistics": {
            "confidence": intervals.CONFIDENCE,
            "interval_resamples": intervals.RESAMPLES,
            "test_resamples": stats.RESAMPLES,
            "exact_families": stats.EXACT_FAMILIES,
            "alpha": power.ALPHA,
            "power": power.POWER,
            "seed": stats.SEED,
        },
        "sets": {
            item.name: {"sha256": item.sha256, "queries": len(item.queries), "source": item.source}
            for item in plan.sets
        },
        "own_sets": own_records(plan.sets),
        "results": [],
        "sweeps": [],
        "comparisons": [],
        "category_comparisons": [],
        "places": {},
        "failures": {},
        "failure_details": {},
    }


def resume(plan: RunPlan, earlier: Mapping[str, Any]) -> Run:
    """``earlier`` as it goes on: what it has stays, what failed is tried again.

    Raises:
        InputError: ``eval_resume``; it is a run of another plan, or of other sets.
    """
    run = copy.deepcopy(dict(earlier))
    run["owner"] = owner_id(plan.owner)  # never what a file says: it names a folder
    for name, value in plan.record().items():
        if run.get("plan", {}).get(name) != value:
            raise _differs(name, run.get("plan", {}).get(name), value)
    for item in plan.sets:
        if (known := run.get("sets", {}).get(item.name, {}).get("sha256")) != item.sha256:
            raise _differs(f"sha256 of {item.name}", known, item.sha256)
        _check_results(run, item)
    if environments(run)[-1] != (here := environment()):
        run.setdefault("resumed", []).append(
            {"created": datetime.now(UTC).isoformat(timespec="seconds"), "environment": here}
        )
    run["failures"], run["failure_details"], run["complete"] = {}, {}, False
    return run


def plan_again(run: Mapping[str, Any], sets: Mapping[str, EvalSet], owner: str = "") -> RunPlan:
    """The plan of a run, to resume or to conclude it.

    Args:
        sets: of the run, by name; see ``eval.own.sets_of``. owner: the secret, if the run has one.

    Raises:
        InputError: ``eval_resume_set``; a set is not among them.
    """
    before = run["plan"]
    for name in before["sets"]:
        if name not in sets:
            raise InputError(
                "eval_resume_set", "The set {set} of this run is not here, or has changed since.", set=name
            )
    return RunPlan(
        models=tuple(before["models"]),
        sets=tuple(sets[name] for name in before["sets"]),
        dimensions=tuple(before["dimensions"]),
        limit=before["limit"],
        speed=before["speed"],
        sweep=before["sweep"],
        title=str(run.get("title", "")),
        owner=owner,
    )


def _check_results(run: Run, eval_set: EvalSet) -> None:
    """Raises InputError for results that are not those of this set, as in a file that somebody has edited."""
    wanted = [query.id for query in eval_set.queries]
    for row in run["results"]:
        if row.get("set") == eval_set.name and list(row.get("ranks", ())) != wanted:
            raise InputError(
                "eval_resume_results",
                "The run to resume has results of {model} on {set} that are not those of its queries. Start a new run.",
                model=row.get("model"),
                set=eval_set.name,
            )


def _differs(name: str, before: object, now: object) -> InputError:
    return InputError(
        "eval_resume",
        "The run to resume has another plan: {name} was {before} and is {now} now. Ask for the same, or start anew.",
        name=name,
        before=before,
        now=now,
    )


def missing(run: Run, plan: RunPlan, model: str) -> list[EvalSet]:
    """The sets on which ``model`` has no result yet."""
    done = {item["set"] for item in run["results"] if item["model"] == model}
    return [item for item in plan.sets if item.name not in done]


def measured(run: Run, model: str) -> dict[str, Any] | None:
    """The speed of ``model`` as an earlier part of this run measured it here: that of another machine is not ours."""
    here = environments(run)[-1]
    return next(
        (
            item["speed"]
            for item in run["results"]
            if item["model"] == model and item["speed"] and environment_of(run, item) == here
        ),
        None,
    )


def add(run: Run, outcome: Outcome) -> None:
    """One model on one set is finished. Where the run has moved, the result says after which move it was made."""
    if run.get("resumed"):
        outcome.result["resumed"] = len(run["resumed"])
    run["results"].append(outcome.result)
    run["sweeps"] += outcome.sweeps


def fail(run: Run, model: str, error: LibraError) -> None:
    """A model could not do it. What it has finished stays."""
    run["failures"][model] = str(error)
    values = {name: value if isinstance(value, int | float) else str(value) for name, value in error.values.items()}
    run["failure_details"][model] = {"code": error.code, "values": values}


def conclude(run: Run, plan: RunPlan) -> None:
    """Put results in the order of the plan and compare the models on every set; what was there before is replaced.

    A run is complete when nothing is left to do: every model has all its results, or failed.
    """
    run["complete"] = all(model in run["failures"] or not missing(run, plan, model) for model in plan.models)
    sets = [item.name for item in plan.sets]
    for key in ("results", "sweeps"):  # the sort is stable: rungs stay in order
        run[key].sort(key=lambda item: (plan.models.index(item["model"]), sets.index(item["set"])))
    run["comparisons"], run["category_comparisons"], run["places"] = [], [], {}
    for item in plan.sets:
        rows = [row for row in run["results"] if row["set"] == item.name]
        if rows:
            _compare(run, item, rows)


def concluded(run: Mapping[str, Any], sets: Mapping[str, EvalSet]) -> Mapping[str, Any]:
    """A run that was cut short, with what it has compared: whoever ended it may have left it without a conclusion.

    ``run`` itself where it is complete, lacks one of its sets, or holds what its plan does not, as in a file that
    somebody has edited.

    Args:
        sets: of the run, by name; see ``eval.own.sets_of``.
    """
    if run.get("complete", True):
        return run
    made = copy.deepcopy(dict(run))
    try:
        conclude(made, plan_again(made, sets))
    except (InputError, AttributeError, KeyError, TypeError, ValueError):
        return run
    return made


def _compare(run: Run, eval_set: EvalSet, rows: list[dict[str, Any]]) -> None:
    ranks = {row["model"]: [row["ranks"][query.id] for query in eval_set.queries] for row in rows}
    families = [query.family for query in eval_set.queries]
    categories = [query.category for query in eval_set.queries]
    labels = {row["model"]: row["label"] for row in rows}
    found = stats.compare(eval_set.name, ranks, families, labels=labels)
    run["comparisons"] += [asdict(item) for item in found]
    places = stats.rank_intervals(list(ranks), found)
    run["places"][eval_set.name] = {model: list(place) for model, place in places.items()}
    if len(set(categories)) > 1:
        cells = stats.category_cells(ranks, families, categories)
        run["category_comparisons"] += [{"set": eval_set.name} | asdict(cell) for cell in cells]

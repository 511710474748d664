"""The card of the built-in sets: ``python -m eval.card RUN`` writes eval/data/README.md.

Every figure in it is computed: sizes, gates and hashes from the files, the models' from the run, which is made by

    python -m eval run --models libra-mini-encoder,libra-mini-decoder,bm25 \\
        --sets zh-hard,cross-lingual,mixed-language,code,instruction --speed off --no-sweep --json RUN

The words are in eval/sources/card.md; ``{gates}``, ``{sets}``, ``{figures}`` and ``{bias}`` stand for the tables.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from eval import bias, formats, gates
from eval.dataset import DATA, load, names
from eval.findings import matching
from eval.gate import shipped
from eval.outcomes import Run, outcomes
from eval.runfile import read_run
from eval.sets import EvalSet

TEMPLATE = Path(__file__).parent / "sources" / "card.md"
CARD = DATA / "README.md"


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, metavar="RUN")
    run = read_run(parser.parse_args(arguments).run)
    CARD.write_text(_sets(_of_today(run).values()), encoding="utf-8")  # the gates look for the hashes in the card
    CARD.write_text(card(run), encoding="utf-8")


def card(run: Run) -> str:
    """The whole card. Raises ValueError where the run is of other texts than the files of today."""
    sets = _of_today(run)
    words = TEMPLATE.read_text(encoding="utf-8")
    parts = {
        "sets": _sets(sets.values()),
        "gates": _gates(sets.values()),
        "figures": "\n\n".join(_figures(run, item) for item in sets.values()),
        "bias": _bias(run, sets),
    }
    for name, text in parts.items():
        words = words.replace(f"{{{name}}}", text)
    return words


def _of_today(run: Run) -> dict[str, EvalSet]:
    sets = {name: item for name, item in ((name, load(name)) for name in names()) if shipped(item)}
    stale = sorted(set(sets) - set(matching(run, sets)))
    if stale:
        raise ValueError(f"The run is of other texts than {', '.join(stale)}: run the sets again.")
    return sets


def _sets(sets: Iterable[EvalSet]) -> str:
    rows = [
        (
            f"`{item.name}`",
            str(len(item.queries)),
            str(len({query.family for query in item.queries})),
            str(len({query.category for query in item.queries})),
            f"`{item.canary}`",
            f"`{item.sha256}`",
        )
        for item in sets
    ]
    return _table(("set", "queries", "families", "categories", "canary", "SHA-256"), rows)


def _gates(sets: Iterable[EvalSet]) -> str:
    found = {item.name: {gate.name: gate for gate in gates.check(item)} for item in sets}
    every = dict.fromkeys(name for gates_of in found.values() for name in gates_of)
    rows = []
    for name in every:
        cells = [gates_of.get(name) for gates_of in found.values()]
        rows.append((name, *("–" if gate is None else _cell(gate.value, gate.passed) for gate in cells)))
    return _table(("gate", *(f"`{name}`" for name in found)), rows)


def _cell(value: str, passed: bool) -> str:
    return value.replace("|", "/") if passed else f"**failed**: {value}"


def _figures(run: Run, item: EvalSet) -> str:
    found = outcomes(run, None, item.name)
    rows = [
        (
            "all",
            str(len(item.queries)),
            *(f"{formats.percent(one.top1)} ({formats.span(one.low, one.high)})" for one in found),
        )
    ]
    if item.name != bias.NAME:
        rows += [
            (
                category,
                str(found[0].categories[category].queries),
                *(formats.percent(one.categories[category].top1) for one in found),
            )
            for category in dict.fromkeys(query.category for query in item.queries)
        ]
    return f"### {item.name}\n\n" + _table(("Top-1, %", "queries", *(one.label for one in found)), rows)


def _bias(run: Run, sets: dict[str, EvalSet]) -> str:
    found = bias.biases(run, sets)
    return _table(
        ("", *(one.label for one in found)),
        [("own language first, %", *(formats.percent(one.share()) for one in found))],
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


if __name__ == "__main__":
    main()

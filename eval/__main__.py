"""The benchmark without a page, for a terminal, a CI or a paper.

    python -m eval run --models libra-mini-encoder,bm25 --sets zh-hard --json run.json --html run.html
    python -m eval list
    python -m eval compare before.json after.json
    python -m eval check my-queries.csv        (without a name: every built-in set)
    python -m eval mteb --models libra-mini-encoder --tasks STS12

A set is the name of a built-in one, a file (JSON lines, CSV, TSV) or a BEIR folder. Exit status: 0 all is well; 1 a
measure is below --fail-below, or a gate failed; 2 the input cannot be used; 3 a model failed, the others finished;
130 stopped: what was finished is in the --json file, and --resume goes on from there.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from eval import commands
from eval.plan import SPEEDS
from models.errors import LibraError


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="python -m eval", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = top.add_subparsers(required=True, metavar="command")
    _add_run(parts.add_parser("run", help="run models over sets"))
    part = parts.add_parser("list", help="models and sets")
    _add_config(part)
    part.set_defaults(command=commands.show_list)
    part = parts.add_parser("compare", help="two runs side by side")
    part.add_argument("first", type=Path, metavar="RUN", help="the JSON file of a run")
    part.add_argument("second", type=Path, metavar="RUN")
    part.set_defaults(command=commands.compare)
    part = parts.add_parser("check", help="does this set pass the gates?")
    part.add_argument("set", metavar="SET", nargs="?", help="default: every built-in one")
    part.add_argument("--top", type=int, help="of a BEIR folder: candidates from top_ranked.jsonl")
    part.set_defaults(command=commands.check)
    part = parts.add_parser("mteb", help="tasks of mteb (pip install -r requirements-mteb.txt)")
    part.add_argument("--models", nargs="+", required=True, metavar="MODEL")
    part.add_argument("--tasks", nargs="+", required=True, metavar="TASK")
    part.add_argument("--out", type=Path, help="folder for mteb's own result files")
    _add_config(part)
    part.set_defaults(command=commands.mteb)
    return top


def _add_run(part: argparse.ArgumentParser) -> None:
    part.add_argument("--models", nargs="+", metavar="MODEL", help="ids, with commas or spaces between")
    part.add_argument("--sets", nargs="+", metavar="SET", help="names, files or BEIR folders")
    part.add_argument("--dims", nargs="+", metavar="D", help="dimensions of the sweep (default: 32, 48, 64, … full)")
    part.add_argument("--limit", type=int, metavar="N", help="of each set N queries, from all categories in turn")
    part.add_argument("--top", type=int, metavar="N", help="of BEIR folders: N candidates from top_ranked.jsonl")
    part.add_argument("--json", type=Path, metavar="F", help="write the run there, after each model and set")
    part.add_argument("--html", type=Path, metavar="F", help="write a report there")
    part.add_argument("--speed", choices=SPEEDS, help=f"what to measure (default: {SPEEDS[0]})")
    part.add_argument("--no-sweep", action="store_true", help="full dimension in float32 only")
    part.add_argument("--resume", type=Path, metavar="F", help="go on with the run in this file")
    part.add_argument("--title", default="", help="what the run is called")
    part.add_argument(
        "--fail-below", action="append", default=[], metavar="M=X", help="exit with 1 where a model is below: top1=0.8"
    )
    _add_config(part)
    part.set_defaults(command=commands.run)


def _add_config(part: argparse.ArgumentParser) -> None:
    part.add_argument("--config", type=Path, help="a TOML file: models, devices, memory, limits (see README)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s %(levelname)s %(message)s")
    options = parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except LibraError as error:
        print(f"eval: {error}", file=sys.stderr)
        return commands.BAD_INPUT
    except KeyboardInterrupt:
        return commands.STOPPED


if __name__ == "__main__":
    sys.exit(main())

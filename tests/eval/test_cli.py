"""The command line: what it prints, what it writes, how it exits."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import types
from pathlib import Path
from typing import Any

import pytest

from eval import commands
from eval.__main__ import main
from eval.console import Bars, Lines, progress, table
from eval.dataset import template
from eval.events import Step, Trouble
from eval.gate import Gate
from eval.own import query_record
from eval.runfile import read_run
from models.errors import ModelError
from tests.eval.samples import WORDY, Broken, FakeBench, Recorder, bench_with, made, sample

ROOT = Path(__file__).resolve().parent.parent.parent
OK, BELOW, BAD_INPUT, FAILED, STOPPED = 0, 1, 2, 3, 130


@pytest.fixture
def small(tmp_path: Path) -> str:
    """A set of eight queries as a file."""
    path = tmp_path / "small.jsonl"
    path.write_text("\n".join(json.dumps(query_record(one)) for one in sample().queries), encoding="utf-8")
    return str(path)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> FakeBench:
    """The command line works with fakes: a and b are well, broken gives NaN."""
    made = bench_with({"a": Recorder, "b": Recorder, "broken": Broken}, WORDY)
    monkeypatch.setattr(commands, "Workbench", lambda _: made)
    monkeypatch.setattr(made, "close", lambda: None)
    return made


def run(*arguments: str) -> int:
    return main(["run", "--speed", "off", *arguments])


def test_a_run_prints_a_table_and_writes_the_file(
    bench: FakeBench, small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.json"
    assert run("--models", "a,b", "words", "--sets", small, "--json", str(path), "--title", "mine") == OK
    said = capsys.readouterr()
    assert "small (own, 8 queries)" in said.out
    assert [line.split()[0] for line in said.out.splitlines()[1:5]] == ["model", "a", "b", "words"]
    assert "On these 8 queries" in said.out
    assert "a small encode" in said.err  # plain lines: nobody looks at a terminal
    record = read_run(path)
    assert [row["model"] for row in record["results"]] == ["a", "b", "words"]
    assert record["title"] == "mine"
    assert record["complete"]


def test_dimensions_limit_and_no_sweep(bench: FakeBench, small: str, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    assert run("--models", "a", "--sets", small, "--json", str(path), "--dims", "16,32", "--limit", "3") == OK
    record = read_run(path)
    assert sorted({item["dimensions"] for item in record["sweeps"]}) == [16, 32, 64]
    assert record["results"][0]["queries"] == 3
    assert run("--models", "a", "--sets", small, "--json", str(path), "--no-sweep") == OK
    assert read_run(path)["sweeps"] == []


@pytest.mark.parametrize(("bar", "status"), [("top1=0", OK), ("mrr=1", BELOW), ("top5=1", OK)])
def test_a_bar_for_a_ci(
    bench: FakeBench, small: str, bar: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--models", "words", "a", "--sets", small, "--fail-below", "top1=0", "--fail-below", bar) == status
    assert ("is below" in capsys.readouterr().out) == (status == BELOW)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--models", "zz", "--sets", "SMALL"], 'no model "zz"'),
        (["--models", "a", "--sets", "no-such-set"], 'no set "no-such-set"'),
        (["--models", "a"], "No set of queries is chosen"),
        (["--sets", "SMALL"], "No model is chosen"),
        (["--models", "a", "--sets", "SMALL", "--dims", "x"], '"x" is no whole number'),
        (["--models", "a", "--sets", "SMALL", "--dims", "0"], "0 dimensions"),
        (["--models", "a", "--sets", "SMALL", "--limit", "0"], "A limit of 0"),
        (["--models", "a", "--sets", "SMALL", "--fail-below", "top1"], '"top1" is no bar'),
        (["--models", "a", "--sets", "SMALL", "--fail-below", "top1=80"], '"top1=80" is no bar'),
        (["--models", "a", "--sets", "SMALL", "--fail-below", "top2=0.5"], '"top2=0.5" is no bar'),
        (["--models", "a", "--sets", "SMALL", "--json", "/no/such/folder/x.json"], "cannot be written"),
        (["--models", "a", "--sets", "SMALL", "--html", "/no/such/folder/x.html"], "cannot be written"),
        (["--resume", "/no/such/run.json"], "cannot be read"),
    ],
)
def test_bad_input_is_a_sentence_and_2(
    bench: FakeBench, small: str, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*[small if word == "SMALL" else word for word in arguments]) == BAD_INPUT
    assert said in capsys.readouterr().err
    assert bench.made == {}


def test_a_model_that_fails_is_3_and_the_others_are_there(
    bench: FakeBench, small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.json"
    arguments = ["--models", "broken", "a", "--sets", small, "--json", str(path), "--fail-below", "mrr=1"]
    assert run(*arguments) == FAILED
    assert "broken failed: BROKEN gave numbers that are none" in capsys.readouterr().out
    assert [row["model"] for row in read_run(path)["results"]] == ["a"]


def test_ctrl_c_stops_and_resume_goes_on(bench: FakeBench, small: str, tmp_path: Path) -> None:
    class Interrupted(Recorder):
        def encode(self, *_: Any) -> Any:
            os.kill(os.getpid(), signal.SIGINT)
            while True:  # until the signal has arrived
                _[-1](0, 1)
                time.sleep(0.01)

    path = tmp_path / "out.json"
    stopping = bench_with({"a": Recorder, "b": Interrupted})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "Workbench", lambda _: stopping)
        before = signal.getsignal(signal.SIGINT)
        assert run("--models", "a,b", "--sets", small, "--json", str(path)) == STOPPED
        assert signal.getsignal(signal.SIGINT) is before
    assert [row["model"] for row in read_run(path)["results"]] == ["a"]
    assert not read_run(path)["complete"]
    assert main(["run", "--resume", str(path)]) == OK  # models, sets, speed as they were
    record = read_run(path)
    assert [row["model"] for row in record["results"]] == ["a", "b"]
    assert record["complete"]
    assert "a" not in bench.made
    assert made(bench, "b")


def test_another_plan_cannot_resume(
    bench: FakeBench, small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.json"
    run("--models", "a", "--sets", small, "--json", str(path))
    assert run("--resume", str(path), "--models", "a,b") == BAD_INPUT
    assert "models was ['a'] and is ['a', 'b'] now" in capsys.readouterr().err


def test_a_report_where_one_is_asked_for(
    bench: FakeBench, small: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def html(run: dict[str, Any], sets: dict[str, Any]) -> str:
        return f"{len(run['results'])} 行 {list(sets)}"

    monkeypatch.setitem(sys.modules, "eval.report", types.SimpleNamespace(html=html))
    path = tmp_path / "out.html"
    assert run("--models", "a", "--sets", small, "--html", str(path)) == OK
    assert path.read_text(encoding="utf-8") == "1 行 ['small']"


def test_list_shows_models_and_sets(bench: FakeBench, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == OK
    said = capsys.readouterr().out
    assert {"a", "words"} <= {line.split()[0] for line in said.splitlines() if line}
    assert "queries" in said


def test_compare_two_runs(bench: FakeBench, small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = (str(tmp_path / name) for name in ("one.json", "two.json"))
    for path in (one, two):
        run("--models", "a", "--sets", small, "--json", path)
    capsys.readouterr()
    assert main(["compare", one, two]) == OK
    line = capsys.readouterr().out.splitlines()[1].split()
    assert line[:3] == ["a", "small", "8"]
    assert line[-4:] == ["0.0", "1", "0", "–"]  # points, p, ranks moved, speed
    assert main(["compare", one, str(tmp_path / "none.json")]) == BAD_INPUT


def test_check_a_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(template(), encoding="utf-8", newline="")
    bad.write_text("query,gold,candidate\nx,,y\n", encoding="utf-8")
    assert main(["check", str(good)]) == OK
    assert "good: 3 queries in form" in capsys.readouterr().out
    assert main(["check", str(bad)]) == BAD_INPUT
    assert "Line 2 of bad" in capsys.readouterr().err


@pytest.mark.parametrize(("passed", "status"), [(True, OK), (False, BELOW)])
def test_check_says_what_each_gate_found(
    tmp_path: Path, passed: bool, status: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eval.gates.check", lambda _: [Gate("lexical", "9 %", "≤ 15 %", passed)])
    path = tmp_path / "good.csv"
    path.write_text(template(), encoding="utf-8", newline="")
    assert main(["check", str(path)]) == status
    line = capsys.readouterr().out.rstrip().splitlines()[-1]
    assert line.split() == ["lexical", "9", "%", "≤", "15", "%", "ok" if passed else "FAILED"]


def test_check_without_a_name_checks_every_built_in_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "names", lambda: ["code", "instruction"])
    monkeypatch.setattr("eval.gates.check", lambda item: [Gate("one", "1", "1", item.name == "instruction")])
    assert main(["check"]) == BELOW
    said = capsys.readouterr().out
    assert "code: 120 queries" in said
    assert "instruction: 120 queries" in said


def test_lines_are_few_and_say_what_matters() -> None:
    stream = io.StringIO()
    lines = progress(stream)
    assert isinstance(lines, Lines)
    for done in range(5):
        lines.show(Step("a", "s", "encode", done, 4, 12.4 if done else None))
    lines.show(Trouble("a", ModelError("x", "It broke.")))
    lines.close()
    assert stream.getvalue().splitlines() == ["a s encode 0/4", "a failed: It broke."]


def test_bars_on_a_terminal() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    bars = progress(stream)
    assert isinstance(bars, Bars)
    bars.show(Step("a", "s", "encode", 1, 4, None))
    bars.show(Step("a", "s", "encode", 4, 4, None))
    bars.show(Trouble("a", ModelError("x", "It broke.")))
    bars.close()
    assert "a s encode" in stream.getvalue()
    assert "4/4" in stream.getvalue()
    assert "a failed: It broke." in stream.getvalue()


def test_a_table_is_aligned() -> None:
    assert table(("model", "n"), [("a", "1"), ("longer", "10")]) == "model    n\na        1\nlonger  10"


def test_from_the_shell_with_a_real_model(small: str, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    command = [sys.executable, "-m", "eval", "run", "--models", "bm25", "--sets", small, "--json", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == OK, done.stderr
    (row,) = read_run(path)["results"]
    assert row["model"] == "bm25"
    assert row["metrics"]["top1"] == 0.75  # a query repeats its gold, or misleads
    assert (row["speed"], row["memory"], row["dimensions"]) == (None, None, None)
    assert "bm25 on small: Top-1 75.0" in done.stderr


def test_help_tells_the_exit_status() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "eval", "--help"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    assert "130 stopped" in done.stdout

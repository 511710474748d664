"""One direction, no way back: what stands left in the list never imports what stands right of it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# design: spec, errors, vectors ← encoder, catalog, settings, device, hub ← adapters ← loader ← pool, cache
# ← workbench ← eval ← ui ← app. A module that is not listed fails the test: a newcomer has to find its place.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("models.errors", "models.spec"),
    ("models.vectors", "models.ranking", "models.encoder", "models.catalog"),
    ("models.settings", "models.gpus", "models.ram"),
    ("models.device", "models.hub*"),
    ("models.reading", "models.modules", "models.checkpoint"),
    ("models.dense", "models.lexical"),
    ("models.loader",),
    ("models.cache", "models.slot"),
    ("models.budget",),
    ("models.memory", "models.lease"),
    ("models.status",),
    ("models.loading",),
    ("models.pool",),
    ("models.request", "models.events", "models.background", "models.collisions"),
    ("models.resources",),
    ("models.job",),
    ("models.workbench",),
    ("models", "eval", "ui"),
    ("eval.limits", "eval.sets", "eval.folding", "eval.lines"),
    ("eval.checks",),
    ("eval.judging",),
    ("eval.records", "eval.rows", "eval.corpus", "eval.long"),
    ("eval.tables", "eval.beir"),
    ("eval.dataset", "eval.ngrams"),
    ("eval.balanced",),
    ("eval.assemble",),
    ("eval.families",),
    ("eval.power", "eval.intervals"),
    ("eval.verdicts",),
    ("eval.stats",),
    ("eval.calibration",),
    ("eval.markup", "eval.formats", "eval.pareto", "eval.histograms", "eval.style"),
    ("eval.words", "eval.outcomes", "eval.svg"),
    ("eval.findings", "eval.published", "eval.queries", "eval.thresholds", "eval.figures"),
    ("eval.conclusions", "eval.needs", "eval.sheets"),
    ("eval.options", "eval.charts", "eval.long_grid", "eval.bias"),
    ("eval.recommend", "eval.answers", "eval.probes"),
    ("eval.html",),
    ("eval.report",),
    ("eval.metrics",),
    ("eval.events", "eval.plan", "eval.layout", "eval.meters", "eval.texts", "eval.environment"),
    ("eval.own", "eval.scoring", "eval.sampler", "eval.speed"),
    ("eval.judge", "eval.storage", "eval.reporter"),
    ("eval.sweep", "eval.encode", "eval.results"),
    ("eval.trial",),
    ("eval.ledger",),
    ("eval.worker", "eval.runfile", "eval.versus"),
    ("eval.benchmark", "eval.runs", "eval.console", "eval.mteb_bridge"),
    ("eval.gate", "eval.wordless"),
    ("eval.construction", "eval.fair", "eval.hygiene", "eval.evidence"),
    ("eval.gates",),
    ("eval.arguments",),
    ("eval.commands", "eval.card"),
    ("eval.__main__",),
    ("ui.language", "ui.text", "ui.set_examples", "ui.examples"),
    ("ui.payload",),
    ("ui.service",),
    ("ui.view", "ui.theme", "ui.sets", "ui.api", "ui.similarity", "ui.model_shelf", "ui.runs"),
    ("ui.compare", "ui.benchmark.categories", "ui.benchmark.live", "ui.benchmark.markup"),
    ("ui.benchmark.archive",),
    ("ui.benchmark.report", "ui.benchmark.data", "ui.benchmark.runs", "ui.benchmark.sets"),
    ("ui.benchmark.advice", "ui.benchmark.form", "ui.benchmark.history"),
    ("ui.benchmark.results",),
    ("ui.benchmark", "ui.benchmark.tab"),
    ("ui.page",),
    ("app",),
)
ROOMS = ("models", "eval", "ui", "ui.benchmark")
HEAVY = {"torch", "transformers", "sentence_transformers", "pandas", "plotly", "huggingface_hub", "gradio", "sklearn"}
HEAVY |= {"scipy", "statsmodels", "mteb"}


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources() -> dict[str, Path]:
    paths = [ROOT / "app.py", *(path for room in ROOMS for path in (ROOT / room.replace(".", "/")).glob("*.py"))]
    return {module_of(path): path for path in paths}


def layer_of(module: str) -> int:
    for index, layer in enumerate(LAYERS):
        for name in layer:
            if module == name or (name.endswith("*") and module.startswith(name[:-1])):
                return index
    raise AssertionError(f"{module} has no place among the layers: give it one in {Path(__file__).name}")


def imports(path: Path, *, late: bool) -> set[str]:
    """Names imported by a file; with ``late``, those inside functions too. What is for types only does not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if (isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING")
        or (not late and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))
        for inner in ast.walk(node)
        if inner is not node
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("module", sorted(sources()))
def test_a_module_imports_only_from_its_left(module: str) -> None:
    mine = layer_of(module)
    known = sources()
    for name in imports(known[module], late=True):
        if name in known and name != module and name not in ROOMS:
            assert layer_of(name) <= mine, f"{module} imports {name}, which stands right of it"


@pytest.mark.parametrize("module", sorted(name for name in sources() if name.startswith("models")))
def test_models_know_no_page_and_no_plots(module: str) -> None:
    tops = {name.split(".")[0] for name in imports(sources()[module], late=True)}
    assert not tops & {"gradio", "plotly", "ui", "eval", "app"}


@pytest.mark.parametrize("module", sorted(name for name in sources() if name.startswith("eval")))
def test_eval_knows_no_page(module: str) -> None:
    tops = {name.split(".")[0] for name in imports(sources()[module], late=True)}
    assert not tops & {"gradio", "ui", "app"}


def test_only_the_loader_imports_the_adapters() -> None:
    for module, path in sources().items():
        if module != "models.loader":
            adapters = imports(path, late=True) & {"models.dense", "models.lexical"}
            assert not adapters, f"{module} imports {adapters}"


def test_importing_models_and_eval_imports_nothing_heavy() -> None:
    code = f"import sys, models, eval.dataset, eval.benchmark, eval.runs; print(sorted(set(sys.modules) & {HEAVY!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_app_is_short() -> None:
    assert len((ROOT / "app.py").read_text(encoding="utf-8").splitlines()) < 150

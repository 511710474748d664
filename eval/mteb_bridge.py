"""Models of the catalog in mteb (https://github.com/embeddings-benchmark/mteb), through mteb's own ``evaluate``.

Optional: pip install -r requirements-mteb.txt. Nothing else imports this file.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eval.dataset import load, names
from eval.layout import lay_out
from eval.sets import EvalSet
from models import Workbench
from models.catalog import find
from models.errors import InputError, LibraError
from models.spec import Kind, ModelSpec, Role
from models.vectors import Floats

MAIN_SCORE = "hit_rate_at_1"  # what is called Top-1 here


class MtebEncoder:
    """A dense model as mteb's ``EncoderProtocol`` wants it; vectors come through the workbench and its cache.

    A text on neither side (``prompt_type`` None: STS, classification) is encoded as a query, as the authors of E5 and
    of Qwen3-Embedding have it. A task's own instruction replaces the query prompt of models that take one.
    """

    def __init__(self, bench: Workbench, spec: ModelSpec) -> None:
        self.bench, self.spec = bench, spec

    @property
    def mteb_model_meta(self) -> Any:
        """What mteb files results under."""
        from mteb.models import ModelMeta

        spec = self.spec
        identity = self.bench.resources.identities.get(spec.id)
        known = {
            "name": spec.source if spec.source.count("/") == 1 and not spec.local else f"libra/{spec.id}",
            "revision": identity.revision if identity else spec.revision,
            "n_parameters": spec.parameters or None,
            "max_tokens": min(spec.max_tokens, self.bench.settings.limits.tokens),
            "embed_dim": spec.dimensions,
            "similarity_fn_name": "cosine",
            "use_instructions": spec.instruction_template is not None,
        }
        return ModelMeta.create_empty({name: value for name, value in known.items() if value is not None})

    def encode(
        self,
        inputs: Iterable[Mapping[str, Any]],
        *,
        task_metadata: Any,
        hf_split: str,
        hf_subset: str,
        prompt_type: Any = None,
        **_: Any,
    ) -> Floats:
        """Vectors float32 (n, d) of the texts in a DataLoader of mteb; the batches are the encoder's own."""
        texts = [str(text) for batch in inputs for text in batch["text"]]
        role = Role.DOCUMENT if prompt_type is not None and str(prompt_type.value) == "document" else Role.QUERY
        return self.bench.vectors(self.spec.id, texts, role, self._instruction(task_metadata, role))

    def similarity(self, embeddings1: Any, embeddings2: Any) -> Any:
        """Cosines (n, m), by mteb's own function."""
        from mteb.similarity_functions import cos_sim

        return cos_sim(np.asarray(embeddings1), np.asarray(embeddings2))

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> Any:
        """Cosines (n,) of pairs, by mteb's own function."""
        from mteb.similarity_functions import pairwise_cos_sim

        return pairwise_cos_sim(np.asarray(embeddings1), np.asarray(embeddings2))

    def _instruction(self, task_metadata: Any, role: Role) -> str | None:
        prompt = getattr(task_metadata, "prompt", None)
        if isinstance(prompt, Mapping):
            prompt = prompt.get(str(role))
        return prompt if isinstance(prompt, str) and prompt and self.spec.instruction_template is not None else None


def task_of(eval_set: EvalSet) -> Any:
    """A set as a task of mteb: each query ranks its own candidates. mteb breaks ties by the document's id."""
    from datasets import Dataset
    from mteb.abstasks.retrieval import AbsTaskRetrieval
    from mteb.abstasks.task_metadata import TaskMetadata

    layout = lay_out(eval_set, instructions=False)
    row_of = {text: f"d{row}" for row, text in enumerate(layout.texts)}
    data = {
        "corpus": Dataset.from_list([{"id": key, "title": "", "text": text} for text, key in row_of.items()]),
        "queries": Dataset.from_list([{"id": query.id, "text": query.text} for query in eval_set.queries]),
        "relevant_docs": {
            query.id: {
                row_of[item.text]: query.relevant[item.id] for item in query.candidates if item.id in query.relevant
            }
            for query in eval_set.queries
        },
        "top_ranked": {query.id: [row_of[item.text] for item in query.candidates] for query in eval_set.queries},
    }

    class SetTask(AbsTaskRetrieval):  # type: ignore[misc]  # mteb is optional: mypy sees Any
        metadata = TaskMetadata(
            name=eval_set.name,
            description=f"The set {eval_set.name} of Libra.",
            dataset={"path": f"libra/{eval_set.name}", "revision": eval_set.sha256},
            type="Reranking",
            eval_splits=["test"],
            eval_langs=["zho-Hans"],
            main_score=MAIN_SCORE,
        )

        def load_data(self, *_args: Any, **_options: Any) -> None:
            self.dataset = {"default": {"test": dict(data)}}
            self.data_loaded = True

    return SetTask()


def evaluate(
    bench: Workbench, model: str, tasks: Sequence[str], out: Path | None = None
) -> Iterator[tuple[str, float]]:
    """(task, main score) of each task, as mteb computes it.

    Args:
        tasks: names of mteb's tasks, which it downloads, or of built-in sets. out: folder for mteb's result files.

    Raises:
        InputError: mteb is not installed, a task is unknown or cannot be had, the model has no vectors.
        LibraError: whatever made the model fail.
    """
    if importlib.util.find_spec("mteb") is None:
        raise InputError("mteb_missing", "mteb is not installed. Run: pip install -r requirements-mteb.txt")
    spec = find(model, bench.settings.catalog)
    if spec.kind is not Kind.DENSE:
        raise InputError("no_vectors", "{model} has no vectors.", model=spec.label)
    return _evaluate(MtebEncoder(bench, spec), [_task(name) for name in tasks], out)


def _evaluate(encoder: MtebEncoder, tasks: Sequence[Any], out: Path | None) -> Iterator[tuple[str, float]]:
    import mteb

    encoder.bench.load(encoder.spec.id)  # its revision is known from then on
    cache = None if out is None else mteb.ResultCache(out)
    for task in tasks:
        name = task.metadata.name
        try:
            found = mteb.evaluate(encoder, task, cache=cache, co2_tracker=False, show_progress_bar=False)
        except LibraError:
            raise
        except Exception as error:
            raise InputError("mteb_task", "{task} could not be run: {reason}.", task=name, reason=str(error)) from error
        yield name, float(found.task_results[0].get_score())


def _task(name: str) -> Any:
    import mteb

    if name in names():
        return task_of(load(name))
    try:
        return mteb.get_task(name)
    except KeyError as error:
        raise InputError(
            "mteb_task_unknown", 'There is no task "{task}". {reason}', task=name, reason=error.args[0]
        ) from error

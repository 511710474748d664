"""Opens a sentence-transformers folder: quietly, with progress, and never with weights made up.

Libraries underneath print bars, warn where an error is due, and patch torch while they load; all of it is dealt with
here, so that the rest sees a model or one sentence.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.encoder import OnStage
from models.errors import LibraError, MemoryExhaustedError, ModelError
from models.spec import ModelSpec

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# transformers sets torch's default dtype and swaps its initialisers while it loads: one load at a time.
_LOADING = threading.Lock()
_POLL_SECONDS = 0.1  # how soon a load that waits for another sees a stop
_REASON = 200  # characters of a foreign error that are shown


def open_checkpoint(
    spec: ModelSpec, folder: Path, *, device: str, dtype: str, on_progress: OnStage | None = None
) -> SentenceTransformer:
    """Load ``folder`` onto ``device`` in ``dtype``; code of the repository is never run, the hub never asked.

    Raises:
        ModelError: ``load_failed``; files that are damaged, missing or of another architecture.
        MemoryExhaustedError: the device has no room.
        Cancelled: when ``on_progress`` raises it; it is called for every tensor.
    """
    report = on_progress or _ignore
    report("load", 0, 0)
    with _alone(report):
        try:
            return _open(spec, folder, device, dtype, report)
        except LibraError:
            raise
        except Exception as error:
            if is_out_of_memory(error):
                raise out_of_memory(spec, device) from error
            raise ModelError(
                "load_failed",
                "{model} could not be loaded from {folder}: {reason}. "
                "Fetch its files again, or check that they are a sentence-transformers model.",
                model=spec.label,
                folder=folder,
                reason=reason(error),
            ) from error


def _open(spec: ModelSpec, folder: Path, device: str, dtype: str, report: OnStage) -> SentenceTransformer:
    if not folder.is_dir():
        raise FileNotFoundError("the folder is not there")  # else it would be looked for on the hub
    import torch
    from sentence_transformers import SentenceTransformer

    with _bars_become(report), _load_report() as missing:
        model = SentenceTransformer(
            str(folder),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"dtype": getattr(torch, dtype)},
        )
    # Small modules behind the transformer (Dense, …) come in a dtype of their own. The transformer is left alone: it
    # keeps some buffers in float32 whatever its weights are, the frequencies of its positions for one.
    for module in list(model)[1:]:
        module.to(getattr(torch, dtype))
    model.eval()
    # Poolers are never read: sentence-transformers takes the token vectors. Many checkpoints lack them.
    lost = sorted(key for key in missing if "pooler." not in key)
    if lost:
        raise ValueError(f"{len(lost)} of its weights are not in the files, {lost[0]} for one")
    return model


@contextmanager
def _alone(report: OnStage) -> Iterator[None]:
    while not _LOADING.acquire(timeout=_POLL_SECONDS):
        report("load", 0, 0)
    try:
        yield
    finally:
        _LOADING.release()


@contextmanager
def _bars_become(report: OnStage) -> Iterator[None]:
    """transformers' progress bars, turned into calls of ``report``; what it raises ends the load."""
    from transformers.utils import logging

    def bar(_factory: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Bar:
        return _Bar(args[0] if args else kwargs.get("iterable", ()), kwargs.get("total"), report)

    before = logging.set_tqdm_hook(bar)
    try:
        yield
    finally:
        logging.set_tqdm_hook(before)


class _Bar:
    """What transformers needs of a tqdm bar."""

    def __init__(self, items: Iterable[Any], total: int | None, report: OnStage) -> None:
        self.items, self.report, self.done = items, report, 0
        self.total = total if total is not None else len(items) if isinstance(items, Sized) else 0

    def __iter__(self) -> Iterator[Any]:
        for item in self.items:
            yield item
            self.update()

    def update(self, count: int = 1) -> None:
        self.done += count
        self.report("load", self.done, self.total)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return _ignore  # close, set_description, refresh, …


@contextmanager
def _load_report() -> Iterator[set[str]]:
    """Yields a set that fills with the names of weights that the files lack.

    transformers makes such weights up at random and prints a table; its only structured form is the argument of the
    function that prints. A test of a checkpoint with a missing weight watches that this still holds.
    """
    from transformers import modeling_utils

    module: Any = modeling_utils  # the name is imported there, not exported
    missing: set[str] = set()
    before = module.log_state_dict_report

    def collect(*, loading_info: Any, **_rest: Any) -> None:
        missing.update(loading_info.missing_keys)
        wrong = sorted(key for key, *_ in loading_info.mismatched_keys)
        if wrong:
            raise ValueError(f"{len(wrong)} of its weights have another shape than its configuration says, {wrong[0]}")
        for message in [*loading_info.error_msgs, *loading_info.conversion_errors.values()]:
            raise ValueError(message)

    module.log_state_dict_report = collect
    try:
        yield missing
    finally:
        module.log_state_dict_report = before


def is_out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` is how torch says that RAM or VRAM is used up."""
    signs = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in signs)
    )


def out_of_memory(spec: ModelSpec, device: str) -> MemoryExhaustedError:
    """The sentence for it."""
    return MemoryExhaustedError(
        "memory_exhausted",
        "{model} ran out of memory on {device}. Unload another model, or send shorter texts.",
        model=spec.label,
        device=device,
    )


def reason(error: BaseException) -> str:
    """The first line of a foreign error, without its full stop, short enough for a sentence."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = " ".join(lines[0].split())
    return (line if len(line) <= _REASON else line[: _REASON - 1] + "…").rstrip(".:")


def _ignore(*_args: object, **_kwargs: object) -> None:
    pass

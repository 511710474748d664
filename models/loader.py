"""From a catalog row to a model that answers: the only file that knows the adapters; it imports the one needed."""

from __future__ import annotations

from models.encoder import Model, OnStage
from models.settings import Settings
from models.spec import Kind, ModelSpec


def load(spec: ModelSpec, *, device: str, settings: Settings, on_progress: OnStage | None = None) -> Model:
    """Fetch the files of ``spec`` if they are not here, and load it onto ``device``.

    Raises:
        HubError: the files cannot be had.
        ModelError: they cannot be loaded, or are not what the row says.
        Cancelled: when ``on_progress`` raises it.
    """
    match spec.kind:
        case Kind.BM25:
            return _bm25(spec)
        case Kind.DENSE:
            return _dense(spec, device, settings, on_progress)


def _bm25(spec: ModelSpec) -> Model:
    from models.lexical import BM25

    return BM25(spec)


def _dense(spec: ModelSpec, device: str, settings: Settings, on_progress: OnStage | None) -> Model:
    from models.dense import load_dense
    from models.device import dtype_for
    from models.hub import fetch

    snapshot = fetch(spec, offline=settings.offline, on_progress=on_progress)
    return load_dense(
        spec,
        snapshot.path,
        revision=snapshot.revision,
        device=device,
        dtype=dtype_for(spec, device),
        max_tokens=min(spec.max_tokens, settings.limits.tokens),
        on_progress=on_progress,
    )

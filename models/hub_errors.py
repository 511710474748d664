"""What can go wrong on the way to a model's files, each as a sentence with its cure."""

from __future__ import annotations

import errno
import re
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import HubError
from models.hub_transfer import CorruptError, CutError
from models.spec import ModelSpec

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

GB = 1e9


def folder_error(spec: ModelSpec, folder: Path) -> HubError:
    """A local model whose folder is not there."""
    return HubError(
        "hub_folder_missing",
        "{model} should lie in the folder {path}, which does not exist. Put the model there, or correct the path.",
        model=spec.label,
        path=folder,
    )


def incomplete_error(spec: ModelSpec, folder: Path, missing: list[str]) -> HubError:
    """A local model with files missing."""
    return HubError(
        "hub_folder_incomplete",
        "The folder {path} of {model} lacks {files}. Copy the whole model there; after a git clone, run git lfs pull.",
        model=spec.label,
        path=folder,
        files=_some(missing),
    )


def offline_mode_error(spec: ModelSpec, cache: Path, missing: list[str]) -> HubError:
    """Not here, or not all of it, and the host forbids to ask."""
    return HubError(
        "hub_offline_mode",
        "{model} is not complete on this machine (it lacks {files}), and offline mode keeps Libra from asking the hub. "
        "Switch offline mode off (the host's settings, or HF_HUB_OFFLINE), or copy the model's files into {cache}.",
        model=spec.label,
        files=_some(missing),
        cache=cache,
    )


def missing_file_error(spec: ModelSpec, missing: list[str]) -> HubError:
    """The repository does not hold what the model needs."""
    return HubError(
        "hub_missing_file",
        "{repo} on the hub lacks {files}, without which {model} cannot be loaded. Choose another revision or model.",
        model=spec.label,
        repo=spec.source,
        files=_some(missing),
    )


def room_error(spec: ModelSpec, cache: Path, needed: int, free: int) -> HubError:
    """Known before the download: it would not fit."""
    return HubError(
        "hub_disk_space",
        "{model} needs {needed} GB on the disk, and {cache} has {free} GB free. Free some, or set HF_HOME to a "
        "folder on a larger disk.",
        model=spec.label,
        cache=cache,
        needed=f"{needed / GB:.1f}",
        free=f"{free / GB:.1f}",
    )


def explain(error: Exception, spec: ModelSpec, endpoint: str, cache: Path, missing: list[str]) -> HubError:
    """The sentence for whatever the hub, the connection or the disk raised; ``missing``: files still to be had."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    endpoint = _without_user(endpoint)
    if isinstance(error, CutError):
        return _cut(error, spec)
    if isinstance(error, CorruptError):
        return _corrupt(error, spec)
    if isinstance(error, HfHubHTTPError):  # also an OSError, as the next two are: the order matters
        return _refused(error, spec, endpoint)
    if isinstance(error, OfflineModeIsEnabled):
        return offline_mode_error(spec, cache, missing)
    if isinstance(error, TimeoutError | httpx2.TransportError):
        return _offline(error, spec, endpoint, cache, missing)
    if isinstance(error, OSError):
        return _disk(error, spec, cache)
    if isinstance(error, HFValidationError):
        return HubError(
            "hub_name",
            '"{source}", where {model} should come from, is neither a folder on this machine nor a hub id '
            "(organisation/name). Correct it in the settings file.",
            model=spec.label,
            source=spec.source,
        )
    return HubError(
        "hub_answer",
        "{endpoint} gave an answer that is not a hub's ({reason}), so {model} was not loaded. Check HF_ENDPOINT, and "
        "whether a proxy or a login page stands between.",
        model=spec.label,
        endpoint=endpoint,
        # A password with a slash in it reads as a port, and the library tells which.
        reason=type(error).__name__ if isinstance(error, httpx2.InvalidURL) else error,
    )


def _without_user(endpoint: str) -> str:
    """The address without user and password: visitors read it. All up to the last @ goes, be it well formed or not."""
    return re.sub(r"^(\w+://)?.*@", r"\1", endpoint)


def _offline(error: Exception, spec: ModelSpec, endpoint: str, cache: Path, missing: list[str]) -> HubError:
    return HubError(
        "hub_offline",
        "{model} is not complete on this machine (it lacks {files}), and the hub {endpoint} cannot be reached "
        "({reason}). Check the connection and try again, or copy the model's files into {cache}.",
        model=spec.label,
        files=_some(missing),
        endpoint=endpoint,
        cache=cache,
        reason=str(error) or type(error).__name__,
    )


def _cut(error: CutError, spec: ModelSpec) -> HubError:
    return HubError(
        "hub_cut",
        "The connection broke while {model} was being downloaded ({reason}). What has arrived is kept: load the "
        "model again, and the download goes on from there.",
        model=spec.label,
        reason=error,
    )


def _corrupt(error: CorruptError, spec: ModelSpec) -> HubError:
    return HubError(
        "hub_corrupt",
        "{file} of {model} arrived damaged: its size or hash is not what the hub announced. It was removed; load the "
        "model again to fetch it anew. If that happens again, check the proxy or mirror between.",
        model=spec.label,
        file=error,
    )


def _refused(error: HfHubHTTPError, spec: ModelSpec, endpoint: str) -> HubError:
    """The hub answered, with a status that is no success."""
    from huggingface_hub.errors import GatedRepoError, RevisionNotFoundError

    status, path = error.response.status_code, error.response.request.url.path
    if isinstance(error, GatedRepoError):  # a child of RepositoryNotFoundError: first
        return HubError(
            "hub_gated",
            "{model} is gated: its authors ask every user to accept their terms. Accept them at {url}, then set "
            "HF_TOKEN to a token of that account.",
            model=spec.label,
            url=f"{endpoint}/{spec.source}",
        )
    if "Invalid credentials" in error.response.headers.get("X-Error-Message", ""):
        return HubError(
            "hub_token",
            "The hub does not accept this machine's access token, so {model} was not loaded. Set HF_TOKEN to a valid "
            "token, or remove it: public models need none.",
            model=spec.label,
        )
    if isinstance(error, RevisionNotFoundError):
        return HubError(
            "hub_revision",
            "{repo} on the hub has no revision {revision}. Correct the revision in the catalog.",
            repo=spec.source,
            revision=spec.revision or "main",
        )
    if status == 404 and "/resolve/" in path:
        return missing_file_error(spec, [path.partition("/resolve/")[2].partition("/")[2]])
    if status in {401, 404}:  # the hub answers 401 for a repository that does not exist
        return HubError(
            "hub_not_found",
            "{endpoint} has no model {repo}. Check its name; if it is private, set HF_TOKEN to a token that may read "
            "it.",
            endpoint=endpoint,
            repo=spec.source,
        )
    return HubError(
        "hub_error",
        "The hub {endpoint} answered with status {status}, so {model} was not downloaded. Try again later.",
        model=spec.label,
        endpoint=endpoint,
        status=status,
    )


def _disk(error: OSError, spec: ModelSpec, cache: Path) -> HubError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return HubError(
            "hub_disk_full",
            "The disk was full before {model} was downloaded to {cache}. Free some space, or set HF_HOME to a folder "
            "on a larger disk; the download then goes on from where it stopped.",
            model=spec.label,
            cache=cache,
        )
    return HubError(
        "hub_cache",
        "The folder {cache} cannot be used for downloads ({reason}), so {model} was not loaded. Set HF_HOME to a "
        "folder that may be written.",
        model=spec.label,
        cache=cache,
        reason=error.strerror or error,
    )


def _some(files: list[str]) -> str:
    """Up to three names."""
    return ", ".join(files[:3]) + (f" (+{len(files) - 3})" if len(files) > 3 else "")

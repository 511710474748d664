"""What all work on models shares: the pool, the caches, and what is known of each model. One for each workbench."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from models.cache import EncodingKey, VectorCache
from models.errors import Notice
from models.events import LastRun
from models.pool import ModelPool
from models.settings import Settings
from models.vectors import Floats

MOST_BACKGROUNDS = 256  # kept at once, 12 KB each at most: every instruction that somebody types has its own


class Identity(NamedTuple):
    """What a model turned out to be when it was last loaded."""

    revision: str
    dtype: str
    device: str
    notices: tuple[Notice, ...] = ()  # what its files are not that its catalog row says


@dataclass
class Resources:
    """Shared by all threads; each dictionary operation on it is a single one.

    Attributes:
        identities: by model id. With it the cache is asked before the model is: a run whose vectors are all there
            loads nothing.
        backgrounds: quantiles of unrelated pairs for each model and query prompt.
        last: how fast the last dense model of a run encoded.
    """

    settings: Settings
    pool: ModelPool
    cache: VectorCache
    identities: dict[str, Identity] = field(default_factory=dict)
    backgrounds: dict[EncodingKey, Floats] = field(default_factory=dict)
    last: LastRun | None = None

    def keep_background(self, key: EncodingKey, quantiles: Floats) -> None:
        """Remember quantiles; the oldest go where there are too many."""
        self.backgrounds[key] = quantiles
        for oldest in list(self.backgrounds)[:-MOST_BACKGROUNDS]:
            self.backgrounds.pop(oldest, None)

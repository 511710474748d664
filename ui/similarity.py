"""The similarity tab: heatmaps, every text against every other, and a map; drawn by the browser from the same run."""

from __future__ import annotations

from ui.language import Labels
from ui.service import Service
from ui.view import mounted


def create_similarity_tab(service: Service, labels: Labels) -> None:
    """One view; it asks for the pairs of a run when it is first seen."""
    labels.view(mounted("similarity", functions=[service.pairs]))

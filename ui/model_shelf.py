"""The models tab: a shelf of cards with what each model is, needs and does now."""

from __future__ import annotations

from ui.language import Labels
from ui.service import Service
from ui.view import mounted


def create_shelf_tab(service: Service, labels: Labels) -> None:
    """One view; what changes each second comes over the status route."""
    functions = [service.load_model, service.unload_model, service.cancel_model]
    labels.view(mounted("shelf", value=service.shelf(), functions=functions))

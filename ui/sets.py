"""Candidate sets with names, kept in the visitor's own browser: nothing of them stays on the server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import gradio as gr

from models.errors import InputError
from models.request import check_text
from ui.language import Labels
from ui.payload import error_of
from ui.text import parse_texts, sendable
from ui.view import QUICK, mounted

MAX_SETS = 50
MAX_NAME = 60
MAX_BYTES = 3_500_000  # of all sets as JSON: a browser stores 5 MiB for an address, and other things stand there too

Sets = dict[str, str]


@dataclass(frozen=True)
class SetControls:
    """Components of the sets. ``stored`` carries them between the browser's storage and the handlers."""

    stored: gr.HTML
    pick: gr.Dropdown
    name: gr.Textbox
    save: gr.Button
    remove: gr.Button


def save_set(name: str, candidates: str, sets: Sets | None) -> tuple[Any, Any, Any]:
    """(sets, dropdown, notice) with ``candidates`` kept under ``name``; a name used before is overwritten.

    No sets where nothing is to be written.
    """
    kept = _kept(sets)
    name = sendable((name or "").strip()[:MAX_NAME])
    texts = parse_texts(candidates or "")
    try:
        for number, text in enumerate(texts, 1):
            check_text(text, "candidates", number, len(text))
    except InputError as unusable:
        return None, gr.skip(), {"error": error_of(unusable)}
    if not name or not texts:
        error = InputError("set_needs_name", "A set needs a name and candidates: type both.")
        return None, gr.skip(), {"error": error_of(error)}
    if name not in kept and len(kept) >= MAX_SETS:
        error = InputError("too_many_sets", "{limit} sets are kept at most: remove one.", limit=MAX_SETS)
        return None, gr.skip(), {"error": error_of(error)}
    kept[name] = candidates
    size = len(json.dumps(kept, ensure_ascii=False).encode())
    if size > MAX_BYTES:
        error = InputError(
            "sets_too_large",
            "All sets would take {size} bytes; at most {limit} are kept. Remove one, or take fewer texts.",
            size=size,
            limit=MAX_BYTES,
        )
        return None, gr.skip(), {"error": error_of(error)}
    return kept, gr.Dropdown(choices=sorted(kept), value=name), {"said": "set_saved", "values": {"name": name}}


def pick_set(name: str | None, sets: Sets | None) -> Any:
    """The candidates kept under ``name``; the box stays as it is where there are none."""
    return _kept(sets).get(name or "", gr.skip())


def remove_set(name: str | None, sets: Sets | None) -> tuple[Any, Any]:
    """(sets, dropdown) without ``name``."""
    kept = {key: value for key, value in _kept(sets).items() if key != name}
    return kept, gr.Dropdown(choices=sorted(kept), value=None)


def list_sets(sets: Sets | None, picked: str | None = None) -> Any:
    """The dropdown with the names that this browser keeps; what is picked stays picked while it is there."""
    kept = _kept(sets)
    return gr.Dropdown(choices=sorted(kept), value=picked if picked in kept else None)


def _kept(sets: Any) -> Sets:
    """What of a browser's storage is sets: another app of the same address may have written there."""
    return {
        key: value
        for key, value in (sets.items() if isinstance(sets, dict) else ())
        if isinstance(value, str) and sendable(key + value) == key + value
    }


def create_sets(labels: Labels) -> SetControls:
    """One row: pick, name, save, remove."""
    stored = labels.view(mounted("sets", visible="hidden"))
    with gr.Row(elem_classes="libra-sets"):
        pick = labels.add(gr.Dropdown, say={"label": "page.sets"}, choices=[], value=None, elem_id="set-pick", scale=2)
        name = labels.add(gr.Textbox, say={"label": "page.sets.name"}, max_lines=1, elem_id="set-name", scale=2)
        with gr.Column(scale=1, min_width=150):
            save = labels.add(gr.Button, say={"value": "page.sets.save"}, size="sm", elem_id="set-save")
            remove = labels.add(gr.Button, say={"value": "page.sets.remove"}, size="sm", elem_id="set-remove")
    return SetControls(stored, pick, name, save, remove)


def wire_sets(controls: SetControls, candidates: gr.Textbox, notice: gr.HTML) -> None:
    """Save, pick, remove; all of it private to the page.

    Not gr.BrowserState: it reads the browser's storage once, and one tab would write over what another has kept.
    Each handler gets what is stored at that moment; what it gives back is written, and the notice says if it was not.
    """
    stored, pick = controls.stored, controls.pick
    saved = controls.save.click(
        save_set,
        [controls.name, candidates, stored],
        [stored, pick, notice],
        js="(name, candidates) => [name, candidates, Libra.sets.read()]",
        **QUICK,
    )
    picked: dict[str, Any] = {"js": "(picked) => [picked, Libra.sets.read()]", **QUICK}
    pick.input(pick_set, [pick, stored], candidates, **picked)
    removed = controls.remove.click(remove_set, [pick, stored], [stored, pick], **picked)
    for event in (saved, removed):
        event.then(None, [stored, notice], notice, js="(sets, told) => [Libra.sets.write(sets, told)]", **QUICK)


def keep_listed(controls: SetControls, page: gr.Blocks) -> None:
    """List the sets when the page is opened, and again when another tab has changed them."""
    for event in (page.load, controls.stored.submit):
        event(
            list_sets,
            [controls.stored, controls.pick],
            controls.pick,
            js="(_, picked) => [Libra.sets.read(), picked]",
            **QUICK,
        )

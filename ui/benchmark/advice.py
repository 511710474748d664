"""Which model for me? What a visitor needs, and the answer to it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from eval.needs import Needs, Prefer
from models import LibraError
from ui.benchmark.archive import Archive
from ui.benchmark.markup import alarm, error_text, region
from ui.benchmark.report import advice
from ui.language import DEFAULT, LANGUAGES, Labels, strings

TAGS = ("zh", "en", "ja", "ko", "de", "fr", "es", "ru", "ar", "code")
MOST_TAGS = 16
LONGEST_TAG = 35  # of a language tag (RFC 5646, 4.4.1)


@dataclass(frozen=True)
class Wanted:
    """Components of the needs, and the answer."""

    memory: gr.Number
    seconds: gr.Number
    storage: gr.Number
    languages: gr.Dropdown
    dimensions: gr.Checkbox
    instructions: gr.Checkbox
    prefer: gr.Radio
    answer: gr.HTML

    @property
    def needs(self) -> list[Any]:
        """In the order of ``read_needs``."""
        return [
            *(self.memory, self.seconds, self.storage, self.languages),
            *(self.dimensions, self.instructions, self.prefer),
        ]


def create_advice(labels: Labels, archive: Archive) -> Wanted:
    """Lay it out: a row of limits, a row of wishes, the answer."""
    with gr.Row(elem_classes="libra-choices lb-needs"):
        numbers = [
            labels.add(gr.Number, say={"label": f"page.bench.need.{name}"}, value=0, minimum=0, elem_id=f"need-{name}")
            for name in ("memory", "seconds", "storage")
        ]
        languages = labels.add(
            gr.Dropdown,
            say={"label": "page.bench.need.languages"},
            choices=list(TAGS),
            value=[],
            multiselect=True,
            allow_custom_value=True,
            elem_id="need-languages",
        )
    with gr.Row(elem_classes="libra-choices lb-needs"):
        wishes = [
            labels.add(gr.Checkbox, say={"label": f"page.bench.need.{name}"}, value=False, elem_id=f"need-{name}")
            for name in ("dimensions", "instructions")
        ]
        prefer = labels.add(
            gr.Radio,
            say={"label": "page.bench.need.prefer", "choices": preferences()},  # type: ignore[dict-item]
            value=str(Prefer.MEMORY),
            elem_id="need-prefer",
            scale=2,
        )
    known = answer(archive, None, "", None, DEFAULT, Needs())
    shown = gr.HTML(known, elem_id="bench-advice", apply_default_css=False)
    return Wanted(numbers[0], numbers[1], numbers[2], languages, wishes[0], wishes[1], prefer, shown)


def preferences() -> Mapping[str, Sequence[tuple[str, str]]]:
    """The choices of what to save, in every language."""
    return {
        language: [(strings(language)[f"eval.prefer.{item}"], str(item)) for item in Prefer] for language in LANGUAGES
    }


def read_needs(
    memory: float | None,
    seconds: float | None,
    storage: float | None,
    languages: Sequence[str] | None,
    dimensions: bool,
    instructions: bool,
    prefer: str,
) -> Needs:
    """The boxes as needs; an empty box, 0 and what is no number ask for nothing."""
    tags = [tag.strip()[:LONGEST_TAG] for tag in languages or () if isinstance(tag, str) and tag.strip()]
    return Needs(
        memory_gib=_limit(memory),
        seconds=_limit(seconds),
        storage_gb=_limit(storage),
        languages=tuple(dict.fromkeys(tags))[:MOST_TAGS],
        custom_dimensions=bool(dimensions),
        instructions=bool(instructions),
        prefer=Prefer(prefer) if prefer in set(Prefer) else Prefer.MEMORY,
    )


def _limit(value: object) -> float | None:
    usable = isinstance(value, int | float) and math.isfinite(value) and value > 0
    return float(value) if usable else None  # type: ignore[arg-type]


def answer(archive: Archive, run_id: str | None, owner: str, asked: str | None, language: str, needs: Needs) -> str:
    """Which model meets the needs: by the run that is open, or by what was published."""
    words = strings(language)
    try:
        opened = archive.opened(run_id, owner) if run_id else None
    except LibraError as error:
        return region(alarm(error_text(error, words)))
    name = opened.set_name(asked) if opened else None
    return advice(opened if name else None, name, needs, archive.catalog, words, archive.labels)

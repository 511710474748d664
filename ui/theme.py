"""Colours and typefaces of the page's own components; the view's stand in ``assets/view``."""

from __future__ import annotations

from typing import Any

FONTS = ["Inter", "system-ui", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"]
MONO = ["ui-monospace", "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", "monospace"]


def theme() -> Any:
    """Gradio's base theme in slate and blue; fonts by name only, so that no outside host is asked for any."""
    import gradio as gr

    return gr.themes.Base(primary_hue="blue", neutral_hue="slate", font=FONTS, font_mono=MONO).set(
        button_primary_background_fill="#1F4E79",
        button_primary_background_fill_hover="#173B5C",
        button_primary_text_color="#FFFFFF",
        button_primary_background_fill_dark="#8CC4F0",
        button_primary_background_fill_hover_dark="#A9D4F5",
        button_primary_text_color_dark="#0B1220",
        block_radius="12px",
        block_shadow="none",
        block_label_text_weight="600",
    )

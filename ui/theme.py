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
        button_primary_border_color="#1F4E79",
        button_primary_border_color_dark="#8CC4F0",
        button_large_radius="8px",
        button_small_radius="8px",
        button_secondary_background_fill="*background_fill_primary",
        button_secondary_background_fill_dark="*block_background_fill",
        button_secondary_background_fill_hover="*background_fill_secondary",
        button_secondary_background_fill_hover_dark="*neutral_700",
        button_secondary_border_color="*border_color_primary",
        button_border_width="1px",
        input_placeholder_color="*neutral_500",  # the paler default cannot be read on white
        input_placeholder_color_dark="*neutral_400",
        block_info_text_color="*neutral_500",
        block_info_text_color_dark="*neutral_400",
        block_radius="12px",
        block_shadow="none",
        block_label_text_weight="600",
    )

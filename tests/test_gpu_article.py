"""The article's protocol runs whole on small shapes; the figures of a GPU are for a GPU."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.published import ARTICLE
from tools import gpu_article


def test_every_model_of_the_article_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_article, "QUERIES", 1)
    out = tmp_path / "article.md"
    assert gpu_article.main(["--tiny", "--out", str(out)]) == 0
    rows = [line for line in out.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][1:]
    assert len(rows) == len(ARTICLE)
    for row, there in zip(rows, ARTICLE, strict=True):
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert f"{there.texts_per_second:,.1f}" in cells
        assert "–" not in cells, "every figure was measured"


def test_without_a_gpu_it_says_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert gpu_article.main([]) == 2
    assert "no CUDA device" in capsys.readouterr().out

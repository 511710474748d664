from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from models.errors import InputError
from ui.text import fit_into_box, join_texts, looks_like_code, parse_texts, read_texts, safe_cell


@pytest.mark.parametrize(
    ("typed", "texts"),
    [
        ("", []),
        (" \n\t\n", []),
        ("a\n\n b \r\nc", ["a", "b", "c"]),
        ("def f():\n    return 1\n---\n\nx = 2\n", ["def f():\n    return 1", "x = 2"]),
        ("    indented\n---\nb", ["    indented", "b"]),
        ("---", []),
        ("a\n---\n---\nb", ["a", "b"]),
        ("مرحبا\n<b>x</b>\n${7*7}\n{{value}}", ["مرحبا", "<b>x</b>", "${7*7}", "{{value}}"]),
    ],
)
def test_lines_or_blocks(typed: str, texts: list[str]) -> None:
    assert parse_texts(typed) == texts


@pytest.mark.parametrize(
    "texts",
    [
        ["a", "b"],
        ["a\nb", "c"],
        ["def f():\n    pass", "x"],
        ["one\ntwo"],
        ["    a = 1", "    b = 2"],
        ["    a = 1"],
        ["plain", "\tindented"],
    ],
)
def test_joined_texts_read_back_as_they_were(texts: list[str]) -> None:
    assert parse_texts(join_texts(texts)) == texts


@pytest.mark.parametrize(
    ("texts", "fitted", "changed"),
    [
        (["a", "    b", "c\nd"], ["a", "    b", "c\nd"], 0),
        (["# Title\n---\nbody", "second"], ["# Title\n----\nbody", "second"], 1),
        (["---", " --- \na\n\t---"], ["----", " ---- \na\n\t----"], 3),
        (["a --- b\n----"], ["a --- b\n----"], 0),
        (["a\rb\r\nc"], ["a\nb\nc"], 0),
        (["\n  a \n\n", "b "], ["  a", "b"], 0),
    ],
)
def test_a_box_holds_as_many_texts_as_it_is_given(texts: list[str], fitted: list[str], changed: int) -> None:
    found = fit_into_box(texts)
    assert found == (fitted, changed)
    assert parse_texts(join_texts(found[0])) == fitted


@pytest.mark.parametrize(
    "code",
    [
        "def f(x):\n    return x",
        "SELECT name FROM users WHERE id = 1",
        "const f = (x) => x + 1;",
        "for (int i = 0; i < n; i++) {",
        "items.sort(key=len)",
    ],
)
def test_code_is_seen(code: str) -> None:
    assert looks_like_code(code)


@pytest.mark.parametrize("prose", ["How do I sort a list?", "如何安全地读取大文件？", "Wie geht's? (gut)", "a - b"])
def test_prose_is_no_code(prose: str) -> None:
    assert not looks_like_code(prose)


def write(tmp_path: Path, name: str, content: bytes | str) -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        ("a.txt", "one\ntwo\n", ["one", "two"]),
        ("a.txt", "\ufeffone\n", ["one"]),
        ("a.txt", "甲\n乙".encode("utf-16"), ["甲", "乙"]),
        ("a.csv", 'id,text\n1,"hello, world"\n2,bye\n', ["hello, world", "bye"]),
        ("a.csv", "7;a long sentence\n8;another\n", ["a long sentence", "another"]),
        ("a.csv", 'text\n"two\nlines"\n', ["two\nlines"]),
        ("a.tsv", "x\ttext\n1\tone\n", ["one"]),
        ("a.jsonl", '"one"\n\n{"text": "two"}\n{"content": "three"}\n', ["one", "two", "three"]),
    ],
)
def test_files(tmp_path: Path, name: str, content: bytes | str, texts: list[str]) -> None:
    assert read_texts(write(tmp_path, name, content), name) == texts


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("a", "b")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.txt", b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe", "file_not_text"),
        ("a.txt", b"one\x00two", "file_not_text"),
        ("a.txt", archive(), "file_not_text"),
        ("a.csv", ",".join(f"c{i}" for i in range(100)) + "\n" + ",".join("x" * 100), "file_columns"),
        ("a.csv", 'a,"b\n', "file_table"),
        ("a.jsonl", '"one"\n{oops}\n', "file_json_line"),
        ("a.jsonl", '{"number": 3}\n', "file_json_text"),
        ("a.jsonl", "[" * 100_000, "file_json_line"),
        ("a.docx", "x", "file_kind"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, content: bytes | str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        read_texts(write(tmp_path, name, content), name)
    assert caught.value.code == code
    assert name in str(caught.value)


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Line 3"):
        read_texts(write(tmp_path, "a.jsonl", '"a"\n"b"\n{\n'), "a.jsonl")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert safe_cell(text) == "'" + text


def test_other_cells_stay() -> None:
    assert safe_cell("a=1") == "a=1"

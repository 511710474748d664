"""Both languages say everything, with the same fields; nothing that the code can say is missing."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from ui.language import LANGUAGES, known, say, strings

ROOT = Path(__file__).resolve().parent.parent.parent
FIELD = re.compile(r"\{(\w+)\}")
ERRORS = {"InputError", "UnknownModelError", "HubError", "DoesNotFitError", "ModelError", "MemoryExhaustedError"}
ERRORS |= {"LibraError", "Notice"}


def test_both_languages_have_the_same_keys_and_fields() -> None:
    english, chinese = strings("en"), strings("zh")
    assert set(english) == set(chinese)
    for key, text in english.items():
        assert set(FIELD.findall(text)) == set(FIELD.findall(chinese[key])), key


def test_chinese_is_chinese() -> None:
    # Names and units need none; a sentence does.
    bare = [key for key, text in strings("zh").items() if len(text) > 25 and not re.search("[\u4e00-\u9fff]", text)]
    assert bare == []


@cache
def error_codes() -> dict[str, set[str]]:
    """Every code that the Python code raises with a literal name, and the names of its values."""
    found: dict[str, set[str]] = {}
    rooms = [path for room in ("models", "eval", "ui") for path in (ROOT / room).glob("*.py")]
    for path in [*rooms, ROOT / "app.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.setdefault(first.value, set()).update(item.arg for item in node.keywords if item.arg)
    return found


@pytest.mark.parametrize("code", sorted(error_codes()))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_has_a_sentence(code: str, language: str) -> None:
    text = strings(language)[f"error.{code}"]
    values = error_codes()[code]
    if values:  # those without literal values get them from a table of their own
        assert set(FIELD.findall(text)) <= values


@cache
def sentences() -> dict[str, str]:
    """English sentences that stand beside a literal code."""
    found = {}
    for path in [*(ROOT / "models").glob("*.py"), *(ROOT / "eval").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS and len(node.args) > 1:
                code, sentence = node.args[:2]
                if isinstance(code, ast.Constant) and isinstance(sentence, ast.Constant):
                    found[str(code.value)] = str(sentence.value)
    return found


def test_the_page_says_what_the_log_says() -> None:
    differing = {
        code
        for code, sentence in sentences().items()
        if strings("en")[f"error.{code}"].replace("“", '"').replace("”", '"') != sentence
    }
    assert differing == set()


def test_every_string_of_the_view_exists() -> None:
    used = set()
    for path in (ROOT / "assets" / "view").glob("*.js"):
        used |= set(re.findall(r"""['"`](view\.[a-z_.]+[a-z_])['"`]""", path.read_text(encoding="utf-8")))
    assert used
    assert used - set(strings("en")) == set()


def test_every_string_of_the_page_exists() -> None:
    for path in (ROOT / "ui").glob("*.py"):
        for key in re.findall(r'"(page\.[a-z.]*[a-z])"', path.read_text(encoding="utf-8")):
            assert key in strings("en"), f"{path.name} says {key}"


def test_an_unknown_language_is_english() -> None:
    assert known("fr") == known(None) == "en"
    assert say("zh", "page.run") == "比较"
    assert say("en", "view.notice.set_saved", name="a") == "The set “a” is kept in this browser."

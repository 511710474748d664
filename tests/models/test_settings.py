from __future__ import annotations

from pathlib import Path

import pytest

from models import CATALOG, Settings, find, load_settings
from models.errors import InputError, UnknownModelError


def settings_of(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "libra.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file)


def test_without_a_file_the_defaults_hold() -> None:
    assert load_settings(None) == Settings()


def test_a_host_adds_a_folder_and_a_hub_id_and_places_models(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    settings = settings_of(
        tmp_path,
        """
        memory_gib = 20.5
        cache_mib = 64
        offline = true
        [limits]
        queries = 10
        [devices]
        "bge-m3" = "cuda:1"
        [[models]]
        id = "mine"
        source = "mine"
        dimensions = 128
        parameters = 1000
        [[models]]
        id = "other"
        source = "org/name"
        revision = "abc"
        dimensions = 256
        parameters = 2000
        matryoshka = true
        smallest_dimension = 64
        query_prompt = "q: "
        device = "cpu"
        """,
    )
    mine, other = find("mine", settings.catalog), find("other", settings.catalog)
    assert mine.local
    assert mine.source == str((tmp_path / "mine").resolve())
    assert (other.source, other.revision, other.query_prompt, other.device) == ("org/name", "abc", "q: ", "cpu")
    assert find("bge-m3", settings.catalog).device == "cuda:1"
    assert settings.limits.queries == 10
    assert settings.memory_bytes == int(20.5 * 2**30)
    assert settings.offline
    assert len(settings.catalog) == len(CATALOG) + 2


def source_of(tmp_path: Path, source: str) -> str:
    """What a row's source becomes."""
    row = f"[[models]]\nid = 'mine'\nsource = '{source}'\ndimensions = 8\nparameters = 8"
    return find("mine", settings_of(tmp_path, row).catalog).source


@pytest.mark.parametrize("source", ["./mine", "../mine", "/srv/mine", ".models/mine", "checkpoints/mine"])
def test_a_folder_that_is_not_there_is_no_hub_id(tmp_path: Path, source: str) -> None:
    (tmp_path / "checkpoints").mkdir()
    assert source_of(tmp_path, source) == str((tmp_path / source).resolve())


def test_what_names_no_folder_is_a_hub_id(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    assert source_of(tmp_path, "org/checkpoints") == "org/checkpoints"


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert source_of(tmp_path, "~/mine") == str(tmp_path / "home" / "mine")
    assert settings_of(tmp_path, "runs = '~/runs'").runs == tmp_path / "home" / "runs"
    assert source_of(tmp_path, "~nobody-of-that-name/mine") == str(tmp_path / "~nobody-of-that-name" / "mine")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("memory_gb = 3", "memory_gb"),
        ("not toml", "cannot be read"),
        ("[limits]\nquestions = 3", "questions"),
        ('[devices]\n"no-such" = "cpu"', "no-such"),
        ('[[models]]\nid = "x"\nsource = "y"', "dimensions, parameters"),
        ('[[models]]\nid = "x"\nsource = "y"\ndimensions = 3\nparameters = 4\ntrust = true', "trust"),
    ],
)
def test_a_wrong_file_is_refused_with_the_name(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        settings_of(tmp_path, text)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        load_settings(tmp_path / "nowhere.toml")


def test_find_suggests_near_names() -> None:
    with pytest.raises(UnknownModelError, match="bge-m3"):
        find("bge-m4")
    assert find("bge-m3").label == "BGE-M3"


def test_ids_are_fixed() -> None:
    assert [spec.id for spec in CATALOG] == [
        "bge-m3",
        "qwen3-embedding-0.6b",
        "qwen3-embedding-4b",
        "qwen3-embedding-8b",
        "multilingual-e5-small",
        "libra-mini-encoder",
        "libra-mini-decoder",
        "bm25",
    ]

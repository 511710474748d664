"""BM25: how texts are cut into words, and what the scores promise."""

from __future__ import annotations

import numpy as np
import pytest

from models.catalog import find
from models.lexical import BM25, tokenize


@pytest.fixture
def bm25() -> BM25:
    return BM25(find("bm25"))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", ""),
        (" \n\t ", ""),
        ("... !? ()", ""),
        ("_ __", ""),
        ("The river BANK", "the river bank"),
        ("Straße ＦＵＬＬ", "strasse full"),
        ("e\u0301te\u0301 \u00c9T\u00c9", "été été"),
        ("don't well-known", "don t well known"),
        ("Привет МИР", "привет мир"),
        ("हिन्दी भाषा", "हिन्दी भाषा"),
        ("天气预报", "天 气 预 报 天气 气预 预报"),
        ("天", "天"),
        ("天气。好", "天 气 天气 好"),
        ("2024年GPT模型", "2024 年 gpt 模 型 模型"),
        ("データ", "デ ー タ デー ータ"),
        ("สวย", "สว วย สวย"),
        ("한국어를", "한국어를 한국 국어 어를"),
        ("날씨", "날씨"),
        ("getUserName", "getusername get user name"),
        ("HTTPServer", "httpserver http server"),
        ("max_len", "max_len max len"),
        ("__init__", "init"),
        ("utf8", "utf8 utf 8"),
        ("a==b", "a == b"),
        ("i++;", "i ++"),
        ("x -> y => z", "x -> y => z"),
        ("a % b", "a % b"),
        ("one-two and/or", "one two and or"),
        ("x\ud800y", "x y"),
    ],
)
def test_terms(text: str, terms: str) -> None:
    assert tokenize(text) == terms.split()


@pytest.mark.parametrize(
    ("query", "answer", "others"),
    [
        ("今天天气怎么样", "天气预报说今天下雨", ["银行提高了利率", "我们去公园散步"]),
        ("データベースに接続", "データベースへの接続方法", ["今日は天気がいい", "電車に乗る"]),
        ("한국어 수업", "한국어를 배우는 수업입니다", ["날씨가 좋습니다", "은행에 갔다"]),
        ("อากาศวันนี้", "วันนี้อากาศดีมาก", ["ธนาคารขึ้นดอกเบี้ย", "ฉันชอบกินข้าว"]),
        ("get the user name", "def getUserName(self): return self.user_name", ["def add(a, b)", "SELECT * FROM t"]),
        ("maxLen", "max_len = 3", ["min_width = 3", "length = 3"]),
        ("a == b", "if x == y: pass", ["x = y", "x != y"]),
    ],
)
def test_shared_words_win(bm25: BM25, query: str, answer: str, others: list[str]) -> None:
    assert bm25.scores([query], [*others, answer])[0].argmax() == len(others)


def test_nothing_shared_is_zero(bm25: BM25) -> None:
    scores = bm25.scores(["apple", "", "...", "天气"], ["banana", "", "  ", "apple pie"])
    assert scores.dtype == np.float32
    assert scores.tolist() == [[0, 0, 0, scores[0, 3]], [0] * 4, [0] * 4, [0] * 4]
    assert scores[0, 3] > 0


@pytest.mark.parametrize("holders", range(1, 7))
def test_a_shared_word_counts_however_common_it_is(bm25: BM25, holders: int) -> None:
    candidates = [f"common {index}" for index in range(holders)] + ["other"] * (6 - holders)
    scores = bm25.scores(["common word"], candidates)[0]
    assert (scores[:holders] > 0).all()
    assert (scores[holders:] == 0).all()


@pytest.mark.parametrize("candidates", [["a"], ["a", "a", "a"], ["b"], [""], ["", ""], ["a" * 10_000]])
def test_small_collections(bm25: BM25, candidates: list[str]) -> None:
    scores = bm25.scores(["a", "b b b", ""], candidates)
    assert scores.shape == (3, len(candidates))
    assert np.isfinite(scores).all()
    assert (scores >= 0).all()
    assert (scores == scores[:, :1]).all()


def test_follows_the_formula(bm25: BM25) -> None:
    candidates = ["cat dog", "cat cat bird fish", "bird"]
    lengths = np.array([2, 4, 1])
    frequency = np.array([1, 2, 0])
    idf = np.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    expected = idf * frequency / (frequency + 1.5 * (1 - 0.75 + 0.75 * lengths / lengths.mean()))
    np.testing.assert_allclose(bm25.scores(["cat"], candidates)[0], expected, rtol=1e-5)


def test_order_of_candidates_does_not_matter(bm25: BM25) -> None:
    candidates = ["cat dog", "cat cat bird", "bird", "天气 cat"]
    forward = bm25.scores(["cat bird", "天气"], candidates)
    np.testing.assert_allclose(bm25.scores(["cat bird", "天气"], candidates[::-1])[:, ::-1], forward, rtol=1e-6)


def test_says_nothing(bm25: BM25, capfd: pytest.CaptureFixture[str]) -> None:
    bm25.scores(["a"], ["a", "b"])
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""

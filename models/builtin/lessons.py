"""Written lessons: questions with their answers, and code with what people ask for it.

Translations alone teach a model that texts match when they say the same. These teach that an answer matches its
question, and that the instruction decides what is looked for: the answer, the same question in other words, its
translation, another text on the topic, or code. Every other text of the same lesson is then wrong.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np

from models.builtin.instructions import WORDINGS, Task
from models.builtin.overlaps import Overlaps

Thing = TypeVar("Thing")
Role = Literal["answer", "again", "translation", "beside", "code"]
RIGHT: dict[Task, Role] = {
    "answer": "answer",
    "same-question": "again",
    "translation": "translation",
    "topic": "beside",
    "code": "code",
}
# What is right enough for a task that it must not count as wrong: the translated question is the same question too.
NEITHER: dict[Task, tuple[Role, ...]] = {
    "answer": (),
    "same-question": ("translation",),
    "translation": (),
    "topic": ("answer",),
    "code": (),
}
QUESTION_TASKS: tuple[Task, ...] = ("answer", "answer", "answer", "same-question", "translation", "topic")
STATEMENT_TASKS: tuple[Task, ...] = ("topic", "topic", "translation")
CODE_TASKS: tuple[Task, ...] = ("code", "code", "answer", "same-question", "translation")


@dataclass(frozen=True)
class Lesson:
    """``candidates[0]`` is what ``instruction`` asks for, given ``query``; the others are wrong."""

    task: Task
    instruction: str
    query: str
    candidates: tuple[str, ...]


@dataclass(frozen=True)
class _Text:
    role: Role
    language: str
    text: str


class Lessons:
    """questions.jsonl and code.jsonl of the folder, less what overlaps with ``judged``."""

    def __init__(self, folder: Path, judged: Overlaps) -> None:
        self.questions = _read(folder / "questions.jsonl", judged)
        self.code = _read(folder / "code.jsonl", judged)

    def texts(self) -> list[tuple[str, str]]:
        """Every text of the lessons with its language, code aside."""
        of_questions = [
            (language, text)
            for record in self.questions
            for side in ("question", "again", "answer", "beside")
            for language, text in record[side].items()
        ]
        of_code = [
            (field.removeprefix("ask_").removeprefix("explain_"), record[field])
            for record in self.code
            for field in ("en", "zh", "ask_en", "ask_zh", "explain_en", "explain_zh")
        ]
        return of_questions + of_code

    def draw(self, generator: np.random.Generator, code_share: float, statement_share: float = 0.0) -> Lesson:
        """One lesson: about code or about a statement with these probabilities, else about a question."""
        chance = generator.random()
        if chance < code_share:
            tasks, (query, texts) = CODE_TASKS, self._code(generator)
        elif chance < code_share + statement_share:
            tasks, (query, texts) = STATEMENT_TASKS, self._statement(generator)
        else:
            tasks, (query, texts) = QUESTION_TASKS, self._question(generator)
        task = _pick(tasks, generator)
        right = next(text for text in texts if text.role == RIGHT[task])
        wrong = [text.text for text in texts if _is_wrong(text, right, task)]
        return Lesson(task, _pick(WORDINGS[task], generator), query, (right.text, *wrong))

    def ask(self, generator: np.random.Generator) -> tuple[str, str, str]:
        """A question, its answer or (more seldom) its rewording, and a text beside it, for a model without tasks."""
        record = _pick(self.questions, generator)
        languages = list(record["question"])
        question = record["question" if generator.random() < 0.6 else "again"][_pick(languages, generator)]
        language = _pick(languages, generator)
        answer = record["answer" if generator.random() < 0.85 else "again"][language]
        return question, answer, record["beside"][language]

    def _question(self, generator: np.random.Generator) -> tuple[str, list[_Text]]:
        record = _pick(self.questions, generator)
        languages = list(record["question"])
        asked = _pick(languages, generator)
        other = next(language for language in languages if language != asked)
        said, again = ("question", "again") if generator.random() < 0.6 else ("again", "question")
        drawn = [_pick(languages, generator) for _ in range(3)]
        return record[said][asked], [
            _Text("answer", drawn[0], record["answer"][drawn[0]]),
            _Text("again", drawn[1], record[again][drawn[1]]),
            _Text("translation", other, record[said][other]),
            _Text("beside", drawn[2], record["beside"][drawn[2]]),
        ]

    def _statement(self, generator: np.random.Generator) -> tuple[str, list[_Text]]:
        """An answer or the text beside it, each on the other's topic."""
        record = _pick(self.questions, generator)
        languages = list(record["question"])
        said = _pick(languages, generator)
        other = next(language for language in languages if language != said)
        here, there = ("answer", "beside") if generator.random() < 0.6 else ("beside", "answer")
        drawn = _pick(languages, generator)
        return record[here][said], [
            _Text("beside", drawn, record[there][drawn]),
            _Text("translation", other, record[here][other]),
        ]

    def _code(self, generator: np.random.Generator) -> tuple[str, list[_Text]]:
        record = _pick(self.code, generator)
        asked, other = ("en", "zh") if generator.random() < 0.5 else ("zh", "en")
        language = _pick(("en", "zh"), generator)
        said, again = ("ask_", "") if generator.random() < 0.5 else ("", "ask_")
        return record[said + asked], [
            _Text("code", "", record["code"]),
            _Text("answer", language, record["explain_" + language]),
            _Text("again", asked, record[again + asked]),
            _Text("translation", other, record[said + other]),
        ]


def _is_wrong(text: _Text, right: _Text, task: Task) -> bool:
    if text is right or text.role in NEITHER[task]:
        return False
    # A rewording in the language that is asked for is nearly the translation.
    return not (task == "translation" and text.role == "again" and text.language == right.language)


def _pick(things: Sequence[Thing], generator: np.random.Generator) -> Thing:
    return things[int(generator.integers(len(things)))]


def _read(path: Path, judged: Overlaps) -> list[dict[str, Any]]:
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [record for record in records if not any(map(judged.touches, _strings(record)))]


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for inner in value.values() for text in _strings(inner)]

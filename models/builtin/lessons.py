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

from models.builtin.instructions import TASK, WORDINGS, Task
from models.builtin.overlaps import Overlaps, strings_of

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
NEITHER: dict[Task, Role] = {"same-question": "translation", "topic": "answer"}
QUESTION_TASKS: tuple[Task, ...] = ("answer", "answer", "answer", "same-question", "translation", "topic")
STATEMENT_TASKS: tuple[Task, ...] = ("topic", "topic", "translation")
CODE_TASKS: tuple[Task, ...] = ("code", "code", "answer", "same-question", "translation")
DEFAULT_SHARE = 0.35  # of the answers are asked for with the model's own default instruction, as most will be
PAGE_LANGUAGES = ("en", "zh")
PAGE_RECORDS = (2, 9)  # of a page: at least, below
PAGE_SEED = 31


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


@dataclass(frozen=True)
class Page:
    """Answers about unlike things in a row, in one language; ``questions`` are asked in another or the same."""

    language: str
    text: str
    questions: tuple[str, ...]


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

    def pages(self) -> list[Page]:
        """Long texts: the answers of a few records in a row, each with what stands beside it; seeded."""
        generator = np.random.default_rng(PAGE_SEED)
        order, pages, start = generator.permutation(len(self.questions)), [], 0
        while start < len(order):
            size = int(generator.integers(*PAGE_RECORDS))
            records = [self.questions[i] for i in order[start : start + size]]
            start += size
            for language in PAGE_LANGUAGES:
                own = [record for record in records if language in record["answer"]]
                parts = [record[side][language] for record in own for side in ("answer", "beside")]
                questions = [
                    record[side][asked] for record in own for side in ("question", "again") for asked in record[side]
                ]
                if own:
                    pages.append(Page(language, ("" if language == "zh" else " ").join(parts), tuple(questions)))
        return pages

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
        instruction = _pick(WORDINGS[task], generator)
        if task == "answer" and generator.random() < DEFAULT_SHARE:
            instruction = TASK
        if instruction == TASK:  # asks for nothing in particular: what says the same matches, too
            wrong = [text.text for text in texts if text.role == "beside"]
        else:
            wrong = [text.text for text in texts if _is_wrong(text, right, task)]
        return Lesson(task, instruction, query, (right.text, *wrong))

    def ask(self, generator: np.random.Generator) -> tuple[str, str, str]:
        """A question, its answer or (more seldom) its rewording, and a text beside it, for a model without tasks."""
        record = _pick(self.questions, generator)
        languages = list(record["question"])
        question = record["question" if generator.random() < 0.6 else "again"][_pick(languages, generator)]
        language = _pick(languages, generator)
        answer = record["answer" if generator.random() < 0.85 else "again"][language]
        return question, answer, record["beside"][language]

    def _record(self, generator: np.random.Generator) -> tuple[dict[str, Any], list[str], str, str]:
        """A record, its languages, the one that is asked in, and another."""
        record = _pick(self.questions, generator)
        languages = list(record["question"])
        asked = _pick(languages, generator)
        return record, languages, asked, next(language for language in languages if language != asked)

    def _question(self, generator: np.random.Generator) -> tuple[str, list[_Text]]:
        record, languages, asked, other = self._record(generator)
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
        record, languages, said, other = self._record(generator)
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
    if text is right or text.role == NEITHER.get(task):
        return False
    # A rewording in the language that is asked for is nearly the translation.
    return not (task == "translation" and text.role == "again" and text.language == right.language)


def _pick(things: Sequence[Thing], generator: np.random.Generator) -> Thing:
    return things[int(generator.integers(len(things)))]


def _read(path: Path, judged: Overlaps) -> list[dict[str, Any]]:
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [record for record in records if not any(map(judged.touches, strings_of(record)))]

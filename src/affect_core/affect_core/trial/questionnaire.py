"""Questions asked after a session: a YAML file, and the answers as JSON beside the report.

title: After the session
questions:
  - {id: effort, text: "How hard was it to show the expressions?", kind: scale, low: 1, high: 7}
  - {id: vision, text: "Do you wear glasses?", kind: choice, choices: [yes, no]}
  - {id: remarks, text: "Anything else?", kind: text, required: false}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from affect_core.config import Settings, from_mapping, load_yaml, setting
from affect_core.errors import ConfigError, InputError
from affect_core.files import write_whole
from affect_core.texts import values_of

NAME: Final = "questionnaire.json"
KINDS: Final = ("text", "choice", "scale", "number")


@dataclass(frozen=True)
class Question(Settings):
    """One question.

    Raises:
        ConfigError: a value is missing or does not go with the kind.
    """

    id: str = setting("", "key of the answer")
    text: str = setting("", "the question")
    kind: str = setting("text", "what is answered", choices=KINDS)
    choices: tuple[str, ...] = setting((), "of a choice")
    low: int = setting(1, "lowest step of a scale")
    high: int = setting(5, "highest step of a scale")
    required: bool = setting(True, "whether an empty answer is refused")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.id or not self.text:
            raise ConfigError(f"Question: expected an id and a text, got {self.id!r} and {self.text!r}")
        if (self.kind == "choice") != bool(self.choices):
            raise ConfigError(f"Question {self.id}: expected choices with kind choice, and only there")
        if self.kind == "scale" and self.low >= self.high:
            raise ConfigError(f"Question {self.id}: expected low < high, got {self.low} and {self.high}")

    @property
    def hint(self) -> str:
        """What may be answered, in words; empty for free text."""
        if self.kind == "choice":
            return " / ".join(self.choices)
        return {"scale": f"{self.low} to {self.high}", "number": "a number"}.get(self.kind, "")

    def read(self, answer: str) -> str | int | float | None:
        """An answer as its value; None for an empty one.

        Raises:
            InputError: it is not one that may be given.
        """
        answer = answer.strip()
        if not answer:
            if self.required:
                raise InputError("expected an answer, got nothing")
            return None
        try:
            if self.kind == "number":
                return float(answer)
            if self.kind == "scale" and self.low <= int(answer) <= self.high:
                return int(answer)
        except ValueError:
            pass  # told below, as for a step outside the scale
        if self.kind == "text" or (self.kind == "choice" and answer in self.choices):
            return answer
        raise InputError(f"expected {self.hint}, got {answer!r}")


@dataclass(frozen=True)
class Questionnaire:
    """Questions in order."""

    title: str
    questions: tuple[Question, ...]


def load_questionnaire(path: Path) -> Questionnaire:
    """The questionnaire of a YAML file.

    Raises:
        ConfigError: an unknown key, no questions, a bad one, or two of one id.
    """
    with values_of(path):
        content = load_yaml(path)
        unknown = sorted(set(content) - {"title", "questions"})
        rows = content.get("questions")
        if (
            unknown
            or not isinstance(rows, list)
            or not rows
            or not all(isinstance(row, dict) for row in rows)
        ):
            raise ConfigError(
                f"{path}: expected title and questions, a list of mappings, got "
                f"{', '.join(map(str, content)) or 'nothing'}"
            )
        questions = tuple(_question(row, f"{path}, question {n}") for n, row in enumerate(rows, start=1))
        ids = [question.id for question in questions]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ConfigError(f"{path}: the id {', '.join(twice)} appears twice")
        return Questionnaire(str(content.get("title", "")), questions)


def write_answers(
    folder: Path, questionnaire: Questionnaire, session: str, participant: str, answers: Mapping[str, Any]
) -> Path:
    """Write the answers beside a report; returns the file."""
    content = {
        "session": session,
        "participant": participant,
        "title": questionnaire.title,
        "answered_at": datetime.now().astimezone().isoformat(timespec="seconds"),
        "answers": [
            {"id": question.id, "question": question.text, "answer": answers.get(question.id)}
            for question in questionnaire.questions
        ],
    }
    write_whole(folder / NAME, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return folder / NAME


def _question(row: Mapping[str, Any], where: str) -> Question:
    # YAML reads yes and no as truth values.
    words = {True: "yes", False: "no"}
    choices = row.get("choices")
    if isinstance(choices, list):
        row = {**row, "choices": [words[one] if isinstance(one, bool) else str(one) for one in choices]}
    try:
        return from_mapping(Question, row, where)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error

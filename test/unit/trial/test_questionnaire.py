import json

import pytest

from affect_core.errors import ConfigError, InputError
from affect_core.trial.questionnaire import Question, Questionnaire, load_questionnaire, write_answers

TEXT = """
title: Afterwards
questions:
  - {id: effort, text: "How hard was it?", kind: scale, low: 1, high: 7}
  - {id: glasses, text: "Do you wear glasses?", kind: choice, choices: [yes, no]}
  - {id: age, text: "How old are you?", kind: number}
  - {id: remarks, text: "Anything else?", required: false}
"""


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "questions.yaml"
        path.write_text(text)
        return path

    return write


def test_answers_as_values(file):
    effort, glasses, age, remarks = load_questionnaire(file(TEXT)).questions
    assert (effort.read(" 7 "), glasses.read("no"), age.read("41"), remarks.read("")) == (7, "no", 41.0, None)
    assert (effort.hint, glasses.hint, age.hint, remarks.hint) == ("1 to 7", "yes / no", "a number", "")


@pytest.mark.parametrize(
    ("number", "answer", "message"),
    [
        (0, "8", "expected 1 to 7, got '8'"),
        (0, "hard", "expected 1 to 7, got 'hard'"),
        (1, "maybe", "expected yes / no, got 'maybe'"),
        (2, "old", "expected a number, got 'old'"),
        (2, "", "expected an answer, got nothing"),
    ],
)
def test_what_may_not_be_answered(file, number, answer, message):
    with pytest.raises(InputError, match=message):
        load_questionnaire(file(TEXT)).questions[number].read(answer)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title:", "name:", "expected title and questions"),
        ("id: age", "id: effort", "the id effort appears twice"),
        ("kind: number", "kind: colour", "question 3: Question.kind: expected one of text, choice"),
        ("low: 1, high: 7", "low: 7, high: 7", "question 1: Question effort: expected low < high"),
        (", choices: [yes, no]", "", "question 2: Question glasses: expected choices with kind choice"),
        ("id: age, ", "", "question 3: Question: expected an id and a text"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(file, old, new, message):
    with pytest.raises(ConfigError, match=message):
        load_questionnaire(file(TEXT.replace(old, new, 1)))


def test_answers_lie_beside_the_report(tmp_path):
    questionnaire = Questionnaire("After", (Question("a", "How?"), Question("b", "Why?", required=False)))
    path = write_answers(tmp_path, questionnaire, "s1", "p1", {"a": "well"})
    content = json.loads(path.read_text())
    assert (path.name, content["session"], content["participant"]) == ("questionnaire.json", "s1", "p1")
    assert content["answers"] == [
        {"id": "a", "question": "How?", "answer": "well"},
        {"id": "b", "question": "Why?", "answer": None},
    ]

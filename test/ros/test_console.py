"""What is typed beside a trial, and compositions that go on, with a stand-in for the trial itself."""

import io
import json
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from affect_core.errors import ConfigError
from affect_core.evaluation import FrameCounts, TruthEvent
from affect_core.evaluation.collector import FinishedBlock
from affect_core.evaluation.progress import Progress
from affect_core.trial import EventKind, Protocol, Session, load_composition
from affect_core.trial.questionnaire import Question, Questionnaire
from affect_hri.composition import Conducting
from affect_hri.console import OperatorKeys, ask_after, ask_consent, ask_questions


class Node:
    """Notes what it is asked for; its executor does everything at once."""

    def __init__(self):
        self.done, self.prompt = [], ""
        self.executor = SimpleNamespace(create_task=lambda task: task())

    def __getattr__(self, name):
        return lambda *text: self.done.append((name, *text)) or ""


def typed(answers, work):
    """Run ``work`` with these lines on its input; what was said, and how it ended."""
    outcome = {}

    @click.command()
    def command():
        outcome["value"] = work()

    result = CliRunner().invoke(command, input=answers)
    return outcome.get("value"), result


def test_keys(wait_until):
    keys, node = OperatorKeys(io.StringIO("\np\nr\nq\nconfusion\nshe looks away\n")), Node()
    wait_until(lambda: keys.attend(node) or len(node.done) == 6, "all lines")
    assert node.done == [
        ("next",),
        ("pause",),
        ("resume",),
        ("abort",),
        ("note", "confusion"),
        ("note", "she looks away"),
    ]


def test_prompts_are_shown_once(capsys):
    keys, node = OperatorKeys(io.StringIO("")), Node()
    for text in ("Relax.", "Relax.", "", "Frown."):
        node.prompt = text
        keys.attend(node)
    assert capsys.readouterr().err.split("\n") == ["", ">>> Relax.", "", ">>> Frown.", ""]


class TestConsent:
    ASKS = Protocol(name="p", labels=("boredom",), consent="May we film you?")

    def test_is_asked_once_and_accepted(self):
        _, result = typed("y\n", lambda: ask_consent([self.ASKS, self.ASKS]))
        assert result.exception is None
        assert result.output.count("May we film you?") == 1

    @pytest.mark.parametrize("answer", ["n\n", "\n", ""])
    def test_anything_but_yes_ends_it(self, answer):
        _, result = typed(answer, lambda: ask_consent([self.ASKS]))
        assert isinstance(result.exception, ConfigError)
        assert "nothing is recorded" in str(result.exception)

    def test_without_a_text_nothing_is_asked(self):
        assert typed("", lambda: ask_consent([Protocol(name="p")]))[1].output == ""


class TestQuestions:
    QUESTIONS = Questionnaire("After", (Question("a", "How hard?", "scale", low=1, high=7),))

    def test_without_a_terminal_they_are_read_from_the_input(self, tmp_path):
        keys = OperatorKeys()
        assert not keys.listening
        _, result = typed("9\n4\n", lambda: ask_after(self.QUESTIONS, tmp_path / "s1", "p1", keys))
        assert "How hard? (1 to 7)" in result.output
        assert "expected 1 to 7, got '9'" in result.output
        content = json.loads((tmp_path / "s1" / "questionnaire.json").read_text())
        assert (content["session"], content["participant"], content["answers"][0]["answer"]) == (
            "s1",
            "p1",
            4,
        )

    def test_the_operators_lines_are_the_answers(self):
        keys = OperatorKeys(io.StringIO("9\n4\n"))
        assert ask_questions(self.QUESTIONS, keys.ask) == {"a": 4}

    def test_an_input_that_ends_does_not_hang(self):
        keys = OperatorKeys(io.StringIO("9\n"))
        with pytest.raises(click.Abort):
            ask_questions(self.QUESTIONS, keys.ask)


PARTS = """
name: mine
description: two of them
parts:
  - {name: one, use: short}
  - {name: two, use: short, scenes: [{lighting: dim}]}
"""
SUMMARY = {
    "protocol": "mine:one",
    "lighting": "even",
    "occlusion": None,
    "accuracy5": 0.5,
    "frames": {"labelled": 20},
    "accuracy": {"hold": 0.75, "frame": 0.5, "neutral": None, "macro_f1": 0.25},
    "intervals": {"hold": [0.5, 1.0]},
    "transition": {"lag_ms_p50": -100.0, "missed": 1, "error_share": 0.5},
}


class TestConducting:
    @pytest.fixture
    def conducting(self, tmp_path):
        path = tmp_path / "mine.yaml"
        path.write_text(PARTS)
        said = []

        def make(again=False, **changes):
            arguments = {"protocol": str(path), "seed": 2, "participant": "p1", "look": "face"}
            arguments |= {"camera": "avatar", "output": str(tmp_path / "reports"), "clock": "lockstep"}
            arguments |= {"model": "m", "runtime": "torch", **changes}
            return Conducting(load_composition(path), arguments, again, said.append), said

        return make

    @staticmethod
    def reporting(folders, fails_at=""):
        """A trial that writes nothing but a summary, or half a session where it fails."""

        def run(arguments, overrides):
            name = overrides["trial"]["session"]
            folder = folders.folder / name
            folders.ran.append((name, arguments["seed"], overrides["trial"]["resume"]))
            if name == fails_at:
                progress = Progress(folder)
                progress.begin(Session(id=name), 0)
                event = TruthEvent(0, EventKind.REST, "neutral", index=1)
                progress.add(FinishedBlock((event,), (), FrameCounts(None, 0, 0, 0, 0)))
                return 3
            Progress(folder).clear()
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "summary.json").write_text(json.dumps(SUMMARY))
            return 0

        return run

    def test_called_again_it_goes_on(self, conducting):
        first, said = conducting()
        folders = SimpleNamespace(folder=first.folder, ran=[])
        assert first.run(self.reporting(folders, fails_at="two")) == 3
        assert said[0] == "finished: none; begun: none; left: one, two"
        assert "finished: one; begun: two (1 of 2 repetitions); left: none" in said[-1]
        joint = json.loads((first.folder / "summary.json").read_text())
        assert (joint["finished"], joint["left"], list(joint["parts"])) == (False, ["two"], ["one"])

        second, said = conducting()
        assert second.run(self.reporting(folders)) == 0
        assert folders.ran == [("one", 200, True), ("two", 201, True), ("two", 201, True)]
        joint = json.loads((first.folder / "summary.json").read_text())
        assert (joint["finished"], joint["left"], joint["parts"]["two"]["hold"]) == (True, [], 0.75)
        lines = (first.folder / "summary.csv").read_text().splitlines()
        assert lines[1] == "one,mine:one,even,,20,0.75,0.5,1.0,0.5,,0.5,0.25,-100.0,1,0.5"
        page = (first.folder / "index.html").read_text()
        assert 'href="two/report.html"' in page
        assert "75.0 % [50.0, 100.0]" in page
        assert "Not finished" not in page

        third, said = conducting()
        assert third.run(self.reporting(folders)) == 0
        assert len(folders.ran) == 3
        assert "finished: one, two; begun: none; left: none" in said[-1]

    def test_a_session_id_names_the_folder(self, conducting):
        assert conducting(session="monday")[0].folder.name == "monday"

    def test_again_begins_anew(self, conducting):
        first, _ = conducting()
        folders = SimpleNamespace(folder=first.folder, ran=[])
        first.run(self.reporting(folders))
        conducting(again=True)[0].run(self.reporting(folders))
        assert [name for name, *_ in folders.ran] == ["one", "two"] * 2
        assert (first.folder.with_name("p1-mine-seed2~1") / "one" / "summary.json").exists()

    def test_other_arguments_are_refused_by_name(self, conducting):
        conducting()
        with pytest.raises(ConfigError, match=r"model was 'm', is 'other'.*--again"):
            conducting(model="other")
        conducting(notes="may change")

"""One command, two jobs: bags without ``--suite``, models on synthetic tests with it."""

import click
import pytest
from click.testing import CliRunner

from affect_core.commands import evaluate as module
from affect_core.errors import ConfigError


@pytest.fixture
def bags(monkeypatch):
    """A command in place of the ROS part's, which may not be installed; what it was given."""
    given = []

    @click.command("evaluate")
    @click.argument("bags", nargs=-1, required=True)
    @click.option("--model", default="amal_small")
    @click.option("--output", default="reports")
    def of_bags(**arguments):
        """Score bags."""
        given.append(arguments)

    class Entry:
        load = staticmethod(lambda: of_bags)

    monkeypatch.setattr(module, "entry_points", lambda **_: [Entry])
    return given


def call(*arguments):
    return CliRunner().invoke(module.evaluate, arguments)


def test_bags_are_handed_over_as_they_are(bags):
    done = call("one", "two", "--model", "m", "--output", "o")
    assert done.exit_code == 0
    assert bags == [{"bags": ("one", "two"), "model": "m", "output": "o"}]


def test_without_bags_the_other_command_complains(bags):
    done = call()
    assert done.exit_code == 2
    assert "BAGS" in done.output


def test_help_names_both(bags):
    assert "Score bags." in call("--help").output
    assert "--suite p0" in call("--help").output
    assert "--sets" in call("--suite", "p0", "--help").output
    assert not bags


@pytest.mark.parametrize("arguments", [["--suite", "p0"], ["--suite=p0"]])
def test_a_suite_is_ours(bags, arguments):
    done = call(*arguments, "bag")
    assert done.exit_code == 2
    assert "unexpected extra argument (bag)" in done.output
    assert not bags


def test_without_the_ros_part_bags_are_refused(monkeypatch):
    monkeypatch.setattr(module, "entry_points", lambda **_: [])
    done = call("bag")
    assert isinstance(done.exception, ConfigError)
    assert "make setup" in str(done.exception)


def test_an_unknown_suite_lists_the_known_ones():
    done = call("--suite", "p9")
    assert isinstance(done.exception, ConfigError)
    assert "p0" in str(done.exception)

"""`affect-hri doctor`: each ailment is found by what it is, and the exit code says whether a trial can run."""

import json
from importlib.metadata import EntryPoint

import pytest
from click.testing import CliRunner

from affect_core.cli import commands
from affect_core.doctor import Finding, Level, base, examine, installation
from affect_core.doctor.installation import may_open, room, versions
from affect_core.registry import Registry


@pytest.fixture
def checks(monkeypatch):
    """Only these checks: name -> findings, or what is raised."""

    def register(table, entries=()):
        registry = Registry("check")
        for name, outcome in table.items():

            def check(outcome=outcome):
                if isinstance(outcome, Exception):
                    raise outcome
                return outcome

            registry.register(name)(check)
        monkeypatch.setattr(base, "CHECKS", registry)
        monkeypatch.setattr(base, "entry_points", lambda group: entries)

    return register


def run(*options):
    done = CliRunner().invoke(commands, ["doctor", *options])
    return done.exit_code, done.stdout.splitlines()


def test_warnings_do_not_keep_a_trial_from_running(checks):
    checks({"1 a": [Finding(Level.OK, "fine")], "2 b": [Finding(Level.WARNING, "no ray", "pip install ray")]})
    code, lines = run()
    assert code == 0
    assert lines == [
        "ok       a            fine",
        "warning  b            no ray",
        f"{'':22s}-> pip install ray",
        "doctor: a trial can run; 0 errors, 1 warnings",
    ]


def test_an_error_does(checks):
    checks({"1 a": [Finding(Level.ERROR, "no rclpy", "make setup")]})
    code, lines = run("--json")
    assert code == 3
    assert json.loads(lines[0]) == {
        "check": "1 a",
        "level": "ERROR",
        "what": "no rclpy",
        "mend": "make setup",
    }
    assert lines[-1] == "doctor: a trial cannot run; 1 errors, 0 warnings"


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(checks):
    checks({"1 a": RuntimeError("boom"), "2 b": [Finding(Level.OK, "fine")]})
    assert list(examine()) == [
        ("1 a", Finding(Level.ERROR, "RuntimeError: boom")),
        ("2 b", Finding(Level.OK, "fine")),
    ]


def test_checks_of_a_package_that_cannot_be_loaded(checks):
    checks({}, [EntryPoint("ros", "affect_hri.no_such_module", base.GROUP)])
    [(name, finding)] = examine()
    assert (name, finding.level) == ("ros", Level.ERROR)
    assert "no_such_module" in finding.what and "make setup" in finding.mend


def test_room(tmp_path, monkeypatch):
    assert room(tmp_path, 0, "for reports").level is Level.OK
    scarce = room(tmp_path, 10**9, "for reports")
    assert scarce.level is Level.WARNING and "expected 1000000000" in scarce.what
    monkeypatch.setattr(installation.os, "access", lambda path, mode: False)
    assert room(tmp_path, 0, "for reports").level is Level.ERROR
    assert room(tmp_path / "gone", 0, "for reports").level is Level.ERROR


def test_versions():
    tested = {"torch": "2.13.0", "numpy": "1.26.4", "captum": "0.9.0"}
    here = {"torch": "2.13.0+cpu", "numpy": "2.1.0", "captum": "0.8.0"}
    found = list(versions(tested, here.get))
    assert [(one.level, one.what.split(":")[0]) for one in found] == [
        (Level.WARNING, "numpy 2.1.0"),
        (Level.WARNING, "captum 0.8.0"),
        (Level.ERROR, "numpy 2"),
        (Level.OK, "torch 2.13.0+cpu, numpy 2.1.0, captum 0.8.0"),
    ]


def test_the_tested_versions_are_those_of_the_requirements():
    tested = installation.tested_versions()
    assert tested["torch"].startswith("2.") and tested["numpy"].startswith("1.")


def test_a_device_that_may_not_be_opened(tmp_path, monkeypatch):
    device = tmp_path / "ttyACM0"
    device.touch()
    groups = {"serial port": "dialout"}
    assert may_open(groups, "serial port", device).level is Level.OK
    monkeypatch.setattr(installation.os, "access", lambda path, mode: False)
    refused = may_open(groups, "serial port", device)
    assert refused.level is Level.WARNING and "dialout" in refused.mend


def test_a_library_that_is_missing(monkeypatch):
    there = installation.importlib.util.find_spec
    monkeypatch.setattr(
        installation.importlib.util,
        "find_spec",
        lambda name: None if name in ("captum", "ray") else there(name),
    )
    found = {one.what: one.level for one in installation.libraries()}
    assert found["captum is not installed"] is Level.ERROR
    assert found["ray is not installed"] is Level.WARNING

"""Chaos runs: processes that are started again, what leaks, the faults themselves; a whole run is a long test."""

import json
import os
import signal
import subprocess
import sys
import time
from random import Random

import pytest

pytest.importorskip("rclpy", reason="needs rclpy: run `make test`, or source a ROS 2 workspace")

from affect_hri.chaos import FAULTS, processes  # only with rclpy
from affect_hri.chaos.faults import MORTAL, STALLED, Stage
from affect_hri.graph import NodeSpec

SLEEP = [sys.executable, "-c", "import time; print('runs', flush=True); time.sleep(60)"]
FORKING = [sys.executable, "-c", f"import subprocess, time; subprocess.Popen({SLEEP!r}); time.sleep(60)"]


def until(condition, what, limit_s=30.0):
    deadline_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.02)


@pytest.fixture
def nodes(monkeypatch, tmp_path):
    """`Nodes` of other programs."""

    def make(**commands):
        monkeypatch.setattr(processes, "_command", lambda spec, namespace, folder: commands[spec.name])
        return processes.Nodes([NodeSpec(name, {}, ends=False) for name in commands], "ns", tmp_path)

    return make


def test_who_is_killed_is_started_again_and_nothing_is_left(nodes):
    with nodes(face=SLEEP, emotion=SLEEP) as made:
        first = made._running["face"].pid
        made.send("face", signal.SIGKILL)
        until(lambda: made._running["face"].pid != first and made.running("face"), "a new process")
        assert made.running("emotion")
        assert len(made.leaked()) == 2  # both still run
    assert made.leaked() == []
    assert not made.running("face")


def test_a_stopped_node_ends_too(nodes):
    with nodes(face=SLEEP) as made:
        made.send("face", signal.SIGSTOP)
    assert made.leaked() == [] and not made.running("face")


STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print('runs', flush=True); time.sleep(60)",
]


@pytest.mark.parametrize("command", [SLEEP, STUBBORN], ids=["obeys", "ignores SIGINT"])
def test_a_second_conductor_ends_with_the_run(nodes, monkeypatch, tmp_path, command):
    """Also when its own end has not come: the trial may be over first."""
    monkeypatch.setattr(processes, "END_S", 1.0)
    with nodes(face=SLEEP, trial=command) as made:
        stage = Stage(made, None, "ns", {"protocol": "demo"})
        FAULTS.build("second_conductor", stage, Random(0))
        [extra] = made._extra
        log = tmp_path / "extra_0" / "trial.log"
        until(lambda: "runs" in log.read_text(), "the second conductor")  # Python answers signals from now on
        until(lambda: len(made.leaked()) == 3, "three processes")
        assert extra.poll() is None
        assert len(stage.later) == 1
    assert extra.poll() == (-signal.SIGINT if command is SLEEP else -signal.SIGKILL)
    assert made.leaked() == []


def test_a_second_conductor_is_asked_to_end_when_its_time_has_come(nodes):
    with nodes(trial=SLEEP) as made:
        stage = Stage(made, None, "ns", {})
        FAULTS.build("second_conductor", stage, Random(0))
        [extra] = made._extra
        stage.now_s = 15.0
        stage.due()
        until(lambda: extra.poll() is not None, "its end")
        assert made.running("trial")


def test_a_child_that_outlives_its_node_is_a_leak(nodes):
    with nodes(face=FORKING) as made:
        until(lambda: len(made.leaked()) == 2, "the child")
    [left] = made.leaked()
    os.kill(left, signal.SIGKILL)
    until(lambda: made.leaked() == [], "its end")


class FakeNodes:
    names = ("avatar", "ohbot", "face", "emotion", "attribution", "evaluation", "recorder", "trial")

    def __init__(self):
        self.sent = []

    def send(self, name, number):
        self.sent.append((name, number))


def test_kills_and_stalls_only_hit_who_may_be_hit():
    for seed in range(40):
        stage = Stage(FakeNodes(), None, "ns", {})
        assert FAULTS.build("kill", stage, Random(seed)).startswith("killed ")
        [(name, number)] = stage.nodes.sent
        assert name in MORTAL and number == signal.SIGKILL


def test_a_stalled_node_goes_on_when_its_time_has_come():
    stage = Stage(FakeNodes(), None, "ns", {}, now_s=10.0)
    FAULTS.build("stall", stage, Random(3))
    [(name, stopped)] = stage.nodes.sent
    assert name in STALLED and stopped == signal.SIGSTOP
    stage.due()
    assert len(stage.nodes.sent) == 1
    stage.now_s = 13.1  # at most 3 s later
    stage.due()
    stage.due()
    assert stage.nodes.sent[1:] == [(name, signal.SIGCONT)]


def test_the_same_seed_is_the_same_mischief():
    def done(seed):
        stage, random = Stage(FakeNodes(), None, "ns", {}), Random(seed)
        return [FAULTS.build(random.choice(["kill", "stall"]), stage, random) for _ in range(20)]

    assert done(5) == done(5) != done(6)


@pytest.mark.long
def test_a_whole_run(tmp_path):
    command = [sys.executable, "-c", "from affect_core.cli import main; main()", "chaos", "--minutes", "2"]
    started_s = time.monotonic()
    done = subprocess.run(
        [*command, "--seed", "3", "--output", str(tmp_path)], capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert time.monotonic() - started_s < 180.0
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["faults"] >= 5 and found["leaked"] == 0 and found["bag_readable"] is True

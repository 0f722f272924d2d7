"""Nodes as operating-system processes: each from its installed executable, as launch starts them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

DEADLINE_S = float(os.environ.get("AFFECT_TEST_DEADLINE_S", "180"))
"""For everything that is waited for: never reached, unless it does not come at all."""


@pytest.fixture(scope="session", autouse=True)
def _isolated_domain(ros_domain):
    return ros_domain


class Process:
    """A process whose output goes to a file; its own session, so that signals reach it alone."""

    def __init__(self, name, command, folder, **environment):
        self.name, self.log_file = name, folder / f"{name}.log"
        with self.log_file.open("w") as log:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
                start_new_session=True,
            )

    @property
    def log(self):
        return self.log_file.read_text()

    @property
    def pid(self):
        return self._process.pid

    @property
    def code(self):
        """Exit code; None while it runs."""
        return self._process.poll()

    def until_it_says(self, text):
        until(
            lambda: text in self.log or self.code is not None,
            lambda: f"{self.name} to say {text!r}: {self.log}",
        )
        assert text in self.log, f"{self.name} has ended ({self.code}) without {text!r}: {self.log}"

    def until_it_wrote(self, size, folder, pattern):
        """Until the files of the pattern below the folder hold so many bytes together."""
        written = lambda: sum(file.stat().st_size for file in folder.glob(pattern))  # noqa: E731
        until(
            lambda: written() >= size or self.code is not None,
            lambda: f"{self.name} to write {size} bytes ({written()}) to {pattern}: {self.log}",
        )
        assert written() >= size, f"{self.name} has ended ({self.code}) after {written()} bytes: {self.log}"

    def send(self, number):
        if self.code is None:
            self._process.send_signal(number)

    def until_it_ends(self):
        until(lambda: self.code is not None, lambda: f"{self.name} to end: {self.log}")
        return self.code

    def kill(self):
        if self.code is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Graph:
    """The nodes of a scenario, one process per node. A context manager; who is left at its end is killed."""

    def __init__(self, scenario, arguments, folder, overrides=None):
        from ament_index_python.packages import get_package_prefix

        from affect_core.paths import find_shared
        from affect_hri.graph import load_scenario

        self.specs = load_scenario(scenario, find_shared("config/graph.yaml")).resolve(arguments)
        self._executables = Path(get_package_prefix("affect_hri")) / "lib" / "affect_hri"
        self._folder, self._overrides = folder, overrides or {}
        self.nodes, self._commands = {}, {}

    def __enter__(self):
        for spec in self.specs:
            values = {**spec.parameters, **self._overrides.get(spec.name, {})}
            file = self._folder / f"{spec.name}.param.yaml"
            content = {key: value for key, value in values.items() if value != []}
            file.write_text(yaml.safe_dump({"/**": {"ros__parameters": content}}))
            self._commands[spec.name] = [
                self._executables / spec.executable,
                "--ros-args",
                "--params-file",
                file,
            ]
            self.start(spec.name)
        return self

    def start(self, name):
        """Start a node, or start it again."""
        self.nodes[name] = Process(name, self._commands[name], self._folder)

    def __exit__(self, *_):
        for process in self.nodes.values():
            process.kill()

    def run(self):
        """To the scenario's end and down again as launch does it; exit codes by node."""
        for name in [spec.name for spec in self.specs if spec.ends]:
            self.nodes[name].until_it_ends()
        return self.interrupt()

    def interrupt(self):
        """SIGINT to all, twice, as from a terminal and from launch; exit codes by node."""
        for _ in range(2):
            for process in self.nodes.values():
                process.send(signal.SIGINT)
        return {name: process.until_it_ends() for name, process in self.nodes.items()}


def until(condition, what):
    """Wait until ``condition()`` holds."""
    deadline_s = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > deadline_s:
            pytest.fail(f"waited {DEADLINE_S:g} s in vain for {what()}")
        time.sleep(0.02)


@pytest.fixture(scope="session")
def graph():
    return Graph


@pytest.fixture(scope="session")
def process():
    return Process


@pytest.fixture(scope="session")
def wait_until():
    return until


class Listener(Process):
    """Somebody else's program: knows a topic's name, rclpy and our messages, nothing of this suite."""

    def __init__(self, folder):
        super().__init__("listener", [sys.executable, Path(__file__).parent / "listener.py"], folder)
        self.until_it_says("listening")

    def heard(self):
        """Stop it. (stamp in ns, number of estimates) of every message, in the order of arrival."""
        self.send(signal.SIGINT)
        assert self.until_it_ends() == 0, self.log
        return [tuple(item) for item in json.loads(self.log.splitlines()[-1])]


@pytest.fixture
def listener(tmp_path):
    made = Listener(tmp_path)
    yield made
    made.kill()

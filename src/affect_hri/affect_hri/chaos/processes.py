"""The nodes of a trial, a process each; whoever dies is started again, as a launch file with respawn does."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self

import yaml
from ament_index_python.packages import get_package_prefix

from affect_hri.graph import NodeSpec

POLL_S: Final = 0.1
RESPAWN_S: Final = 0.5
END_S: Final = 20.0


class Nodes:
    """Starts them, starts them again, ends them.

    Args:
        specs: of the scenario.
        namespace: of all.
        folder: of their parameter files and logs.
    """

    def __init__(self, specs: Sequence[NodeSpec], namespace: str, folder: Path) -> None:
        self._commands = {spec.name: _command(spec, namespace, folder) for spec in specs}
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._extra: list[subprocess.Popen[bytes]] = []
        self._sessions: set[int] = set()
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        for name in self._commands:
            self._start(name)
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def names(self) -> tuple[str, ...]:
        """All nodes."""
        return tuple(self._commands)

    def running(self, name: str) -> bool:
        """Whether the node's process is there."""
        return self._running[name].poll() is None

    def send(self, name: str, number: signal.Signals) -> None:
        """A signal to the node's process."""
        with suppress(ProcessLookupError):
            self._running[name].send_signal(number)

    def extra(self, name: str, parameters: Mapping[str, Any], namespace: str) -> subprocess.Popen[bytes]:
        """Another process of a node, which is not started again, and ends with the others at the latest."""
        spec = NodeSpec(name, dict(parameters), ends=False)
        folder = self._folder / f"extra_{len(self._extra)}"
        folder.mkdir()
        self._extra.append(self._spawn(_command(spec, namespace, folder), folder / f"{name}.log"))
        return self._extra[-1]

    def end(self) -> None:
        """Ask all to end, wait, and kill who does not."""
        self._ending.set()
        if self._watcher.is_alive():
            self._watcher.join()
        processes = [*self._running.values(), *self._extra]
        for process in processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGINT)
        deadline_s = time.monotonic() + END_S
        for process in processes:
            try:
                process.wait(max(0.1, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def leaked(self) -> list[int]:
        """Processes that any of ours has left behind."""
        return sorted(pid for pid, session in _sessions_of_all().items() if session in self._sessions)

    def _watch(self) -> None:
        while not self._ending.wait(POLL_S):
            for name in [name for name, process in self._running.items() if process.poll() is not None]:
                if self._ending.wait(RESPAWN_S):
                    return
                self._start(name)

    def _start(self, name: str) -> None:
        self._running[name] = self._spawn(self._commands[name], self._folder / f"{name}.log")

    def _spawn(self, command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        with log.open("ab") as file:
            process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
        with self._lock:
            self._sessions.add(process.pid)
        return process


def _command(spec: NodeSpec, namespace: str, folder: Path) -> list[str]:
    executables = Path(get_package_prefix("affect_hri")) / "lib" / "affect_hri"
    values = {name: value for name, value in spec.parameters.items() if value != []}
    file = folder / f"{spec.name}.yaml"
    file.write_text(yaml.safe_dump({f"/{namespace}/{spec.name}": {"ros__parameters": values}}))
    remap = ["-r", f"__ns:=/{namespace}"]
    return [str(executables / spec.executable), "--ros-args", *remap, "--params-file", str(file)]


def _sessions_of_all() -> dict[int, int]:
    """Process -> its session, of all processes of this machine that still run."""
    found = {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            with suppress(OSError):
                # the name of the program, in brackets, may hold anything
                state, _, _, session = (place / "stat").read_text().rpartition(")")[2].split()[:4]
                if state != "Z":
                    found[int(place.name)] = int(session)
    found.pop(os.getpid(), None)
    return found

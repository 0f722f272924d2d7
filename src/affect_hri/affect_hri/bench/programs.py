"""The programs that are measured, each in processes of its own: composed, one process per node, frames from memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml
from ament_index_python.packages import get_package_prefix

from affect_core.errors import AffectError
from affect_core.paths import find_shared
from affect_core.termination import terminated_like_interrupted
from affect_hri.bench.listener import Listener
from affect_hri.graph import load_scenario
from affect_hri.middleware import PROFILE, use_profile
from affect_hri.nodes._managed import NAMESPACE

START_S: Final = 180.0
"""Longest wait for the first labels: kernels are compiled, runtimes compared."""
END_S: Final = 30.0
_WARM_UP: Final = 60
"""Labels that do not count."""
_DOMAIN: Final = 90

Command = Sequence[str]


def composed(fps: float, *options: str) -> list[Command]:
    """The closed loop with the virtual head in one program, as users start it; more options of `affect-hri live`."""
    program = [sys.executable, "-c", "from affect_core.cli import main; main()"]
    return [[*program, "live", "--camera", "avatar", "--head", "avatar", "--fps", str(fps), *options]]


def one_process_per_node(fps: float, folder: Path) -> list[Command]:
    """The same, as the launch files start it: every node from its executable."""
    scenario = load_scenario("live", find_shared("config/graph.yaml"))
    executables = Path(get_package_prefix("affect_hri")) / "lib" / "affect_hri"
    commands = []
    for spec in scenario.resolve({"camera": "avatar", "head": "avatar", "fps": fps}):
        values = {name: value for name, value in spec.parameters.items() if value != []}
        file = folder / f"{spec.name}.yaml"
        file.write_text(yaml.safe_dump({f"/{NAMESPACE}/{spec.name}": {"ros__parameters": values}}))
        commands.append([str(executables / spec.executable), "--ros-args", "--params-file", str(file)])
    return commands


def from_memory(faces: int) -> list[Command]:
    """Perception alone, fed with frames that were rendered before."""
    return [[sys.executable, "-m", "affect_hri.bench.memory", str(faces)]]


def settle(environment: Mapping[str, str] = os.environ) -> None:
    """Keep away from other programs' topics: a domain of our own on this machine, and our middleware profile."""
    os.environ["ROS_DOMAIN_ID"] = environment.get("AFFECT_BENCH_DOMAIN_ID", str(_DOMAIN))
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    use_profile(find_shared(PROFILE))


@contextmanager
def running(commands: Sequence[Command], listener: Listener) -> Iterator[list[int]]:
    """Start them, wait until all are up and labels flow, and end them with SIGINT afterwards; gives their process ids.

    They are also ended when this process is terminated. In the main thread only.

    Raises:
        AffectError: one ended by itself, or no labels came; the message has the last lines it wrote.
    """
    with terminated_like_interrupted(), tempfile.TemporaryFile("w+") as log:
        listener.listen(0.0)
        processes = [_start(command, log) for command in commands]
        try:
            _until_labels_flow(processes, listener, log)
            yield [process.pid for process in processes]
        finally:
            _end(processes)


def _start(command: Command, log: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, text=True, start_new_session=True)


def _until_labels_flow(processes: Sequence[subprocess.Popen[str]], listener: Listener, log: Any) -> None:
    deadline_s = time.monotonic() + START_S
    while listener.count() < _WARM_UP or not listener.all_up():
        ended = [process.args for process in processes if process.poll() is not None]
        if ended or time.monotonic() > deadline_s:
            log.seek(0)
            reason = f"{ended[0]} has ended" if ended else f"none came within {START_S:.0f} s"
            raise AffectError(f"expected labels to measure, {reason}; it wrote: {log.read()[-2000:]}")
        time.sleep(0.1)


def _end(processes: Sequence[subprocess.Popen[str]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
    deadline_s = time.monotonic() + END_S
    for process in processes:
        try:
            process.wait(max(0.1, deadline_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

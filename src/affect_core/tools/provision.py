"""The set-up: a virtual environment, the pinned requirements, the built workspace, and a stamp for each step.

Two ways, told apart by ``ROS_DISTRO``. Unset: ROS 2 Jazzy is installed as wheels, and the virtual environment
is the underlay. ``jazzy``: the sourced installation is the underlay, and its numpy stays.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from place import Place, clean_environment, say
from preflight import (
    Interpreter,
    Probes,
    SetupError,
    StepFailed,
    check_folder,
    check_platform,
    check_tools,
    choose_interpreter,
    inspect,
)
from steps import Step, all_steps

LOG_TAIL_LINES = 25


def setup(place: Place) -> None:
    """Do everything that is not done yet. One set-up at a time: a second one waits.

    Raises:
        SetupError: something is missing or failed; the message says what to do.
    """
    start = time.monotonic()
    with Path(__file__).open() as lock:
        if not _locked(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB):
            say("another set-up is running in this checkout; waiting for it")
            _locked(lock.fileno(), fcntl.LOCK_EX)
        make_environment(place)
        done = [step.name for step in all_steps(place) if run_step(place, step)]
    if done:
        say(f"set-up complete after {time.monotonic() - start:.0f} s; in a shell: . install/setup.bash")


def _locked(file_number: int, mode: int) -> bool:
    try:
        fcntl.flock(file_number, mode)
    except BlockingIOError:
        return False
    return True


def make_environment(place: Place) -> None:
    """A new ``.venv`` unless the one there is whole, of this folder, of this way, and of the Python named."""
    probes = Probes(dict(os.environ))
    if _fits(place, probes):
        return
    check_folder(str(place.root))
    check_platform(probes, place.ros)
    chosen = choose_interpreter(probes, place.ros)
    check_tools(probes, chosen)
    say(_headline(place, chosen))
    start = time.monotonic()
    say("  virtual environment (.venv)", end=" ")
    _create_environment(place, chosen)
    facts = {"root": str(place.root), "ros": place.ros, "python": chosen.path, "numpy": chosen.numpy}
    (place.stamps / "environment.json").write_text(json.dumps(facts))
    say(f"{time.monotonic() - start:.0f} s")


def _fits(place: Place, probes: Probes) -> bool:
    stamp = place.stamps / "environment.json"
    if not (stamp.is_file() and place.python.exists()):
        return False
    made: dict[str, Any] = json.loads(stamp.read_text())
    named = probes.environment.get("PYTHON", "")
    if named:
        found = inspect(probes, named, ros=False)
        if found is None or found.path != made["python"]:
            return False
    return bool(made["root"] == str(place.root) and made["ros"] == place.ros)


def _headline(place: Place, chosen: Interpreter) -> str:
    version = ".".join(str(part) for part in chosen.version)
    way = "the sourced ROS 2 Jazzy" if place.ros else "ROS 2 Jazzy from wheels"
    return f"set-up with {way}, Python {version} ({chosen.path})"


def _create_environment(place: Place, chosen: Interpreter) -> None:
    # What was built refers to the environment by its path and Python version.
    for folder in (place.venv, place.root / "build", place.root / "install"):
        shutil.rmtree(folder, ignore_errors=True)
    options = ["--system-site-packages"] if place.ros else []
    command = [chosen.path, "-m", "venv", *options, str(place.venv)]
    made = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=clean_environment(place)
    )
    if made.returncode:
        say("failed")
        last = made.stdout.decode(errors="replace").strip().splitlines()[-1:]
        raise SetupError(f"{' '.join(command)} failed: {' '.join(last)}")
    place.stamps.mkdir()
    place.logs.mkdir()


def run_step(place: Place, step: Step) -> bool:
    """Do the step unless its stamp holds; True when it ran. The stamp is written last."""
    stamp, started = place.stamps / step.name, place.stamps / f"{step.name}.started"
    digest = hashlib.sha256(step.inputs.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest and step.product.exists():
        return False
    if started.exists():
        step.recover()
    started.touch()
    log = place.logs / f"{step.name}.log"
    log.unlink(missing_ok=True)
    start = time.monotonic()
    say(f"  {step.title}", end=" ")
    try:
        step.run()
    except SetupError as error:
        say(f"failed after {time.monotonic() - start:.0f} s")
        if isinstance(error, StepFailed):
            _show_tail(log)
        raise
    stamp.write_text(digest)
    started.unlink()
    say(f"{time.monotonic() - start:.0f} s")
    return True


def _show_tail(log: Path) -> None:
    if log.is_file():
        lines = log.read_text(errors="replace").splitlines()
        say("\n".join(f"    {line}" for line in lines[-LOG_TAIL_LINES:]))
        say(f"    (whole output: {log})")

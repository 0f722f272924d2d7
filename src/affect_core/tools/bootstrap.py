"""What the Makefile calls: ``python3 bootstrap.py COMMAND [ARGUMENTS]``, with a COMMAND of the table `COMMANDS`.

Every command first brings the set-up (`provision`) up to date. All files of this folder use the standard
library only, and the syntax of Python 3.8: whatever Python 3 there is may start them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from place import Place, clean_environment, in_overlay, say
from preflight import SetupError, uses_sourced_ros
from provision import setup

ROOT = Path(__file__).resolve().parents[3]
KEEP_PAGES = "GLIBC_TUNABLES=" + ":".join(
    f"glibc.malloc.{name}={value}"
    for name, value in {
        "hugetlb": 1,
        "mmap_threshold": 4 << 30,
        "trim_threshold": 16 << 30,
        "top_pad": 256 << 20,
    }.items()
)
"""For trainings: freed tensors stay with the process, in huge pages. Otherwise each step faults its pages in anew.

Images/s of one thread, random 112 px batches of 64, without and with it (5 steps, one run each, the other core busy):
amal_resnet34 51 and 55, resnet50 32 and 36, effnet_transformer 32 and 39.
"""

WITHOUT_ROS = ("test/architecture", "test/unit")
WITH_ROS = ("test/ros", "test/replay", "test/launch")
AT_ONCE = ("--numprocesses", "2", "--dist")


def main(arguments: list[str]) -> int:
    """Run one command of the table `COMMANDS` and give its exit status."""
    name, *rest = arguments or [""]
    if name not in COMMANDS:
        say(f"usage: bootstrap.py {'|'.join(COMMANDS)} [ARGUMENTS]")
        return 2
    try:
        return COMMANDS[name](Place(ROOT, uses_sourced_ros(os.environ)), rest)
    except SetupError as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        say("\ninterrupted; the same command goes on where it stopped")
        return 130


def _setup(place: Place, arguments: list[str]) -> int:
    setup(place)
    return 0


def _demo(place: Place, arguments: list[str]) -> int:
    setup(place)
    return _call(place, str(place.venv / "bin" / "affect-hri"), "demo", *arguments)


def _bench(place: Place, arguments: list[str]) -> int:
    setup(place)
    return _call(place, str(place.venv / "bin" / "affect-hri"), "bench", *arguments)


def _soak(place: Place, arguments: list[str]) -> int:
    setup(place)
    return _call(place, str(place.venv / "bin" / "affect-hri"), "soak", *arguments)


def _train_all(place: Place, arguments: list[str]) -> int:
    """Whatever of the experiment is left, and then what is still left; start it once per core."""
    setup(place)
    command = ("env", KEEP_PAGES, str(place.venv / "bin" / "affect-hri"), "experiment", "run")
    status = _call(place, *command, *arguments)
    _call(place, *command, *arguments, "--list")
    return status


def _table1(place: Place, arguments: list[str]) -> int:
    setup(place)
    return _call(place, str(place.venv / "bin" / "affect-hri"), "experiment", "table1", *arguments)


def _overlap(place: Place, arguments: list[str]) -> int:
    """Measured, and then written into the page of results."""
    setup(place)
    command = (str(place.venv / "bin" / "affect-hri"), "experiment")
    return _call(place, *command, "overlap", *arguments) or _call(place, *command, "tables")


def _papers(place: Place, arguments: list[str]) -> int:
    """The four companion studies, one after another; all are tried, and the first failure is the exit status."""
    setup(place)
    program = str(place.venv / "bin" / "affect-hri")
    statuses = []
    for study in ("intensity", "circumplex", "subgroups", "curate"):
        say(f"papers: {study}")
        options = ("--output", f"reports/papers/{study}", *(arguments or ["--quick"]))
        statuses.append(_call(place, "env", KEEP_PAGES, program, study, *options))
    return next((status for status in statuses if status), 0)


def _check(place: Place, arguments: list[str]) -> int:
    setup(place)
    static = _static_checks(place)
    say("check: import rule")
    return _pytest(place, "-q", "test/architecture/test_imports.py") or static


def _test(place: Place, arguments: list[str]) -> int:
    """The tests run also where a check fails: one round shows everything, and pytest has the last line.

    They run two at a time; first those without ROS, with one thread each, then those with nodes, which mostly wait.
    """
    setup(place)
    static = _static_checks(place)
    if arguments:
        return _pytest(place, "-m", "not long", *arguments) or static
    quick = _pytest(
        place, "-m", "not long", *AT_ONCE, "loadscope", *WITHOUT_ROS, before=("env", "OMP_NUM_THREADS=1")
    )
    return _pytest(place, "-m", "not long", *AT_ONCE, "loadfile", *WITH_ROS) or quick or static


def _test_long(place: Place, arguments: list[str]) -> int:
    setup(place)
    static = _static_checks(place)
    return _pytest(place, "-m", "long", *arguments) or static


def _clean(place: Place, arguments: list[str]) -> int:
    """Take away what the set-up made; reports and recorded bags stay."""
    for name in (".venv", "build", "install", "log", ".mypy_cache", ".ruff_cache", ".pytest_cache"):
        shutil.rmtree(place.root / name, ignore_errors=True)
    return 0


COMMANDS: dict[str, Callable[[Place, list[str]], int]] = {
    "setup": _setup,
    "demo": _demo,
    "test": _test,
    "test-long": _test_long,
    "check": _check,
    "bench": _bench,
    "soak": _soak,
    "clean": _clean,
    "train-all": _train_all,
    "table1": _table1,
    "overlap": _overlap,
    "papers": _papers,
}


def _static_checks(place: Place) -> int:
    """Lint, format and types; all of them run, so that one round shows everything."""
    failed = []
    for command in (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",)):
        say(f"check: {' '.join(command)}")
        if _call(place, str(place.venv / "bin" / command[0]), *command[1:]):
            failed.append(" ".join(command))
    if failed:
        say(f"check failed: {', '.join(failed)}")
    return 1 if failed else 0


def _pytest(place: Place, *arguments: str, before: tuple[str, ...] = ()) -> int:
    return _call(place, *before, str(place.python), "-m", "pytest", *arguments)


def _call(place: Place, *command: str) -> int:
    full = [*in_overlay(place), *command]
    return subprocess.run(full, cwd=place.root, env=clean_environment(place)).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

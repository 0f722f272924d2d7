"""Where the set-up puts things, and the environment in which it runs programs."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# Left by a sourced ROS or another overlay; with ROS 2 from wheels nothing of it may be seen.
FOREIGN_VARIABLES = (
    "AMENT_PREFIX_PATH",
    "CMAKE_PREFIX_PATH",
    "COLCON_PREFIX_PATH",
    "PYTHONPATH",
    "ROS_DISTRO",
    "ROS_VERSION",
    "ROS_PYTHON_VERSION",
    "_ROS_WHEELS_BOOTSTRAP_COMPLETE",
)
# Of the make that started us, or of another virtual environment.
ALWAYS_DROPPED = ("PYTHONHOME", "VIRTUAL_ENV", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PYTHON")
PATH_VARIABLES = (
    "PATH",
    "LD_LIBRARY_PATH",
    "PYTHONPATH",
    "AMENT_PREFIX_PATH",
    "CMAKE_PREFIX_PATH",
    "COLCON_PREFIX_PATH",
)


@dataclass(frozen=True)
class Place:
    """The folders of one checkout, and whether its underlay is a sourced ROS (`ros`) or the wheels."""

    root: Path
    ros: bool = False

    @property
    def venv(self) -> Path:
        """The virtual environment."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.venv / "bin" / "python"

    @property
    def stamps(self) -> Path:
        """One file per finished step; gone with the environment."""
        return self.venv / "stamps"

    @property
    def logs(self) -> Path:
        """The whole output of each step."""
        return self.venv / "log"

    @property
    def core(self) -> Path:
        """The package folder of affect_core."""
        return self.root / "src" / "affect_core"

    @property
    def overlay(self) -> Path:
        """What a shell sources to use the built workspace."""
        return self.root / "install" / "setup.bash"

    def requirements(self, *names: str) -> list[str]:
        """The specifiers of requirement files, without comments."""
        texts = [(self.core / "requirements" / f"{name}.txt").read_text() for name in names]
        lines = (line.split("#")[0].strip() for text in texts for line in text.splitlines())
        return [line for line in lines if line]


def say(text: str, end: str = "\n") -> None:
    """Progress, for people: standard error."""
    sys.stderr.write(text + end)
    sys.stderr.flush()


def clean_environment(place: Place) -> dict[str, str]:
    """The environment for everything we start: ours in front, nothing of an earlier sourcing of ours.

    With ROS from wheels also nothing of any other ROS.
    """
    dropped = ALWAYS_DROPPED if place.ros else ALWAYS_DROPPED + FOREIGN_VARIABLES
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    for name in PATH_VARIABLES:
        if name in kept:
            kept[name] = _without_ours(place, kept[name])
    kept["PATH"] = os.pathsep.join([str(place.venv / "bin"), kept.get("PATH", os.defpath)])
    kept.update(VIRTUAL_ENV=str(place.venv), PIP_USER="0")
    if not place.ros:
        kept.update(AMENT_PREFIX_PATH=str(place.venv), CMAKE_PREFIX_PATH=str(place.venv))
    return kept


def _without_ours(place: Place, value: str) -> str:
    ours = tuple(f"{folder}{os.sep}" for folder in (place.venv, place.root / "install", place.root / "build"))
    parts = value.split(os.pathsep)
    return os.pathsep.join(part for part in parts if not f"{part}{os.sep}".startswith(ours))


def in_overlay(place: Place) -> list[str]:
    """Front of a command that is to run with the built workspace sourced."""
    return ["bash", "-c", '. "$0" && exec "$@"', str(place.overlay)]


def logged(place: Place, name: str, command: list[str]) -> str | None:
    """Run with the whole output at the end of the step's log; None when it worked, else that log."""
    path = place.logs / f"{name}.log"
    with path.open("a") as log:
        log.write(f"$ {' '.join(command)}\n")
        log.flush()
        done = subprocess.run(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=place.root,
            env=clean_environment(place),
        )
    return path.read_text(errors="replace") if done.returncode else None

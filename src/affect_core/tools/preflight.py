"""What the set-up needs from the machine, checked before anything is installed. Standard library only.

Everything that looks at the machine goes through `Probes`, so each message can be tested on any machine.
Started by whatever Python 3 there is: keep to the syntax of 3.8.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

SUPPORTED_ROS = "jazzy"
SUPPORTED_PYTHON = ((3, 11), (3, 12))

# 3.11 first: it is what the tests run on.
WHEEL_CANDIDATES = ("python3.11", "python3.12", "python3")
ROS_CANDIDATES = ("python3",)

PROBE_SCRIPT = """
import importlib.util as u, json, os, platform, sys, sysconfig
def imported(name):
    try:
        return getattr(__import__(name), "__version__", "yes")
    except Exception:
        return None
print(json.dumps({
    "path": getattr(sys, "_base_executable", None) or sys.executable,
    "version": list(sys.version_info[:3]),
    "implementation": platform.python_implementation(),
    "has_venv": bool(u.find_spec("venv") and u.find_spec("ensurepip")),
    "has_headers": os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")),
    "rclpy": imported("rclpy") if WITH_ROS else None,
    "numpy": imported("numpy") if WITH_ROS else None,
}))
"""


class SetupError(Exception):
    """The set-up cannot go on; the message is the one line the user reads."""


class StepFailed(SetupError):
    """A program of the set-up failed for a reason that only its output tells: the end of it is shown too."""


@dataclass(frozen=True)
class Interpreter:
    """A Python that really runs; inside a virtual environment `path` is its base interpreter."""

    path: str
    version: tuple[int, int, int]
    implementation: str = "CPython"
    has_venv: bool = True
    has_headers: bool = True
    rclpy: str | None = None
    numpy: str | None = None

    @property
    def supported(self) -> bool:
        """CPython 3.11 or 3.12."""
        return self.implementation == "CPython" and self.version[:2] in SUPPORTED_PYTHON

    @property
    def missing_packages(self) -> list[tuple[str, str]]:
        """(what is missing, Debian/Ubuntu package that brings it)."""
        name = "python{}.{}".format(*self.version)
        parts = [
            (self.has_venv, "Python's venv module", f"{name}-venv"),
            (self.has_headers, "Python's C headers", f"{name}-dev"),
        ]
        return [(what, package) for there, what, package in parts if not there]


def _run(command: Sequence[str]) -> str | None:
    try:
        done = subprocess.run(
            list(command),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.decode(errors="replace")


@dataclass(frozen=True)
class Probes:
    """How the checks look at the machine. `run` gives standard output, or None where the command fails."""

    environment: Mapping[str, str]
    system: str = platform.system()
    machine: str = platform.machine()
    libc: str = platform.libc_ver()[0]
    which: Callable[[str], str | None] = shutil.which
    run: Callable[[Sequence[str]], str | None] = _run


def uses_sourced_ros(environment: Mapping[str, str]) -> bool:
    """True with a sourced Jazzy, False without any ROS.

    Raises:
        SetupError: another distribution is sourced.
    """
    distro = environment.get("ROS_DISTRO", "")
    if distro in ("", SUPPORTED_ROS):
        return bool(distro)
    raise SetupError(
        f"ROS_DISTRO={distro} is sourced, but only ROS 2 Jazzy is supported: in a fresh shell source "
        "/opt/ros/jazzy/setup.bash, or source no ROS at all (ROS_DISTRO unset): then ROS 2 comes as wheels"
    )


def check_folder(folder: str) -> None:
    """The scripts that colcon writes do not quote the workspace's path.

    Raises:
        SetupError: it has a space or another character that means something to a shell.
    """
    if re.search(r"[\s:;&|$'\"\\()<>*?]", folder):
        raise SetupError(
            f"expected a folder whose path has no spaces or shell characters, got {folder!r}: colcon's scripts do "
            "not work there; move the checkout"
        )


def check_platform(probes: Probes, ros: bool) -> None:
    """Linux with glibc; x86_64 unless ROS is already there.

    Raises:
        SetupError: another system or processor.
    """
    if probes.system != "Linux":
        raise SetupError(
            f"expected Linux, this is {probes.system}: use a Linux machine, virtual machine or container"
        )
    if ros or (probes.machine == "x86_64" and probes.libc == "glibc"):
        return
    raise SetupError(
        f"the ROS 2 wheels exist for x86_64 Linux with glibc only, this is {probes.machine} "
        f"({probes.libc or 'another C library'}): install ROS 2 Jazzy, source it, then run the same command"
    )


def choose_interpreter(probes: Probes, ros: bool) -> Interpreter:
    """The Python for the virtual environment: $PYTHON, else the first suitable candidate that really runs.

    Raises:
        SetupError: none is CPython 3.11 or 3.12, or (with a sourced ROS) none imports rclpy and numpy.
    """
    named = probes.environment.get("PYTHON", "")
    candidates = (named,) if named else (ROS_CANDIDATES if ros else WHEEL_CANDIDATES)
    running = [found for found in (inspect(probes, name, ros) for name in candidates) if found]
    suitable = [found for found in running if found.supported]
    if not suitable:
        raise SetupError(_no_interpreter(candidates, running))
    # Stable: among equals the order of the candidates decides.
    best = min(suitable, key=lambda found: len(found.missing_packages))
    if ros:
        _check_ros_interpreter(best)
    return best


def inspect(probes: Probes, name: str, ros: bool) -> Interpreter | None:
    """What `name` is, or None where it does not run (a pyenv shim may exist and not run)."""
    output = probes.run([name, "-c", f"WITH_ROS = {ros}" + PROBE_SCRIPT])
    if not output:
        return None
    facts = json.loads(output.splitlines()[-1])
    facts["version"] = tuple(facts["version"])
    return Interpreter(**facts)


def _no_interpreter(candidates: Sequence[str], running: Sequence[Interpreter]) -> str:
    seen = ", ".join(sorted({"{} {}.{}.{}".format(f.implementation, *f.version) for f in running}))
    return (
        f"expected CPython 3.11 or 3.12 as {' or '.join(candidates)}, found {seen or 'none that runs'}: "
        "install one (Debian/Ubuntu: sudo apt install python3 python3-venv python3-dev), or name it: "
        "make setup PYTHON=/path/to/python3.11"
    )


def _check_ros_interpreter(found: Interpreter) -> None:
    if not found.rclpy:
        raise SetupError(
            f"ROS 2 Jazzy is sourced, but {found.path} cannot import rclpy: sudo apt install ros-jazzy-rclpy "
            "(or name the Python of the ROS installation: make setup PYTHON=/usr/bin/python3)"
        )
    if not found.numpy:
        raise SetupError(
            f"{found.path} cannot import numpy, which ROS messages need: sudo apt install python3-numpy"
        )


def check_tools(probes: Probes, interpreter: Interpreter | None = None) -> None:
    """A C and C++ compiler, make, bash; and what `interpreter`, if given, needs: venv, its headers.

    Raises:
        SetupError: names everything that is missing and the packages that bring it, in one line.
    """
    missing = list(interpreter.missing_packages) if interpreter else []
    for what, variable, names, package in (
        ("a C compiler", "CC", ("cc", "gcc", "clang"), "gcc"),
        ("a C++ compiler", "CXX", ("c++", "g++", "clang++"), "g++"),
        ("make", "MAKE", ("make",), "make"),
        ("bash", "BASH", ("bash",), "bash"),
    ):
        named = probes.environment.get(variable, "").split()[:1]
        if not any(probes.which(name) for name in (*named, *names)):
            missing.append((what, package))
    if missing:
        raise SetupError(
            f"missing: {', '.join(what for what, _ in missing)}; install with (Debian/Ubuntu): "
            f"sudo apt install {' '.join(package for _, package in missing)}"
        )


NETWORK_SIGNS = (
    "NewConnectionError",
    "Temporary failure in name resolution",
    "Name or service not known",
    "Network is unreachable",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "Connection refused",
    "ProxyError",
    "SSLError",
)


def pip_failure(log: str) -> SetupError:
    """The error for what pip printed before it gave up: one line for the usual reasons."""
    if "No space left on device" in log:
        return SetupError(
            "the disk is full (about 3 GB are needed): free some space and run the same command again"
        )
    for sign in NETWORK_SIGNS:
        if sign in log:
            return SetupError(
                f"no connection to the Python package index ({sign}): check network, proxy and pip configuration, "
                "then run the same command again; it goes on where it stopped"
            )
    errors = [line for line in log.splitlines() if line.startswith("ERROR: ")]
    return StepFailed(errors[-1][len("ERROR: ") :] if errors else "pip failed")

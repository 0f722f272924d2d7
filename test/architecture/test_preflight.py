"""What the set-up asks of a machine, and the one line it says where something is missing."""

import json
import os
import sys
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest


def facts(version: tuple[int, int, int], **changed: Any) -> str:
    base = {"path": "/usr/bin/python{}.{}".format(*version), "version": version, "implementation": "CPython"}
    return json.dumps(
        {**base, "has_venv": True, "has_headers": True, "rclpy": None, "numpy": None, **changed}
    )


def machine(
    tools: SimpleNamespace, pythons: Mapping[str, str] = {}, missing: tuple[str, ...] = (), **changed: Any
) -> Any:
    """A machine with these interpreters (name -> what it says about itself) and all tools but the missing."""
    ordinary = {"environment": {}, "system": "Linux", "machine": "x86_64", "libc": "glibc"}
    look = {
        "which": lambda name: None if name in missing else f"/usr/bin/{name}",
        "run": lambda command: pythons.get(command[0]),
    }
    return tools.preflight.Probes(**{**ordinary, **look, **changed})


def refused(tools: SimpleNamespace, function: Any, *arguments: Any) -> str:
    with pytest.raises(tools.preflight.SetupError) as caught:
        function(*arguments)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("distro", "sourced"), [({}, False), ({"ROS_DISTRO": ""}, False), ({"ROS_DISTRO": "jazzy"}, True)]
)
def test_no_ros_and_jazzy_are_supported(
    tools: SimpleNamespace, distro: dict[str, str], sourced: bool
) -> None:
    assert tools.preflight.uses_sourced_ros(distro) is sourced


@pytest.mark.parametrize("distro", ["humble", "kilted", "rolling", "noetic"])
def test_another_distribution_is_named_with_what_to_do(tools: SimpleNamespace, distro: str) -> None:
    message = refused(tools, tools.preflight.uses_sourced_ros, {"ROS_DISTRO": distro})
    assert f"ROS_DISTRO={distro}" in message
    assert "Jazzy" in message
    assert "unset" in message


def test_a_path_that_colcons_scripts_cannot_quote_is_refused(tools: SimpleNamespace) -> None:
    tools.preflight.check_folder("/home/ada/robots-2/affect_hri+x@1.0")
    for folder in ("/home/my robots/ws", "/mnt/a:b/ws", "/tmp/$x"):
        assert repr(folder) in refused(tools, tools.preflight.check_folder, folder)


def test_the_wheels_need_linux_x86_64_glibc(tools: SimpleNamespace) -> None:
    check = tools.preflight.check_platform
    check(machine(tools), False)
    assert "Darwin" in refused(tools, check, machine(tools, system="Darwin"), False)
    assert "aarch64" in refused(tools, check, machine(tools, machine="aarch64"), False)
    assert "another C library" in refused(tools, check, machine(tools, libc=""), False)


def test_a_sourced_ros_runs_on_other_processors_but_not_other_systems(tools: SimpleNamespace) -> None:
    tools.preflight.check_platform(machine(tools, machine="aarch64"), True)
    assert "expected Linux" in refused(
        tools, tools.preflight.check_platform, machine(tools, system="Windows"), True
    )


def test_3_11_is_preferred(tools: SimpleNamespace) -> None:
    pythons = {"python3.12": facts((3, 12, 3)), "python3.11": facts((3, 11, 2)), "python3": facts((3, 12, 3))}
    assert tools.preflight.choose_interpreter(machine(tools, pythons), False).path == "/usr/bin/python3.11"


def test_a_shim_that_does_not_run_is_passed_over(tools: SimpleNamespace) -> None:
    pythons = {"python3": facts((3, 12, 3))}
    assert tools.preflight.choose_interpreter(machine(tools, pythons), False).version == (3, 12, 3)


def test_a_whole_3_12_beats_a_3_11_without_venv(tools: SimpleNamespace) -> None:
    pythons = {"python3.11": facts((3, 11, 2), has_venv=False), "python3.12": facts((3, 12, 3))}
    assert tools.preflight.choose_interpreter(machine(tools, pythons), False).version == (3, 12, 3)


def test_the_named_python_is_taken_and_no_other(tools: SimpleNamespace) -> None:
    pythons = {"python3.11": facts((3, 11, 2)), "/opt/py": facts((3, 12, 1), path="/opt/py")}
    named = machine(tools, pythons, environment={"PYTHON": "/opt/py"})
    assert tools.preflight.choose_interpreter(named, False).path == "/opt/py"
    wrong = machine(tools, pythons, environment={"PYTHON": "/opt/none"})
    assert "/opt/none, found none that runs" in refused(
        tools, tools.preflight.choose_interpreter, wrong, False
    )


@pytest.mark.parametrize(
    ("said", "seen"),
    [(facts((3, 10, 12)), "CPython 3.10.12"), (facts((3, 11, 4), implementation="PyPy"), "PyPy 3.11.4")],
)
def test_other_pythons_are_refused_by_name(tools: SimpleNamespace, said: str, seen: str) -> None:
    message = refused(tools, tools.preflight.choose_interpreter, machine(tools, {"python3": said}), False)
    assert f"found {seen}:" in message
    assert "PYTHON=" in message


def test_a_sourced_ros_needs_the_python_that_imports_it(tools: SimpleNamespace) -> None:
    choose = tools.preflight.choose_interpreter
    pythons = {"python3.11": facts((3, 11, 2)), "python3": facts((3, 12, 3), rclpy="yes", numpy="1.26.4")}
    assert choose(machine(tools, pythons), True).numpy == "1.26.4"
    without = {"python3": facts((3, 12, 3), numpy="1.26.4")}
    assert "cannot import rclpy" in refused(tools, choose, machine(tools, without), True)
    bare = {"python3": facts((3, 12, 3), rclpy="yes")}
    assert "python3-numpy" in refused(tools, choose, machine(tools, bare), True)


def test_all_that_is_missing_stands_in_one_line_with_its_packages(tools: SimpleNamespace) -> None:
    found = tools.preflight.Interpreter("/usr/bin/python3.12", (3, 12, 3), has_venv=False, has_headers=False)
    bare = machine(tools, missing=("c++", "g++", "clang++"))
    message = refused(tools, tools.preflight.check_tools, bare, found)
    assert "venv module, Python's C headers, a C++ compiler" in message
    assert message.endswith("sudo apt install python3.12-venv python3.12-dev g++")


def test_a_compiler_named_in_the_environment_counts(tools: SimpleNamespace) -> None:
    found = tools.preflight.Interpreter("/usr/bin/python3.11", (3, 11, 2))
    bare = {"missing": ("c++", "g++", "clang++")}
    tools.preflight.check_tools(machine(tools, environment={"CXX": "ccache g++-13"}, **bare), found)


NO_NETWORK = "... NewConnectionError('<...>: Failed to establish a new connection')\nERROR: No matching x"
FULL_DISK = "OSError: [Errno 28] No space left on device"
NOT_OFFERED = "Collecting a\nERROR: first\nERROR: No matching distribution found for a==9"


@pytest.mark.parametrize(
    ("log", "said", "shows_log"),
    [
        (NO_NETWORK, "no connection", False),
        (FULL_DISK, "disk is full", False),
        (NOT_OFFERED, "No matching distribution found for a==9", True),
        ("killed", "pip failed", True),
    ],
)
def test_pip_output_becomes_one_line(tools: SimpleNamespace, log: str, said: str, shows_log: bool) -> None:
    error = tools.preflight.pip_failure(log)
    assert said in str(error)
    assert "\n" not in str(error)
    assert isinstance(error, tools.preflight.StepFailed) is shows_log


def test_the_real_interpreter_is_described(tools: SimpleNamespace) -> None:
    found = tools.preflight.inspect(tools.preflight.Probes(dict(os.environ)), sys.executable, False)
    assert found.version == sys.version_info[:3]
    assert found.supported
    assert not os.path.realpath(found.path).startswith(os.path.realpath(sys.prefix) + "/bin")
    assert found.rclpy is None

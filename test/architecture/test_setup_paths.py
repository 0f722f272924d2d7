"""The set-up with a sourced ROS, on a machine without one: the wheels of this environment stand for it.

They are sourced as an installation under ``/opt/ros`` would be: ament and CMake prefixes and libraries are theirs,
and PYTHONPATH holds the ROS packages, colcon and numpy, but nothing else that is installed here.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
UNDERLAY = Path(sys.prefix)

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

# Says what the built workspace runs on; one fact per line.
FACTS = """
import affect_core, affect_hri_interfaces.msg, cv2, numpy, rclpy, torch
print(numpy.__version__, numpy.__file__, rclpy.__file__, sep="\\n")
"""


def closure(names: Iterator[str]) -> dict[str, Distribution]:
    """The installed distributions `names` and, transitively, what they need."""
    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in found:
            continue
        found[name] = distribution(name)
        needed = [Requirement(line) for line in found[name].requires or []]
        waiting += [each.name for each in needed if not each.marker or each.marker.evaluate({"extra": ""})]
    return found


def link_python_packages(folder: Path) -> None:
    """What a ROS installation and the system's Python offer: ROS, colcon, numpy."""
    folder.mkdir()
    names = [each.metadata["Name"] for each in distributions() if each.read_text("INSTALLER")]
    wanted = closure(name for name in names if name.startswith(("ros-", "colcon-")) or name == "numpy")
    del wanted["setuptools"]  # the system has another one
    for each in wanted.values():
        for top in {file.parts[0] for file in each.files or []} - {"..", "__pycache__"}:
            source = Path(str(each.locate_file(top)))
            if source.exists() and source.suffix != ".pth" and not (folder / top).exists():
                (folder / top).symlink_to(source)


def link_programs(folder: Path) -> None:
    folder.mkdir()
    (folder / "python3").symlink_to(getattr(sys, "_base_executable"))  # noqa: B009 - not in the type stubs
    (folder / "cmake").symlink_to(UNDERLAY / "bin" / "cmake")


@pytest.fixture(scope="module")
def sourced(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a shell that has sourced the stand-in for a ROS installation."""
    if not (UNDERLAY / "share" / "ament_cmake").is_dir():
        pytest.skip("needs ROS 2 from wheels in this environment; here ROS is already a sourced one")
    folder = tmp_path_factory.mktemp("ros")
    link_python_packages(folder / "python")
    link_programs(folder / "bin")
    ours = (str(UNDERLAY), str(ROOT))
    path = [part for part in os.environ["PATH"].split(":") if not part.startswith(ours)]
    libraries = [UNDERLAY / "lib", *UNDERLAY.glob("lib/python3.*/site-packages/ros_*.libs")]
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("COLCON_", "AFFECT_HRI_"))
    }
    for name in ("VIRTUAL_ENV", "PYTHON"):
        kept.pop(name, None)
    return {
        **kept,
        "ROS_DISTRO": "jazzy",
        "PATH": os.pathsep.join([str(folder / "bin"), *path]),
        "PYTHONPATH": str(folder / "python"),
        "AMENT_PREFIX_PATH": str(UNDERLAY),
        "CMAKE_PREFIX_PATH": str(UNDERLAY),
        "LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries)),
        "_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1",
    }


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, sourced: dict[str, str]) -> Iterator[Path]:
    """A copy of this repository that was set up in the sourced shell."""
    copy = tmp_path_factory.mktemp("workspace")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    done = set_up(copy, sourced)
    assert done.returncode == 0, done.stderr
    assert "sourced ROS 2 Jazzy" in done.stderr
    yield copy
    shutil.rmtree(copy)  # two gigabytes


def set_up(checkout: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = ["python3", "src/affect_core/tools/bootstrap.py", "setup"]
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


def installed(checkout: Path) -> set[str]:
    found = checkout.glob(".venv/lib/python3.*/site-packages/*.dist-info")
    return {path.name.split("-")[0].lower() for path in found}


def test_no_ros_wheel_and_no_numpy_is_installed(checkout: Path) -> None:
    names = installed(checkout)
    assert {"torch", "torchvision", "facenet_pytorch", "rosbags", "lightning"} <= names
    assert [name for name in sorted(names) if name.startswith("ros_")] == []
    assert "numpy" not in names


def test_colcon_is_that_of_the_installation(checkout: Path) -> None:
    assert "colcon_core" not in installed(checkout)


def test_the_workspace_runs_on_the_installations_ros_and_numpy(
    checkout: Path, sourced: dict[str, str]
) -> None:
    command = ["bash", "-c", '. install/setup.bash && .venv/bin/python -c "$0"', FACTS]
    done = subprocess.run(command, cwd=checkout, env=sourced, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    version, numpy_file, rclpy_file = done.stdout.split()
    assert version == distribution("numpy").version
    for file in (numpy_file, rclpy_file):
        assert file.startswith(sourced["PYTHONPATH"])


def test_executables_run_on_the_python_that_has_our_libraries(checkout: Path) -> None:
    programs = [path for path in checkout.glob("install/*/lib/affect_*/*") if path.is_file()]
    assert programs
    first_lines = {path.read_text().splitlines()[0] for path in programs}
    assert all(line.startswith(f"#!{checkout}/.venv/bin/python") for line in first_lines)


def test_a_second_run_does_nothing(checkout: Path, sourced: dict[str, str]) -> None:
    done = set_up(checkout, sourced)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")

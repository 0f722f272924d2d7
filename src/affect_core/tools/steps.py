"""The steps of the set-up after the virtual environment, and what makes each of them due again."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from place import Place, clean_environment, in_overlay, logged
from preflight import Probes, StepFailed, check_tools, pip_failure

# Not the `colcon` program: that of a ROS installation runs on the system's Python, and would write that
# Python, which has none of our libraries, into the first line of every executable.
COLCON = "import sys; from colcon_core.command import main; sys.exit(main())"
CAN_COLCON = "import colcon_core, colcon_cmake, colcon_ros, colcon_bash, colcon_python_setup_py"

# Files whose text matters to a build; of all others only the name does (they are linked, not copied).
MANIFESTS = ("package.xml", "CMakeLists.txt", "setup.py", "setup.cfg")
BUILT_SUFFIXES = (".msg", ".srv", ".action", ".cmake", ".in", ".c", ".cpp", ".hpp")

LOCAL_SETUP = """\
# Written by the set-up: makes this virtual environment an underlay of ROS 2 workspaces.
_affect_hri_prepend() {{
  eval "_affect_hri_old=\\"\\${{$1-}}\\""
  case ":$_affect_hri_old:" in
    *":$2:"*) ;;
    *) export "$1=$2${{_affect_hri_old:+:$_affect_hri_old}}" ;;
  esac
  unset _affect_hri_old
}}
_affect_hri_prepend AMENT_PREFIX_PATH {prefix}
_affect_hri_prepend CMAKE_PREFIX_PATH {prefix}
_affect_hri_prepend PATH {prefix}/bin
unset -f _affect_hri_prepend
"""


@dataclass(frozen=True)
class Step:
    """One part of the set-up: done again only when `inputs` change or its `product` is gone."""

    name: str
    title: str
    inputs: str
    run: Callable[[], None]
    product: Path
    recover: Callable[[], None]  # first, where an earlier run was cut short or failed


def all_steps(place: Place) -> list[Step]:
    """In order. PyTorch comes first: nothing may pull in another build of it."""
    torch_arguments = shlex.split(os.environ.get("AFFECT_HRI_PIP_TORCH_ARGS", ""))
    torch = _pip_step(place, "torch", "PyTorch", ["torch"], torch_arguments)
    libraries = [
        _pip_step(place, "core", "libraries", ["core"]),
        _pip_step(place, "no_deps", "libraries without their own pins", ["no_deps"], ["--no-deps"]),
        _pip_step(place, "tools", "training, checks and tests", ["train", "test"]),
    ]
    if place.ros:
        underlay = [_pip_step(place, "build", "build tools", ["build"]), _colcon_step(place)]
    else:
        wheels = ["ros_wheels", "build", "colcon"]
        underlay = [
            _pip_step(place, "build", "ROS 2 Jazzy (wheels) and build tools", wheels),
            _underlay_step(place),
        ]
    return [torch, *libraries, *underlay, _package_step(place), _workspace_step(place)]


def _pip_step(place: Place, name: str, title: str, files: list[str], options: Iterable[str] = ()) -> Step:
    constraints = _constraints(place)
    # Whatever version the system's numpy has, it stays: the constraint holds it, nothing asks for another.
    wanted = [line for line in place.requirements(*files) if not (place.ros and line.startswith("numpy=="))]

    def run() -> None:
        _pip_install(place, name, [*options, "-c", str(constraints), *wanted])

    return Step(
        name, title, "\n".join([*wanted, constraints.read_text()]), run, place.python, _pip_recovery(place)
    )


def _pip_recovery(place: Place) -> Callable[[], None]:
    """Forget distributions whose installation was cut short: pip repeats them, and writes INSTALLER last."""

    def recover() -> None:
        for info in place.venv.glob("lib/python3.*/site-packages/*.dist-info"):
            if not (info / "INSTALLER").is_file():
                shutil.rmtree(info)

    return recover


def _constraints(place: Place) -> Path:
    """Wheels: every version that was tested. Sourced ROS: the system's numpy and nothing else."""
    if not place.ros:
        return place.core / "requirements" / "constraints.txt"
    made = json.loads((place.stamps / "environment.json").read_text())
    path = place.venv / "constraints.txt"
    path.write_text(f"numpy=={made['numpy']}\n")
    return path


def _pip_install(place: Place, name: str, arguments: list[str]) -> None:
    pip = [str(place.python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    failure = logged(place, name, [*pip, *arguments])
    if failure is not None:
        raise pip_failure(failure)


def _colcon_step(place: Place) -> Step:
    """Sourced ROS: colcon as it is there, else as a package."""
    wanted = place.requirements("colcon")

    def run() -> None:
        if logged(place, "colcon", [str(place.python), "-c", CAN_COLCON]) is not None:
            _pip_install(place, "colcon", ["-c", str(_constraints(place)), *wanted])

    return Step("colcon", "colcon", "\n".join(wanted), run, place.python, _pip_recovery(place))


def _underlay_step(place: Place) -> Step:
    """Wheels: the environment becomes an underlay that CMake and colcon accept."""
    inputs = "\n".join([LOCAL_SETUP, *place.requirements("ros_wheels", "core")])

    def run() -> None:
        patch_cmake_exports(place)
        prefix = shlex.quote(str(place.venv))
        # colcon chains an underlay only where it finds a file of this name.
        for shell in ("sh", "bash", "zsh"):
            (place.venv / f"local_setup.{shell}").write_text(LOCAL_SETUP.format(prefix=prefix))

    # Patching again is enough after an interruption.
    return Step("underlay", "the wheels' CMake exports", inputs, run, place.venv / "local_setup.sh", run)


def patch_cmake_exports(place: Place) -> None:
    """Replace the paths of the wheels' build machine (Python, numpy) in their exported CMake targets."""
    code = "import numpy, sysconfig; print(sysconfig.get_paths()['include']); print(numpy.get_include())"
    output = subprocess.check_output([str(place.python), "-c", code], env=clean_environment(place))
    python_include, numpy_include = output.decode().splitlines()
    for path in (place.venv / "share").rglob("*.cmake"):
        old = path.read_text()
        new = replace_build_paths(old, python_include, numpy_include)
        if new != old:
            path.write_text(new)


def replace_build_paths(text: str, python_include: str, numpy_include: str) -> str:
    """One exported CMake file with this machine's include folders."""
    text = re.sub(r"/opt/python/cp\d+-cp\d+/include/python3\.\d+", lambda _: python_include, text)
    return re.sub(r"[^\";]*site-packages/numpy/_?core/include", lambda _: numpy_include, text)


def _package_step(place: Place) -> Step:
    inputs = (place.core / "setup.cfg").read_text() + (place.core / "setup.py").read_text()
    # --use-pep517: the older way puts the command where setup.cfg's [develop] sends ROS executables.
    options = ["--no-deps", "--no-build-isolation", "--use-pep517"]

    def run() -> None:
        _pip_install(place, "package", [*options, "-e", str(place.core)])

    command = place.venv / "bin" / "affect-hri"
    return Step("package", "affect_core", inputs, run, command, _pip_recovery(place))


def _workspace_step(place: Place) -> Step:
    inputs = workspace_inputs(place.root) + "\n".join(place.requirements("build", "ros_wheels"))
    folders = ["--base-paths", "src", "--build-base", "build", "--install-base", "install"]
    output = ["--event-handlers", "console_direct+", "status-", "desktop_notification-"]
    colcon = [str(place.python), "-c", COLCON, "--log-base", "log", "build", "--symlink-install"]
    imports = [*in_overlay(place), str(place.python), "-c", "import rclpy, affect_hri_interfaces.msg"]

    def run() -> None:
        check_tools(
            Probes(clean_environment(place))
        )  # again: the machine may have changed since .venv was made
        if logged(place, "workspace", [*colcon, *folders, *output]) is not None:
            raise StepFailed("colcon build failed")
        remove_dead_links(place.root / "install")
        if logged(place, "workspace", imports) is not None:
            raise StepFailed("the built workspace does not import")

    def recover() -> None:
        # A killed compiler may leave an object file that is new and not whole.
        for folder in ("build", "install"):
            shutil.rmtree(place.root / folder, ignore_errors=True)

    return Step("workspace", "workspace (colcon build; a minute or two)", inputs, run, place.overlay, recover)


def remove_dead_links(folder: Path) -> None:
    """A file deleted from ``config/`` or ``launch/`` leaves its link: a name that is listed and cannot be read."""
    for path in folder.rglob("*"):
        if path.is_symlink() and not path.exists():
            path.unlink()


def workspace_inputs(root: Path) -> str:
    """What a build depends on: the manifests' text and the names of all files that CMake installs.

    Python and launch files are linked into ``install/``: editing one needs no build, adding one does.
    """
    lines = [(root / "colcon.meta").read_text()]
    for folder in ("src", "launch", "config", "models"):
        for path in sorted(_files(root / folder)):
            lines.append(str(path.relative_to(root)))
            if path.name in MANIFESTS or path.suffix in BUILT_SUFFIXES:
                lines.append(hashlib.sha256(path.read_bytes()).hexdigest())
    return "\n".join(lines)


def _files(folder: Path) -> Iterator[Path]:
    """Files that matter to a build; a pure Python package is linked as a whole, its top folder is enough."""
    pure = (folder / "setup.py").is_file() and not (folder / "CMakeLists.txt").is_file()
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name.startswith((".", "__pycache__")) or path.name.endswith((".egg-info", ".pyc")):
            continue
        if not path.is_dir():
            yield path
        elif not pure:
            yield from _files(path)

"""The steps of the set-up: what makes them due, what an interruption leaves, what programs are started with."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "src" / "affect_core" / "requirements"
PINNED = re.compile(r"(?P<name>[A-Za-z0-9-]+)(\[[a-z]+\])?==(?P<version>[0-9.]+)  # \S.{5,}")


def place(tools: SimpleNamespace, root: Path, ros: bool = False) -> Any:
    made = tools.place.Place(root, ros)
    made.stamps.mkdir(parents=True)
    made.logs.mkdir()
    made.python.parent.mkdir()
    made.python.touch()
    return made


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


class CountedStep:
    """A step that notes how often it ran; `failure` may raise."""

    def __init__(self, tools: SimpleNamespace, product: Path) -> None:
        self.tools, self.product, self.runs, self.failure = tools, product, 0, lambda: None
        self.recoveries = 0

    def run(self) -> None:
        self.runs += 1
        self.failure()

    def recover(self) -> None:
        self.recoveries += 1

    def step(self, inputs: str = "a") -> Any:
        return self.tools.steps.Step("counted", "a step", inputs, self.run, self.product, self.recover)


@pytest.fixture
def counted(tools: SimpleNamespace, tmp_path: Path) -> CountedStep:
    return CountedStep(tools, write(tmp_path / "product"))


def test_a_step_runs_once_per_input(tools: SimpleNamespace, tmp_path: Path, counted: CountedStep) -> None:
    here = place(tools, tmp_path)
    ran = [tools.provision.run_step(here, counted.step(inputs)) for inputs in ("a", "a", "b", "b")]
    assert ran == [True, False, True, False]


def test_a_step_whose_product_is_gone_runs_again(
    tools: SimpleNamespace, tmp_path: Path, counted: CountedStep
) -> None:
    here = place(tools, tmp_path)
    tools.provision.run_step(here, counted.step())
    counted.product.unlink()
    tools.provision.run_step(here, counted.step())
    assert counted.runs == 2


def test_a_failed_step_shows_the_end_of_its_log_and_runs_again(
    tools: SimpleNamespace, tmp_path: Path, counted: CountedStep, capsys: pytest.CaptureFixture[str]
) -> None:
    here = place(tools, tmp_path)

    def fail() -> None:
        write(here.logs / "counted.log", "\n".join(f"line {number}" for number in range(100)))
        raise tools.preflight.StepFailed("it failed")

    counted.failure = fail
    with pytest.raises(tools.preflight.StepFailed):
        tools.provision.run_step(here, counted.step())
    shown = capsys.readouterr().err
    assert "line 99" in shown
    assert "line 74" not in shown
    assert counted.recoveries == 0
    counted.failure = lambda: None
    assert tools.provision.run_step(here, counted.step())
    assert (counted.runs, counted.recoveries) == (2, 1)


def step_named(tools: SimpleNamespace, root: Path, name: str) -> Any:
    """One step of the set-up as it is for this repository, at work in the folder `root`."""
    shutil.copytree(
        ROOT / "src" / "affect_core" / "requirements", root / "src" / "affect_core" / "requirements"
    )
    for file in ("setup.py", "setup.cfg"):
        write(root / "src" / "affect_core" / file)
    write(root / "colcon.meta")
    return next(step for step in tools.steps.all_steps(place(tools, root)) if step.name == name)


def test_what_pip_left_half_done_is_forgotten(tools: SimpleNamespace, tmp_path: Path) -> None:
    step = step_named(tools, tmp_path, "core")
    packages = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages"
    write(packages / "whole-1.dist-info" / "INSTALLER", "pip")
    write(packages / "half-1.dist-info" / "METADATA")
    step.recover()
    assert [path.name for path in packages.iterdir()] == ["whole-1.dist-info"]


def test_a_build_that_was_cut_short_starts_afresh(tools: SimpleNamespace, tmp_path: Path) -> None:
    step = step_named(tools, tmp_path, "workspace")
    write(tmp_path / "build" / "half.o")
    write(tmp_path / "install" / "setup.bash")
    step.recover()
    assert not (tmp_path / "build").exists()
    assert not (tmp_path / "install").exists()


def test_pytorch_comes_first_and_its_index_can_be_named(
    tools: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFECT_HRI_PIP_TORCH_ARGS", "--index-url 'https://host.example/cpu wheels'")
    step = step_named(tools, tmp_path, "torch")
    assert tools.steps.all_steps(tools.place.Place(tmp_path))[0].name == "torch"
    calls: list[list[str]] = []
    monkeypatch.setattr(tools.steps, "logged", lambda here, name, command: calls.append(command))
    step.run()
    assert calls[0][6:8] == ["--index-url", "https://host.example/cpu wheels"]
    assert calls[0][-1] == tools.place.Place(tmp_path).requirements("torch")[0]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    write(tmp_path / "colcon.meta", "{}")
    write(tmp_path / "src" / "messages" / "CMakeLists.txt", "a")
    write(tmp_path / "src" / "messages" / "msg" / "Face.msg", "string id")
    write(tmp_path / "src" / "pure" / "setup.py")
    write(tmp_path / "src" / "pure" / "pure" / "module.py")
    write(tmp_path / "src" / "nodes" / "CMakeLists.txt")
    write(tmp_path / "src" / "nodes" / "nodes" / "face.py")
    write(tmp_path / "launch" / "trial.launch.py")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "due"),
    [
        ("src/messages/msg/Face.msg", True),
        ("src/messages/msg/New.msg", True),
        ("src/messages/CMakeLists.txt", True),
        ("src/pure/setup.py", True),
        ("colcon.meta", True),
        ("src/nodes/nodes/new.py", True),  # installed by CMake: a new file needs a new link
        ("launch/new.launch.py", True),
        ("src/nodes/nodes/face.py", False),  # linked: the edit is already there
        ("launch/trial.launch.py", False),
        ("src/pure/pure/module.py", False),
        ("src/pure/pure/new.py", False),  # the folder is linked
        ("src/nodes/nodes/__pycache__/face.pyc", False),
        ("src/pure/pure.egg-info/PKG-INFO", False),
    ],
)
def test_a_build_is_due_when_its_inputs_change(
    tools: SimpleNamespace, workspace: Path, file: str, due: bool
) -> None:
    before = tools.steps.workspace_inputs(workspace)
    write(workspace / file, "changed")
    assert (tools.steps.workspace_inputs(workspace) != before) is due


def test_links_to_deleted_files_are_removed(tools: SimpleNamespace, tmp_path: Path) -> None:
    kept = write(tmp_path / "config" / "kept.yaml")
    share = tmp_path / "install" / "share"
    share.mkdir(parents=True)
    (share / "kept.yaml").symlink_to(kept)
    (share / "gone.yaml").symlink_to(tmp_path / "config" / "gone.yaml")
    tools.steps.remove_dead_links(tmp_path / "install")
    assert [path.name for path in share.iterdir()] == ["kept.yaml"]


def test_the_build_machines_paths_are_replaced(tools: SimpleNamespace) -> None:
    exported = (
        'INCLUDES "/opt/python/cp311-cp311/include/python3.11;/tmp/x/site-packages/numpy/_core/include"'
    )
    got = tools.steps.replace_build_paths(exported, "/usr/include/python3.11", "/v/numpy/core/include")
    assert got == 'INCLUDES "/usr/include/python3.11;/v/numpy/core/include"'


def test_the_wheels_see_nothing_of_another_ros(
    tools: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/opt/ros/humble/lib")
    monkeypatch.setenv("AMENT_PREFIX_PATH", "/opt/ros/humble")
    monkeypatch.setenv("MAKEFLAGS", "-j")
    monkeypatch.setenv("PATH", f"{tmp_path}/.venv/bin:/usr/bin")
    got = tools.place.clean_environment(tools.place.Place(tmp_path))
    assert got["AMENT_PREFIX_PATH"] == got["CMAKE_PREFIX_PATH"] == f"{tmp_path}/.venv"
    assert got["PATH"] == f"{tmp_path}/.venv/bin:/usr/bin"
    assert not {"PYTHONPATH", "MAKEFLAGS"} & set(got)


def test_a_sourced_ros_stays_and_our_own_overlay_goes(
    tools: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"{tmp_path}/install/affect_hri:/opt/ros/jazzy")
    monkeypatch.setenv("COLCON_PREFIX_PATH", f"{tmp_path}/install")
    monkeypatch.setenv("PYTHONPATH", f"/opt/ros/jazzy/lib:{tmp_path}/installed_beside")
    got = tools.place.clean_environment(tools.place.Place(tmp_path, ros=True))
    assert got["AMENT_PREFIX_PATH"] == "/opt/ros/jazzy"
    assert got["COLCON_PREFIX_PATH"] == ""
    assert got["PYTHONPATH"] == f"/opt/ros/jazzy/lib:{tmp_path}/installed_beside"


def pins() -> list[str]:
    files = [path for path in REQUIREMENTS.glob("*.txt") if path.name != "constraints.txt"]
    lines = [line for path in files for line in path.read_text().splitlines()]
    return [line for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("line", pins())
def test_every_requirement_is_pinned_has_a_reason_and_agrees_with_the_constraints(line: str) -> None:
    match = PINNED.fullmatch(line)
    assert match, "expected: name==version  # reason"
    constraints = (REQUIREMENTS / "constraints.txt").read_text().splitlines()
    assert f"{match['name'].lower()}=={match['version']}" in constraints


def run_bootstrap(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    program = ROOT / "src" / "affect_core" / "tools" / "bootstrap.py"
    command = [sys.executable, str(program), *arguments]
    return subprocess.run(command, env={"PATH": "/usr/bin:/bin", **variables}, capture_output=True, text=True)


def test_an_unsupported_distribution_stops_everything_with_one_line() -> None:
    done = run_bootstrap("setup", ROS_DISTRO="humble")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ROS_DISTRO=humble is sourced")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_an_unknown_command_lists_the_known_ones() -> None:
    done = run_bootstrap("everything")
    assert done.returncode == 2
    assert "setup|demo|test|test-long|check|bench|soak|clean|train-all|table1|overlap|papers" in done.stderr


def test_make_test_runs_every_folder_of_tests(tools: SimpleNamespace) -> None:
    named = {*tools.bootstrap.WITHOUT_ROS, *tools.bootstrap.WITH_ROS}
    found = {path.relative_to(ROOT) for path in (ROOT / "test").rglob("test_*.py")}
    assert named == {"/".join(path.parts[:2]) for path in found}


def test_make_test_fails_where_a_part_fails(tools: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, ...]] = []

    def call(place: Any, *command: str) -> int:
        calls.append(command)
        return 1 if "test/unit" in command else 0

    for name, made in {"setup": lambda place: None, "_call": call, "say": lambda text: None}.items():
        monkeypatch.setattr(tools.bootstrap, name, made)
    there = SimpleNamespace(venv=Path("venv"), python=Path("python"))
    assert tools.bootstrap.COMMANDS["test"](there, []) == 1
    parts = [command for command in calls if "pytest" in command]
    assert ["test/unit" in part for part in parts] == [True, False]
    calls.clear()
    assert tools.bootstrap.COMMANDS["test"](there, ["test/ros", "-x"]) == 0
    assert [part[-2:] for part in calls if "pytest" in part] == [("test/ros", "-x")]

import os
import subprocess
import sys
from pathlib import Path

import pytest

from affect_core import workspace
from affect_core.errors import ConfigError

# A program as the command line is one: asks for the overlay first, then says what it got.
PROGRAM = """
import sys
from affect_core.workspace import ensure_overlay
there = ensure_overlay()
import os
print(there, os.environ.get("STARTS"), os.environ.get("_AFFECT_HRI_OVERLAY_TRIED"), sys.argv[1:])
"""


def built(folder: Path, script: str = "") -> Path:
    (folder / "install").mkdir(parents=True)
    (folder / "install" / "setup.bash").write_text(script)
    return folder


def run_program(tmp_path: Path, **variables: str) -> str:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    core = Path(workspace.__file__).parents[1]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(core), **variables}
    for name in ("LD_LIBRARY_PATH", "_ROS_WHEELS_BOOTSTRAP_COMPLETE"):
        if name in os.environ:
            environment[name] = os.environ[name]
    command = [sys.executable, str(program), "a b", "--flag"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_named_workspace_wins(tmp_path: Path) -> None:
    named, beside = built(tmp_path / "named"), built(tmp_path / "checkout")
    found = workspace.find_workspace({"AFFECT_HRI_WORKSPACE": str(named)}, beside / ".venv", beside)
    assert found == named


def test_a_named_folder_without_a_workspace_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"install/setup\.bash.*make setup"):
        workspace.find_workspace({"AFFECT_HRI_WORKSPACE": str(tmp_path)}, tmp_path, tmp_path)


def test_the_folder_of_the_virtual_environment_comes_before_the_working_folder(tmp_path: Path) -> None:
    own, other = built(tmp_path / "own"), built(tmp_path / "other")
    assert workspace.find_workspace({}, own / ".venv", other) == own


def test_the_working_folder_is_searched_upwards(tmp_path: Path) -> None:
    top = built(tmp_path / "ws")
    below = top / "src" / "package"
    below.mkdir(parents=True)
    assert workspace.find_workspace({}, tmp_path / "elsewhere" / "venv", below) == top


def test_nothing_built_is_none(tmp_path: Path) -> None:
    assert workspace.find_workspace({}, tmp_path / "venv", tmp_path) is None


def test_the_environment_is_what_sourcing_leaves(tmp_path: Path) -> None:
    script = 'echo chatter; export PLAIN=1 TWO_LINES="a\nb=c" PATH="/front:$PATH"; NOT_EXPORTED=1'
    got = workspace.overlay_environment(built(tmp_path, script), {"PATH": "/usr/bin:/bin", "KEPT": "x=y"})
    assert got is not None
    assert (got["PLAIN"], got["TWO_LINES"], got["KEPT"]) == ("1", "a\nb=c", "x=y")
    assert got["PATH"] == "/front:/usr/bin:/bin"
    assert "NOT_EXPORTED" not in got


def test_a_workspace_that_cannot_be_sourced_is_none_and_warns(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert workspace.overlay_environment(built(tmp_path, "return 3"), {"PATH": os.environ["PATH"]}) is None
    assert "make setup" in caplog.text


def test_the_process_restarts_once_inside_the_workspace(tmp_path: Path) -> None:
    interfaces = tmp_path / "site" / "affect_hri_interfaces"
    interfaces.mkdir(parents=True)
    (interfaces / "__init__.py").touch()
    script = f'export PYTHONPATH="{tmp_path}/site:$PYTHONPATH" STARTS=$((${{STARTS:-0}} + 1))'
    got = run_program(tmp_path, AFFECT_HRI_WORKSPACE=str(built(tmp_path / "ws", script)))
    assert got == "True 1 None ['a b', '--flag']"


def test_a_workspace_without_our_interfaces_does_not_restart_for_ever(tmp_path: Path) -> None:
    script = "export STARTS=$((${STARTS:-0} + 1))"
    got = run_program(tmp_path, AFFECT_HRI_WORKSPACE=str(built(tmp_path / "ws", script)))
    assert got == "False 1 None ['a b', '--flag']"


def test_where_the_interfaces_import_nothing_is_sourced(tmp_path: Path) -> None:
    (tmp_path / "affect_hri_interfaces.py").touch()  # beside the program, hence importable
    script = "export STARTS=1"
    got = run_program(tmp_path, AFFECT_HRI_WORKSPACE=str(built(tmp_path / "ws", script)))
    assert got == "True None None ['a b', '--flag']"

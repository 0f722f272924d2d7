"""The built workspace, found and sourced by the command line itself, so that it works from a plain shell."""

from __future__ import annotations

import importlib.util
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from affect_core.errors import ConfigError

INTERFACES = "affect_hri_interfaces"
WORKSPACE_VARIABLE = "AFFECT_HRI_WORKSPACE"
# Set for the restarted process only; it stops a workspace without our interfaces from restarting us for ever.
GUARD = "_AFFECT_HRI_OVERLAY_TRIED"

log = logging.getLogger(__name__)


def ensure_overlay() -> bool:
    """True when the ROS part is there; restarts this process once inside the built workspace if it has to.

    Call it first thing in a program's entry point, before anything is opened or imported at length: the
    type support libraries are found through LD_LIBRARY_PATH, which the loader reads only at process start.
    Without a built workspace nothing happens and the answer is False.

    Raises:
        ConfigError: $AFFECT_HRI_WORKSPACE names a folder without a built workspace.
    """
    restarted = os.environ.pop(GUARD, None) is not None
    if importlib.util.find_spec(INTERFACES) is not None:
        return True
    workspace = None if restarted else find_workspace(os.environ, Path(sys.prefix), Path.cwd())
    overlay = workspace and overlay_environment(workspace, os.environ)
    if overlay:
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**overlay, GUARD: "1"})
    return False


def find_workspace(environment: Mapping[str, str], prefix: Path, cwd: Path) -> Path | None:
    """The folder that holds ``install/setup.bash``.

    $AFFECT_HRI_WORKSPACE if set, else the folder of the virtual environment `prefix`, else `cwd` and upwards.

    Raises:
        ConfigError: $AFFECT_HRI_WORKSPACE names a folder without a built workspace.
    """
    named = environment.get(WORKSPACE_VARIABLE, "")
    candidates = [Path(named)] if named else [prefix.parent, cwd, *cwd.parents]
    for folder in candidates:
        if _setup_file(folder).is_file():
            return folder.absolute()
    if named:
        raise ConfigError(
            f"expected {WORKSPACE_VARIABLE} to name a folder with install/setup.bash, got {named}; "
            "build the workspace there (make setup), or unset the variable"
        )
    return None


def overlay_environment(workspace: Path, environment: Mapping[str, str]) -> dict[str, str] | None:
    """`environment` as it is after sourcing the workspace; None, with a warning, where that fails."""
    command = ["bash", "--noprofile", "--norc", "-c", '. "$0" >&2 && env -0', str(_setup_file(workspace))]
    try:
        done = subprocess.run(
            command, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        log.warning("cannot source %s (%s); build it again with make setup", _setup_file(workspace), error)
        return None
    entries = os.fsdecode(done.stdout).split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)


def _setup_file(workspace: Path) -> Path:
    return workspace / "install" / "setup.bash"

"""The virtual head on a screen, for a real camera to look at.

The window is a program of its own (`screen_window`): drawing does not slow down whoever commands the head,
and window systems that want the main thread get one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from threading import Timer
from typing import Final

from affect_core.errors import HeadError
from affect_core.heads.base import HEADS, Head, HeadConfig
from affect_core.heads.rig import Pose

_START_S: Final = 120.0  # the very first start compiles the renderer
_END_S: Final = 5.0
_CLOSED: Final = (
    "expected the avatar's window to be open, but it was closed; close() and connect() open a new one"
)


class ScreenHead(Head):
    """A window with the avatar, full-screen or not. Escape closes it; then `command` raises."""

    name = "screen"

    def __init__(self, config: HeadConfig) -> None:
        super().__init__()
        self._config = config

    def _problem(self) -> str:
        return _CLOSED if self._connected and self._window.poll() is not None else ""

    def _open(self) -> None:
        self._window = _start(self._config)
        problem = _first_line(self._window)
        if problem != "ready":
            self._shut()
            raise HeadError(
                problem or f"expected a window, but its program ended with {self._window.returncode}"
            )
        os.set_blocking(_stdin(self._window), False)

    def _drive(self, pose: Pose) -> Pose:
        line = json.dumps(pose).encode() + b"\n"
        try:
            # Whole or not at all, since it is shorter than a pipe's buffer page. Not at all only when the
            # window program is suspended for dozens of poses: better leave poses out than wait for it.
            with suppress(BlockingIOError):
                os.write(_stdin(self._window), line)
        except BrokenPipeError as error:
            raise HeadError(_CLOSED) from error
        return pose

    def _shut(self) -> None:
        for pipe in (self._window.stdin, self._window.stdout):
            if pipe:
                pipe.close()  # the end of its input ends the program
        try:
            self._window.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._window.kill()
            self._window.wait()


def _start(config: HeadConfig) -> subprocess.Popen[bytes]:
    options = {"fullscreen": config.fullscreen, "look": config.look, "colour": config.colour}
    command = [sys.executable, "-m", "affect_core.heads.screen_window", json.dumps(options)]
    return subprocess.Popen(
        command,
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        start_new_session=True,  # Ctrl-C in the terminal is for the caller, who closes the window
    )


def _first_line(window: subprocess.Popen[bytes]) -> str:
    """``ready``, or what is wrong; empty when the program ended without a word."""
    guard = Timer(_START_S, window.kill)
    guard.start()
    try:
        return window.stdout.readline().decode().strip() if window.stdout else ""
    finally:
        guard.cancel()


def _stdin(window: subprocess.Popen[bytes]) -> int:
    assert window.stdin is not None
    return window.stdin.fileno()


@HEADS.register("screen")
def build(config: HeadConfig) -> ScreenHead:
    """The virtual head on this machine's screen."""
    return ScreenHead(config)

"""The virtual head, drawn by a process of its own.

Between its kernels drawing needs the interpreter lock, for which it competes with the other threads of a program. The
other process has a lock of its own. Pixels come back through shared memory.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from contextlib import suppress
from ctypes import c_uint8
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.avatar import Avatar, AvatarConfig
from affect_core.avatar.camera import Pinhole
from affect_core.avatar.scene import Scene
from affect_core.avatar.truth import Rendering
from affect_core.errors import AffectError, CameraError, InputError

START_S: Final = 120.0
"""Longest wait for the first picture: a fresh machine compiles the kernels."""
RENDER_S: Final = 10.0
"""Longest wait for any other."""
_END: Final = None
_LAYERS: Final = 4  # red, green, blue; segments

_context = get_context("spawn")  # a fork would take threads and sockets of the middleware along


class AvatarApart:
    """Like `Avatar`, bit by bit. The process begins with the first rendering; one that has died begins again.

    Not for two threads at a time. Close it at the end.
    """

    def __init__(self, config: AvatarConfig | None = None) -> None:
        self.config = config = config or AvatarConfig()
        self.camera = Pinhole.from_fovy(config.width, config.height, config.fovy_deg)
        self._memory = _context.RawArray(c_uint8, _LAYERS * config.width * config.height)
        self._process: Any = None
        self._line: Connection | None = None

    def render(self, pose: Mapping[str, float] | None = None, scene: Scene | None = None) -> Rendering:
        """See `Avatar.render`.

        Raises:
            CameraError: the process has ended, or does not answer; the next call starts another one.
        """
        patience_s = RENDER_S if self._line else START_S
        line = self._line or self._start()
        try:
            line.send((dict(pose or {}), scene))
            if not line.poll(patience_s):
                raise CameraError(
                    f"expected a picture of the virtual head within {patience_s:.0f} s, got none; is the machine busy?"
                )
            answer = line.recv()
        except (CameraError, EOFError, OSError) as error:
            raise self._lost(error) from error
        if isinstance(answer, AffectError):
            raise answer
        image, segments = _layers(self._memory, self.config)
        return Rendering(image.copy(), segments=segments.copy(), **answer)

    @property
    def process_id(self) -> int | None:
        """Of the process that draws; None while there is none."""
        return self._process.pid if self._line else None

    def close(self) -> None:
        """End the process."""
        if self._line is not None:
            with suppress(OSError):  # it has ended already
                self._line.send(_END)
        self._leave()

    def _start(self) -> Connection:
        self._line, theirs = _context.Pipe()
        self._process = _context.Process(
            target=_serve, args=(theirs, self._memory, self.config), name="avatar", daemon=True
        )
        self._process.start()
        theirs.close()  # else its end would never be noticed
        return self._line

    def _lost(self, error: Exception) -> CameraError:
        self._process.join(timeout=0.5)
        code = self._process.exitcode
        self._leave()
        if isinstance(error, CameraError):
            return error
        return CameraError(
            f"expected a picture of the virtual head, but its process ended (exit code {code}); it is started again"
        )

    def _leave(self) -> None:
        if self._line is None:
            return
        self._line.close()
        self._line = None
        self._process.join(timeout=2.0)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _serve(line: Connection, memory: Any, config: AvatarConfig) -> None:
    """Draw until told to end, or until nobody is at the other end of the line."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # a terminal's Ctrl-C reaches us too; the owner says when to end
    avatar = Avatar(config)
    image, segments = _layers(memory, config)
    while (task := _next(line)) is not _END:
        try:
            drawn = avatar.render(*task)
        except AffectError as error:
            line.send(InputError(str(error)))  # a subclass with arguments of its own may not survive the way
            continue
        image[:], segments[:] = drawn.image_rgb, drawn.segments
        line.send(
            {
                "box_xyxy": drawn.box_xyxy,
                "landmarks_xy": drawn.landmarks_xy,
                "render_ms": drawn.render_ms,
                "landmarks68_xy": drawn.landmarks68_xy,
            }
        )


def _next(line: Connection) -> Any:
    try:
        return line.recv()
    except EOFError:
        return _END


def _layers(memory: Any, config: AvatarConfig) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Image (H, W, 3) and segments (H, W) in the shared memory."""
    pixels = config.width * config.height
    values = np.frombuffer(memory, np.uint8)
    image = values[: 3 * pixels].reshape(config.height, config.width, 3)
    return image, values[3 * pixels :].reshape(config.height, config.width)

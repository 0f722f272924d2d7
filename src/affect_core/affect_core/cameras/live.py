"""A camera that keeps its own time, read beside everything else: one that stalls holds up nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable

from affect_core.cameras.base import Camera
from affect_core.errors import CameraError
from affect_core.types import Frame

RETRY_S = 1.0
"""A camera that was lost is looked for this often."""
_LEAVE_S = 1.0
"""How long the end of a `read` is waited for; a driver may hold it for 10 s."""


class LiveReader:
    """Reads a camera on a thread of its own, which owns the camera from now on: it opens one that was lost again,
    and closes it at the end.

    Args:
        camera: open, or to be opened.
        tell: gets, on that thread, every frame, and the error of one that cannot be had. An error that is no
            CameraError is the last thing that it gets.
    """

    def __init__(self, camera: Camera, tell: Callable[[Frame | Exception], None]) -> None:
        self._camera, self._tell = camera, tell
        self._at_work, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def resume(self) -> None:
        """Read, from now on."""
        self._at_work.set()

    def pause(self) -> None:
        """Stop reading; a frame that is under way is not told."""
        self._at_work.clear()

    def close(self) -> None:
        """End. A camera that has stalled is closed when it gives its thread back, later than this returns."""
        self._ended.set()
        self._at_work.set()
        self._thread.join(_LEAVE_S)

    def _run(self) -> None:
        try:
            while self._at_work.wait() and not self._ended.is_set():
                self._read()
        except Exception as error:  # noqa: BLE001 - for the other thread, which raises it
            self._tell(error)
        finally:
            self._camera.close()

    def _read(self) -> None:
        value: Frame | CameraError | None
        try:
            if not self._camera.is_open:
                self._camera.open()
            value = self._camera.read()
        except CameraError as error:
            value = error
        if value is not None and self._at_work.is_set() and not self._ended.is_set():
            self._tell(value)
        if not self._camera.is_open:
            self._ended.wait(RETRY_S)

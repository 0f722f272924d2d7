"""What a camera is: something that hands over stamped frames until its source ends."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from affect_core.config import Settings, setting
from affect_core.registry import Registry
from affect_core.types import Frame

Clock = Callable[[], int]
"""Nanoseconds of the clock that stamps frames; read once per frame, when its pixels are complete."""


@dataclass(frozen=True)
class CameraConfig(Settings):
    """Where frames come from, whichever camera it is."""

    source: str = setting("webcam", "camera; a name in CAMERAS")
    path: str = setting("", "video file, or folder of images")
    device: str = setting("/dev/video0", "webcam: v4l2 device")
    width: int = setting(1280, "webcam: wanted width, pixels; the device may give another", low=1, high=7680)
    height: int = setting(720, "webcam: wanted height, pixels; the device may give another", low=1, high=4320)
    fps: float = setting(
        30.0, "webcam: wanted rate; folder: rate; video: where the file says none", low=0.1, high=240.0
    )
    fov_deg: float = setting(
        62.0, "horizontal field of view, degrees; gives the focal length", low=1.0, high=179.0
    )
    loop: bool = setting(False, "video, folder: start again at the end")
    frame_id: str = setting("camera_optical", "optical frame of the camera")


@dataclass(frozen=True)
class CameraGeometry:
    """Pinhole camera without distortion.

    Attributes:
        width, height: pixels.
        fx, fy: focal lengths, pixels.
        cx, cy: principal point, pixels; (0, 0) is the centre of the first pixel.
        fps: nominal frames per second.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    fps: float


def geometry(width: int, height: int, fov_deg: float, fps: float) -> CameraGeometry:
    """Square pixels, principal point in the middle, focal length from the horizontal field of view."""
    focal = width / (2.0 * math.tan(math.radians(fov_deg) / 2.0))
    return CameraGeometry(width, height, focal, focal, (width - 1) / 2.0, (height - 1) / 2.0, fps)


class Camera(Protocol):
    """A source of frames. Not open until `open`; may be opened again after `close`.

    Attributes:
        live: whether it keeps its own time: `read` waits for the next frame, for ever if the device stalls.
    """

    live: bool

    @property
    def info(self) -> CameraGeometry:
        """Size, rate and geometry of the open camera; raises CameraError before `open`."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether `read` can be called; a webcam that is lost closes itself."""
        ...

    def open(self) -> None:
        """Get ready to read.

        Raises:
            CameraError: there is no such source, or it cannot be used; says what was found and what to do.
        """
        ...

    def read(self) -> Frame | None:
        """The next frame, or None when the source has ended.

        Raises:
            CameraError: this frame cannot be had. A webcam is lost: open it again; a folder goes on with the
                next `read`.
        """
        ...

    def close(self) -> None:
        """Let go of the source; may be called at any time."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Opened(ABC):
    """What all cameras share: ``with camera:`` opens and closes; a camera is open while its geometry is known."""

    live = False
    _info: CameraGeometry | None = None

    @property
    def is_open(self) -> bool:
        """See `Camera.is_open`."""
        return self._info is not None

    @abstractmethod
    def open(self) -> None:
        """See `Camera.open`."""

    @abstractmethod
    def close(self) -> None:
        """See `Camera.close`."""

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


CAMERAS: Registry[Camera] = Registry("camera")
"""Name -> ``builder(config, now_ns)``; the camera is not open yet."""

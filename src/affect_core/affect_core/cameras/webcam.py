"""A webcam through Video4Linux."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2

from affect_core.cameras.base import CameraConfig, CameraGeometry, Clock, Opened, geometry
from affect_core.errors import CameraError
from affect_core.types import Frame, ImageRGB

DEVICES = Path("/dev")


class Webcam(Opened):
    """A v4l2 device. Asks for MJPG: uncompressed 720p does not fit through USB 2 at 30 frames per second."""

    live = True

    def __init__(self, config: CameraConfig, now_ns: Clock) -> None:
        self._config = config
        self._now_ns = now_ns
        self._capture: Any = None
        self._info: CameraGeometry | None = None

    @property
    def info(self) -> CameraGeometry:
        """See `Camera.info`; size and rate are what the device gives, not what was asked for."""
        if self._info is None:
            raise CameraError(f"expected an open webcam, got {self._config.device} before open()")
        return self._info

    def open(self) -> None:
        """Open the device and read one frame, so that a dead device is found out here."""
        self.close()
        _check_device(self._config.device)
        capture = cv2.VideoCapture(self._config.device, cv2.CAP_V4L2)
        if not capture.isOpened():
            capture.release()
            raise CameraError(
                f"expected a camera at {self._config.device}, got a device that does not open as one; end "
                f"other programs that use it, or choose another with `device`. {_found()}"
            )
        self._capture = capture
        _ask_for(capture, self._config)
        height, width = self._grab().shape[:2]
        self._info = geometry(width, height, self._config.fov_deg, _rate(capture, self._config.fps))

    def read(self) -> Frame:
        """See `Camera.read`; a webcam never ends."""
        image = self._grab()
        return Frame(image, self._now_ns(), self._config.frame_id)

    def close(self) -> None:
        """See `Camera.close`."""
        if self._capture is not None:
            self._capture.release()
        self._capture = self._info = None

    def _grab(self) -> ImageRGB:
        if self._capture is None:
            raise CameraError(f"expected an open webcam, got {self._config.device} before open()")
        complete, image_bgr = self._capture.read()
        if not complete:
            self.close()
            raise CameraError(
                f"{self._config.device} gives no frames any more; plug it in and open it again. {_found()}"
            )
        return cv2.cvtColor(image_bgr, cv2.COLOR_BGR2RGB)  # type: ignore[no-any-return] # cv2 has no types


def _check_device(device: str) -> None:
    if not Path(device).exists():
        raise CameraError(f"expected a camera at {device}, got nothing. {_found()}; choose one with `device`")
    if not os.access(device, os.R_OK | os.W_OK):
        raise CameraError(
            f"{device} may not be opened by this user; add the user to the group `video`, log in again"
        )


def _found() -> str:
    names = sorted(str(path) for path in DEVICES.glob("video*"))
    return f"Found: {', '.join(names)}" if names else f"Found no {DEVICES}/video*: no camera is connected"


def _ask_for(capture: Any, config: CameraConfig) -> None:
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, config.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, config.height)
    capture.set(cv2.CAP_PROP_FPS, config.fps)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # an old frame that waits in the driver would count as latency


def _rate(capture: Any, otherwise: float) -> float:
    fps = float(capture.get(cv2.CAP_PROP_FPS))
    return fps if fps > 0.0 else otherwise

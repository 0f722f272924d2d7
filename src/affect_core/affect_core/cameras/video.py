"""A video file, frame by frame, at its own size."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2

from affect_core.cameras.base import CameraConfig, CameraGeometry, Clock, Opened, geometry
from affect_core.errors import CameraError, InputError
from affect_core.images import check_extent
from affect_core.types import Frame, ImageRGB


class Video(Opened):
    """A video file. Reads as fast as it is asked to: whoever reads keeps the pace."""

    def __init__(self, config: CameraConfig, now_ns: Clock) -> None:
        self._config = config
        self._now_ns = now_ns
        self._capture: Any = None
        self._first: ImageRGB | None = None
        self._info: CameraGeometry | None = None

    @property
    def info(self) -> CameraGeometry:
        """See `Camera.info`."""
        if self._info is None:
            raise CameraError(f"expected an open video, got {self._config.path!r} before open()")
        return self._info

    def open(self) -> None:
        """Open the file and read its first frame, so that a file without frames is found out here."""
        self.close()
        self._capture = _open(self._config.path)
        self._first = self._grab()
        if self._first is None:
            self.close()
            raise CameraError(f"expected a video with frames, got {self._config.path}, which has none")
        height, width = self._first.shape[:2]
        self._info = geometry(width, height, self._config.fov_deg, _rate(self._capture, self._config.fps))

    def read(self) -> Frame | None:
        """See `Camera.read`."""
        if self._capture is None:
            raise CameraError(f"expected an open video, got {self._config.path!r} before open()")
        image = self._take_first() if self._first is not None else self._grab()
        if image is None and self._config.loop:
            self.open()
            image = self._take_first()
        return None if image is None else Frame(image, self._now_ns(), self._config.frame_id)

    def close(self) -> None:
        """See `Camera.close`."""
        if self._capture is not None:
            self._capture.release()
        self._capture = self._first = self._info = None

    def _take_first(self) -> ImageRGB | None:
        image, self._first = self._first, None
        return image

    def _grab(self) -> ImageRGB | None:
        complete, image_bgr = self._capture.read()
        return cv2.cvtColor(image_bgr, cv2.COLOR_BGR2RGB) if complete else None


def _open(path: str) -> Any:
    if not path:
        raise CameraError("expected a video file, got no path; set `path`")
    if not Path(path).is_file():
        raise CameraError(
            f"expected a video file at {path}, got {'a folder' if Path(path).is_dir() else 'nothing'}"
        )
    if Path(path).stat().st_size == 0:
        raise CameraError(f"expected a video with frames, got {path}, which is an empty file")
    capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG)
    if not capture.isOpened():
        capture.release()
        raise CameraError(
            f"expected a video, got {path}, which cannot be decoded: it is damaged, another kind of file, "
            "or in an unknown codec; convert it, for example to H.264 in .mp4"
        )
    try:
        check_extent(int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
    except InputError as error:
        capture.release()
        raise CameraError(f"{path}: {error}") from error
    return capture


def _rate(capture: Any, otherwise: float) -> float:
    fps = float(capture.get(cv2.CAP_PROP_FPS))
    return fps if math.isfinite(fps) and fps > 0.0 else otherwise

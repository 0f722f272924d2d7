"""Frames to a video file; FFV1 keeps every pixel."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import cv2

from affect_core.errors import InputError
from affect_core.types import ImageRGB

LOSSLESS_CODEC = "FFV1"
"""Bit-exact RGB in .mkv and .avi with what OpenCV's wheel ships (so are MPNG and HFYU, in larger files)."""

LOSSLESS_SUFFIXES = (".mkv", ".avi")


class VideoSink:
    """Writes frames one by one; the file is complete after `close`.

    Raises:
        InputError: codec and container do not go together, or a frame has another size or an odd one.
    """

    def __init__(self, path: Path, fps: float, codec: str = LOSSLESS_CODEC) -> None:
        self.path = path
        self.frames = 0
        self._fps, self._codec = fps, codec
        self._size_wh: tuple[int, int] | None = None
        self._writer: Any = None

    def write(self, image_rgb: ImageRGB) -> None:
        """Append one frame, uint8 (H, W, 3); the first one sets the size."""
        size_wh = (image_rgb.shape[1], image_rgb.shape[0])
        if self._writer is None:
            self._writer, self._size_wh = _open(self.path, self._fps, self._codec, size_wh), size_wh
        if size_wh != self._size_wh:
            raise InputError(
                f"{self.path}: expected frames of {self._size_wh}, got one of {size_wh} (width, height)"
            )
        self._writer.write(cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR))
        self.frames += 1

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.release()
        self._writer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def write_video(frames_rgb: Iterable[ImageRGB], path: Path, fps: float, codec: str) -> int:
    """Write all frames; returns how many.

    Raises:
        InputError: there are no frames, they differ in size, or codec and container do not go together.
    """
    with VideoSink(path, fps, codec) as sink:
        for image_rgb in frames_rgb:
            sink.write(image_rgb)
    if sink.frames == 0:
        raise InputError(f"{path}: expected at least one frame, got none")
    return sink.frames


def write_lossless_video(frames_rgb: Iterable[ImageRGB], path: Path, fps: float) -> int:
    """Write frames that read back bit by bit; returns how many.

    Raises:
        InputError: see `write_video`; the suffix is not one of `LOSSLESS_SUFFIXES`.
    """
    if path.suffix not in LOSSLESS_SUFFIXES:
        raise InputError(f"expected a lossless video as {' or '.join(LOSSLESS_SUFFIXES)}, got {path.name}")
    return write_video(frames_rgb, path, fps, LOSSLESS_CODEC)


def _open(path: Path, fps: float, codec: str, size_wh: tuple[int, int]) -> Any:
    path.parent.mkdir(parents=True, exist_ok=True)
    if len(codec) != 4:
        raise InputError(f"expected a codec of four characters such as {LOSSLESS_CODEC}, got {codec!r}")
    if size_wh[0] % 2 or size_wh[1] % 2:  # OpenCV would cut off the last row or column without a word
        raise InputError(
            f"{path}: expected an even width and height, got {size_wh}; crop or scale the frames"
        )
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), fps, size_wh)
    if not writer.isOpened():
        raise InputError(
            f"codec {codec!r} cannot be written to {path}; use {LOSSLESS_CODEC} in .mkv, or mp4v in .mp4"
        )
    return writer

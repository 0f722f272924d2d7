"""A folder of images in the order of their names."""

from __future__ import annotations

import re
from pathlib import Path

from affect_core.cameras.base import CameraConfig, CameraGeometry, Clock, Opened, geometry
from affect_core.errors import CameraError, InputError
from affect_core.images import rgb_from_compressed
from affect_core.limits import LIMITS
from affect_core.texts import read_whole
from affect_core.types import Frame, ImageRGB

SUFFIXES = (".png", ".jpg", ".jpeg")


class Folder(Opened):
    """PNG and JPEG images, one per frame, at their own size.

    Numbers in names count: 2.png comes before 10.png.
    """

    def __init__(self, config: CameraConfig, now_ns: Clock) -> None:
        self._config = config
        self._now_ns = now_ns
        self._paths: list[Path] = []
        self._next = 0
        self._info: CameraGeometry | None = None

    @property
    def info(self) -> CameraGeometry:
        """See `Camera.info`; the size is that of the first readable image."""
        if self._info is None:
            raise CameraError(f"expected an open folder, got {self._config.path!r} before open()")
        return self._info

    def open(self) -> None:
        """List the folder and look for the first readable image."""
        self.close()
        paths = _images(self._config.path)
        height, width = _first_readable(paths).shape[:2]
        self._paths = paths
        self._info = geometry(width, height, self._config.fov_deg, self._config.fps)

    def read(self) -> Frame | None:
        """See `Camera.read`; an unreadable image is named and skipped by the next call."""
        if self._info is None:
            raise CameraError(f"expected an open folder, got {self._config.path!r} before open()")
        if self._next == len(self._paths) and self._config.loop:
            self._next = 0
        if self._next == len(self._paths):
            return None
        path = self._paths[self._next]
        self._next += 1
        return Frame(_load(path), self._now_ns(), self._config.frame_id)

    def close(self) -> None:
        """See `Camera.close`."""
        self._paths, self._next, self._info = [], 0, None


def _images(folder: str) -> list[Path]:
    if not folder:
        raise CameraError("expected a folder of images, got no path; set `path`")
    if not Path(folder).is_dir():
        raise CameraError(
            f"expected a folder of images at {folder}, got {'a file' if Path(folder).exists() else 'nothing'}"
        )
    paths = sorted((p for p in Path(folder).iterdir() if p.suffix.lower() in SUFFIXES), key=_by_number)
    if not paths:
        raise CameraError(f"expected {', '.join(SUFFIXES)} images in {folder}, got none")
    return paths


def _by_number(path: Path) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", path.name)
    return [(int(part), part) if part.isdigit() else (-1, part) for part in parts]


def _first_readable(paths: list[Path]) -> ImageRGB:
    for path in paths:
        try:
            return _load(path)
        except CameraError:  # it is named when its turn comes
            continue
    raise CameraError(
        f"expected readable images in {paths[0].parent}, got {len(paths)} files that are all damaged"
    )


def _load(path: Path) -> ImageRGB:
    try:
        return rgb_from_compressed(read_whole(path, LIMITS.compressed_image_bytes))
    except (OSError, InputError) as error:
        raise CameraError(
            f"expected a readable image, got {path}, which is damaged or no image ({error}); it is left out"
        ) from error

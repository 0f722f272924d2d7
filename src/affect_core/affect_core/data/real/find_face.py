"""From a person's box to the face in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from affect_core.data.manifest import Point
from affect_core.data.real.base import Box, RealSetConfig, Reason
from affect_core.faces.base import Detector, FaceConfig, build_detector
from affect_core.types import Detection, ImageRGB

_MOST_FACES: Final = 20
_HEAD_DEPTH: Final = 0.15
"""Where a face's centre is expected below the upper edge of a person's box, share of its height."""


@dataclass(frozen=True)
class Found:
    """A face, pixels of the picture. ``distance``: from where the box lets it be expected, box edges; 0 = there."""

    box_xyxy: Box
    landmarks_xy: tuple[Point, ...]
    distance: float = 0.0


class FaceFinder:
    """Runs the product's detector inside boxes. The detector is built when it is first needed.

    Args:
        config: detector, smallest face, and how far around a box it looks.
        region: what the boxes hold: "face" or "person".
    """

    def __init__(self, config: RealSetConfig, region: str) -> None:
        self._config = config
        self._person = region == "person"
        self._detector: Detector | None = None

    def find(self, image_rgb: ImageRGB, box_xyxy: Box | None) -> Found | Reason:
        """The best face whose centre lies in the box, or why there is none.

        In a person's box the upper part is searched first, then all of it. Of several faces the one nearest to where
        a head is expected is taken: in the middle, `_HEAD_DEPTH` below the upper edge of a person, in the centre of
        a face's box.

        Args:
            image_rgb: uint8 (H, W, 3).
            box_xyxy: pixels; None = the whole picture.
        """
        height, width = image_rgb.shape[:2]
        box = box_xyxy or (0.0, 0.0, float(width), float(height))
        if clip(box, width, height) is None:
            return Reason.BOX_OUTSIDE
        for region in self._regions(box):
            faces = [face for face in self._detect(image_rgb, region) if _inside(face.centre, box)]
            if faces:
                best = min(faces, key=lambda face: self._distance(face.centre, box))
                return Found(best.box, best.landmarks, self._distance(best.centre, box))
        return Reason.NO_FACE

    def _regions(self, box: Box) -> list[Box]:
        x1, y1, x2, y2 = box
        around = self._config.surround * max(x2 - x1, y2 - y1)
        whole = (x1 - around, y1 - around, x2 + around, y2 + around)
        if not self._person:
            return [whole]
        upper = (*whole[:3], y1 + self._config.upper_share * (y2 - y1))
        return [upper, whole]

    def _detect(self, image_rgb: ImageRGB, region: Box) -> list[_Face]:
        height, width = image_rgb.shape[:2]
        clipped = clip(region, width, height)
        if clipped is None:
            return []
        left, top, right, bottom = clipped
        if self._detector is None:
            self._detector = build_detector(_detector_config(self._config))
        part = np.ascontiguousarray(image_rgb[top:bottom, left:right])
        return [_Face.of(detection, (left, top)) for detection in self._detector.detect(part)]

    def _distance(self, centre: Point, box: Box) -> float:
        x1, y1, x2, y2 = box
        depth = _HEAD_DEPTH if self._person else 0.5
        across = (centre[0] - (x1 + x2) / 2) / (x2 - x1)
        down = (centre[1] - (y1 + depth * (y2 - y1))) / (y2 - y1)
        return float(np.hypot(across, down))


class WholeBox:
    """Takes a person's box as it is, without looking for a face."""

    def find(self, image_rgb: ImageRGB, box_xyxy: Box | None) -> Found | Reason:
        """The part of the box inside the picture, without landmarks; None = the whole picture."""
        height, width = image_rgb.shape[:2]
        part = clip(box_xyxy or (0.0, 0.0, float(width), float(height)), width, height)
        return Reason.BOX_OUTSIDE if part is None else Found((*map(float, part),), ())  # type: ignore[arg-type] # four


def clip(box: Box, width: int, height: int) -> tuple[int, int, int, int] | None:
    """The part of a box inside a picture, whole pixels; None if there is none."""
    left, top = max(0, int(np.floor(box[0]))), max(0, int(np.floor(box[1])))
    right, bottom = min(width, int(np.ceil(box[2]))), min(height, int(np.ceil(box[3])))
    return (left, top, right, bottom) if left < right and top < bottom else None


def rivals(faces: Sequence[Found]) -> set[int]:
    """Places of those faces in one picture that another person is nearer to; each face belongs to one person."""
    lost: set[int] = set()
    kept: list[Found] = []
    for place in sorted(range(len(faces)), key=lambda place: faces[place].distance):
        face = faces[place]
        if any(_same(face, other) for other in kept):
            lost.add(place)
        else:
            kept.append(face)
    return lost


@dataclass(frozen=True)
class _Face:
    box: Box
    landmarks: tuple[Point, ...]

    @property
    def centre(self) -> Point:
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    @staticmethod
    def of(detection: Detection, corner: tuple[int, int]) -> _Face:
        """A detection in a part of a picture whose upper left corner is ``corner``."""
        x1, y1, x2, y2 = (float(v) for v in detection.box_xyxy + np.tile(corner, 2))
        points = tuple((float(x), float(y)) for x, y in detection.landmarks_xy + np.asarray(corner))
        return _Face((x1, y1, x2, y2), points)


def _detector_config(config: RealSetConfig) -> FaceConfig:
    return FaceConfig(detector=config.detector, min_face_px=config.min_face_px, max_faces=_MOST_FACES)


def _inside(point: Point, box: Box) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _same(one: Found, other: Found) -> bool:
    """The centres are nearer to each other than half a face."""
    a, b = np.asarray(one.box_xyxy), np.asarray(other.box_xyxy)
    apart = np.hypot(*((a[:2] + a[2:] - b[:2] - b[2:]) / 2))
    return bool(apart < 0.5 * min(a[2] - a[0], b[2] - b[0]))

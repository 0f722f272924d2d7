"""Faces and expressions as ROS4HRI has them (REP-155, hri_msgs). Import it only where hri_msgs is installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from hri_msgs.msg import (
    FacialLandmarks,
    IdsList,
    NormalizedPointOfInterest2D,
    NormalizedRegionOfInterest2D,
)
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from affect_core.errors import InputError
from affect_core.types import Detection, Floats, ImageRGB
from affect_hri.conversions.images import to_image
from affect_hri.conversions.stamps import from_time

FIVE: Final = (
    FacialLandmarks.RIGHT_PUPIL,
    FacialLandmarks.LEFT_PUPIL,
    FacialLandmarks.NOSE,
    FacialLandmarks.MOUTH_OUTER_RIGHT,
    FacialLandmarks.MOUTH_OUTER_LEFT,
)
"""Where our five landmarks stand among theirs, in the order of `affect_core.types.LANDMARKS`."""

Size = tuple[int, int]


def from_face_ids(face_ids: Sequence[str], header: Header) -> IdsList:
    """Ids -> IdsList."""
    return IdsList(header=header, ids=list(face_ids))


def to_face_ids(message: IdsList) -> tuple[int, tuple[str, ...]]:
    """IdsList -> stamp in ns, ids."""
    return from_time(message.header.stamp), tuple(message.ids)


def from_box(detection: Detection, size_wh: Size, header: Header) -> NormalizedRegionOfInterest2D:
    """Box -> region of the image, cut off at its edges."""
    xmin, ymin, xmax, ymax = np.clip(_shares(detection.box_xyxy.reshape(2, 2), size_wh), 0.0, 1.0).ravel()
    return NormalizedRegionOfInterest2D(
        header=header, xmin=xmin, ymin=ymin, xmax=xmax, ymax=ymax, c=float(detection.score)
    )


def from_landmarks(detection: Detection, size_wh: Size, header: Header) -> FacialLandmarks:
    """Five landmarks -> FacialLandmarks; confidence 0 marks those that are not known."""
    message = FacialLandmarks(header=header, width=size_wh[0], height=size_wh[1])
    for index, (x, y) in zip(FIVE, _shares(detection.landmarks_xy, size_wh), strict=True):
        message.landmarks[index] = NormalizedPointOfInterest2D(x=x, y=y, c=float(detection.score))
    return message


def to_detection(landmarks: FacialLandmarks, region: NormalizedRegionOfInterest2D | None) -> Detection:
    """Landmarks and, where it is known, the region -> detection in pixels of the image.

    Without a region the box is the smallest one around all known landmarks.

    Raises:
        InputError: one of the five landmarks is not known; the size of the image is not.
    """
    size_wh = landmarks.width, landmarks.height
    if not all(size_wh):
        raise InputError(f"expected the image's size with landmarks, got {size_wh[0]}x{size_wh[1]}")
    missing = [index for index in FIVE if landmarks.landmarks[index].c <= 0.0]
    if missing:
        raise InputError(
            "expected the landmarks of both pupils, the nose and both corners of the mouth; "
            f"of {list(map(int, FIVE))} these have confidence 0: {list(map(int, missing))}"
        )
    known = np.array([(point.x, point.y) for point in landmarks.landmarks if point.c > 0.0]) * size_wh
    points = np.array([(landmarks.landmarks[i].x, landmarks.landmarks[i].y) for i in FIVE]) * size_wh
    if region is None:
        box = np.concatenate([known.min(axis=0), known.max(axis=0)])
    else:
        box = np.array([region.xmin, region.ymin, region.xmax, region.ymax]) * (*size_wh, *size_wh)
    score = float(np.clip(min(landmarks.landmarks[i].c for i in FIVE), 0.0, 1.0))
    return Detection(box, points, score)


def from_cut(image_rgb: ImageRGB, box_xyxy: Floats, size_px: int, header: Header) -> Image:
    """The face as it stands in the image: scaled, in the middle of a square, the rest black."""
    x0, y0, x1, y1 = box_xyxy
    scale = size_px / max(x1 - x0, y1 - y0, 1.0)
    shift = size_px / 2 - scale * np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    cut = cv2.warpAffine(
        image_rgb,
        np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]]),
        (size_px, size_px),
        flags=cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR,
    )
    cut[_outside(size_px, scale * (x1 - x0), axis=1)] = 0
    cut[_outside(size_px, scale * (y1 - y0), axis=0)] = 0
    return _to_bgr8(cut, header)


def from_aligned(crop_rgb: ImageRGB, size_px: int, header: Header) -> Image:
    """The crop that the model reads, whose eyes are level."""
    return _to_bgr8(cv2.resize(crop_rgb, (size_px, size_px), interpolation=cv2.INTER_AREA), header)


def _to_bgr8(image_rgb: ImageRGB, header: Header) -> Image:
    """libhri and pyhri hand on pixels without their encoding, and their readers take them for OpenCV's BGR."""
    return to_image(image_rgb[..., ::-1], header, "bgr8")


def _shares(points_xy: Floats, size_wh: Size) -> Floats:
    return np.asarray(points_xy / size_wh, float)


def _outside(size_px: int, inside_px: float, axis: int) -> np.ndarray:
    """Mask of the pixels beside the box, which is in the middle."""
    beside = np.abs(np.arange(size_px) + 0.5 - size_px / 2) > inside_px / 2
    return np.broadcast_to(beside[:, None] if axis == 0 else beside[None, :], (size_px, size_px))

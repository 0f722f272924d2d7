"""From a picture to the network's input: the head is turned until the eyes are level, and cut out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from affect_core.config import Settings, setting
from affect_core.errors import InputError
from affect_core.faces.crop import apply_affine, warp
from affect_core.subgroups.points import EYES, LANDMARKS, top_points
from affect_core.types import Floats, ImageRGB


@dataclass(frozen=True)
class AlignConfig(Settings):
    """How faces are cut out; P3 says only that the eyes are made level and the face is resized to 224x224."""

    size_px: int = setting(224, "edge of the crops and of the network's input, px", low=32)
    margin: float = setting(0.05, "space round jaw and top points, share of the face's edge (ours)", low=0.0)


@dataclass(frozen=True, eq=False)
class Aligned:
    """A face that looks straight up.

    Attributes:
        image_rgb: uint8 (S, S, 3); what lies outside the picture is black.
        landmarks_xy: (68, 2), pixels of the crop.
    """

    image_rgb: ImageRGB
    landmarks_xy: Floats


def align(image_rgb: ImageRGB, landmarks_xy: Floats, config: AlignConfig) -> Aligned:
    """Turn and cut out; P3, section II.B.

    Args:
        image_rgb: uint8 (H, W, 3).
        landmarks_xy: (68, 2), pixels of the picture.
        config: size and margin.

    Raises:
        InputError: the landmarks are not finite, not 68, or no face.
    """
    points = np.asarray(landmarks_xy, np.float64)
    if points.shape != (LANDMARKS, 2) or not np.all(np.isfinite(points)):
        raise InputError(f"expected {LANDMARKS} finite landmarks (x, y), got shape {points.shape}")
    turn = _turn(tilt_rad(points))
    to_crop = np.concatenate([turn, np.zeros((2, 1))], axis=1)
    turned = apply_affine(to_crop, points)
    outline = np.concatenate([turned, top_points(turned)])
    low, high = outline.min(axis=0), outline.max(axis=0)
    edge = float((high - low).max()) * (1.0 + 2.0 * config.margin)
    if edge < 1.0:
        raise InputError(f"expected landmarks of a face, got all of them within {edge:g} px")
    scale = config.size_px / edge
    to_crop = scale * to_crop
    to_crop[:, 2] = (config.size_px - 1.0) / 2.0 - scale * (low + high) / 2.0
    pixels = warp(image_rgb, to_crop, config.size_px)
    return Aligned(np.ascontiguousarray(pixels, np.uint8), apply_affine(to_crop, points))


def tilt_rad(landmarks_xy: Floats) -> float:
    """Angle of the line through the middles of the eyes; 0 = level, positive = the image's right one is lower."""
    right, left = (landmarks_xy[eye].mean(axis=0) for eye in EYES)
    return float(np.arctan2(left[1] - right[1], left[0] - right[0]))


def _turn(angle: float) -> Floats:
    """(2, 2): undoes a tilt."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, sine], [-sine, cosine]])

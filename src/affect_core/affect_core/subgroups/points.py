"""The 89 points that faces are compared by: 68 landmarks, 17 points above the forehead, and the picture's corners."""

from __future__ import annotations

from typing import Final

import numpy as np

from affect_core.errors import InputError
from affect_core.faces.crop import apply_affine, fit_similarity
from affect_core.types import Floats

LANDMARKS: Final = 68
POINTS: Final = 89
EYES: Final = (slice(36, 42), slice(42, 48))
"""The subject's right eye (on the image's left), then the left one, in the 300-W annotation (Sagonas et al. 2013)."""

TOP_SCALE: Final = 0.75
_JAW: Final = slice(0, 17)

# fmt: off
_HALF: Final = (
    (-1.057, -0.004), (-1.048, 0.309), (-1.007, 0.591), (-0.959, 0.870), (-0.847, 1.189), (-0.646, 1.459),
    (-0.466, 1.584), (-0.239, 1.660), (0.0, 1.710),
    (-0.879, -0.258), (-0.756, -0.387), (-0.587, -0.439), (-0.377, -0.436), (-0.183, -0.395),
    (0.0, -0.056), (0.0, 0.114), (0.0, 0.274), (0.0, 0.467),
    (-0.197, 0.710), (-0.095, 0.711), (0.0, 0.722),
    (-0.680, 0.005), (-0.595, -0.067), (-0.429, -0.078), (-0.283, 0.029), (-0.420, 0.054), (-0.592, 0.057),
    (-0.394, 1.077), (-0.268, 0.968), (-0.116, 0.916), (0.0, 0.926), (0.0, 1.224), (-0.163, 1.210), (-0.283, 1.167),
    (-0.343, 1.072), (-0.157, 1.049), (0.0, 1.055), (0.0, 1.067), (-0.168, 1.062),
)
_OF_HALF: Final = (
    *range(9), *range(7, -1, -1),  # jaw
    *range(9, 14), *range(13, 8, -1),  # brows
    *range(14, 18), 18, 19, 20, 19, 18,  # nose
    *range(21, 27), 24, 23, 22, 21, 26, 25,  # eyes
    27, 28, 29, 30, 29, 28, 27, 33, 32, 31, 32, 33,  # lips, outside
    34, 35, 36, 35, 34, 38, 37, 38,  # lips, inside
)
_MIRRORED: Final = frozenset((
    *range(9, 17), *range(22, 27), 34, 35, *range(42, 48), 52, 53, 54, 55, 56, 63, 64, 65,
))
# fmt: on


def mean_face() -> Floats:
    """(68, 2): landmarks of a resting face from the front; the middle between the eyes is 0, their distance 1.

    Computed from the mean head of ICT-FaceKit (Li et al. 2020), seen from 85 cm, both halves averaged.
    """
    half = np.array(_HALF)[list(_OF_HALF)]
    signs = np.array([[-1.0, 1.0] if index in _MIRRORED else [1.0, 1.0] for index in range(LANDMARKS)])
    return np.asarray(half * signs)


def sixty_eight(five_xy: Floats) -> Floats:
    """68 landmarks where only five are known: the resting face, turned and scaled onto the five.

    Args:
        five_xy: (5, 2), pixels, in the order of `affect_core.types.LANDMARKS`.

    Returns:
        (68, 2). Of jaw and brows it says where they would be in a resting face.

    Raises:
        InputError: the five are not finite, or all the same point.
    """
    rest = mean_face()
    return apply_affine(fit_similarity(five_of(rest), np.asarray(five_xy, np.float64)), rest)


def five_of(landmarks_xy: Floats) -> Floats:
    """(5, 2) of (68, 2): middles of the eyes, tip of the nose, corners of the mouth."""
    eyes = [landmarks_xy[eye].mean(axis=0) for eye in EYES]
    return np.stack([*eyes, landmarks_xy[30], landmarks_xy[48], landmarks_xy[54]])


def top_points(landmarks_xy: Floats, scale: float = TOP_SCALE) -> Floats:
    """(17, 2): the jaw mirrored in the line between the ears (its two ends) and flattened; P3 only says "17 top points".

    Args:
        landmarks_xy: (68, 2).
        scale: height above the line, as a share of the jaw's depth below it.
    """
    jaw = landmarks_xy[_JAW]
    along = jaw[-1] - jaw[0]
    length = float(np.hypot(*along))
    if length == 0.0:
        raise InputError("expected a jaw with two different ends, got one point; correct the landmarks")
    normal = np.array([-along[1], along[0]]) / length
    depth = (jaw - jaw[0]) @ normal
    return np.asarray(jaw - (1.0 + scale) * depth[:, None] * normal)


def all_points(landmarks_xy: Floats, size_wh: tuple[int, int], scale: float = TOP_SCALE) -> Floats:
    """(89, 2): the landmarks, the top points clipped to the picture, the picture's corners; P3, algorithm 1, line 6.

    Args:
        landmarks_xy: (68, 2), pixels, whole numbers at the pixels' centres.
        size_wh: of the picture.
        scale: see `top_points`.
    """
    right, bottom = size_wh[0] - 1.0, size_wh[1] - 1.0
    top = np.clip(top_points(landmarks_xy, scale), 0.0, [right, bottom])
    corners = [[0.0, 0.0], [right, 0.0], [0.0, bottom], [right, bottom]]
    return np.concatenate([landmarks_xy, top, corners])

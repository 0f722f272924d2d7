"""THE crop function: training sets, live crops and evaluation all go through `align`."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from affect_core.config import Settings, setting
from affect_core.errors import InputError, UnknownName
from affect_core.types import Crop, Floats, ImageRGB

_ARCFACE_112 = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
_LARGER, _EYES_AT = 1.145, np.array([0.5, 0.31])
_ARCFACE = _ARCFACE_112 / 112.0
TEMPLATES: dict[str, Floats] = {
    "arcface": _ARCFACE,
    "expression": (_ARCFACE - _ARCFACE[:2].mean(axis=0)) * _LARGER + _EYES_AT,
}
"""Where the five landmarks belong, in a unit square whose corners are the crop's corners.
`arcface` is the mean face of Deng et al. 2019 (ArcFace), published for 112 x 112 pixels: it leaves room for hair and
cuts the chin off as soon as it is drawn tighter. `expression` is the same face, larger and higher up: from the
forehead's wrinkles to the chin, with little around it."""

_SMALLEST_SCALE = 1e-3


@dataclass(frozen=True)
class CropSpec(Settings):
    """How a face is cut out. It is part of a model's card."""

    size_px: int = setting(224, "edge of the square crop, px", low=16, high=1024)
    margin: float = setting(0.15, "space added on every side, share of the template", low=-0.3, high=2.0)
    template: str = setting("arcface", "landmark template")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.template not in TEMPLATES:
            raise UnknownName("landmark template", self.template, TEMPLATES)


def align(image_rgb: ImageRGB, landmarks_xy: Floats, spec: CropSpec) -> Crop:
    """Cut the face out so that its landmarks lie on the template, in the least-squares sense.

    Args:
        image_rgb: uint8 (H, W, 3).
        landmarks_xy: (5, 2), pixels of ``image_rgb``, in the order of `affect_core.types.LANDMARKS`.
        spec: size, margin and template.

    Returns:
        The crop; what lies outside the image is black.

    Raises:
        InputError: the landmarks are not finite, or all the same point.
    """
    to_crop = fit_similarity(landmarks_xy, template_px(spec))
    pixels = warp(image_rgb, to_crop, spec.size_px)
    return Crop(np.ascontiguousarray(pixels, np.uint8), invert_affine(to_crop))


def template_px(spec: CropSpec) -> Floats:
    """Where the landmarks belong in the crop: (5, 2), pixels; pixel centres are integers."""
    unit = 0.5 + (TEMPLATES[spec.template] - 0.5) / (1.0 + 2.0 * spec.margin)
    return np.asarray(unit * spec.size_px - 0.5)


def fit_similarity(source_xy: Floats, target_xy: Floats) -> Floats:
    """The rotation, uniform scale and shift that bring ``source_xy`` closest to ``target_xy``; no mirroring.

    With points as complex numbers this is the linear regression target = a * source + b, whose solution
    is exact (Umeyama 1991, in two dimensions).

    Args:
        source_xy, target_xy: (N, 2).

    Returns:
        Affine (2, 3).
    """
    if not (np.all(np.isfinite(source_xy)) and np.ptp(source_xy, axis=0).max() > 0.0):
        raise InputError(
            f"expected landmarks at different, finite places, got {np.asarray(source_xy).tolist()}"
        )
    source, target = (np.asarray(p, np.float64) @ np.array([1.0, 1.0j]) for p in (source_xy, target_xy))
    centred = source - source.mean()
    a = np.vdot(centred, target - target.mean()) / np.vdot(centred, centred).real
    if abs(a) < _SMALLEST_SCALE:
        raise InputError(f"expected landmarks that resemble a face, got {np.asarray(source_xy).tolist()}")
    b = target.mean() - a * source.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def warp(pixels: ImageRGB, image_to_crop: Floats, size_px: int) -> ImageRGB:
    """Resample an image (or mask) into a square crop of ``size_px``.

    A crop that is much smaller than the face is sampled finer and averaged, or thin brows would break up.
    """
    scale = float(np.hypot(image_to_crop[0, 0], image_to_crop[1, 0]))
    fine = max(1, round(1.0 / scale))
    to_fine = _refine(image_to_crop, fine)
    edge = size_px * fine
    big = cv2.warpAffine(
        pixels, to_fine, (edge, edge), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    )
    if fine > 1:
        big = cv2.resize(big, (size_px, size_px), interpolation=cv2.INTER_AREA)
    return np.asarray(big)


def invert_affine(affine: Floats) -> Floats:
    """Inverse of an affine (2, 3)."""
    inverse = np.linalg.inv(np.vstack([affine, [0.0, 0.0, 1.0]]))
    return np.asarray(inverse[:2])


def apply_affine(affine: Floats, points_xy: Floats) -> Floats:
    """Points (N, 2) through an affine (2, 3)."""
    return np.asarray(np.asarray(points_xy) @ affine[:, :2].T + affine[:, 2])


def image_to_crop_points(points_xy: Floats, crop_to_image: Floats) -> Floats:
    """Points (N, 2) of the source image -> pixels of the crop with this ``crop_to_image``."""
    return apply_affine(invert_affine(crop_to_image), points_xy)


def crop_to_image_points(points_xy: Floats, crop_to_image: Floats) -> Floats:
    """Points (N, 2) of the crop -> pixels of the source image."""
    return apply_affine(crop_to_image, points_xy)


def _refine(affine: Floats, factor: int) -> Floats:
    """The same map onto a grid ``factor`` times finer; the corners of the square stay where they are."""
    shift = np.array([0.0, 0.0, 0.5])
    return np.asarray((affine + shift) * factor - shift)

"""Parts of the face in crop pixels, drawn from the five landmarks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from affect_core.types import Floats

Mask = NDArray[np.bool_]
REGIONS = (
    "right_eye",
    "left_eye",
    "right_brow",
    "left_brow",
    "nose",
    "mouth",
    "rest_of_face",
    "background",
)
"""Region names. The masks of one crop do not overlap and cover it. Right and left are the subject's."""


def regions(landmarks_xy: Floats, size_px: int) -> dict[str, Mask]:
    """Masks of all `REGIONS`, each bool (S, S).

    Args:
        landmarks_xy: (5, 2), pixels of the crop, in the order of `affect_core.types.LANDMARKS`.
        size_px: edge S of the crop.
    """
    face_axes = _FaceAxes(landmarks_xy, size_px)
    face = _face(face_axes)
    free = face.copy()
    masks: dict[str, Mask] = {}
    for name, draw in _PARTS.items():  # the first one wins where two meet
        masks[name] = draw(face_axes) & free
        free &= ~masks[name]
    masks |= {"rest_of_face": free, "background": ~face}
    return {name: masks[name] for name in REGIONS}


def face_mask(landmarks_xy: Floats, size_px: int) -> Mask:
    """The face region alone: an ellipse from hairline to chin; bool (S, S). Arguments as in `regions`."""
    return _face(_FaceAxes(landmarks_xy, size_px))


class _FaceAxes:
    """The pixels of a crop, and ellipses on them whose axes are the face's.

    Lengths are in units of the face: the distance between the eyes or from eyes to mouth, whichever is
    longer, because a turned head shortens one of them. A grown face has the eyes 63 mm apart and the mouth
    65 to 70 mm below them.
    """

    def __init__(self, landmarks_xy: Floats, size_px: int) -> None:
        points = np.asarray(landmarks_xy, np.float64)
        self.right_eye, self.left_eye, self.nose = points[:3]
        self.eyes = points[:2].mean(axis=0)
        self.mouth = points[3:].mean(axis=0)
        down = self.mouth - self.eyes
        self.unit = max(
            float(np.linalg.norm(self.left_eye - self.right_eye)), float(np.linalg.norm(down)), 1e-6
        )
        self.mouth_half = float(np.linalg.norm(points[4] - points[3])) / 2.0 / self.unit
        self._down = down / max(float(np.linalg.norm(down)), 1e-6)
        self._across = np.array([self._down[1], -self._down[0]])
        steps = np.arange(size_px) / self.unit
        self._along_across, self._along_down = (
            axis[0] * steps[None, :] + axis[1] * steps[:, None] for axis in (self._across, self._down)
        )  # (S, S): where each pixel lies along the two axes, in face units

    def ellipse(self, centre_xy: Floats, half_width: float, half_height: float, lower: float = 0.0) -> Mask:
        """Pixels of an ellipse; its half axes and how far it is moved down are in face units."""
        across = (self._along_across - centre_xy @ self._across / self.unit) / half_width
        down = (self._along_down - (centre_xy @ self._down / self.unit + lower)) / half_height
        return np.asarray(across * across + down * down <= 1.0)


def _face(axes: _FaceAxes) -> Mask:
    return axes.ellipse(axes.eyes, 1.05, 1.35, lower=0.35)


def _brow(axes: _FaceAxes, eye: Floats) -> Mask:
    return axes.ellipse(eye, 0.45, 0.17, lower=-0.33)


_PARTS: dict[str, Callable[[_FaceAxes], Mask]] = {
    "right_eye": lambda axes: axes.ellipse(axes.right_eye, 0.34, 0.2),
    "left_eye": lambda axes: axes.ellipse(axes.left_eye, 0.34, 0.2),
    "right_brow": lambda axes: _brow(axes, axes.right_eye),
    "left_brow": lambda axes: _brow(axes, axes.left_eye),
    "mouth": lambda axes: axes.ellipse(axes.mouth, axes.mouth_half + 0.15, 0.26),
    "nose": lambda axes: axes.ellipse((axes.eyes + 2.0 * axes.nose) / 3.0, 0.26, 0.36),
}

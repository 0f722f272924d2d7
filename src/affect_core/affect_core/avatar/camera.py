"""The pinhole geometry of the virtual camera."""

from __future__ import annotations

from dataclasses import dataclass
from math import radians, tan
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from affect_core.types import Floats

PIXEL_MIDDLE: Final = 0.5
"""Renderers count pixels by their edges, everybody else by their middles: pixel 0 covers 0 to 1 here."""


@dataclass(frozen=True)
class Pinhole:
    """Square pixels, no distortion. Image coordinates are continuous: pixel (column 0, row 0) covers 0..1.

    Attributes:
        width, height, fx, fy, cx, cy: pixels, as in sensor_msgs/CameraInfo.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    @classmethod
    def from_fovy(cls, width: int, height: int, fovy_deg: float) -> Pinhole:
        """The camera whose image is ``fovy_deg`` high."""
        focal_px = height / 2 / tan(radians(fovy_deg) / 2)
        return cls(width, height, focal_px, focal_px, width / 2, height / 2)

    def project(self, points_m: ArrayLike) -> Floats:
        """(..., 3) in the optical frame (x right, y down, z ahead; z > 0) -> (..., 2) image coordinates."""
        points = np.asarray(points_m, np.float64)
        return points[..., :2] / points[..., 2:] * (self.fx, self.fy) + (self.cx, self.cy)

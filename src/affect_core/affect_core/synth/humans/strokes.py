"""Smooth shapes in 8-bit canvases. Points are in pixels whose edges are whole numbers, column first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
Points = NDArray[np.floating[Any]]
"""(n, 2)."""

FULL: Final = 255

_SUBPIXEL_BITS: Final = 4


def fill(canvas: U8, outline: Points) -> None:
    """Fill a polygon."""
    cv2.fillPoly(canvas, [_fixed(outline)], (FULL,), cv2.LINE_AA, _SUBPIXEL_BITS)


def stroke(
    canvas: U8, lines: Sequence[Points], width_px: float = 1.0, closed: bool = False, shade: int = FULL
) -> None:
    """Draw lines; each goes through all of its points."""
    width = max(1, round(width_px))
    fixed = [_fixed(line) for line in lines]
    cv2.polylines(canvas, fixed, closed, (shade,), width, cv2.LINE_AA, _SUBPIXEL_BITS)


def as_share(canvas: U8) -> NDArray[np.float32]:
    """0..1."""
    return canvas.astype(np.float32) * np.float32(1.0 / FULL)


def _fixed(points: Points) -> NDArray[np.int32]:
    """The fixed-point coordinates of cv2, whose pixels' centres are whole numbers."""
    return np.asarray(np.round((points - 0.5) * (1 << _SUBPIXEL_BITS)), np.int32)

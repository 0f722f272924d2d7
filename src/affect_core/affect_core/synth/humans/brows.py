"""Brows: single hairs over a soft band, along the landmarks of the brow."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from affect_core.synth.humans.appearance import Appearance
from affect_core.synth.humans.layout import FaceLayout
from affect_core.synth.humans.maps import GRID

F32 = NDArray[np.float32]

_BROWS: Final = ((17, 18, 19, 20, 21), (26, 25, 24, 23, 22))
"""Landmarks from the outer to the inner end."""

_DROP_UNITS: Final = 7.0
"""The landmarks lie on the brow's upper edge."""

_STEPS: Final = 60
_HAIRS: Final = 200
_TAPER: Final = ((0.0, 0.35, 0.85, 1.0), (0.2, 0.8, 1.0, 0.65))
_SUBPIXEL_BITS: Final = 4
_ROWS: Final = (90.0, 290.0)
"""Rows of the texture that brows can reach, units."""


def brow_cover(layout: FaceLayout, appearance: Appearance, rng: Generator) -> tuple[slice, F32]:
    """The rows that the brows lie in, and float32 (rows, T), how much they cover there, 0..1."""
    scale = layout.texture_px / GRID
    rows = slice(int(_ROWS[0] * scale), int(_ROWS[1] * scale))
    band = np.zeros((rows.stop - rows.start, layout.texture_px), np.uint8)
    hairs = band.copy()
    for ids in _BROWS:
        course = _course(layout, ids, appearance)
        half = appearance.brow_width * np.interp(np.linspace(0.0, 1.0, _STEPS), *_TAPER)
        _fill_band(band, (course, half), scale, rows.start)
        _draw_hairs(hairs, (course, half), scale, rows.start, rng)
    soft = cv2.GaussianBlur(band, (0, 0), 5.0 * scale).astype(np.float32) * np.float32(
        appearance.brow_fill / 255
    )
    fine = cv2.GaussianBlur(hairs, (0, 0), max(0.35, 1.5 * scale)).astype(np.float32) * np.float32(1 / 255)
    cover = np.clip(np.maximum(soft, fine) + 0.5 * soft, 0.0, 1.0) * np.float32(appearance.brow_cover)
    return rows, np.asarray(cover, np.float32)


def _course(layout: FaceLayout, ids: tuple[int, ...], appearance: Appearance) -> NDArray[np.float64]:
    """(n, 2) units: the middle of the brow."""
    points = layout.landmarks_uv[list(ids)].astype(np.float64) * GRID
    at, fine = np.linspace(0.0, 1.0, len(points)), np.linspace(0.0, 1.0, _STEPS)
    x, y = (np.polyval(np.polyfit(at, points[:, axis], 3), fine) for axis in range(2))
    arch = appearance.brow_arch * (np.sin(np.pi * (1.0 - fine)) - 0.3)
    return np.stack([x, y + _DROP_UNITS + appearance.brow_lift - arch], axis=1)


def _fill_band(
    canvas: NDArray[np.uint8], brow: tuple[NDArray[np.float64], NDArray[np.float64]], scale: float, top: int
) -> None:
    course, half = brow
    across = np.stack([np.zeros_like(half), 0.75 * half], axis=1)
    outline = np.concatenate([course - across, (course + across)[::-1]])
    cv2.fillPoly(canvas, [_fixed(outline, scale, top)], 255, cv2.LINE_AA, _SUBPIXEL_BITS)


def _draw_hairs(
    canvas: NDArray[np.uint8],
    brow: tuple[NDArray[np.float64], NDArray[np.float64]],
    scale: float,
    top: int,
    rng: Generator,
) -> None:
    """Hairs point outwards; upright at the inner end, flat at the outer one."""
    course, half = brow
    outwards = np.sign(course[0, 0] - course[-1, 0])
    place = rng.integers(0, _STEPS, _HAIRS)
    inner = place / (_STEPS - 1.0)
    roots = course[place] + np.stack([np.zeros(_HAIRS), rng.uniform(-1.0, 1.0, _HAIRS) * half[place]], axis=1)
    length = rng.uniform(8.0, 15.0, _HAIRS)
    slope = np.clip(0.1 + 0.8 * inner**2 + rng.normal(0.0, 0.2, _HAIRS), -0.4, 1.2)
    lean = np.stack([outwards * np.cos(slope), -np.sin(slope)], axis=1)
    ends = np.stack([roots, roots + lean * length[:, None]], axis=1)
    for shade, lines in zip((150, 200, 250), np.array_split(_fixed(ends, scale, top), 3), strict=True):
        cv2.polylines(canvas, list(lines), False, shade, 1, cv2.LINE_AA, _SUBPIXEL_BITS)


def _fixed(points: NDArray[np.float64], scale: float, top: int) -> NDArray[np.int32]:
    """Units to the fixed-point pixel coordinates of cv2 in the canvas."""
    pixels = points * scale - (0.5, 0.5 + top)
    return np.round(pixels * (1 << _SUBPIXEL_BITS)).astype(np.int32)

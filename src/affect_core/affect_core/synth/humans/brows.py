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
from affect_core.synth.humans.strokes import U8, as_share, fill, stroke
from affect_core.types import Floats

F32 = NDArray[np.float32]

_BROWS: Final = ((17, 18, 19, 20, 21), (26, 25, 24, 23, 22))
"""Landmarks from the outer to the inner end."""

_DROP_UNITS: Final = 7.0
"""The landmarks lie on the brow's upper edge."""

_STEPS: Final = 60
_HAIRS: Final = 200
_TAPER: Final = ((0.0, 0.35, 0.85, 1.0), (0.2, 0.8, 1.0, 0.65))
_SHADES: Final = (150, 200, 250)
"""Of the hairs, of 255."""
_ROWS: Final = (90.0, 290.0)
"""Rows of the texture that brows can reach, units."""


def brow_cover(layout: FaceLayout, appearance: Appearance, rng: Generator) -> tuple[slice, F32]:
    """The rows that the brows lie in, and float32 (rows, T), how much they cover there, 0..1."""
    scale = layout.texture_px / GRID
    rows = slice(int(_ROWS[0] * scale), int(_ROWS[1] * scale))
    top = (0.0, float(rows.start))
    band = np.zeros((rows.stop - rows.start, layout.texture_px), np.uint8)
    hairs = band.copy()
    half = appearance.brow_width * np.interp(np.linspace(0.0, 1.0, _STEPS), *_TAPER)
    for ids in _BROWS:
        course = _course(layout, ids, appearance)
        fill(band, _outline(course, half) * scale - top)
        for shade, some in zip(_SHADES, np.array_split(_hairs(course, half, rng), len(_SHADES)), strict=True):
            stroke(hairs, list(some * scale - top), shade=shade)
    soft = as_share(_blurred(band, 5.0 * scale)) * np.float32(appearance.brow_fill)
    fine = as_share(_blurred(hairs, 1.5 * scale))
    cover = np.clip(np.maximum(soft, fine) + 0.5 * soft, 0.0, 1.0) * np.float32(appearance.brow_cover)
    return rows, np.asarray(cover, np.float32)


def _blurred(canvas: U8, sigma_px: float) -> U8:
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), max(0.35, sigma_px)), np.uint8)


def _course(layout: FaceLayout, ids: tuple[int, ...], appearance: Appearance) -> Floats:
    """(n, 2) units: the middle of the brow."""
    points = layout.landmarks_uv[list(ids)].astype(np.float64) * GRID
    at, fine = np.linspace(0.0, 1.0, len(points)), np.linspace(0.0, 1.0, _STEPS)
    x, y = (np.polyval(np.polyfit(at, points[:, axis], 3), fine) for axis in range(2))
    arch = appearance.brow_arch * (np.sin(np.pi * (1.0 - fine)) - 0.3)
    return np.stack([x, y + _DROP_UNITS + appearance.brow_lift - arch], axis=1)


def _outline(course: Floats, half: Floats) -> Floats:
    across = np.stack([np.zeros_like(half), 0.75 * half], axis=1)
    return np.concatenate([course - across, (course + across)[::-1]])


def _hairs(course: Floats, half: Floats, rng: Generator) -> Floats:
    """(h, 2, 2): roots and tips. Hairs point outwards; upright at the inner end, flat at the outer one."""
    outwards = np.sign(course[0, 0] - course[-1, 0])
    place = rng.integers(0, _STEPS, _HAIRS)
    roots = course[place].copy()
    roots[:, 1] += rng.uniform(-1.0, 1.0, _HAIRS) * half[place]
    inner = place / (_STEPS - 1.0)
    slope = np.clip(0.1 + 0.8 * inner**2 + rng.normal(0.0, 0.2, _HAIRS), -0.4, 1.2)
    lean = np.stack([outwards * np.cos(slope), -np.sin(slope)], axis=1)
    return np.stack([roots, roots + lean * rng.uniform(8.0, 15.0, _HAIRS)[:, None]], axis=1)

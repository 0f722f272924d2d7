"""Where lips, lashes, beards, blush and shadows lie in the face's texture: what no person changes, made once.

Places that are not landmarks are written in 1/1024 of the texture, as distance from the midline and row, so that both
sides are the same by construction. They belong to the texture of the ICT face.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from affect_core.synth.humans.layout import FaceLayout
from affect_core.synth.humans.strokes import as_share, fill, stroke

F32 = NDArray[np.float32]
Points = Sequence[tuple[float, float]]

GRID: Final = 1024.0
"""Units along the texture's edge."""

MIDLINE: Final = 512.0

_UPPER_LIP_DROP: Final = np.array([0.0, 8.0, 10.0, 10.0, 10.0, 8.0, 0.0], np.float32)
"""The upper lip's landmarks lie above the red border, by so much."""

_MOUTH_UNITS: Final = (62.0, 20.0)
_UPPER_LIDS: Final = ((36, 37, 38, 39), (42, 43, 44, 45))
_LOWER_LIDS: Final = ((36, 41, 40, 39), (42, 47, 46, 45))
_FULL_BEARD: Final = (
    ((347, 420), (330, 560), (300, 660), (222, 745), (112, 805), (0, 822)),
    ((330, 420), (300, 490), (240, 560), (185, 580), (155, 530), (80, 484), (22, 486), (0, 492)),
)
_GOATEE: Final = (
    ((108, 498), (160, 560), (158, 650), (120, 745), (60, 790), (0, 800)),
    ((60, 486), (22, 486), (0, 492)),
)
_MOUSTACHE: Final = (
    ((110, 500), (158, 560), (150, 600), (128, 590), (112, 545), (70, 512), (0, 508)),
    ((60, 484), (0, 492)),
)


@dataclass(frozen=True, eq=False)
class FaceMaps:
    """Shares 0..1, all (T, T).

    Attributes:
        lips: float, soft; lips_seen, mouth_seen: bool, for the segments.
        lip_line: dark inner rim of the lips.
        flush: float, cheeks and nose.
        sockets: float, round the eyes.
        hollows: float, what little light reaches: lid folds, nostrils, wings of the nose, corners of the mouth.
        lids: float, where eye shadow goes.
        lashes: float, edge of the lids, the upper ones' darker.
        freckled: float, nose and cheeks.
        beards: name to float.
    """

    lips: F32
    lips_seen: NDArray[np.bool_]
    mouth_seen: NDArray[np.bool_]
    lip_line: F32
    flush: F32
    sockets: F32
    hollows: F32
    lids: F32
    lashes: F32
    freckled: F32
    beards: Mapping[str, F32]


@lru_cache(maxsize=4)
def face_maps(layout: FaceLayout) -> FaceMaps:
    """The maps of a layout; kept for the next face."""
    lips = _lips(layout)
    centre = float(layout.landmarks_uv[[51, 57], 1].mean()) * GRID
    x, y = grid(layout.texture_px)
    wide, high = _MOUTH_UNITS
    return FaceMaps(
        lips=blur(lips, layout, 4.4),
        lips_seen=lips > 0.5,
        mouth_seen=np.asarray((x / wide) ** 2 + ((y - centre) / high) ** 2 < 1.0),
        lip_line=_lip_line(layout, centre),
        flush=_flush(layout),
        sockets=_spots(layout, [(147, 300, 75, 38, 1.0)]),
        hollows=_hollows(layout),
        lids=_lids(layout),
        lashes=_lashes(layout),
        freckled=_spots(layout, [(0, 400, 230, 90, 1.0)]),
        beards={
            "stubble": _area(layout, _FULL_BEARD, 18.0),
            "moustache": _area(layout, _MOUSTACHE, 7.0),
            "goatee": _area(layout, _GOATEE, 10.0),
            "full": _area(layout, _FULL_BEARD, 14.0),
        },
    )


@lru_cache(maxsize=4)
def grid(texture_px: int) -> tuple[F32, F32]:
    """Columns (1, T) as distance from the midline and rows (T, 1), of the texels' centres, in units."""
    axis = (np.arange(texture_px, dtype=np.float32) + np.float32(0.5)) * np.float32(GRID / texture_px)
    return axis[None, :] - np.float32(MIDLINE), axis[:, None]


def blur(area: F32, layout: FaceLayout, units: float) -> F32:
    """Gaussian blur; its standard deviation in units."""
    sigma = max(0.35, units * layout.texture_px / GRID)
    return np.asarray(cv2.GaussianBlur(area, (0, 0), sigma), np.float32)


def _filled(points: F32, layout: FaceLayout) -> F32:
    """1 inside the polygon (units), with smooth edges."""
    canvas = np.zeros((layout.texture_px, layout.texture_px), np.uint8)
    fill(canvas, points * (layout.texture_px / GRID))
    return as_share(canvas)


def _drawn(points: F32, layout: FaceLayout, width_px: int) -> F32:
    """1 on the line (units)."""
    canvas = np.zeros((layout.texture_px, layout.texture_px), np.uint8)
    stroke(canvas, [points * (layout.texture_px / GRID)], width_px)
    return as_share(canvas)


def _units(layout: FaceLayout, landmarks: Sequence[int]) -> F32:
    return np.asarray(layout.landmarks_uv[list(landmarks)] * np.float32(GRID), np.float32)


def _lips(layout: FaceLayout) -> F32:
    outline = _units(layout, range(48, 60))
    outline[:7, 1] += _UPPER_LIP_DROP
    return _filled(outline, layout)


def _lip_line(layout: FaceLayout, centre: float) -> F32:
    x, y = grid(layout.texture_px)
    outside = np.clip(np.hypot(x / 1.9, y - centre) - 16.0, 0.0, None)
    return np.asarray(np.exp(-0.5 * (outside / 5.0) ** 2), np.float32)


def _flush(layout: FaceLayout) -> F32:
    return _spots(layout, [(212, 430, 80, 60, 1.0), (0, 400, 45, 45, 0.8)])


def _hollows(layout: FaceLayout) -> F32:
    """Small shadows that light by vertex does not make."""
    nostrils = [(34, 462, 15, 8, 0.85), (88, 452, 9, 22, 0.3), (60, 478, 26, 6, 0.25)]
    corners = [(118, 573, 9, 8, 0.5)]
    under_lip = [(0, 668, 55, 9, 0.3)]
    inner_eye = [(100, 290, 9, 8, 0.35)]
    folds = sum(
        _drawn(_units(layout, ids) - np.array([0.0, 19.0], np.float32), layout, 1) for ids in _UPPER_LIDS
    )
    spots = _spots(layout, nostrils + corners + under_lip + inner_eye)
    return np.asarray(spots + 0.7 * blur(np.asarray(folds, np.float32), layout, 3.5), np.float32)


def _lids(layout: FaceLayout) -> F32:
    """From the upper lashes to somewhat above the fold."""
    total = np.zeros((layout.texture_px, layout.texture_px), np.float32)
    for ids in _UPPER_LIDS:
        edge = _units(layout, ids)
        above = edge[::-1] - np.array([[0.0, 12.0], [0.0, 32.0], [0.0, 32.0], [0.0, 12.0]], np.float32)
        total += _filled(np.concatenate([edge, above]), layout)
    return blur(total, layout, 7.0)


def _lashes(layout: FaceLayout) -> F32:
    upper = sum(_drawn(_units(layout, ids), layout, 2) for ids in _UPPER_LIDS)
    lower = sum(_drawn(_units(layout, ids), layout, 1) for ids in _LOWER_LIDS)
    dark = np.clip(1.3 * blur(np.asarray(upper, np.float32), layout, 2.0), 0.0, 1.0)
    return np.maximum(dark, 0.45 * blur(np.asarray(lower, np.float32), layout, 2.0))


def _spots(layout: FaceLayout, spots: Sequence[tuple[float, float, float, float, float]]) -> F32:
    """Sum of soft spots (distance from the midline, row, their spreads, amount), on both sides."""
    x, y = grid(layout.texture_px)
    aside = np.abs(x)
    total = np.zeros((layout.texture_px, layout.texture_px), np.float32)
    for place, row, wide, high, amount in spots:
        total += amount * np.exp(-0.5 * (((aside - place) / wide) ** 2 + ((y - row) / high) ** 2))
    return total


def _area(layout: FaceLayout, edges: tuple[Points, Points], softness: float) -> F32:
    """Between an outer and an inner edge, each from the ear to the midline, on both sides; without the lips."""
    outer, inner = np.array(edges[0], np.float32), np.array(edges[1], np.float32)
    half = np.concatenate([outer, inner[::-1]])
    middle = np.array([MIDLINE, 0.0], np.float32)
    right, left = (_filled(middle + half * np.array([side, 1.0], np.float32), layout) for side in (-1.0, 1.0))
    bare = np.asarray(cv2.dilate(_lips(layout), np.ones((3, 3), np.uint8)), np.float32)
    return np.asarray(
        blur(np.maximum(right, left), layout, softness) * (1.0 - blur(bare, layout, 3.0)), np.float32
    )

"""Wrinkles that action units make. The mesh has none, and without them a weak frown is nearly invisible.

Every wrinkle is a groove with a lit edge beside it. Its depth follows the strongest of the blendshapes that make it,
each side for itself. The grooves are the same for everybody but for `WRINKLE_STYLES` courses; they are made once and
added up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.synth.humans.layout import FaceLayout
from affect_core.synth.humans.maps import GRID, MIDLINE, Points, grid

F32 = NDArray[np.float32]
Window = tuple[slice, slice]

WRINKLE_STYLES: Final = 6
"""Number of courses that the wrinkles may take."""

_DEEPEST: Final = 1.3
_STEPS: Final = 40
_REACH: Final = 3.0
"""A groove is drawn as far as so many standard deviations."""
_EDGE_LIGHT: Final = 0.25
_JITTER_UNITS: Final = 3.0
_BULGE: Final = np.array([0.5, 1.0])


@dataclass(frozen=True)
class Wrinkle:
    """One groove, on both sides of the face.

    Attributes:
        name: for tests and those who look for it.
        course: (distance from the midline, row) of some points along it, 1/1024 of the texture.
        width: standard deviation of the groove, same units.
        drivers: stem of a blendshape (`browDown` for `browDown_L`) to the depth that its weight of 1 makes.
        at_rest: the part of the resting folds that shows here.
        across: the course crosses the midline; it is drawn once, driven by both sides' mean.
    """

    name: str
    course: Points
    width: float
    drivers: Mapping[str, float]
    at_rest: float = 0.0
    across: bool = False


_FROWN: Final = {"browDown": 1.0}
_INNER: Final = {"browInnerUp": 0.75}
_OUTER: Final = {"browOuterUp": 0.8}
_FOLD: Final = {
    "mouthSmile": 0.9, "noseSneer": 1.0, "mouthUpperUp": 0.8, "mouthDimple": 0.6, "mouthStretch": 0.4, "mouth": 0.5,
    "cheekSquint": 0.35,
}  # fmt: skip
_FOLD_SHADE: Final = {stem: 0.45 * gain for stem, gain in _FOLD.items()}
_DIMPLE: Final = {"mouthDimple": 1.3, "mouthPress": 0.5, "mouthSmile": 0.35}
_UPPER_LIP: Final = {"mouthRollUpper": 0.5, "mouthPress": 0.25}
_UNDER_LIP: Final = {"mouthShrugLower": 0.4, "mouthRollLower": 0.5, "mouthPress": 0.3}
_CROW: Final = {"cheekSquint": 0.75, "eyeSquint": 0.35, "mouthSmile": 0.3}
_LID: Final = {"eyeSquint": 0.8, "cheekSquint": 0.8}

WRINKLES: Final = (
    Wrinkle("glabella", ((19, 240), (17, 224), (14, 197), (19, 170)), 4.6, {"browDown": 1.1, "noseSneer": 0.4}),
    Wrinkle("glabella side", ((35, 238), (32, 224), (29, 204)), 3.4, {"browDown": 0.6}),
    Wrinkle("nasion", ((-30, 262), (0, 257), (30, 262)), 3.4, {"browDown": 0.5, "noseSneer": 0.8}, across=True),
    Wrinkle("brow shadow", ((45, 224), (85, 218), (130, 215)), 8.0, {"browDown": 0.35}),
    Wrinkle("forehead low", ((-8, 150), (60, 143), (125, 150)), 3.2, _INNER),
    Wrinkle("forehead mid", ((-8, 124), (60, 118), (130, 124)), 3.4, _INNER),
    Wrinkle("forehead high", ((-8, 96), (60, 92), (115, 98)), 3.0, {"browInnerUp": 0.55}),
    Wrinkle("forehead low aside", ((75, 142), (160, 127), (245, 150)), 3.2, _OUTER),
    Wrinkle("forehead mid aside", ((75, 114), (160, 100), (240, 122)), 3.4, _OUTER),
    Wrinkle("forehead high aside", ((85, 88), (160, 76), (225, 95)), 3.0, {"browOuterUp": 0.6}),
    Wrinkle("nasolabial", ((80, 438), (101, 482), (128, 538), (140, 590)), 4.6, _FOLD, at_rest=1.0),
    Wrinkle("nasolabial shade", ((74, 448), (95, 490), (121, 542), (131, 588)), 11.0, _FOLD_SHADE, 0.4),
    Wrinkle("dimple", ((134, 548), (145, 578), (138, 612)), 3.8, _DIMPLE),
    Wrinkle("stretch", ((158, 560), (170, 602), (160, 650)), 3.6, {"mouthStretch": 0.9}),
    Wrinkle("mouth corner", ((119, 586), (133, 622), (137, 664)), 4.2, {"mouthFrown": 1.15, "mouthPress": 0.35}, 0.4),
    Wrinkle("corner pouch", ((126, 580), (140, 600), (143, 630)), 9.0, {"mouthFrown": 0.4}),
    Wrinkle("lid bag", ((95, 312), (140, 326), (188, 318)), 3.2, _LID, 0.5),
    Wrinkle("cheek", ((140, 334), (190, 347), (218, 336)), 3.4, {"cheekSquint": 0.7, "eyeSquint": 0.35}),
    Wrinkle("crow high", ((203, 280), (222, 270), (246, 262)), 2.4, _CROW),
    Wrinkle("crow mid", ((206, 292), (228, 291), (254, 288)), 2.4, _CROW),
    Wrinkle("crow low", ((203, 304), (224, 311), (246, 318)), 2.4, _CROW),
    Wrinkle("nose high", ((10, 298), (22, 314), (30, 330)), 2.8, {"noseSneer": 1.0}),
    Wrinkle("nose side", ((26, 326), (44, 344), (58, 366)), 2.8, {"noseSneer": 1.0}),
    Wrinkle("upper lip", ((-70, 494), (0, 487), (70, 494)), 4.5, _UPPER_LIP, across=True),
    Wrinkle("pucker", ((44, 500), (47, 488), (52, 476)), 2.4, {"mouthPucker": 0.8}),
    Wrinkle("pucker aside", ((84, 516), (92, 503), (99, 492)), 2.4, {"mouthPucker": 0.8}),
    Wrinkle("pucker below", ((70, 655), (76, 668), (84, 682)), 2.4, {"mouthPucker": 0.7}),
    Wrinkle("under lip", ((-82, 669), (0, 674), (82, 669)), 5.0, _UNDER_LIP, 0.7, across=True),
    Wrinkle("chin", ((-62, 694), (0, 680), (62, 694)), 5.0, {"mouthShrugLower": 1.1}, across=True),
    Wrinkle("chin pit", ((14, 712), (22, 722)), 3.4, {"mouthShrugLower": 0.6}),
    Wrinkle("chin pit aside", ((38, 704), (48, 716)), 3.4, {"mouthShrugLower": 0.6}),
    Wrinkle("chin pit low", ((26, 738), (40, 742)), 3.4, {"mouthShrugLower": 0.5}),
)  # fmt: skip


def relief(layout: FaceLayout, style: int, weights: Mapping[str, float], folds: float = 0.0) -> F32:
    """Depth of all wrinkles together.

    Args:
        style: 0..`WRINKLE_STYLES` - 1.
        weights: ICT blendshapes.
        folds: depth of the folds that a face at rest has.

    Returns:
        float32 (T, T); above 0 = dark, up to 1; below 0 = lit.
    """
    total = np.zeros((layout.texture_px, layout.texture_px), np.float32)
    for wrinkle, (window, groove) in zip(WRINKLES, _grooves(layout, style), strict=True):
        right, left = (_depth(wrinkle, side, weights, folds) for side in (("R", "Right"), ("L", "Left")))
        if wrinkle.across:
            right = left = (right + left) / 2
        else:
            total[_mirrored(window, layout.texture_px)] += np.float32(right) * groove[:, ::-1]
        total[window] += np.float32(left) * groove
    return np.clip(total, -0.3, 1.0)


def _depth(wrinkle: Wrinkle, side: tuple[str, str], weights: Mapping[str, float], folds: float) -> float:
    strongest = max(gain * _weight(weights, stem, side) for stem, gain in wrinkle.drivers.items())
    return min(max(strongest, 0.0), _DEEPEST) + wrinkle.at_rest * folds


def _weight(weights: Mapping[str, float], stem: str, side: tuple[str, str]) -> float:
    """Of a side's own blendshape, else of the one for both sides."""
    letter, word = side
    for name in (f"{stem}_{letter}", f"{stem}{word}", stem):
        if name in weights:
            return weights[name]
    return 0.0


@lru_cache(maxsize=4 * WRINKLE_STYLES)
def _grooves(layout: FaceLayout, style: int) -> list[tuple[Window, F32]]:
    """The window and the relief of every wrinkle, on the subject's left."""
    rng = np.random.default_rng(style)
    return [_groove(wrinkle, layout.texture_px, rng) for wrinkle in WRINKLES]


def _groove(wrinkle: Wrinkle, texture_px: int, rng: np.random.Generator) -> tuple[Window, F32]:
    course = np.array(wrinkle.course, float)
    jitter = rng.normal(0.0, _JITTER_UNITS, course.shape)
    if wrinkle.across:  # the same on both sides
        jitter = (jitter + jitter[::-1] * (-1.0, 1.0)) / 2
    width = wrinkle.width * rng.uniform(0.85, 1.2)
    path = _smooth(course + jitter)
    window = _window(path, _REACH * width + 2 * width, texture_px)
    x, y = grid(texture_px)
    x, y = x[:, window[1]], y[window[0]]
    dark = _stroke(x, y, path, width)
    lit = _stroke(x, y, path + 2.2 * width * _lit_side(path), width)
    return window, np.asarray(dark - _EDGE_LIGHT * lit * (1.0 - dark), np.float32)


def _lit_side(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2,): across the groove, to where skin bulges into the light: down, and away from the midline if upright."""
    along = (path[-1] - path[0]) / np.linalg.norm(path[-1] - path[0])
    normal = np.array([-along[1], along[0]])
    return normal if normal @ _BULGE > 0 else -normal


def _smooth(course: NDArray[np.float64]) -> NDArray[np.float64]:
    """The polynomial through the points, finely sampled: (n, 2)."""
    at = np.linspace(0.0, 1.0, len(course))
    fine = np.linspace(0.0, 1.0, _STEPS)
    curves = [np.polyval(np.polyfit(at, course[:, axis], len(course) - 1), fine) for axis in range(2)]
    return np.stack(curves, axis=1)


def _stroke(x: F32, y: F32, path: NDArray[np.float64], width: float) -> F32:
    """Gaussian across the path, thinning out towards its ends."""
    ends = np.sin(np.pi * np.linspace(0.08, 0.92, len(path))) ** 0.7
    total = np.zeros((y.shape[0], x.shape[1]), np.float32)
    for (px, py), strength in zip(path, ends, strict=True):
        spread = 2.0 * (width * (0.6 + 0.4 * strength)) ** 2
        spot = np.exp(-((x - np.float32(px)) ** 2) / spread) * np.exp(-((y - np.float32(py)) ** 2) / spread)
        np.maximum(total, np.float32(strength) * spot, out=total)
    return total


def _window(path: NDArray[np.float64], margin: float, texture_px: int) -> Window:
    scale = texture_px / GRID
    low = np.floor((path.min(axis=0) - margin + (MIDLINE, 0.0)) * scale).astype(int)
    high = np.ceil((path.max(axis=0) + margin + (MIDLINE, 0.0)) * scale).astype(int)
    low, high = np.clip(low, 0, texture_px), np.clip(high, 0, texture_px)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _mirrored(window: Window, texture_px: int) -> Window:
    rows, columns = window
    return rows, slice(texture_px - columns.stop, texture_px - columns.start)

"""Glasses: frames in four forms; clear or lightly tinted lenses, so that the eyes can be seen."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from affect_core.synth.humans.canvas import Canvas
from affect_core.synth.humans.strokes import fill, stroke
from affect_core.types import Floats

U8 = NDArray[np.uint8]

FORMS: Final = {
    "round": (2.0, 0.95, 0.0),
    "oval": (2.2, 0.72, 0.0),
    "rectangular": (5.0, 0.68, 0.0),
    "aviator": (2.6, 0.88, 0.25),
}
"""Exponent of the superellipse, height of the lens by its width, and how much narrower it gets to the bottom."""

_EYES: Final = (slice(36, 42), slice(42, 48))
_TEMPLES: Final = (0, 16)
_LENS_WIDTH: Final = 0.95
"""Half of it, by the eye's width."""
_LENS_HEIGHT: Final = 0.22
"""Half of it, by the way from the nose's root to the chin; turns with the head as that does."""
_FRAME: Final = (0.008, 0.028)
"""Thickness by the face's width."""
_TINTED_SHARE, _TINT = 0.5, (0.05, 0.35)
_GLARE_SHARE, _GLARE = 0.4, (0.08, 0.3)


def add_glasses(canvas: Canvas, rng: Generator, form: str | None = None) -> str:
    """Draw glasses of a form in `FORMS`, or of any. Frames hide what is behind them. Returns the form's name."""
    name = form if form is not None else list(FORMS)[int(rng.integers(len(FORMS)))]
    colour = rng.random(3) * rng.uniform(0.05, 0.8) ** 1.5
    lenses = [_lens(canvas, eye, name) for eye in _EYES]
    inside = canvas.mask()
    for lens in lenses:
        fill(inside, lens)
    if rng.random() < _TINTED_SHARE:
        canvas.cover(inside, 0.3 * colour, rng.uniform(*_TINT))
    if rng.random() < _GLARE_SHARE:
        bands = np.asarray(cv2.bitwise_and(inside, _bands(canvas, lenses, rng)), np.uint8)
        canvas.cover(bands, np.ones(3), rng.uniform(*_GLARE))
    canvas.occlude(_frame(canvas, lenses, rng.uniform(*_FRAME) * canvas.span_px), colour)
    return name


def _lens(canvas: Canvas, eye: slice, form: str) -> Floats:
    """(n, 2) pixels: a superellipse round the eye, as wide as the eye looks from here."""
    points = canvas.landmarks_xy
    exponent, height, narrowing = FORMS[form]
    right = (points[45] - points[36]) / (np.linalg.norm(points[45] - points[36]) + 1e-9)
    down = np.array([-right[1], right[0]])
    wide = _LENS_WIDTH * float(np.linalg.norm(points[eye][3] - points[eye][0]))
    tall = _LENS_HEIGHT * height * float(np.linalg.norm(points[27] - points[8]))
    angle = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)
    x, y = (np.sign(wave) * np.abs(wave) ** (2.0 / exponent) for wave in (np.cos(angle), np.sin(angle)))
    x = x * (1.0 - narrowing * np.clip(y, 0.0, 1.0))
    centre = points[eye].mean(axis=0) + 0.22 * tall * down
    return np.asarray(centre + wide * x[:, None] * right + tall * y[:, None] * down)


def _frame(canvas: Canvas, lenses: list[Floats], width_px: float) -> U8:
    """Rims, bridge, and the temples as far as they can be seen."""
    right, left = lenses
    across = left.mean(axis=0) - right.mean(axis=0)
    lines = [np.stack([right[np.argmax(right @ across)], left[np.argmin(left @ across)]])]
    for lens, temple, outwards in ((right, _TEMPLES[0], -across), (left, _TEMPLES[1], across)):
        hinge, ear = lens[np.argmax(lens @ outwards)], canvas.landmarks_xy[temple]
        if (ear - hinge) @ outwards > 0:
            lines.append(np.stack([hinge, ear]))
    frame = canvas.mask()
    stroke(frame, lenses, width_px, closed=True)
    stroke(frame, lines, width_px)
    return frame


def _bands(canvas: Canvas, lenses: list[Floats], rng: Generator) -> U8:
    """A slanted band over each lens, where a window is mirrored."""
    bands = canvas.mask()
    where = rng.uniform(-0.4, 0.4)
    for lens in lenses:
        size = np.ptp(lens, axis=0)
        middle = lens.mean(axis=0) + where * size * (1.0, 0.0)
        half = size * (0.25, -0.5)
        stroke(bands, [np.stack([middle - half, middle + half])], 0.2 * float(size[0]))
    return bands

"""Things before a face: a card, a round thing, a hand, a medical mask, a lock of hair."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from affect_core.avatar.truth import Segment
from affect_core.registry import Registry
from affect_core.synth.humans.canvas import Canvas
from affect_core.synth.humans.strokes import FULL, stroke
from affect_core.types import Floats

U8 = NDArray[np.uint8]

OCCLUDERS: Final[Registry[None]] = Registry("occluder")
"""Name to ``draw(canvas, rng)``."""

_REACHED: Final = (4, 6, 8, 10, 12, 48, 54)
"""Landmarks that a hand may touch: jaw, chin, corners of the mouth."""
_SKIN_PERCENTILE: Final = 70
_USUAL_SKIN: Final = (0.6, 0.45, 0.38)
_CLOTHS: Final = np.array([[0.62, 0.80, 0.88], [0.92, 0.93, 0.94], [0.15, 0.15, 0.17]])


def add_occluder(canvas: Canvas, rng: Generator, kind: str | None = None) -> str:
    """Draw something of a kind in `OCCLUDERS`, or of any; returns its name."""
    name = kind if kind is not None else OCCLUDERS.names()[int(rng.integers(len(OCCLUDERS.names())))]
    OCCLUDERS.build(name, canvas, rng)
    return name


@OCCLUDERS.register("card")
def _card(canvas: Canvas, rng: Generator) -> None:
    """A rectangle, turned at random."""
    (x, y), width = _somewhere(canvas, rng)
    size = (width * rng.uniform(0.8, 1.4), width * rng.uniform(0.6, 1.1))
    corners = cv2.boxPoints(((x, y), size, rng.uniform(0.0, 180.0)))
    canvas.occlude(canvas.polygon(np.asarray(corners, float)), _shaded(canvas, rng.random(3), rng))


@OCCLUDERS.register("blob")
def _blob(canvas: Canvas, rng: Generator) -> None:
    """A round thing: a cup, a microphone, a thumb before the lens."""
    place, width = _somewhere(canvas, rng)
    angle = np.linspace(0.0, 2.0 * np.pi, 40, endpoint=False)
    uneven = 0.15 * np.sin(2 * angle + rng.uniform(0, 6)) + 0.08 * np.sin(3 * angle)
    radius = 0.55 * width * (1.0 + uneven)
    outline = place + radius[:, None] * np.stack([np.cos(angle), 0.7 * np.sin(angle)], axis=1)
    canvas.occlude(canvas.polygon(outline), _shaded(canvas, rng.random(3), rng))


@OCCLUDERS.register("hand")
def _hand(canvas: Canvas, rng: Generator) -> None:
    """Four fingers and a palm, of the face's own colour, from below to chin, mouth or cheek."""
    span = canvas.span_px
    tip = canvas.landmarks_xy[int(rng.choice(_REACHED))] + rng.normal(0.0, 0.05, 2) * span
    direction = rng.uniform(0.2 * np.pi, 0.8 * np.pi)
    along = np.array([np.cos(direction), np.sin(direction)])
    aside = np.array([-along[1], along[0]])
    width = 0.11 * span * rng.uniform(0.85, 1.2)
    fingers = []
    for finger, reach in enumerate((0.1, 0.0, 0.04, 0.18)):
        start = tip + aside * (finger - 1.5) * width * 1.05 + along * reach * span
        fingers.append(np.stack([start, start + along * 0.45 * span]))
    palm = tip + along * 0.65 * span
    mask, gaps = canvas.mask(), canvas.mask()
    stroke(mask, fingers, width)
    cv2.circle(mask, (int(palm[0]), int(palm[1])), int(2.3 * width), (FULL,), -1, cv2.LINE_AA)
    stroke(gaps, [finger + 0.52 * width * aside for finger in fingers[:3]])
    canvas.occlude(mask, _shaded(canvas, _skin_of(canvas), rng))
    edges = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)), np.uint8)
    canvas.cover(np.maximum(edges, np.minimum(gaps, mask)), np.zeros(3), 0.3)


@OCCLUDERS.register("medical mask")
def _medical_mask(canvas: Canvas, rng: Generator) -> None:
    """Nose, mouth and chin behind cloth with folds."""
    points = canvas.landmarks_xy
    top = points[28] + rng.uniform(0.0, 0.5) * (points[30] - points[28])
    cheeks = 0.5 * (points[[14, 2]] + points[[45, 36]])
    outline = np.concatenate([points[2:15], [cheeks[0], top, cheeks[1]]])
    outline[4:9] += (points[8] - points[27]) / 12.0
    mask = canvas.polygon(outline)
    upper, lower = points[[3, 30, 13]], points[[6, 8, 10]]
    folds = canvas.mask()
    stroke(folds, [upper + share * (lower - upper) for share in (0.35, 0.55, 0.75)])
    cloth = _CLOTHS[int(rng.integers(len(_CLOTHS)))] * rng.uniform(0.8, 1.05)
    canvas.occlude(mask, _shaded(canvas, cloth, rng))
    canvas.cover(np.minimum(folds, mask), np.zeros(3), 0.25)


@OCCLUDERS.register("strand")
def _strand(canvas: Canvas, rng: Generator) -> None:
    """A lock of hair that hangs from the forehead over one side."""
    points = canvas.landmarks_xy
    side = points[(0, 16)[int(rng.integers(2))]]
    up = points[27] - points[8]
    start = points[27] + 0.75 * up + 0.2 * (side - points[27])
    end = side + rng.uniform(0.1, 0.5) * (points[30] - side) - rng.uniform(0.0, 0.35) * up
    bow = 0.25 * (side - points[30])
    spread = 0.05 * canvas.span_px
    at = np.linspace(0.0, 1.0, 16)[:, None]
    hairs = []
    for _ in range(int(rng.integers(12, 40))):
        begin, stop = start + rng.normal(0.0, 0.6, 2) * spread, end + rng.normal(0.0, 1.2, 2) * spread
        bent = bow + rng.normal(0.0, 0.5, 2) * spread
        hairs.append((1 - at) * begin + at * stop + 4.0 * at * (1 - at) * bent)
    mask = canvas.mask()
    stroke(mask, hairs)
    canvas.occlude(mask, _shaded(canvas, rng.uniform(0.04, 0.5) * np.array([1.0, 0.75, 0.5]), rng))


def _somewhere(canvas: Canvas, rng: Generator) -> tuple[tuple[float, float], float]:
    """A point of the face, and 15 to 40 % of the face's width."""
    low, high = canvas.landmarks_xy.min(axis=0), canvas.landmarks_xy.max(axis=0)
    x, y = rng.uniform(low, high)
    return (float(x), float(y)), canvas.span_px * float(rng.uniform(0.15, 0.4))


def _skin_of(canvas: Canvas) -> Floats:
    """Colour of well lit visible skin, without the light's level."""
    skin = canvas.image[canvas.segments == Segment.SKIN]
    if len(skin) == 0:
        return np.array(_USUAL_SKIN)
    return np.asarray(np.percentile(skin, _SKIN_PERCENTILE, axis=0) / canvas.level)


def _shaded(canvas: Canvas, colour: Floats, rng: Generator) -> Floats:
    """(S, S, 3): the colour, darker towards one side."""
    size = len(canvas.image)
    y, x = np.mgrid[0:size, 0:size] / size - 0.5
    slope = rng.normal(0.0, 0.5, 2)
    return np.asarray(colour * np.clip(1.0 + slope[0] * x + slope[1] * y, 0.5, 1.3)[..., None])

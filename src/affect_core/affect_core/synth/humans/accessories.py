"""What people wear or hold before their faces: glasses and occluders, drawn into the finished picture.

They are placed by the 68 landmarks, so that they turn with the head, and become `Segment.OCCLUDER`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from affect_core.avatar.truth import Segment
from affect_core.registry import Registry
from affect_core.types import Floats

F32 = NDArray[np.float32]

GLASSES: Final = ("round", "oval", "rectangular", "aviator")
"""Forms of frames."""

OCCLUDERS: Final[Registry[None]] = Registry("occluder")
"""Name to ``draw(canvas, rng)``."""

NONE: Final = "none"

_SUBPIXEL_BITS: Final = 4
_EYES: Final = (slice(36, 42), slice(42, 48))
_OUTER_CORNERS: Final = (36, 45)
_TEMPLES: Final = (0, 16)
_FORMS: Final = {
    "round": (2.0, 0.95, 0.0),
    "oval": (2.2, 0.72, 0.0),
    "rectangular": (5.0, 0.68, 0.0),
    "aviator": (2.6, 0.88, 0.25),
}
"""Exponent of the superellipse, height of the lens by its width, and how much narrower it gets to the bottom."""


@dataclass(frozen=True, eq=False)
class Canvas:
    """A finished picture that something is drawn into, in place.

    Attributes:
        image: float32 (S, S, 3), RGB.
        segments: uint8 (S, S).
        landmarks_xy: (68, 2) pixels.
        level: light on surfaces; 1 shows colours as they are.
    """

    image: F32
    segments: NDArray[np.uint8]
    landmarks_xy: Floats
    level: float = 1.0


def add_accessories(
    canvas: Canvas, rng: Generator, glasses_share: float = 0.12, occluder_share: float = 0.08
) -> dict[str, str]:
    """Draw glasses or an occluder, at most one of them, or nothing.

    Returns:
        Names for the manifest: ``glasses`` and ``occluder``, "none" where there is none.
    """
    chance = rng.random()
    worn = {"glasses": NONE, "occluder": NONE}
    if chance < glasses_share:
        worn["glasses"] = add_glasses(canvas, rng)
    elif chance < glasses_share + occluder_share:
        worn["occluder"] = add_occluder(canvas, rng)
    return worn


def add_glasses(canvas: Canvas, rng: Generator, form: str | None = None) -> str:
    """Draw glasses: frames hide what is behind, lenses are clear or lightly tinted. Returns the form's name."""
    name = form if form is not None else GLASSES[int(rng.integers(len(GLASSES)))]
    colour = rng.random(3) * rng.uniform(0.1, 0.9)
    lenses = [_lens(canvas, eye, name) for eye in _EYES]
    filled = _mask(canvas)
    for lens in lenses:
        cv2.fillPoly(filled, [_fixed(lens)], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
    tint = rng.uniform(0.0, 0.35) if rng.random() < 0.5 else 0.0
    _cover(canvas, 0.3 * colour, filled, tint)
    if rng.random() < 0.4:
        _cover(
            canvas, np.ones(3), cv2.bitwise_and(filled, _glare(canvas, lenses, rng)), rng.uniform(0.08, 0.3)
        )
    frame = _frame(canvas, lenses, int(rng.integers(1, 4)))
    _cover(canvas, colour, frame, 1.0)
    canvas.segments[frame > 127] = Segment.OCCLUDER
    return name


def add_occluder(canvas: Canvas, rng: Generator, kind: str | None = None) -> str:
    """Draw something before the face; returns its name in `OCCLUDERS`."""
    name = kind if kind is not None else OCCLUDERS.names()[int(rng.integers(len(OCCLUDERS.names())))]
    OCCLUDERS.build(name, canvas, rng)
    return name


@OCCLUDERS.register("card")
def _card(canvas: Canvas, rng: Generator) -> None:
    """A rectangle, turned at random."""
    place, width = _somewhere(canvas, rng)
    size = (width * rng.uniform(0.8, 1.4), width * rng.uniform(0.6, 1.1))
    corners = cv2.boxPoints(((float(place[0]), float(place[1])), size, rng.uniform(0.0, 180.0)))
    mask = _polygon(canvas, np.asarray(corners, float))
    _occlude(canvas, mask, rng.random(3), rng)


@OCCLUDERS.register("blob")
def _blob(canvas: Canvas, rng: Generator) -> None:
    """A round thing: a cup, a microphone, a thumb before the lens."""
    place, width = _somewhere(canvas, rng)
    angle = np.linspace(0.0, 2.0 * np.pi, 40, endpoint=False)
    radius = 0.55 * width * (1.0 + 0.15 * np.sin(2 * angle + rng.uniform(0, 6)) + 0.08 * np.sin(3 * angle))
    outline = place + radius[:, None] * np.stack([np.cos(angle), 0.7 * np.sin(angle)], axis=1)
    _occlude(canvas, _polygon(canvas, outline), rng.random(3), rng)


@OCCLUDERS.register("hand")
def _hand(canvas: Canvas, rng: Generator) -> None:
    """Four fingers and a palm, of the face's own colour, from below or aside to chin, mouth or cheek."""
    points = canvas.landmarks_xy
    span = _span(canvas)
    tip = points[int(rng.choice([4, 6, 8, 10, 12, 48, 54]))] + rng.normal(0.0, 0.05, 2) * span
    direction = rng.uniform(0.2 * np.pi, 0.8 * np.pi)
    along = np.array([np.cos(direction), np.sin(direction)])
    aside = np.array([-along[1], along[0]])
    mask = _mask(canvas)
    width = 0.11 * span * rng.uniform(0.85, 1.2)
    for finger, reach in enumerate((0.1, 0.0, 0.04, 0.18)):
        start = tip + aside * (finger - 1.5) * width * 1.05 + along * reach * span
        ends = np.stack([start, start + along * 0.45 * span])
        cv2.polylines(mask, [_fixed(ends)], False, 255, max(1, int(width)), cv2.LINE_AA, _SUBPIXEL_BITS)
    palm = tip + along * 0.65 * span
    cv2.circle(mask, (int(palm[0]), int(palm[1])), int(2.3 * width), 255, -1, cv2.LINE_AA)
    edges = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    _occlude(canvas, mask, _skin_of(canvas), rng, lit=True)
    _cover(canvas, np.zeros(3), edges, 0.25)


@OCCLUDERS.register("medical mask")
def _medical_mask(canvas: Canvas, rng: Generator) -> None:
    """Nose, mouth and chin behind cloth with folds, and its bands."""
    points = canvas.landmarks_xy
    top = points[28] + rng.uniform(0.0, 0.5) * (points[30] - points[28])
    outline = np.concatenate(
        [points[2:15], [0.5 * (points[14] + points[45]), top, 0.5 * (points[2] + points[36])]]
    )
    below = (points[8] - points[27]) / 12.0
    outline[4:9] += below
    colour = np.array([[0.62, 0.80, 0.88], [0.92, 0.93, 0.94], [0.15, 0.15, 0.17]])[int(rng.integers(3))]
    mask = _polygon(canvas, outline)
    folds = _mask(canvas)
    for share in (0.35, 0.55, 0.75):
        ends = points[[3, 30, 13]] + share * (points[[6, 8, 10]] - points[[3, 30, 13]])
        cv2.polylines(folds, [_fixed(ends)], False, 255, 1, cv2.LINE_AA, _SUBPIXEL_BITS)
    _occlude(canvas, mask, colour * rng.uniform(0.85, 1.05), rng)
    _cover(canvas, np.zeros(3), cv2.bitwise_and(folds, mask), 0.25)


@OCCLUDERS.register("strand")
def _strand(canvas: Canvas, rng: Generator) -> None:
    """A lock of hair that hangs from the forehead over one side."""
    points = canvas.landmarks_xy
    side = (0, 16)[int(rng.integers(2))]
    up = points[27] - points[8]
    start = points[27] + 0.75 * up + 0.2 * (points[side] - points[27])
    end = points[side] + rng.uniform(0.1, 0.5) * (points[30] - points[side]) - rng.uniform(0.0, 0.35) * up
    bow = 0.25 * (points[side] - points[30])
    mask = _mask(canvas)
    spread = 0.05 * _span(canvas)
    at = np.linspace(0.0, 1.0, 16)[:, None]
    for _ in range(int(rng.integers(12, 40))):
        begin, stop = start + rng.normal(0.0, 0.6, 2) * spread, end + rng.normal(0.0, 1.2, 2) * spread
        hair = (1 - at) * begin + at * stop + 4.0 * at * (1 - at) * (bow + rng.normal(0.0, 0.5, 2) * spread)
        cv2.polylines(mask, [_fixed(hair)], False, 255, 1, cv2.LINE_AA, _SUBPIXEL_BITS)
    tone = rng.uniform(0.04, 0.5)
    _occlude(canvas, mask, tone * np.array([1.0, 0.75, 0.5]), rng)


def _lens(canvas: Canvas, eye: slice, form: str) -> Floats:
    """(n, 2) pixels: a superellipse round the eye, as wide as the eye looks from here."""
    points = canvas.landmarks_xy
    exponent, high, narrowing = _FORMS[form]
    both = points[45] - points[36]
    right = both / (np.linalg.norm(both) + 1e-9)
    down = np.array([-right[1], right[0]])
    wide = 0.95 * float(np.linalg.norm(points[eye][3] - points[eye][0]))
    tall = high * 0.26 * float(np.linalg.norm(points[27] - points[8]))
    angle = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)
    cosine, sine = np.cos(angle), np.sin(angle)
    x = np.sign(cosine) * np.abs(cosine) ** (2.0 / exponent)
    y = np.sign(sine) * np.abs(sine) ** (2.0 / exponent)
    x = x * (1.0 - narrowing * np.clip(y, 0.0, 1.0))
    centre = points[eye].mean(axis=0) + 0.12 * tall * down
    return np.asarray(centre + wide * x[:, None] * right + tall * y[:, None] * down)


def _frame(canvas: Canvas, lenses: list[Floats], thickness: int) -> NDArray[np.uint8]:
    """Rims, bridge, and the temples as far as they can be seen."""
    frame = _mask(canvas)
    middles = [lens.mean(axis=0) for lens in lenses]
    for lens, corner, temple, inwards in zip(lenses, _OUTER_CORNERS, _TEMPLES, (1.0, -1.0), strict=True):
        cv2.polylines(frame, [_fixed(lens)], True, 255, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
        across = inwards * (middles[1] - middles[0])
        hinge = lens[np.argmin(lens @ across)]
        ear = canvas.landmarks_xy[temple]
        if (ear - hinge) @ across < 0 and corner >= 0:
            cv2.polylines(
                frame, [_fixed(np.stack([hinge, ear]))], False, 255, thickness, cv2.LINE_AA, _SUBPIXEL_BITS
            )
    across = middles[1] - middles[0]
    bridge = np.stack([lenses[0][np.argmax(lenses[0] @ across)], lenses[1][np.argmin(lenses[1] @ across)]])
    cv2.polylines(frame, [_fixed(bridge)], False, 255, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
    return frame


def _glare(canvas: Canvas, lenses: list[Floats], rng: Generator) -> NDArray[np.uint8]:
    """Slanted bands over both lenses."""
    glare = _mask(canvas)
    where = rng.uniform(-0.4, 0.4)
    for lens in lenses:
        low, high = lens.min(axis=0), lens.max(axis=0)
        middle = (low + high) / 2 + where * (high - low) * np.array([1.0, 0.0])
        half = (high - low) * np.array([0.25, -0.5])
        ends = np.stack([middle - half, middle + half])
        width = max(1, int(0.2 * (high - low)[0]))
        cv2.polylines(glare, [_fixed(ends)], False, 255, width, cv2.LINE_AA, _SUBPIXEL_BITS)
    return glare


def _somewhere(canvas: Canvas, rng: Generator) -> tuple[Floats, float]:
    """A point of the face and a width, 15 to 40 % of the face's."""
    low, high = canvas.landmarks_xy.min(axis=0), canvas.landmarks_xy.max(axis=0)
    return rng.uniform(low, high), _span(canvas) * float(rng.uniform(0.15, 0.4))


def _span(canvas: Canvas) -> float:
    """Width of the landmarks in the picture, pixels."""
    return float(np.ptp(canvas.landmarks_xy[:, 0]))


def _skin_of(canvas: Canvas) -> Floats:
    """Usual colour of the visible skin, as it is lit."""
    skin = canvas.image[canvas.segments == Segment.SKIN]
    return np.median(skin, axis=0).astype(float) if len(skin) else np.array([0.6, 0.45, 0.38])


def _occlude(
    canvas: Canvas, mask: NDArray[np.uint8], colour: Floats, rng: Generator, lit: bool = False
) -> None:
    """Cover the mask with a colour that gets darker towards one side."""
    size = len(mask)
    y, x = np.mgrid[0:size, 0:size] / size - 0.5
    slope = rng.normal(0.0, 0.5, 2)
    shade = np.clip(1.0 + slope[0] * x + slope[1] * y, 0.5, 1.3)[..., None]
    level = 1.0 if lit else canvas.level
    _cover(canvas, np.asarray(colour * shade * level / canvas.level), mask, 1.0)
    canvas.segments[mask > 127] = Segment.OCCLUDER


def _cover(canvas: Canvas, colour: Floats, mask: NDArray[np.uint8], share: float) -> None:
    if share <= 0.0:
        return
    cover = mask.astype(np.float32)[..., None] * np.float32(share / 255)
    canvas.image[:] += cover * (np.asarray(colour, np.float32) * np.float32(canvas.level) - canvas.image)


def _mask(canvas: Canvas) -> NDArray[np.uint8]:
    return np.zeros(canvas.segments.shape, np.uint8)


def _polygon(canvas: Canvas, outline: Floats) -> NDArray[np.uint8]:
    mask = _mask(canvas)
    cv2.fillPoly(mask, [_fixed(outline)], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
    return mask


def _fixed(points: Floats) -> NDArray[np.int32]:
    """Pixels (edges at whole numbers) to the fixed-point coordinates of cv2 (centres at whole numbers)."""
    return np.round((points - 0.5) * (1 << _SUBPIXEL_BITS)).astype(np.int32)

"""What stands behind a synthetic head: random backdrops, and the colour families of the shortcut experiment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from affect_core.registry import Registry

Picture = NDArray[np.float32]
"""(S, S, 3) RGB, 0..1."""

BACKDROPS: Final[Registry[Picture]] = Registry("backdrop")
"""Name to ``paint(size_px, rng) -> Picture``."""

_BLURRED_SHARE: Final = 0.5
_EXTRA_CLUTTER_SHARE: Final = 0.3
"""So many backdrops of the other kinds get some objects, too."""
_HUE_SD_DEG: Final = 14.0


def draw_backdrop(size_px: int, rng: Generator, kind: str | None = None) -> tuple[Picture, str]:
    """A random backdrop; of a random kind, unless one is named.

    Args:
        size_px: S, width and height.
        rng: all randomness.
        kind: a name in `BACKDROPS`.

    Returns:
        float32 (S, S, 3) RGB in 0..1, and the kind's name.

    Raises:
        UnknownName: no such kind.
    """
    name = kind if kind is not None else BACKDROPS.names()[int(rng.integers(len(BACKDROPS.names())))]
    picture = BACKDROPS.build(name, size_px, rng)
    if name != "clutter" and rng.random() < _EXTRA_CLUTTER_SHARE:
        _add_objects(picture, rng, int(rng.integers(2, 8)))
    if rng.random() < _BLURRED_SHARE:
        picture = _blur(picture, rng.uniform(0.8, 5.0) * size_px / 224)
    picture *= np.float32(rng.uniform(0.5, 1.0))
    return np.clip(picture, 0.0, 1.0), name


@BACKDROPS.register("flat")
def flat(size_px: int, rng: Generator) -> Picture:
    """One colour."""
    return np.full((size_px, size_px, 3), _colour(rng), np.float32)


@BACKDROPS.register("gradient")
def gradient(size_px: int, rng: Generator) -> Picture:
    """From one colour to another, in any direction."""
    return _mixed(_ramp(size_px, rng), _colour(rng), _colour(rng))


@BACKDROPS.register("clouds")
def clouds(size_px: int, rng: Generator) -> Picture:
    """Colour noise in three octaves."""
    octaves = ((3, 0.5), (8, 0.3), (30, 0.2))
    picture = sum(_noise(size_px, cells, rng, 3) * np.float32(weight) for cells, weight in octaves)
    return np.asarray(picture, np.float32)


@BACKDROPS.register("stripes")
def stripes(size_px: int, rng: Generator) -> Picture:
    """Stripes of two colours, in any direction."""
    wave = np.sin(_direction(size_px, rng) * np.float32(rng.uniform(20.0, 120.0)))
    return _mixed(_steps(wave), _colour(rng), _colour(rng))


@BACKDROPS.register("clutter")
def clutter(size_px: int, rng: Generator) -> Picture:
    """Rectangles, ellipses, lines and polygons over one colour."""
    picture = flat(size_px, rng)
    _add_objects(picture, rng, int(rng.integers(8, 32)))
    return picture


@dataclass(frozen=True)
class Family:
    """A hue and a texture that together tell one shortcut backdrop from the others."""

    name: str
    hue_deg: float
    paint: Callable[[int, Generator, Callable[[], Picture]], Picture]


def draw_family(index: int, size_px: int, rng: Generator) -> Picture:
    """A backdrop of family ``index`` of `SHORTCUT_FAMILIES`; its hue and parameters vary.

    Returns:
        float32 (S, S, 3) RGB in 0..1.
    """
    family = SHORTCUT_FAMILIES[index]
    picture = family.paint(size_px, rng, lambda: _near(family.hue_deg, rng))
    if rng.random() < _BLURRED_SHARE:
        picture = _blur(picture, rng.uniform(0.5, 2.0) * size_px / 128)
    grain = rng.standard_normal(picture.shape, np.float32) * np.float32(0.01)
    return np.clip(picture + grain, 0.0, 1.0) * np.float32(rng.uniform(0.6, 1.0))


def _family_gradient(size_px: int, rng: Generator, tone: Callable[[], Picture]) -> Picture:
    return _mixed(_ramp(size_px, rng), tone(), tone())


def _family_stripes(size_px: int, rng: Generator, tone: Callable[[], Picture]) -> Picture:
    phase = _direction(size_px, rng) * np.float32(rng.uniform(25.0, 90.0)) + np.float32(rng.uniform(0.0, 6.0))
    return _mixed(_steps(np.sin(phase), rng.uniform(-0.4, 0.4)), tone(), tone())


def _family_clouds(size_px: int, rng: Generator, tone: Callable[[], Picture]) -> Picture:
    return _mixed(_noise(size_px, int(rng.integers(4, 14)), rng), tone(), tone())


def _family_blocks(size_px: int, rng: Generator, tone: Callable[[], Picture]) -> Picture:
    picture = np.full((size_px, size_px, 3), tone(), np.float32)
    for _ in range(int(rng.integers(8, 30))):
        x, y = (int(value) for value in rng.integers(0, size_px, 2))
        w, h = (int(value * size_px) for value in rng.uniform(0.04, 0.31, 2))
        cv2.rectangle(picture, (x, y), (x + w, y + h), tone().tolist(), -1)
    return picture


def _family_checks(size_px: int, rng: Generator, tone: Callable[[], Picture]) -> Picture:
    y, x = _grid(size_px)
    frequency = np.float32(rng.uniform(15.0, 50.0))
    shift_x, shift_y = (np.float32(value) for value in rng.uniform(0.0, 6.0, 2))
    wave = np.sin(x * frequency + shift_x) * np.sin(y * frequency + shift_y)
    return _mixed(_steps(wave, rng.uniform(-0.1, 0.35)), tone(), tone())


SHORTCUT_FAMILIES: Final = (
    Family("red gradient", 5.0, _family_gradient),
    Family("green stripes", 120.0, _family_stripes),
    Family("blue clouds", 220.0, _family_clouds),
    Family("yellow blocks", 45.0, _family_blocks),
    Family("purple checks", 290.0, _family_checks),
)
"""One family for each of five classes; the background alone can tell them apart."""


def _colour(rng: Generator) -> Picture:
    return rng.random(3, np.float32)


def _near(hue_deg: float, rng: Generator) -> Picture:
    """A colour whose hue lies near the given one."""
    hue = (hue_deg + rng.normal(0.0, _HUE_SD_DEG)) % 360.0
    hsv = np.array([[[hue, rng.uniform(0.35, 0.85), rng.uniform(0.35, 0.95)]]], np.float32)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0], np.float32)


def _grid(size_px: int) -> tuple[Picture, Picture]:
    """y as a column and x as a row, 0..1."""
    axis = np.arange(size_px, dtype=np.float32) / np.float32(size_px)
    return axis[:, None], axis[None, :]


def _direction(size_px: int, rng: Generator) -> Picture:
    """(S, S): the way along a random direction, 0 in the middle."""
    y, x = _grid(size_px)
    angle = rng.uniform(0.0, 2.0 * pi)
    return (x - np.float32(0.5)) * np.float32(cos(angle)) + (y - np.float32(0.5)) * np.float32(sin(angle))


def _ramp(size_px: int, rng: Generator) -> Picture:
    return np.clip(_direction(size_px, rng) + np.float32(0.5), 0.0, 1.0)


def _steps(wave: Picture, threshold: float = 0.0) -> Picture:
    return (wave > threshold).astype(np.float32)


def _noise(size_px: int, cells: int, rng: Generator, channels: int = 1) -> Picture:
    """Smooth noise around 0.5, (S, S) or (S, S, channels)."""
    grid = rng.random((cells, cells, channels), np.float32)
    return np.asarray(cv2.resize(grid, (size_px, size_px), interpolation=cv2.INTER_CUBIC), np.float32)


def _mixed(share: Picture, one: Picture, other: Picture) -> Picture:
    """(S, S, 3): where ``share`` (S, S) is 1 the one colour, where it is 0 the other."""
    return other + share[..., None] * (one - other)


def _blur(picture: Picture, sigma_px: float) -> Picture:
    return np.asarray(cv2.GaussianBlur(np.ascontiguousarray(picture), (0, 0), sigma_px), np.float32)


def _add_objects(picture: Picture, rng: Generator, count: int) -> None:
    for _ in range(count):
        _OBJECTS[int(rng.integers(len(_OBJECTS)))](picture, rng)


def _place(picture: Picture, rng: Generator) -> tuple[tuple[int, int], tuple[int, int], list[float]]:
    """A random point, a random extent (2 to 31 % of the picture) and a colour."""
    size_px = len(picture)
    point = rng.integers(0, size_px, 2)
    extent = (rng.uniform(0.02, 0.31, 2) * size_px).astype(int)
    return (int(point[0]), int(point[1])), (int(extent[0]), int(extent[1])), _colour(rng).tolist()


def _rectangle(picture: Picture, rng: Generator) -> None:
    (x, y), (w, h), colour = _place(picture, rng)
    cv2.rectangle(picture, (x, y), (x + w, y + h), colour, -1)


def _ellipse(picture: Picture, rng: Generator) -> None:
    point, extent, colour = _place(picture, rng)
    cv2.ellipse(picture, point, extent, rng.uniform(0.0, 180.0), 0.0, 360.0, colour, -1, cv2.LINE_AA)


def _line(picture: Picture, rng: Generator) -> None:
    (x, y), _, colour = _place(picture, rng)
    (x2, y2), _, _ = _place(picture, rng)
    width = max(1, int(rng.integers(1, 8) * len(picture) / 224))
    cv2.line(picture, (x, y), (x2, y2), colour, width, cv2.LINE_AA)


def _polygon(picture: Picture, rng: Generator) -> None:
    corners = rng.integers(0, len(picture), (4, 2)).astype(np.int32)
    cv2.fillPoly(picture, [corners], _colour(rng).tolist(), cv2.LINE_AA)


_OBJECTS: Final = (_rectangle, _ellipse, _line, _polygon)

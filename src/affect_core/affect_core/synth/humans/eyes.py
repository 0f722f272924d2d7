"""The eyeball's texture: white, iris, pupil, catchlight, seen from straight ahead."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from affect_core.synth.humans.appearance import Appearance
from affect_core.synth.humans.layout import TEXTURE_PX

F32 = NDArray[np.float32]

_DRAWN_PX: Final = 128
"""An eye is some 20 px wide in a picture of 224 px; it is drawn this large and then enlarged."""
_CORNER: Final = np.array([0.55, 0.36, 0.33], np.float32)
_LIMBUS: Final = 0.03


def paint_eye(appearance: Appearance, rng: Generator, texture_px: int = TEXTURE_PX) -> F32:
    """float32 (T, T, 3), 0..1: the front of the eyeball, whose radius is half of T; for both eyes."""
    radius, angle, down = _polar()
    iris, pupil = appearance.iris_radius, appearance.iris_radius * appearance.pupil
    white = np.asarray(appearance.sclera, np.float32) * _lid_shadow()[..., None]
    eye = _over(white, _CORNER, _step((radius - 0.88) / 0.10))
    eye = _over(eye, _fibres(appearance, radius, angle, rng), _step((iris - radius) / 0.03))
    rim = np.exp(-0.5 * ((radius - iris) / _LIMBUS) ** 2)
    eye *= 1.0 - 0.8 * rim[..., None]
    eye *= 1.0 - 0.3 * (_step((iris - radius) / 0.05) * _step((0.1 - down) / 0.6))[..., None]
    eye = _over(eye, np.full(3, 0.02, np.float32), _step((pupil - radius) / 0.03))
    eye = _over(eye, np.ones(3, np.float32), _catchlight(iris, rng))
    large = cv2.resize(eye, (texture_px, texture_px), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(large, 0.0, 1.0), np.float32)


@lru_cache(maxsize=1)
def _polar() -> tuple[F32, F32, F32]:
    """Radius (1 = the eyeball's), angle, and distance below the middle, each (P, P)."""
    axis = (np.arange(_DRAWN_PX, dtype=np.float32) + 0.5) / _DRAWN_PX * 2.0 - 1.0
    x, y = np.meshgrid(axis, axis)
    return np.hypot(x, y), np.arctan2(y, x), y


@lru_cache(maxsize=1)
def _lid_shadow() -> F32:
    """The upper lid and its lashes shade the top of the eye."""
    _, _, down = _polar()
    return np.asarray(1.0 - 0.45 * _step((-0.05 - down) / 0.45), np.float32)


def _fibres(appearance: Appearance, radius: F32, angle: F32, rng: Generator) -> F32:
    """The iris: radial streaks, lighter towards the rim."""
    turn = np.float32(rng.uniform(0.0, 6.28))
    streaks = 1.0 + 0.15 * np.sin(angle * 17 + 3 * np.sin(angle * 5 + turn)) + 0.1 * np.sin(angle * 41 + turn)
    level = streaks * (0.75 + 0.4 * radius / appearance.iris_radius)
    return np.asarray(level[..., None] * np.asarray(appearance.iris, np.float32), np.float32)


def _catchlight(iris: float, rng: Generator) -> F32:
    """The reflection of a window or lamp, above the middle of the iris."""
    axis = (np.arange(_DRAWN_PX, dtype=np.float32) + 0.5) / _DRAWN_PX * 2.0 - 1.0
    column, row = rng.uniform(-0.6, 0.6) * iris, rng.uniform(-0.65, -0.35) * iris
    size, strength = rng.uniform(0.06, 0.10), rng.uniform(0.5, 1.0)
    across = np.exp(-0.5 * ((axis - column) / size) ** 2)
    along = np.exp(-0.5 * ((axis - row) / size) ** 2)
    return np.asarray(strength * along[:, None] * across[None, :], np.float32)


def _over(under: F32, colour: F32, cover: F32) -> F32:
    return under + cover[..., None] * (colour - under)


def _step(x: F32) -> F32:
    """0 below 0, 1 above 1, smooth between."""
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)

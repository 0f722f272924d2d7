"""What is on the wall behind the head; `BACKGROUNDS` is the registry.

A background is a picture of the wall's own colours, before light and shadow fall on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.part import Colour
from affect_core.registry import Registry

Picture = NDArray[np.float32]

BACKGROUNDS: Registry[Picture | None] = Registry("background")
"""Builders that take width and height in pixels, the wall's colour and a seed; float32 (H, W, 3) 0..1, None = plain."""

_THINGS: Final = (9, 16)
_TEXTURE: Final = 0.012


@BACKGROUNDS.register("plain")
def _plain(width: int, height: int, wall: Colour, seed: int) -> Picture | None:
    """A wall of one colour."""
    return None


@BACKGROUNDS.register("gradient")
def _gradient(width: int, height: int, wall: Colour, seed: int) -> Picture | None:
    """From one tone to another along a direction drawn from the seed."""
    rng = np.random.default_rng([seed, 1])
    angle = rng.uniform(0, 2 * np.pi)
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    share = np.clip(0.5 + 0.5 * (np.cos(angle) * x + np.sin(angle) * y) / 1.2, 0, 1)[..., None]
    one, other = (
        np.clip(np.array(wall) * gain + rng.uniform(-0.08, 0.08, 3), 0.05, 0.95) for gain in (0.5, 1.3)
    )
    return np.asarray(one * (1 - share) + other * share, np.float32)


@BACKGROUNDS.register("room")
def _room(width: int, height: int, wall: Colour, seed: int) -> Picture | None:
    """A wall with shelves, frames, a door and things on them, out of focus."""
    import cv2

    rng = np.random.default_rng([seed, 2])
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = np.clip(np.array(wall) * rng.uniform(0.75, 1.15) + rng.uniform(-0.06, 0.06, 3), 0.05, 0.95)
    floor = int(height * rng.uniform(0.78, 0.95))
    picture[floor:] = _tone(rng, 0.15, 0.5)
    drawers: tuple[Callable[..., None], ...] = (_shelf, _frame, _box)
    for _ in range(int(rng.integers(*_THINGS))):
        drawers[int(rng.integers(len(drawers)))](picture, rng)
    sharp = 1.5 * width / 1280
    picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), sharp * rng.uniform(1, 4)), np.float32)
    noise = rng.normal(0, _TEXTURE, (height // 4 + 1, width // 4 + 1, 1)).astype(np.float32)
    grain = np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR))
    return np.clip(picture + grain[..., None], 0, 1)


def _shelf(picture: Picture, rng: np.random.Generator) -> None:
    """A board with books of many colours."""
    height, width = picture.shape[:2]
    left, board = int(rng.uniform(-0.1, 0.8) * width), int(rng.uniform(0.15, 0.8) * height)
    right = left + int(rng.uniform(0.15, 0.4) * width)
    x = left
    while x < right:
        thick, tall = int(rng.uniform(0.006, 0.02) * width) + 1, int(rng.uniform(0.07, 0.15) * height)
        _paint(picture, x, board - tall, x + thick, board, _tone(rng, 0.08, 0.8))
        x += thick
    _paint(picture, left, board, right, board + max(2, height // 90), _tone(rng, 0.2, 0.5))


def _frame(picture: Picture, rng: np.random.Generator) -> None:
    """A picture in its frame."""
    height, width = picture.shape[:2]
    x, y = int(rng.uniform(0, 0.85) * width), int(rng.uniform(0, 0.5) * height)
    wide, tall = int(rng.uniform(0.08, 0.2) * width), int(rng.uniform(0.1, 0.3) * height)
    edge = max(2, width // 160)
    _paint(picture, x, y, x + wide, y + tall, _tone(rng, 0.05, 0.4))
    _paint(picture, x + edge, y + edge, x + wide - edge, y + tall - edge, _tone(rng, 0.3, 0.9))


def _box(picture: Picture, rng: np.random.Generator) -> None:
    """A cupboard, a door, a cushion: something that stands on the floor."""
    height, width = picture.shape[:2]
    x, top = int(rng.uniform(-0.1, 0.95) * width), int(rng.uniform(0.3, 0.9) * height)
    wide = int(rng.uniform(0.06, 0.3) * width)
    _paint(picture, x, top, x + wide, height, _tone(rng, 0.1, 0.7))


def _paint(
    picture: Picture, left: int, top: int, right: int, bottom: int, colour: NDArray[np.float64]
) -> None:
    picture[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = colour


def _tone(rng: np.random.Generator, low: float, high: float) -> NDArray[np.float64]:
    return np.clip(rng.uniform(low, high) + rng.uniform(-0.12, 0.12, 3), 0.02, 0.95)

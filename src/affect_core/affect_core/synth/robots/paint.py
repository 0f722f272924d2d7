"""Colours of random robots: human tones, greys, or any colour; brows, lips and lids that stand out from the skin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from affect_core.avatar.part import Colour, as_colour
from affect_core.avatar.shape import Array
from affect_core.synth.robots.base import Paint

MATERIALS: Final = {"human": 0.4, "grey": 0.3, "coloured": 0.3}
"""Share of each."""

_LIGHT_TONE: Final = np.array((0.95, 0.78, 0.68))
_DARK_TONE: Final = np.array((0.30, 0.20, 0.15))
_APART_MEAN, _APART_CHANNEL = 0.22, 0.40
_TRIES: Final = 40


def draw_paint(rng: np.random.Generator, eye: str) -> tuple[str, Paint]:
    """Name of the material, and all colours; ``eye`` is the kind of the eyes, whose lids must be told from them."""
    material = str(rng.choice(list(MATERIALS), p=list(MATERIALS.values())))
    skin = np.clip(_SKINS[material](rng), 0.05, 1)
    ball = np.ones(3) * rng.uniform(0.75, 1.0)
    pupil = np.ones(3) * rng.uniform(0.01, 0.08)
    lid = _apart(rng, pupil if eye in _DARK_EYES else ball, lambda: _lid(rng, skin))
    return material, Paint(
        skin=as_colour(skin),
        shell=as_colour(_any(rng) if rng.random() < 0.5 else skin * rng.uniform(0.5, 0.9)),
        brow=as_colour(_apart(rng, skin, lambda: _contrast(rng, skin))),
        lip=as_colour(_lip(rng, skin)),
        lid=as_colour(lid),
        ball=as_colour(ball),
        iris=as_colour(hsv(rng.uniform(0, 360), rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.75))),
        pupil=as_colour(pupil),
        mouth=as_colour(np.array((0.16, 0.05, 0.05)) * rng.uniform(0.2, 1.5)),
        fold=as_colour(skin * rng.uniform(0.5, 0.8)),
        nose=as_colour(skin * rng.uniform(0.8, 1.05) if rng.random() < 0.6 else _any(rng)),
        trim=_any_colour(rng),
        body=_any_colour(rng),
        lamp=as_colour(_apart(rng, skin, lambda: hsv(rng.uniform(0, 360), rng.uniform(0.0, 0.8), 1.0))),
    )


_DARK_EYES: Final = frozenset({"bead"})


def hsv(hue_deg: float, saturation: float, value: float) -> Array:
    """(3,) red, green, blue."""
    sector = hue_deg % 360 / 60
    ramps = np.array([abs(sector - 3) - 1, 2 - abs(sector - 2), 2 - abs(sector - 4)])
    result: Array = value * (1 - saturation * (1 - np.clip(ramps, 0, 1)))
    return result


def _human(rng: np.random.Generator) -> Array:
    share = rng.random()
    tone = _LIGHT_TONE * (1 - share) + _DARK_TONE * share
    result: Array = tone * rng.uniform(0.85, 1.05) * (1 + rng.normal(0, 0.05, 3))
    return result


def _grey(rng: np.random.Generator) -> Array:
    result: Array = rng.uniform(0.25, 0.97) * (1 + rng.normal(0, 0.03, 3))
    return result


def _coloured(rng: np.random.Generator) -> Array:
    return hsv(rng.uniform(0, 360), rng.uniform(0.15, 0.8), rng.uniform(0.3, 0.95))


_SKINS: Final = {"human": _human, "grey": _grey, "coloured": _coloured}


def _any(rng: np.random.Generator) -> Array:
    result: Array = rng.random(3) * rng.uniform(0.15, 0.95)
    return result


def _any_colour(rng: np.random.Generator) -> Colour:
    return as_colour(_any(rng))


def _contrast(rng: np.random.Generator, skin: Array) -> Array:
    """Dark, coloured, a shade of the skin, or light."""
    choices = (
        np.ones(3) * rng.uniform(0.02, 0.3),
        hsv(rng.uniform(0, 360), rng.uniform(0.3, 1), rng.uniform(0.1, 1)),
        skin * rng.uniform(0.25, 0.6),
        np.ones(3) * rng.uniform(0.7, 1),
    )
    return choices[int(rng.choice(4, p=[0.45, 0.2, 0.25, 0.1]))]


def _lip(rng: np.random.Generator, skin: Array) -> Array:
    if rng.random() < 0.65:
        return _apart(
            rng, skin, lambda: hsv(rng.uniform(-15, 15), rng.uniform(0.4, 0.95), rng.uniform(0.35, 0.9))
        )
    return _apart(rng, skin, lambda: _contrast(rng, skin))


def _lid(rng: np.random.Generator, skin: Array) -> Array:
    if rng.random() < 0.7:
        result: Array = skin * rng.uniform(0.7, 1.0)
        return result
    return hsv(rng.uniform(0, 360), rng.uniform(0, 0.8), rng.uniform(0.2, 0.8))


def _apart(rng: np.random.Generator, other: Array, draw: Callable[[], Array]) -> Array:
    """The first draw that can be told from ``other``; a darkened or lightened one if none can."""
    for _ in range(_TRIES):
        colour = draw()
        if _is_apart(colour, other):
            return colour
    return other * 0.45 if other.mean() > 0.4 else np.clip(other + 0.4, 0, 1)


def _is_apart(one: Array, other: Array) -> bool:
    return bool(abs(one.mean() - other.mean()) > _APART_MEAN or np.abs(one - other).max() > _APART_CHANNEL)

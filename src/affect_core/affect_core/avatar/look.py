"""What one particular head looks like: its shape, its colours, its light and where the camera stands.

The default look is the head that trials show. Seeds give other looks, for training images without that head.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Final

import numpy as np

from affect_core.avatar.shape import HeadShape

Colour = tuple[float, float, float]
"""Share of light reflected, red, green, blue, 0..1."""

_SKIN_TONES: Final = ((0.93, 0.76, 0.66), (0.86, 0.66, 0.55), (0.72, 0.52, 0.40), (0.52, 0.35, 0.26))
_HAIR_TONES: Final = ((0.22, 0.15, 0.11), (0.07, 0.06, 0.06), (0.42, 0.30, 0.17), (0.45, 0.43, 0.42))
_IRIS_TONES: Final = ((0.28, 0.40, 0.50), (0.30, 0.20, 0.12), (0.25, 0.40, 0.22), (0.15, 0.12, 0.10))

_SHAPE_SPREAD: Final = 0.05
"""Standard deviation of each dimension of the head, as a share of it."""


@dataclass(frozen=True)
class Palette:
    """Colours of the parts."""

    skin: Colour = (0.86, 0.66, 0.55)
    lip: Colour = (0.70, 0.33, 0.32)
    brow: Colour = (0.20, 0.13, 0.10)
    hair: Colour = (0.22, 0.15, 0.11)
    iris: Colour = (0.28, 0.40, 0.50)
    sclera: Colour = (0.95, 0.95, 0.93)
    mouth: Colour = (0.16, 0.05, 0.05)
    dark: Colour = (0.03, 0.03, 0.03)
    body: Colour = (0.18, 0.19, 0.21)
    wall: Colour = (0.62, 0.64, 0.66)

    @property
    def lid(self) -> Colour:
        """A little darker than the skin."""
        return _scaled(self.skin, 0.93)

    @property
    def fold(self) -> Colour:
        """Skin in its own shade."""
        return _scaled(self.skin, 0.66)


@dataclass(frozen=True)
class Look:
    """One head in one place.

    Attributes:
        light_turn_deg: azimuth and elevation added to the key light.
        light_gain: factor on all light.
        camera_m: added to the camera's place: x, distance, z.
    """

    shape: HeadShape = field(default_factory=HeadShape)
    palette: Palette = field(default_factory=Palette)
    light_turn_deg: tuple[float, float] = (0.0, 0.0)
    light_gain: float = 1.0
    camera_m: tuple[float, float, float] = (0.0, 0.0, 0.0)


def varied_look(seed: int) -> Look:
    """A look drawn at random; the same for the same seed."""
    rng = np.random.default_rng(seed)
    return Look(
        shape=_varied_shape(rng),
        palette=_varied_palette(rng),
        light_turn_deg=(float(rng.uniform(-35, 35)), float(rng.uniform(-12, 18))),
        light_gain=float(rng.uniform(0.85, 1.15)),
        camera_m=(
            float(rng.uniform(-0.06, 0.06)),
            float(rng.uniform(-0.15, 0.35)),
            float(rng.uniform(-0.05, 0.05)),
        ),
    )


def _varied_shape(rng: np.random.Generator) -> HeadShape:
    """Every dimension on its own but the eyes, which must stay in their sockets."""
    shape = HeadShape()
    free = [item.name for item in fields(shape) if not item.name.startswith(("eye", "lid"))]
    gains = np.clip(rng.normal(1, _SHAPE_SPREAD, len(free)), 1 - 2 * _SHAPE_SPREAD, 1 + 2 * _SHAPE_SPREAD)
    values = {name: getattr(shape, name) * float(gain) for name, gain in zip(free, gains, strict=True)}
    values["half_depth"] = shape.half_depth * float(rng.uniform(0.99, 1.02))  # holds the eyes
    return replace(shape, **values)


def _varied_palette(rng: np.random.Generator) -> Palette:
    skin = _between(rng, _SKIN_TONES)
    redness = float(rng.uniform(0.75, 1.0))
    return Palette(
        skin=skin,
        lip=(min(1.0, 0.85 * skin[0]), skin[1] * 0.52 * redness, skin[2] * 0.6 * redness),
        brow=_scaled(hair := _between(rng, _HAIR_TONES), 0.9),
        hair=hair,
        iris=_between(rng, _IRIS_TONES),
        body=_grey(rng, 0.10, 0.55, 0.10),
        wall=_grey(rng, 0.25, 0.85, 0.08),
    )


def _between(rng: np.random.Generator, tones: tuple[Colour, ...]) -> Colour:
    """A mixture of two neighbouring tones."""
    place = float(rng.uniform(0, len(tones) - 1))
    low = int(place)
    mixed = np.array(tones[low]) * (low + 1 - place) + np.array(tones[low + 1]) * (place - low)
    return _colour(mixed)


def _grey(rng: np.random.Generator, low: float, high: float, tint: float) -> Colour:
    return _colour(rng.uniform(low, high) + rng.uniform(-tint, tint, 3))


def _scaled(colour: Colour, gain: float) -> Colour:
    return _colour(np.array(colour) * gain)


def _colour(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Colour:
    red, green, blue = (float(value) for value in np.clip(values, 0, 1))
    return red, green, blue

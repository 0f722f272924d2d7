"""How a head is lit: one key light from the front half, a weak fill from the other side, and ambient light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

EVEN: Final = "even"
DIM: Final = "dim"
LIGHTINGS: Final = (EVEN, DIM)

_TOTAL: Final = {EVEN: (1.05, 1.45), DIM: (0.35, 0.9)}
"""Light on a face that looks into it, by lighting; 1 shows a texture's colours as they are."""


@dataclass(frozen=True, eq=False)
class Light:
    """Directions point towards the light: x to the picture's right, y up, z to the viewer. Colours: (r, g, b).

    Attributes:
        softness: width of a shadow's edge, texels of the shadow map.
    """

    key_direction: F32
    key_colour: F32
    fill_direction: F32
    fill_colour: F32
    ambient: F32
    softness: float

    @property
    def rows(self) -> F32:
        """(5, 3), as the kernels take it."""
        return np.stack(
            [self.key_direction, self.key_colour, self.fill_direction, self.fill_colour, self.ambient]
        )

    @property
    def level(self) -> float:
        """Roughly how bright a surface in this light is; the backdrop is not brighter."""
        return min(1.0, float(self.ambient.mean() + self.key_colour.mean()) + 0.2)


def draw_light(rng: np.random.Generator, lighting: str) -> Light:
    """A light of one of `LIGHTINGS`: key from up to 70 degrees aside and -5 to 60 degrees up, warm or cool."""
    azimuth, elevation = np.radians([rng.uniform(-70, 70), rng.uniform(-5, 60)])
    warmth = float(rng.uniform(-1.0, 1.0))
    total = float(rng.uniform(*_TOTAL[lighting]))
    key, fill = float(rng.uniform(0.3, 0.75)), float(rng.uniform(0.0, 0.3))
    ahead = np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)
    aside = -np.sign(azimuth) * rng.uniform(0.2, 1.0), rng.uniform(-0.2, 0.5), 1.0
    return Light(
        key_direction=_unit(ahead),
        key_colour=_tint(total * key, 0.10 * warmth, -0.14 * warmth),
        fill_direction=_unit(aside),
        fill_colour=_tint(total * fill, -0.06 * warmth, 0.08 * warmth),
        ambient=_tint(total * (1.05 - key - 0.6 * fill), 0.0, 0.0),
        softness=float(rng.uniform(0.5, 1.8)),
    )


def studio_light() -> Light:
    """The same light for every picture of a sheet: from the upper right, soft."""
    return Light(
        key_direction=_unit((0.45, 0.5, 1.0)),
        key_colour=_tint(0.6, 0.0, 0.0),
        fill_direction=_unit((-0.7, 0.1, 1.0)),
        fill_colour=_tint(0.15, 0.0, 0.0),
        ambient=_tint(0.45, 0.0, 0.0),
        softness=1.2,
    )


def _unit(vector: Sequence[float]) -> F32:
    values = np.asarray(vector, float)
    return np.asarray(values / np.linalg.norm(values), np.float32)


def _tint(level: float, red: float, blue: float) -> F32:
    return np.array([level * (1.0 + red), level, level * (1.0 + blue)], np.float32)

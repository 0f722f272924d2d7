"""A lighting as the rasteriser wants it."""

from __future__ import annotations

from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.looks.base import Studio
from affect_core.avatar.scene import Lighting
from affect_core.avatar.shape import Array

Singles = NDArray[np.float32]


def light_rows(lighting: Lighting, studio: Studio) -> Singles:
    """(5, 3) as `raster.shade` wants it."""
    gain = studio.light_gain
    rows = [
        _unit(_turned(np.array(lighting.key_direction), *studio.light_turn_deg)),
        gain * np.array(lighting.key),
        _unit(np.array(lighting.fill_direction)),
        gain * np.array(lighting.fill),
        gain * np.array(lighting.ambient),
    ]
    return np.array(rows, np.float32)


def light_view(key: Singles) -> Singles:
    """(3, 3) rows: right, up, towards the light."""
    right = _unit(np.cross((0, 0, 1), key))
    return np.array([right, np.cross(key, right), key], np.float32)


def wall_colours(wall: Array | Singles, lights: Singles) -> tuple[Singles, Singles]:
    """A wall's colour (0..255) in the light and in the head's shadow; ``wall`` (..., 3) 0..1."""
    key, fill = max(0.0, float(-lights[0, 1])), max(0.0, float(-lights[2, 1]))
    shadow = wall * (0.75 * lights[4] + fill * lights[3])
    lit = shadow + wall * key * lights[1]
    return _grey_levels(lit), _grey_levels(shadow)


def _turned(direction: Array, azimuth_deg: float, elevation_deg: float) -> Array:
    """Turned about the vertical axis, then raised."""
    x, y, z = direction
    a = radians(azimuth_deg)
    flat = np.array([cos(a) * x - sin(a) * y, sin(a) * x + cos(a) * y])
    length = float(np.hypot(*flat))
    elevation = np.arctan2(z, length) + radians(elevation_deg)
    norm = float(np.hypot(length, z))
    return np.array([*(flat / length * norm * np.cos(elevation)), norm * np.sin(elevation)])


def _grey_levels(colour: Array | Singles) -> Singles:
    return np.clip(255 * colour, 0, 255).astype(np.float32)


def _unit(vector: Array) -> Array:
    result: Array = vector / np.linalg.norm(vector)
    return result

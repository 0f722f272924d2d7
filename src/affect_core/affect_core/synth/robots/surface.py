"""The skin of a random robot as a surface: where its front lies at every (x, z), and its mesh."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from affect_core.avatar.mesh import Mesh, sheet_faces
from affect_core.avatar.shape import Array, bump
from affect_core.synth.robots.measures import Measures
from affect_core.synth.robots.solids import normals_of

_AROUND, _RINGS = 112, 84
_NICHE_EDGE: Final = 0.22
"""Share of the eye's size over which the niche of an eye runs out into the skin."""


@dataclass(frozen=True)
class Surface:
    """A closed skull with a face on it; ``ridge`` adds a nose that grows out of the skin."""

    size: Measures
    ridge: bool

    @cached_property
    def eye_plane_y(self) -> float:
        """y of the niches in which the eyes lie."""
        size = self.size
        x = np.linspace(size.eye_x - 0.5 * size.eye_radius, size.eye_x, 5)
        return float(self.bare_y(x, np.full(5, size.eye_z)).mean()) + size.eye_sink

    def ring(self, z_share: Array) -> tuple[Array, Array]:
        """Half width and depth (m) of the horizontal section at z = z_share * half_height, |z_share| < 1."""
        size = self.size
        power = size.vertical_power
        bulge = (1 - np.abs(z_share) ** power) ** (1 / power)
        jaw = 1 - size.jaw_taper * np.clip(-z_share, 0, 1) ** 1.4
        narrowing = jaw * (1 - size.crown_taper * np.clip(z_share, 0, 1))
        return size.half_width * bulge * narrowing, size.half_depth * bulge

    def front_y(self, x: Array, z: Array) -> Array:
        """y of the skin at (x, z), metres; arrays of one shape."""
        share = self._niche(x, z)
        result: Array = self.bare_y(x, z) * (1 - share) + self.eye_plane_y * share
        return result

    def bare_y(self, x: Array, z: Array) -> Array:
        """The same without the eyes' niches."""
        x, z = np.asarray(x, float), np.asarray(z, float)
        half_width, half_depth = self.ring(np.clip(z / self.size.half_height, -0.999, 0.999))
        across = np.clip(np.abs(x) / np.maximum(half_width, 1e-6), 0, 0.999)
        power = self.size.section_power
        skull: Array = -half_depth * (1 - across**power) ** (1 / power)
        return skull - self._relief(x, z)

    def skull(self) -> Mesh:
        """The skin, dense in front and in the middle, closed at crown and chin."""
        step, height = np.linspace(-1, 1, _AROUND), np.linspace(1, -1, _RINGS)
        angle = np.pi * (0.55 * step + 0.45 * step**3)
        z_share = np.clip(np.sin(np.pi / 2 * (0.6 * height + 0.4 * height**3)), -0.9998, 0.9998)
        half_width, half_depth = self.ring(z_share)
        unit_x, unit_y = _section(angle, self.size.section_power)
        x, z = np.outer(half_width, unit_x), np.repeat(z_share[:, None] * self.size.half_height, _AROUND, 1)
        round_y = np.outer(half_depth, unit_y)
        ahead = np.sqrt(np.clip(-unit_y, 0, 1))
        y = round_y + (self.front_y(x, z) - self._skull_y(x, z)) * ahead
        points = np.stack([x, y, z], -1)
        return Mesh(points.reshape(-1, 3), sheet_faces(_RINGS, _AROUND), normals_of(points).reshape(-1, 3))

    def _skull_y(self, x: Array, z: Array) -> Array:
        return self.bare_y(x, z) + self._relief(x, z)

    def _niche(self, x: Array, z: Array) -> Array:
        """1 where an eye lies, 0 away from it."""
        size = self.size
        wide, high = size.eye_radius * size.lid_ratio, size.eye_half_height * size.lid_ratio
        away = np.hypot((np.abs(x) - size.eye_x) / wide, (z - size.eye_z) / high)
        share = np.clip((1 + _NICHE_EDGE - away) / _NICHE_EDGE, 0, 1)
        smooth: Array = share * share * (3 - 2 * share)
        return smooth

    def _relief(self, x: Array, z: Array) -> Array:
        """How far the face stands out of the bare skull, metres."""
        size, side = self.size, np.abs(x)
        relief = size.cheek * bump(side, z, 0.042, -0.022, 0.018, 0.016)
        relief = relief + 0.0045 * bump(side, z, size.eye_x, size.brow_z, 0.020, 0.008)
        relief += 0.005 * bump(x, z, 0.0, size.mouth_z - 0.002, 0.026, 0.016)
        relief += size.chin * bump(x, z, 0.0, -0.088, 0.018, 0.013)
        result: Array = size.relief * relief
        return result + self._nose(x, z) if self.ridge else result

    def _nose(self, x: Array, z: Array) -> Array:
        """A nose of skin with wings."""
        size = self.size
        tip, bridge = size.nose_z, size.eye_z + 0.006
        down = np.clip((bridge - z) / (bridge - tip), 0, 1)
        above = 0.25 + 0.75 * down**1.3
        profile = np.where(z > tip, above, np.exp(-0.5 * ((z - tip) / 0.0065) ** 2))
        profile = profile * np.exp(-0.5 * (np.clip(z - bridge, 0, None) / 0.012) ** 2)
        width = size.nose_half_width * (0.68 + 0.36 * down)
        nose: Array = size.nose_height * profile * np.exp(-0.5 * (x / width) ** 2)
        wings = (
            0.25
            * size.nose_height
            * bump(np.abs(x), z, 1.15 * size.nose_half_width, tip - 0.002, 0.005, 0.0055)
        )
        return nose + wings


def _section(angle: Array, section_power: float) -> tuple[Array, Array]:
    """Point of the unit horizontal section at ``angle`` rad, 0 = straight ahead (y = -1)."""
    power = 2 / section_power
    sine, cosine = np.sin(angle), -np.cos(angle)
    return np.sign(sine) * np.abs(sine) ** power, np.sign(cosine) * np.abs(cosine) ** power

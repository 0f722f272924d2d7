"""The face as a surface: where its front lies at every (x, z).

Head frame, metres: origin in the middle of the head, +x to the robot's left, -y ahead, +z up. The subject's
right is at negative x and on the image's left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_VERTICAL_POWER: Final = 2.3
_ROUND_POWER: Final = 2.4
SIDES: Final = {"right": -1.0, "left": 1.0}
"""Sign of x."""


@dataclass(frozen=True)
class HeadShape:
    """Dimensions of the head, metres."""

    half_width: float = 0.078
    half_depth: float = 0.092
    half_height: float = 0.112
    jaw_taper: float = 0.28
    eye_x: float = 0.0325
    eye_y: float = -0.0670
    eye_z: float = 0.018
    eye_radius: float = 0.0165
    lid_radius: float = 0.0174
    nose_height: float = 0.027
    nose_width: float = 0.0095
    cheek: float = 0.006
    chin: float = 0.008
    brow_x: float = 0.0145
    brow_z: float = 0.0445
    brow_length: float = 0.039
    brow_radius: float = 0.0040
    mouth_z: float = -0.050
    mouth_half_width: float = 0.0265
    lip_radius: float = 0.0042

    @property
    def nose_tip_z(self) -> float:
        """Height of the tip."""
        return -0.016

    @property
    def brow_clearance(self) -> float:
        """How far before the middle of the head's front nothing of eyes and brows gets."""
        return 0.012

    @property
    def mouth_clearance(self) -> float:
        """The same of the lips."""
        return 0.020

    @property
    def mouth_reach(self) -> float:
        """How far the lips get up and down from a little under `mouth_z`."""
        return 0.022

    def ring(self, z_share: Array) -> tuple[Array, Array]:
        """Half width and depth (m) of the horizontal section at z = z_share * half_height, |z_share| < 1."""
        bulge = (1 - np.abs(z_share) ** _VERTICAL_POWER) ** (1 / _VERTICAL_POWER)
        narrowing = np.where(
            z_share < 0, 1 - self.jaw_taper * np.clip(-z_share, 0, 1) ** 1.4, 1 - 0.05 * z_share
        )
        return self.half_width * bulge * narrowing, self.half_depth * bulge

    def front_y(self, x: Array, z: Array) -> Array:
        """y of the skin at (x, z), metres; arrays of one shape."""
        half_width, half_depth = self.ring(np.clip(z / self.half_height, -0.999, 0.999))
        across = np.clip(np.abs(x) / np.maximum(half_width, 1e-6), 0, 0.999)
        skull: Array = -half_depth * (1 - across**_ROUND_POWER) ** (1 / _ROUND_POWER)
        return skull - self.relief(x, z)

    def lid_front_y(self, x: Array, z: Array) -> Array:
        """y of the closed lids' sphere where it stands before (x, z), +inf elsewhere; x and z in metres."""
        square = self.lid_radius**2 - (np.abs(x) - self.eye_x) ** 2 - (z - self.eye_z) ** 2
        return np.where(square > 0, self.eye_y - np.sqrt(np.maximum(square, 0)), np.inf)

    def relief(self, x: Array, z: Array) -> Array:
        """How far the face stands out of the bare skull at (x, z), metres."""
        side = np.abs(x)
        relief = self._nose(x, z)
        relief += 0.007 * bump(side, z, 0.0115, self.nose_tip_z - 0.002, 0.0050, 0.0055)  # nostril wings
        relief -= 0.015 * bump(side, z, self.eye_x, self.eye_z, 0.0155, 0.0125)  # eye sockets
        relief += self.cheek * bump(side, z, 0.042, -0.022, 0.018, 0.016)
        relief += 0.0045 * bump(side, z, 0.030, 0.042, 0.020, 0.008)  # brow ridge
        relief += 0.005 * bump(x, z, 0.0, self.mouth_z - 0.002, 0.026, 0.016)
        relief += self.chin * bump(x, z, 0.0, -0.088, 0.018, 0.013)
        relief -= 0.003 * bump(x, z, 0.0, -0.069, 0.018, 0.005)  # fold under the lip
        return relief

    def _nose(self, x: Array, z: Array) -> Array:
        tip, bridge = self.nose_tip_z, 0.024
        down = np.clip((bridge - z) / (bridge - tip), 0, 1)
        ridge = 0.006 + (self.nose_height - 0.006) * down**1.3
        under = self.nose_height * np.exp(-0.5 * ((z - tip) / 0.0065) ** 2)
        profile = np.where(z > tip, ridge, under) * np.exp(-0.5 * (np.clip(z - bridge, 0, None) / 0.014) ** 2)
        width = self.nose_width * (0.68 + 0.36 * down)
        result: Array = profile * np.exp(-0.5 * (x / width) ** 2)
        return result


def bump(x: Array, z: Array, at_x: float, at_z: float, size_x: float, size_z: float) -> Array:
    """A smooth hill of height 1 at a place, with its standard deviations."""
    result: Array = np.exp(-0.5 * (((x - at_x) / size_x) ** 2 + ((z - at_z) / size_z) ** 2))
    return result


def round_section(angle: Array) -> tuple[Array, Array]:
    """Point of the unit horizontal section: (x, y) at ``angle`` rad, 0 = straight ahead (y = -1)."""
    power = 2 / _ROUND_POWER
    sine, cosine = np.sin(angle), -np.cos(angle)
    return np.sign(sine) * np.abs(sine) ** power, np.sign(cosine) * np.abs(cosine) ** power

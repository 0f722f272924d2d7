"""Things in front of the face that move with the head; `OCCLUSIONS` is the registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from affect_core.avatar import mesh
from affect_core.avatar.mesh import Mesh
from affect_core.avatar.part import Colour
from affect_core.avatar.shape import SIDES, HeadShape
from affect_core.registry import Registry


class Occluder(Protocol):
    """Something before the face. Head frame, metres."""

    @property
    def colour(self) -> Colour:
        """Of all of it."""

    def mesh(self) -> Mesh:
        """Where it is."""


@dataclass(frozen=True)
class Plate:
    """An upright plate."""

    centre: tuple[float, float, float]
    half_size: tuple[float, float, float]
    colour: Colour = (0.33, 0.40, 0.48)

    def mesh(self) -> Mesh:
        """See `Occluder.mesh`."""
        return mesh.plate(*self.half_size).moved(*self.centre)


@dataclass(frozen=True)
class Ring:
    """An upright oval ring: the rim of a lens.

    Attributes:
        half_size: of the ring's middle line, x and z.
        thickness: radius of the rim.
    """

    centre: tuple[float, float, float]
    half_size: tuple[float, float]
    thickness: float
    colour: Colour

    def mesh(self) -> Mesh:
        """See `Occluder.mesh`."""
        return mesh.ring(*self.half_size, self.thickness).moved(*self.centre)


OCCLUSIONS: Registry[tuple[Occluder, ...]] = Registry("occlusion")
"""Builders that take the `HeadShape` they have to cover."""

_PLATE_HALF_DEPTH: Final = 0.002
_RIM: Final = 0.0022
_FRAME: Final[Colour] = (0.05, 0.05, 0.06)


@OCCLUSIONS.register("none")
def _nothing(shape: HeadShape) -> tuple[Occluder, ...]:
    return ()


@OCCLUSIONS.register("mouth")
def _before_mouth(shape: HeadShape) -> tuple[Occluder, ...]:
    """From under the nose to the chin's fold, wider than the widest mouth."""
    centre = (0.0, -(shape.half_depth + shape.mouth_clearance), shape.mouth_z - 0.003)
    return (Plate(centre, (1.5 * shape.mouth_half_width, _PLATE_HALF_DEPTH, shape.mouth_reach)),)


@OCCLUSIONS.register("eye")
def _before_eye(shape: HeadShape) -> tuple[Occluder, ...]:
    """The right eye and its brow, raised or lowered."""
    low, high = shape.eye_z - shape.lid_radius, shape.brow_z + 0.026
    centre = (-shape.eye_x, -(shape.half_depth + shape.brow_clearance), (low + high) / 2)
    return (Plate(centre, (0.024, _PLATE_HALF_DEPTH, (high - low) / 2)),)


@OCCLUSIONS.register("glasses")
def _glasses(shape: HeadShape) -> tuple[Occluder, ...]:
    """Dark rims without lenses: everything behind them stays visible but what the rims cover."""
    x, y, z = shape.eye_x, -(shape.half_depth + 0.006), shape.eye_z - 0.001
    half_x, half_z = shape.lid_radius + 0.0065, shape.lid_radius + 0.003
    rims = [Ring((sign * x, y, z), (half_x, half_z), _RIM, _FRAME) for sign in SIDES.values()]
    bridge = Plate((0.0, y, z + 0.004), (max(0.002, x - half_x), _RIM, _RIM), _FRAME)
    return (*rims, bridge, *_temples(shape, x + half_x, y, z))


def _temples(shape: HeadShape, outer_x: float, y: float, z: float) -> list[Occluder]:
    """From the rims' outer ends back over the ears."""
    reach_x = float(np.maximum(shape.half_width + 0.003, outer_x))
    hinges = [
        Plate(
            (sign * (outer_x + reach_x) / 2, y, z + 0.004),
            ((reach_x - outer_x) / 2 + _RIM, _RIM, _RIM),
            _FRAME,
        )
        for sign in SIDES.values()
    ]
    arms = [
        Plate((sign * reach_x, y / 2, z + 0.004), (0.0015, -y / 2, _RIM), _FRAME) for sign in SIDES.values()
    ]
    return [*hinges, *arms]

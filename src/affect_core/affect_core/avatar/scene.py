"""Light and things in front of the face: the conditions a trial can set.

`LIGHTINGS` and `OCCLUSIONS` are the registries; `Scene` is one choice of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from affect_core.avatar.look import Colour
from affect_core.avatar.shape import HeadShape
from affect_core.config import Settings, setting
from affect_core.registry import Registry

Direction = tuple[float, float, float]


@dataclass(frozen=True)
class Lighting:
    """A key light that casts shadows, a fill light that does not, and light from everywhere.

    Attributes:
        key_direction, fill_direction: towards the light; any length.
        key, fill, ambient: colour times strength.
    """

    key_direction: Direction
    key: Colour
    fill_direction: Direction
    fill: Colour
    ambient: Colour


@dataclass(frozen=True)
class Occluder:
    """An upright plate in front of the face that moves with the head. Head frame, metres."""

    centre: tuple[float, float, float]
    half_size: tuple[float, float, float]
    colour: Colour = (0.33, 0.40, 0.48)


LIGHTINGS: Registry[Lighting] = Registry("lighting")
"""Builders without arguments."""

OCCLUSIONS: Registry[tuple[Occluder, ...]] = Registry("occlusion")
"""Builders that take the `HeadShape` they have to cover."""

_PLATE_HALF_DEPTH: Final = 0.002


@dataclass(frozen=True)
class Scene(Settings):
    """Conditions of one image; unknown names raise UnknownName."""

    lighting: str = setting("even", "name of the lighting")
    occlusion: str = setting("none", "name of what covers the face")
    yaw_deg: float = setting(0.0, "added to the head's yaw, + to the robot's left, deg", low=-90, high=90)
    pitch_deg: float = setting(0.0, "added to the head's pitch, + up, deg", low=-60, high=60)
    roll_deg: float = setting(0.0, "added to the head's roll, + to the robot's left, deg", low=-60, high=60)

    def __post_init__(self) -> None:
        super().__post_init__()
        LIGHTINGS.get(self.lighting)
        OCCLUSIONS.get(self.occlusion)


@LIGHTINGS.register("even")
def _even() -> Lighting:
    """A bright room: soft light from all sides."""
    return Lighting(
        key_direction=(0.5, -1.5, 1.0),
        key=(0.66, 0.65, 0.63),
        fill_direction=(-1.0, -1.5, 0.5),
        fill=(0.22, 0.23, 0.25),
        ambient=(0.42, 0.42, 0.43),
    )


@LIGHTINGS.register("dim")
def _dim() -> Lighting:
    """One weak lamp on the robot's left."""
    return Lighting(
        key_direction=(1.2, -0.9, 0.9),
        key=(0.36, 0.34, 0.30),
        fill_direction=(-1.0, -1.5, 0.5),
        fill=(0.03, 0.03, 0.035),
        ambient=(0.09, 0.09, 0.10),
    )


@OCCLUSIONS.register("none")
def _nothing(shape: HeadShape) -> tuple[Occluder, ...]:
    return ()


@OCCLUSIONS.register("mouth")
def _before_mouth(shape: HeadShape) -> tuple[Occluder, ...]:
    """From under the nose to the chin's fold, wider than the widest mouth."""
    centre = (0.0, -(shape.half_depth + 0.020), shape.mouth_z - 0.003)
    return (Occluder(centre, (1.5 * shape.mouth_half_width, _PLATE_HALF_DEPTH, 0.022)),)


@OCCLUSIONS.register("eye")
def _before_eye(shape: HeadShape) -> tuple[Occluder, ...]:
    """The right eye and its brow, raised or lowered."""
    low, high = shape.eye_z - shape.lid_radius, shape.brow_z + 0.026
    centre = (-shape.eye_x, -(shape.half_depth + 0.012), (low + high) / 2)
    return (Occluder(centre, (0.024, _PLATE_HALF_DEPTH, (high - low) / 2)),)

"""Light, background and things in front of the face: the conditions a trial can set.

`LIGHTINGS`, `BACKGROUNDS` and `OCCLUSIONS` are the registries; `Scene` is one choice of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from affect_core.avatar.backgrounds import BACKGROUNDS
from affect_core.avatar.occluders import OCCLUSIONS
from affect_core.avatar.part import Colour
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


LIGHTINGS: Registry[Lighting] = Registry("lighting")
"""Builders without arguments."""


@dataclass(frozen=True)
class Scene(Settings):
    """Conditions of one image; unknown names raise UnknownName."""

    lighting: str = setting("even", "name of the lighting")
    occlusion: str = setting("none", "name of what covers the face")
    yaw_deg: float = setting(0.0, "added to the head's yaw, + to the robot's left, deg", low=-90, high=90)
    pitch_deg: float = setting(0.0, "added to the head's pitch, + up, deg", low=-60, high=60)
    roll_deg: float = setting(0.0, "added to the head's roll, + to the robot's left, deg", low=-60, high=60)
    background: str = setting("plain", "name of what is behind the head")
    background_seed: int = setting(0, "which one of its kind the background is", low=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        LIGHTINGS.get(self.lighting)
        OCCLUSIONS.get(self.occlusion)
        BACKGROUNDS.get(self.background)


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


@LIGHTINGS.register("side")
def _side() -> Lighting:
    """A window on the robot's right; the other half of the face lies in the dark."""
    return Lighting(
        key_direction=(-1.6, -0.75, 0.45),
        key=(0.78, 0.77, 0.74),
        fill_direction=(1.0, -1.5, 0.3),
        fill=(0.07, 0.07, 0.08),
        ambient=(0.16, 0.16, 0.17),
    )

"""What a random robot is: its numbers, its colours, and the kinds of its parts; one registry per place on the head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from affect_core.avatar.mesh import Mesh
from affect_core.avatar.part import Colour, Part
from affect_core.avatar.skeleton import Bone
from affect_core.avatar.truth import Segment
from affect_core.registry import Registry
from affect_core.synth.robots.measures import Measures
from affect_core.synth.robots.surface import Surface


@dataclass(frozen=True)
class Paint:
    """Colours of the parts, red, green, blue in 0..1.

    Attributes:
        skin: of the face. shell: of the head behind it. trim: of ears and what is on the head.
        lamp: of whatever shines by itself.
    """

    skin: Colour
    shell: Colour
    brow: Colour
    lip: Colour
    lid: Colour
    ball: Colour
    iris: Colour
    pupil: Colour
    mouth: Colour
    fold: Colour
    nose: Colour
    trim: Colour
    body: Colour
    lamp: Colour


@dataclass(frozen=True, eq=False)
class Lamp(Part):
    """A part that shines by itself, whatever the light."""


@dataclass(frozen=True)
class Robot:
    """One random robot.

    Attributes:
        kinds: place -> name of the kind in that place's registry of `PLACES`.
        extras: what else it has; see `traits.EXTRAS`.
    """

    size: Measures
    paint: Paint
    kinds: Mapping[str, str]
    extras: frozenset[str]
    material: str

    @cached_property
    def surface(self) -> Surface:
        """Its skin."""
        return Surface(self.size, ridge=self.kinds["nose"] == "ridge")


Parts = list[Part]
Pose = Mapping[str, float]
"""Joint name -> value, as this robot's servos show it; see `affect_core.heads.rig`."""

BROWS: Final[Registry[Parts]] = Registry("brow kind")
EYES: Final[Registry[Parts]] = Registry("eye kind")
LIDS: Final[Registry[Parts]] = Registry("lid kind")
MOUTHS: Final[Registry[Parts]] = Registry("mouth kind")
NOSES: Final[Registry[Parts]] = Registry("nose kind")
EARS: Final[Registry[Parts]] = Registry("ear kind")
TOPS: Final[Registry[Parts]] = Registry("top kind")
NECKS: Final[Registry[Parts]] = Registry("neck kind")

MOVING: Final = {"brow": BROWS, "eye": EYES, "lid": LIDS, "mouth": MOUTHS}
"""Places whose builders take the robot and a pose; they are built anew for every picture."""

STILL: Final = {"nose": NOSES, "ear": EARS, "top": TOPS, "neck": NECKS}
"""Places whose builders take the robot alone."""

PLACES: Final = {**MOVING, **STILL}


def head_part(name: str, mesh: Mesh, colour: Colour, gloss: float, segment: Segment) -> Part:
    """A part that moves with the head; everything is in the head's frame."""
    return Part(name, mesh, colour, gloss, Bone.HEAD, segment)


def lamp_part(name: str, mesh: Mesh, colour: Colour, segment: Segment) -> Lamp:
    """The same, shining."""
    return Lamp(name, mesh, colour, 0.0, Bone.HEAD, segment)

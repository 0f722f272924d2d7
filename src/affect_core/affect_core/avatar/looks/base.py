"""What a look is: the shape, the colours and the parts of one head, and where it stands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.mesh import Mesh
from affect_core.avatar.part import Colour, Part, blank_mouth, blank_tube
from affect_core.avatar.shape import Array, HeadShape
from affect_core.avatar.skeleton import Bone
from affect_core.avatar.strands import Strand, mouth_sheet
from affect_core.avatar.truth import Segment
from affect_core.heads.rig import Pose, rest_pose
from affect_core.registry import Registry

COLOURS: Final = ("blue", "red", "white", "black")
"""Body colours of the OhBot; the first is the default. Looks without a painted body ignore them."""


@dataclass(frozen=True)
class Studio:
    """Where the head stands.

    Attributes:
        wall: colour of the plain wall behind it.
        light_turn_deg: azimuth and elevation added to the key light.
        light_gain: factor on all light.
        camera_m: added to the camera's place: x, distance, z.
    """

    wall: Colour = (0.62, 0.64, 0.66)
    light_turn_deg: tuple[float, float] = (0.0, 0.0)
    light_gain: float = 1.0
    camera_m: tuple[float, float, float] = (0.0, 0.0, 0.0)


class Coat(NamedTuple):
    """What a strand looks like, and what it counts as."""

    colour: Colour
    gloss: float
    segment: Segment


class Look(ABC):
    """One head in one place. Strands are the parts that are laid anew in every pose, see `avatar.strands`."""

    shape: HeadShape
    studio: Studio

    @property
    @abstractmethod
    def mouth_colour(self) -> Colour:
        """Between the open lips."""

    @abstractmethod
    def rigid_parts(self) -> list[Part]:
        """The parts that only move with their bone."""

    @abstractmethod
    def strands(self, pose: Mapping[str, float]) -> dict[str, Strand]:
        """The upper lip, the lower lip, then all others; names, order and lengths never change."""

    @abstractmethod
    def coat(self, strand: str) -> Coat:
        """Colour of a strand."""

    @abstractmethod
    def nose_points(self) -> Array:
        """(9, 3) on the nose, head frame: four down the ridge to the tip, five under it from right to left."""

    @abstractmethod
    def jaw_points(self) -> Array:
        """(17, 3) along the jaw from the right ear over the chin to the left; head frame, NaN if it has none."""

    def adapted(self, pose: Pose) -> Pose:
        """The pose as this head's mechanics show it."""
        return pose

    def mouth(self, lip_lines: Array) -> Array:
        """(MOUTH_ROWS, n, 3): the mouth between the lips' middle lines (2, n, 3); head frame."""
        return mouth_sheet(lip_lines, self.shape)

    def soft_parts(self) -> list[Part]:
        """The strands in their order, then the mouth; vertices are placeholders."""
        parts = []
        for name, line in self.strands(rest_pose()).items():
            coat = self.coat(name)
            parts.append(Part(name, blank_tube(line), coat.colour, coat.gloss, Bone.HEAD, coat.segment))
        return [*parts, Part("mouth", blank_mouth(), self.mouth_colour, 0.0, Bone.HEAD, Segment.MOUTH)]


LOOKS: Final[Registry[Look]] = Registry("look")
"""Builders that take a colour of `COLOURS` and a seed; seed None = the standard head."""


def skin_segments(surface: Mesh, shape: HeadShape) -> NDArray[np.uint8]:
    """The segment of each face of a head's surface: nose or skin."""
    ids = np.full(len(surface.faces), Segment.SKIN, np.uint8)
    x, y, z = surface.vertices[surface.faces].mean(axis=1).T
    low, high = shape.nose_tip_z - 0.012, shape.eye_z + 0.006
    width = 0.008 + 0.009 * np.clip((high - z) / (high - low), 0, 1)
    ids[(np.abs(x) < width) & (z > low) & (z < high) & (y < 0)] = Segment.NOSE
    return ids


def nowhere(count: int) -> Array:
    """(count, 3) NaN: points that a head does not have."""
    return np.full((count, 3), np.nan)

"""What heads are put together from: a mesh with a colour on a bone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar import mesh
from affect_core.avatar.mesh import Mesh
from affect_core.avatar.shape import Array
from affect_core.avatar.skeleton import Bone
from affect_core.avatar.strands import LIP_POINTS, MOUTH_ROWS, Strand
from affect_core.avatar.truth import Segment

Colour = tuple[float, float, float]
"""Share of light reflected, red, green, blue, 0..1."""


@dataclass(frozen=True, eq=False)
class Part:
    """A mesh with a colour on a bone; gloss 0..1 is the strength of its highlight.

    Attributes:
        face_segments: uint8, the segment of each face where they differ; None = `segment` for all.
    """

    name: str
    mesh: Mesh
    colour: Colour
    gloss: float
    bone: Bone
    segment: Segment
    face_segments: NDArray[np.uint8] | None = None

    @property
    def segments(self) -> NDArray[np.uint8]:
        """uint8, one per face."""
        if self.face_segments is not None:
            return self.face_segments
        return np.full(len(self.mesh.faces), self.segment, np.uint8)


def blank_tube(line: Strand) -> Mesh:
    """A tube as long as a strand; its vertices are placeholders."""
    return _blank(mesh.tube_faces(len(line.x)), len(line.x) * mesh.TUBE_SIDES)


def blank_mouth() -> Mesh:
    """The mouth's sheet; its vertices are placeholders."""
    return _blank(mesh.sheet_faces(MOUTH_ROWS, LIP_POINTS), MOUTH_ROWS * LIP_POINTS)


def scaled(colour: Colour, gain: float) -> Colour:
    """Darker or lighter, within 0..1."""
    return as_colour(np.array(colour) * gain)


def as_colour(values: Array) -> Colour:
    """(3,) -> a colour, within 0..1."""
    red, green, blue = (float(value) for value in np.clip(values, 0, 1))
    return red, green, blue


def _blank(faces: mesh.Faces, count: int) -> Mesh:
    return Mesh(np.zeros((count, 3)), faces, np.tile((0.0, -1.0, 0.0), (count, 1)))

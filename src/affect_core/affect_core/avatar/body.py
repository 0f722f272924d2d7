"""The whole head as one set of arrays, ready for the rasteriser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from affect_core.avatar.arrays import Arrays, join_parts, vertex_counts
from affect_core.avatar.looks.base import Look
from affect_core.avatar.occluders import Occluder
from affect_core.avatar.part import Part
from affect_core.avatar.skeleton import Bone
from affect_core.avatar.truth import Segment


@dataclass(frozen=True, eq=False)
class Body(Arrays):
    """All parts of a head; vertices and normals of the strands are rewritten for every pose.

    Attributes:
        head_faces: how many of the faces are not occluders; those come last.
        strands_start: first vertex of the strands, which lie together in the order of `Look.strands`.
    """

    head_faces: int
    strands_start: int


def build_body(look: Look, occluders: Sequence[Occluder]) -> Body:
    """The head of ``look``, with ``occluders`` before it."""
    rigid = look.rigid_parts()
    soft = look.soft_parts()
    return Body(
        **vars(join_parts([*rigid, *soft, *(_occluding(occluder) for occluder in occluders)])),
        head_faces=sum(len(part.mesh.faces) for part in [*rigid, *soft]),
        strands_start=sum(vertex_counts(rigid)),
    )


def _occluding(occluder: Occluder) -> Part:
    return Part("occluder", occluder.mesh(), occluder.colour, 0.05, Bone.HEAD, Segment.OCCLUDER)

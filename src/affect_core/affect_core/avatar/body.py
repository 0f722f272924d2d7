"""The whole head as one set of arrays, ready for the rasteriser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.looks.base import Look
from affect_core.avatar.occluders import Occluder
from affect_core.avatar.part import Part
from affect_core.avatar.skeleton import Bone
from affect_core.avatar.truth import Segment


@dataclass(frozen=True, eq=False)
class Body:
    """All parts, one after the other; float32 as the rasteriser wants them.

    Attributes:
        vertices, normals: (n, 3) in each bone's frame; the strands' are rewritten for every pose.
        colours: (n, 3) 0..1. gloss: (n,). bones: uint8 (n,) `Bone` of each vertex.
        faces: int32 (m, 3). segments: uint8 (m,) of each face.
        head_faces: how many of the faces are not occluders; those come last.
        strands_start: first vertex of the strands, which lie together in the order of `Look.strands`.
    """

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    colours: NDArray[np.float32]
    gloss: NDArray[np.float32]
    bones: NDArray[np.uint8]
    faces: NDArray[np.int32]
    segments: NDArray[np.uint8]
    head_faces: int
    strands_start: int


def build_body(look: Look, occluders: Sequence[Occluder]) -> Body:
    """The head of ``look``, with ``occluders`` before it."""
    rigid = look.rigid_parts()
    soft = look.soft_parts()
    parts = [*rigid, *soft, *(_occluding(occluder) for occluder in occluders)]
    counts = [len(part.mesh.vertices) for part in parts]
    starts = np.cumsum([0, *counts])
    faces = [part.mesh.faces + start for part, start in zip(parts, starts[:-1], strict=True)]
    return Body(
        vertices=np.concatenate([part.mesh.vertices for part in parts]).astype(np.float32),
        normals=np.concatenate([part.mesh.normals for part in parts]).astype(np.float32),
        colours=np.repeat([part.colour for part in parts], counts, axis=0).astype(np.float32),
        gloss=np.repeat([part.gloss for part in parts], counts).astype(np.float32),
        bones=np.repeat([part.bone for part in parts], counts).astype(np.uint8),
        faces=np.concatenate(faces).astype(np.int32),
        segments=np.concatenate([part.segments for part in parts]),
        head_faces=sum(len(part.mesh.faces) for part in [*rigid, *soft]),
        strands_start=int(starts[len(rigid)]),
    )


def _occluding(occluder: Occluder) -> Part:
    return Part("occluder", occluder.mesh(), occluder.colour, 0.05, Bone.HEAD, Segment.OCCLUDER)

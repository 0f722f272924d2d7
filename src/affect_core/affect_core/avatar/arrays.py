"""Many parts as one set of arrays, as the rasteriser wants them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.part import Part


@dataclass(frozen=True, eq=False)
class Arrays:
    """Parts, one after the other.

    Attributes:
        vertices, normals: float32 (n, 3) in each bone's frame.
        colours: float32 (n, 3) 0..1. gloss: float32 (n,). bones: uint8 (n,) `Bone` of each vertex.
        faces: int32 (m, 3). segments: uint8 (m,) of each face.
    """

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    colours: NDArray[np.float32]
    gloss: NDArray[np.float32]
    bones: NDArray[np.uint8]
    faces: NDArray[np.int32]
    segments: NDArray[np.uint8]


def join_parts(parts: Sequence[Part]) -> Arrays:
    """The arrays of some parts, at least one, in their order."""
    counts = vertex_counts(parts)
    starts = np.cumsum([0, *counts])[:-1]
    faces = [part.mesh.faces + start for part, start in zip(parts, starts, strict=True)]
    return Arrays(
        vertices=np.concatenate([part.mesh.vertices for part in parts]).astype(np.float32),
        normals=np.concatenate([part.mesh.normals for part in parts]).astype(np.float32),
        colours=np.repeat([part.colour for part in parts], counts, axis=0).astype(np.float32),
        gloss=np.repeat([part.gloss for part in parts], counts).astype(np.float32),
        bones=np.repeat([part.bone for part in parts], counts).astype(np.uint8),
        faces=np.concatenate(faces).astype(np.int32),
        segments=np.concatenate([part.segments for part in parts]),
    )


def vertex_counts(parts: Sequence[Part]) -> list[int]:
    """Vertices of each part."""
    return [len(part.mesh.vertices) for part in parts]

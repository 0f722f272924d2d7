"""What carries the head: a neck that bends, and shoulders below the face model's rim, so that no head floats."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

_RINGS: Final = ((1.45, -20.5), (1.75, -26.0), (1.80, -60.0))
"""Rings below the rim: factor of its width, height in cm."""

_BENDS_CM: Final = (-15.0, -7.0)
"""The neck stands still below the first height and goes with the head above the second."""

_PIVOT_CM: Final = np.array([0.0, -4.0, 0.0], np.float32)


def rim_of(faces: I32) -> I64:
    """(r, 2): the edges that only one triangle has, in the order in which it goes round."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    count = int(faces.max()) + 1
    codes, reverse = edges[:, 0] * count + edges[:, 1], edges[:, 1] * count + edges[:, 0]
    return np.asarray(edges[~np.isin(codes, reverse)])


class Shoulders:
    """Rings of triangles below the rim of a head.

    Attributes:
        faces: int32 (f, 3); the new vertices are counted from ``first``.
        vertices: number of new vertices.
    """

    def __init__(self, rim: I64, first: int) -> None:
        self._start = np.unique(rim)
        ring = len(self._start)
        self.vertices = ring * len(_RINGS)
        a, b = rim[:, 0], rim[:, 1]
        places = np.searchsorted(self._start, rim)
        triangles = []
        for level in range(len(_RINGS)):
            below_a, below_b = (places[:, side] + first + level * ring for side in range(2))
            triangles += [np.stack([b, a, below_a], axis=1), np.stack([b, below_a, below_b], axis=1)]
            a, b = below_a, below_b
        self.faces = np.concatenate(triangles).astype(np.int32)

    def places_cm(self, head: F32) -> F32:
        """(``vertices``, 3) below the rim of a head (n, 3)."""
        rim = head[self._start]
        rings = []
        for width, height in _RINGS:
            ring = rim * np.array([width, 0.0, 1.0], np.float32)
            ring[:, 1] = height
            rings.append(ring)
        return np.concatenate(rings)


def bent(places: F32, turn: F32) -> F32:
    """(n, 3): the head turned on its neck by ``turn`` (3, 3); the shoulders stay."""
    from_pivot = places - _PIVOT_CM
    moved = np.einsum("ij,kj->ik", from_pivot, turn) - from_pivot
    low, high = _BENDS_CM
    share = np.clip((places[:, 1] - low) / (high - low), 0.0, 1.0)
    share = share * share * (3.0 - 2.0 * share)
    return np.asarray(places + share[:, None] * moved, np.float32)

"""68 landmarks (iBUG 300-W order, counted from 0) to our five."""

from __future__ import annotations

from typing import Final

import numpy as np

from affect_core.data.manifest import Point
from affect_core.types import Floats

FIVE_OF_68: Final[tuple[tuple[int, ...], ...]] = (
    tuple(range(36, 42)),
    tuple(range(42, 48)),
    (30,),
    (48,),
    (54,),
)
"""Which of the 68 are averaged, in the order of `affect_core.types.LANDMARKS`: the six points around the eye on the
image's left (the subject's right one), those around the other eye, the tip of the nose, the outer corners of the
mouth (image's left first)."""

_SMALLEST_FACE_PX: Final = 4.0


def five_of_68(points_xy: Floats) -> tuple[Point, ...] | None:
    """Five landmarks; None if the 68 cannot be those of a face.

    Args:
        points_xy: (68, 2), or flat as x, y, x, y, ...; pixels.
    """
    points = np.asarray(points_xy, np.float64).reshape(-1)
    if points.size != 2 * 68 or not np.all(np.isfinite(points)):
        return None
    points = points.reshape(68, 2)
    if np.ptp(points, axis=0).min() < _SMALLEST_FACE_PX:
        return None
    means = [points[list(places)].mean(axis=0) for places in FIVE_OF_68]
    return tuple((float(x), float(y)) for x, y in means)

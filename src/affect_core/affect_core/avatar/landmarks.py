"""Where the landmarks of a head are: the 5 of the detectors and the 68 of the iBUG 300-W scheme.

The 68, all the subject's sides (Sagonas et al., 300 Faces in-the-Wild, 2013; counted from 0): 0-16 jaw from the right
ear to the left, 17-21 right brow from its outer end, 22-26 left brow from its inner end, 27-30 ridge of the nose, 31-35
under the nose, 36-41 right eye from its outer corner over the upper lid, 42-47 left eye from its inner corner, 48-59
outer rim of the lips from the right corner over the upper lip, 60-67 their inner rim. They are points of the head, so
turning it takes them out of sight rather than along the outline.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.looks.base import Look
from affect_core.avatar.shape import SIDES, Array
from affect_core.avatar.skeleton import Bone
from affect_core.avatar.strands import LIP_POINTS, Strand

_CORNER_DEG: Final = 62.0
_LID_DEG: Final = 22.0
"""Where an eye's corners and the points between lie on the lids' edges, as angles from straight ahead."""

_OUTER_LIP: Final = np.linspace(0, LIP_POINTS - 1, 7).round().astype(int)
_INNER_LIP: Final = np.linspace(0, LIP_POINTS - 1, 5).round().astype(int)


class Landmarks:
    """Those of a look; what is fixed on its head is found once."""

    def __init__(self, look: Look) -> None:
        self._look, self._nose, self._jaw = look, look.nose_points(), look.jaw_points()

    def five(self, bones: Array, lips: Array) -> Array:
        """(5, 3) in the world, in the order of `affect_core.types.LANDMARKS`.

        Args:
            bones: as `bone_matrices` gives them.
            lips: (2, n, 3) the lips' middle lines, head frame.
        """
        head, pupil = bones[Bone.HEAD], np.array((0, -self._look.shape.eye_radius, 0))
        eyes = [moved(bones[Bone[f"EYE_{side.upper()}"]], pupil) for side in SIDES]
        corners = [moved(head, lips[:, end].mean(axis=0)) for end in (0, -1)]
        return np.array([*eyes, moved(head, self._nose[3]), *corners])

    def sixty_eight(self, bones: Array, lines: Mapping[str, Strand], centres: Array) -> Array:
        """(68, 3) in the world; NaN where the head has no such point.

        Args:
            lines: the pose's strands.
            centres: (n, 3) their middles one after the other, head frame.
        """
        spans = dict(
            zip(lines, np.split(centres, np.cumsum([len(line.x) for line in lines.values()])), strict=False)
        )
        on_head = np.concatenate([self._jaw, _brows(spans), self._nose])
        lips = _lips(lines, spans)
        head = bones[Bone.HEAD]
        eyes = [_eye(self._look, bones, side) for side in SIDES]
        return np.concatenate([moved(head, on_head), *eyes, moved(head, lips)])


def moved(matrix: Array, points: Array) -> Array:
    """(..., 3) in a bone's frame -> in the world."""
    points = np.asarray(points, float)
    if points.ndim == 1:
        result: Array = matrix[:3, :3] @ points + matrix[:3, 3]
        return result
    many: Array = points @ matrix[:3, :3].T + matrix[:3, 3]
    return many


def _brows(spans: Mapping[str, Array]) -> Array:
    """(10, 3); a brow's line begins at its inner end."""
    five_of = [np.linspace(0, len(spans[f"brow_{side}"]) - 1, 5).round().astype(int) for side in SIDES]
    right, left = (spans[f"brow_{side}"][index] for side, index in zip(SIDES, five_of, strict=True))
    return np.concatenate([right[::-1], left])


def _eye(look: Look, bones: Array, side: str) -> Array:
    """(6, 3) in the world: on the lids' edges, which meet the corners half way."""
    lids = (bones[Bone[f"{kind}_LID_{side.upper()}"]] for kind in ("UPPER", "LOWER"))
    turn = np.radians([-_CORNER_DEG, -_LID_DEG, _LID_DEG, _CORNER_DEG])
    edge = look.shape.lid_radius * np.stack([np.sin(turn), -np.cos(turn), np.zeros(4)], 1)
    upper, lower = (moved(lid, edge) for lid in lids)
    corners = (upper + lower) / 2
    return np.stack([corners[0], upper[1], upper[2], corners[3], lower[2], lower[1]])


def _lips(lines: Mapping[str, Strand], spans: Mapping[str, Array]) -> Array:
    """(20, 3): the lips' upper and lower edges."""

    def edge(lip: str, index: NDArray[np.int_], sign: float) -> Array:
        points: Array = spans[lip][index].copy()
        points[:, 2] += sign * lines[lip].radius[index]
        return points

    ends = [(spans["upper_lip"][k] + spans["lower_lip"][k]) / 2 for k in (0, -1)]
    outer_upper = edge("upper_lip", _OUTER_LIP[1:-1], 1.0)
    outer_lower = edge("lower_lip", _OUTER_LIP[1:-1], -1.0)[::-1]
    inner_upper = edge("upper_lip", _INNER_LIP[1:-1], -1.0)
    inner_lower = edge("lower_lip", _INNER_LIP[1:-1], 1.0)[::-1]
    right, left = (end[None] for end in ends)
    outer = [right, outer_upper, left, outer_lower]
    return np.concatenate([*outer, right, inner_upper, left, inner_lower])

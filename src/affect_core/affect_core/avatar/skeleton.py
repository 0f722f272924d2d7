"""From joints to the places of the head's rigid parts."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from math import cos, radians, sin
from typing import Final

import numpy as np

from affect_core.avatar.shape import SIDES, Array, HeadShape

_NECK_PIVOT: Final = (0.0, 0.02, -0.10)


class Bone(IntEnum):
    """Rigid parts; the index into the result of `bone_matrices`."""

    WORLD = 0
    NECK = 1
    HEAD = 2
    EYE_RIGHT = 3
    EYE_LEFT = 4
    UPPER_LID_RIGHT = 5
    UPPER_LID_LEFT = 6
    LOWER_LID_RIGHT = 7
    LOWER_LID_LEFT = 8


def bone_matrices(
    pose: Mapping[str, float],
    shape: HeadShape,
    head_offset_deg: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Array:
    """(len(Bone), 4, 4): from each bone's own frame to the world, metres.

    Args:
        pose: all joints, in their units.
        head_offset_deg: yaw, pitch, roll added to the head's.
    """
    yaw, pitch, roll = (
        pose[name] + radians(offset)
        for name, offset in zip(("head_yaw", "head_pitch", "head_roll"), head_offset_deg, strict=True)
    )
    neck = _shift(*_NECK_PIVOT) @ _about_z(yaw)
    back = _shift(*(-value for value in _NECK_PIVOT))
    head = neck @ _about_x(-pitch) @ _about_y(roll) @ back
    gaze = _about_z(pose["eye_yaw"]) @ _about_x(-pose["eye_pitch"])
    matrices = np.empty((len(Bone), 4, 4))
    matrices[Bone.WORLD] = np.eye(4)
    matrices[Bone.NECK] = neck @ back
    matrices[Bone.HEAD] = head
    for side, sign in SIDES.items():
        socket = head @ _shift(sign * shape.eye_x, shape.eye_y, shape.eye_z)
        matrices[Bone[f"EYE_{side.upper()}"]] = socket @ gaze
        matrices[Bone[f"UPPER_LID_{side.upper()}"]] = socket @ _about_x(pose[f"upper_lid_{side}"])
        matrices[Bone[f"LOWER_LID_{side.upper()}"]] = socket @ _about_x(-pose[f"lower_lid_{side}"])
    return matrices


def _shift(x: float, y: float, z: float) -> Array:
    matrix = np.eye(4)
    matrix[:3, 3] = x, y, z
    return matrix


def _about_x(angle: float) -> Array:
    matrix = np.eye(4)
    matrix[1:3, 1:3] = [[cos(angle), -sin(angle)], [sin(angle), cos(angle)]]
    return matrix


def _about_y(angle: float) -> Array:
    matrix = np.eye(4)
    matrix[0, 0], matrix[0, 2], matrix[2, 0], matrix[2, 2] = cos(angle), sin(angle), -sin(angle), cos(angle)
    return matrix


def _about_z(angle: float) -> Array:
    matrix = np.eye(4)
    matrix[:2, :2] = [[cos(angle), -sin(angle)], [sin(angle), cos(angle)]]
    return matrix

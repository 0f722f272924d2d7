"""The soft parts that are laid on the face anew in every pose: lips, brows and skin folds.

Each is a tube along a line on the skin; the mouth is a sheet between the lips. A fold of amount 0 lies
sunk in the skin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from affect_core.avatar.shape import SIDES, Array, HeadShape

LIP_POINTS: Final = 25
MOUTH_ROWS: Final = 5
BROW_POINTS: Final = 15
FOLD_POINTS: Final = 9

_MOUTH_LIFT: Final = 0.0012
ACROSS: Final = np.linspace(-1, 1, LIP_POINTS)  # a lip from the right corner to the left
ALONG_BROW: Final = np.linspace(0, 1, BROW_POINTS)  # from the inner end
_ALONG_FOLD: Final = np.linspace(0, 1, FOLD_POINTS)


@dataclass(frozen=True, eq=False)
class Strand:
    """A line on the face.

    Attributes:
        x, z: (n,) metres.
        lift: (n,) how far its middle stands out of the skin, metres.
        radius: (n,) metres.
        flatness: depth over height of the cross-section.
    """

    x: Array
    z: Array
    lift: Array
    radius: Array
    flatness: float


def strands(pose: Mapping[str, float], shape: HeadShape) -> dict[str, Strand]:
    """All strands of a pose by name; names, order and lengths never change.

    Args:
        pose: all joints, in their units.
    """
    upper, lower = _lips(pose, shape)
    lines = {"upper_lip": upper, "lower_lip": lower}
    for side in SIDES:
        lines[f"brow_{side}"] = _brow(pose, shape, side)
        lines[f"dimple_{side}"] = dimple(pose, shape, side)
        lines[f"furrow_{side}"] = furrow(pose, side)
    lines["chin_fold"] = chin_fold(pose)
    return lines


def centre_lines(lines: Mapping[str, Strand], shape: HeadShape) -> Array:
    """(n, 3) middles of all strands in order, in the head frame. Brows pass over the lids."""
    x, z, lift = (_joined(lines, key) for key in ("x", "z", "lift"))
    y = shape.front_y(x, z)
    start = 0
    for name, line in lines.items():
        span = slice(start, start + len(line.x))
        if name.startswith("brow"):
            y[span] = np.minimum(y[span], shape.lid_front_y(x[span], z[span]))
        start = span.stop
    return np.stack([x, y - lift, z], 1)


def mouth_sheet(lip_lines: Array, shape: HeadShape) -> Array:
    """(MOUTH_ROWS, n, 3): the mouth between the lips' middle lines (2, n, 3), laid on the skin; head frame."""
    share = np.linspace(0, 1, MOUTH_ROWS)[:, None, None]
    sheet: Array = lip_lines[0] * (1 - share) + lip_lines[1] * share
    inner = sheet[1:-1]
    inner[..., 1] = shape.front_y(inner[..., 0], inner[..., 2]) - _MOUTH_LIFT
    return sheet


def _joined(lines: Mapping[str, Strand], key: str) -> Array:
    return np.concatenate([getattr(line, key) for line in lines.values()])


def _lips(pose: Mapping[str, float], shape: HeadShape) -> tuple[Strand, Strand]:
    left = ACROSS > 0
    middle = 1 - np.abs(ACROSS) ** 2.2  # 1 in the middle, 0 at the corners
    stretch = np.where(left, pose["corner_stretch_left"], pose["corner_stretch_right"])
    corner = np.where(left, pose["corner_raise_left"], pose["corner_raise_right"]) * np.abs(ACROSS) ** 1.6
    x = (shape.mouth_half_width + stretch) * ACROSS
    press = pose["lip_press"]
    thickness = shape.lip_radius * (1 - 0.65 * press)
    radius = thickness * (0.25 + 0.75 * np.clip(middle, 0, 1) ** 0.6)
    cupid = 0.0011 * (1 - press) * np.exp(-0.5 * (ACROSS / 0.12) ** 2)
    upper_z = shape.mouth_z + corner + middle * (0.62 * thickness + pose["upper_lip_open"]) - cupid
    lower_z = shape.mouth_z + corner - middle * (0.72 * thickness + pose["lower_lip_open"])
    lower_z = lower_z + 0.006 * pose["chin_raise"] * middle
    upper = Strand(x, upper_z, np.full_like(x, 0.0018), 0.85 * radius, 0.8)
    return upper, Strand(x, lower_z, np.full_like(x, 0.0022), 1.1 * radius, 0.8)


def _brow(pose: Mapping[str, float], shape: HeadShape, side: str) -> Strand:
    t = ALONG_BROW
    x = shape.brow_x - pose[f"brow_in_{side}"] + shape.brow_length * t
    arch = 0.0065 * np.sin(np.pi * np.clip(0.85 * t + 0.05, 0, 1)) - 0.002 * t
    tilt = np.tan(pose[f"brow_angle_{side}"]) * (x - shape.brow_x - shape.brow_length / 2)
    z = shape.brow_z + arch + tilt + pose[f"brow_raise_{side}"]
    radius = shape.brow_radius * np.interp(t, [0, 0.08, 0.35, 1], [0.7, 1, 1, 0.35])
    return Strand(SIDES[side] * x, z, np.full_like(t, 0.0012), radius, 0.7)


def dimple(pose: Mapping[str, float], shape: HeadShape, side: str) -> Strand:
    """The fold beside the mouth corner."""
    t, amount = _ALONG_FOLD, pose[f"dimple_{side}"]
    reach = shape.mouth_half_width + 0.007 + 0.6 * pose[f"corner_stretch_{side}"]
    z = shape.mouth_z + pose[f"corner_raise_{side}"] + (0.5 - t) * 0.014
    return _fold(SIDES[side] * (reach + 0.003 * np.sin(np.pi * t)), z, amount, 0.0011, np.sin(np.pi * t))


def furrow(pose: Mapping[str, float], side: str) -> Strand:
    """The upright fold between the brows."""
    t = _ALONG_FOLD
    z = 0.030 + 0.013 * t + min(0.0, pose[f"brow_raise_{side}"])
    return _fold(SIDES[side] * (0.0050 - 0.0012 * t), z, pose["furrow"], 0.0008, np.sin(np.pi * t))


def chin_fold(pose: Mapping[str, float]) -> Strand:
    """The fold under the lower lip."""
    t, amount = 2 * _ALONG_FOLD - 1, pose["chin_raise"]
    z = -0.0695 - 0.004 * t**2 + 0.003 * amount
    return _fold(0.015 * t, z, amount, 0.0011, np.cos(0.49 * np.pi * t))


def _fold(x: Array, z: Array, amount: float, thickness: float, profile: Array) -> Strand:
    return Strand(x, z, np.full_like(x, 0.0017 * (amount - 1)), 0.0003 + thickness * amount * profile, 0.8)

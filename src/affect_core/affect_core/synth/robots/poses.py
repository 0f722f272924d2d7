"""Poses of random robots: an expression as this robot's servos show it, with noise.

Noise: strength 0.45 to 1.25 of the recipe, every group of servos 30 % more or less, every servo another 10 %,
brows and corners of the mouth jitter, the head sways by 6 degrees, the gaze is its own; the recipe's turn of the head is
left out of half of the pictures, so that the face itself has to be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import radians
from typing import Final

import numpy as np

from affect_core.heads.action_units import Expression
from affect_core.heads.expressions import ExpressionTable
from affect_core.heads.rig import JOINTS, rest_pose, sided_joints
from affect_core.synth.robots.base import Robot

GROUPS: Final[Mapping[str, str]] = {
    "brow_raise": "brow_raise",
    "brow_angle": "brow_angle",
    "brow_in": "brow_in",
    "corner_raise": "corner_raise",
    "corner_stretch": "corner_stretch",
    "upper_lip_open": "lips",
    "lower_lip_open": "lips",
    "lip_press": "lips",
    "chin_raise": "lips",
    "upper_lid": "lids",
    "lower_lid": "lids",
    "eye_yaw": "eyes",
    "eye_pitch": "eyes",
}
"""Joint without its side -> the group of servos it belongs to; `Measures` has each group's gain."""

_HEAD: Final = ("head_yaw", "head_pitch", "head_roll")
_GROUP_SPREAD, _SERVO_SPREAD = 0.3, 0.1
_SWAY_DEG: Final = 6.0
_GAZE_DEG: Final = (5.0, 10.0)
_WIDE_GAZE_SHARE: Final = 0.25
_CUE_SHARE: Final = 0.5
_MOVING_SHARE: Final = 0.4
_LONGEST_HOLD_S: Final = 4.0
_OVER: Final = 0.25
"""Joints may leave their range by this share of it: servos with a high gain do."""

_JITTER: Final = {
    "brow_angle": radians(1.5),
    "brow_raise": 0.0008,
    "corner_raise": 0.0007,
    "upper_lid": radians(1.5),
}
"""Standard deviations; each side has its own."""


@dataclass(frozen=True)
class Shown:
    """What a robot shows.

    Attributes:
        strength: of the recipe, may be above 1.
        side: that leads, the subject's.
        pose: every joint.
        action_units: every unit of the table -> amount (right, left), 0..1.
        with_cue: the recipe's turn of the head is in the pose.
    """

    label: str
    strength: float
    side: str
    pose: Mapping[str, float]
    action_units: Mapping[str, tuple[float, float]]
    with_cue: bool

    @property
    def intensity(self) -> float:
        """0..1; 0 for a face at rest."""
        return min(1.0, self.strength) if any(max(sides) for sides in self.action_units.values()) else 0.0

    @property
    def head_deg(self) -> tuple[float, float, float]:
        """Yaw, pitch, roll."""
        yaw, pitch, roll = (float(np.degrees(self.pose[name])) for name in _HEAD)
        return yaw, pitch, roll


def draw_shown(
    table: ExpressionTable,
    robot: Robot,
    label: str,
    strengths: tuple[float, float],
    rng: np.random.Generator,
) -> Shown:
    """A moment of an expression, led by either side."""
    strength = float(rng.uniform(*strengths))
    side = ("right", "left")[int(rng.integers(2))]
    row = table.get(label).led_by(side)
    with_cue = bool(rng.random() < _CUE_SHARE)
    wanted = _deltas(table, row, side, rng)
    pose = _rest(robot)
    spread = {
        group: rng.uniform(1 - _GROUP_SPREAD, 1 + _GROUP_SPREAD) for group in sorted(set(GROUPS.values()))
    }
    for joint, delta in wanted.items():
        group = GROUPS.get(_plain(joint), "")
        own = spread.get(group, 1.0) * rng.uniform(1 - _SERVO_SPREAD, 1 + _SERVO_SPREAD)
        reach = getattr(robot.size, f"gain_{group}") if group else 1.0
        if joint not in _HEAD or with_cue:
            pose[joint] += strength * own * reach * delta
    _shake(pose, rng)
    return Shown(label, strength, side, _limited(pose), _amounts(table, row, strength), with_cue)


def _amounts(table: ExpressionTable, row: Expression, strength: float) -> dict[str, tuple[float, float]]:
    """What the robot was told, without its noise; units that are not in the recipe are 0."""
    units = {unit for name in table.names() for unit in table.get(name).action_units}
    return {
        unit: (min(1.0, strength * sides.get("right", 0.0)), min(1.0, strength * sides.get("left", 0.0)))
        for unit in sorted(units, key=lambda unit: int(unit.removeprefix("AU")))
        for sides in [row.action_units.get(unit, {})]
    }


def _deltas(table: ExpressionTable, row: Expression, side: str, rng: np.random.Generator) -> dict[str, float]:
    """What the expression adds to the rest pose; in some pictures with its cyclic motion at some moment."""
    rest = rest_pose()
    deltas = {joint: value - rest[joint] for joint, value in table.pose(row.name, 1.0, side).items()}
    moment_s = float(rng.uniform(0, _LONGEST_HOLD_S))
    if rng.random() < _MOVING_SHARE:
        for cycle in row.motion:
            for joint in sided_joints(cycle.joint):
                deltas[joint] += cycle.offset(moment_s)
    return deltas


def _rest(robot: Robot) -> dict[str, float]:
    pose = rest_pose()
    for side in ("right", "left"):
        pose[f"upper_lid_{side}"] = radians(robot.size.lid_rest_deg)
        pose[f"lower_lid_{side}"] = radians(robot.size.lower_lid_rest_deg)
    return pose


def _shake(pose: dict[str, float], rng: np.random.Generator) -> None:
    for name, spread in _JITTER.items():
        for side in ("right", "left"):
            pose[f"{name}_{side}"] += float(rng.normal(0, spread))
    for name, sway in zip(_HEAD, rng.normal(0, radians(_SWAY_DEG), 3), strict=True):
        pose[name] += float(sway)
    wide = _GAZE_DEG[int(rng.random() < _WIDE_GAZE_SHARE)]
    pose["eye_yaw"] += float(rng.normal(0, radians(wide)))
    pose["eye_pitch"] += float(rng.normal(0, radians(0.6 * wide)))


def _limited(pose: Mapping[str, float]) -> dict[str, float]:
    limited = {}
    for name, value in pose.items():
        joint = JOINTS[name]
        more = _OVER * (joint.high - joint.low)
        low = joint.low if joint.unit == "1" or joint.low == 0 else joint.low - more
        limited[name] = min(max(value, low), joint.high + more)
    return limited


def _plain(joint: str) -> str:
    return joint.removesuffix("_right").removesuffix("_left")

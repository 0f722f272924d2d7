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


def plain_pose(table: ExpressionTable, robot: Robot, label: str, side: str = "left") -> dict[str, float]:
    """The expression at full strength without noise, the head straight ahead; for contact sheets."""
    deltas = _deltas(table, table.get(label).led_by(side), side)
    pose = _served(robot, {joint: delta for joint, delta in deltas.items() if joint not in _HEAD})
    return _limited(pose)


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
    deltas = _deltas(table, row, side)
    if rng.random() < _MOVING_SHARE:
        _move(deltas, row, float(rng.uniform(0, _LONGEST_HOLD_S)))
    spread = _spread(rng)
    wanted = {
        joint: strength * spread[joint] * delta
        for joint, delta in deltas.items()
        if joint not in _HEAD or with_cue
    }
    pose = _served(robot, wanted)
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


def _deltas(table: ExpressionTable, row: Expression, side: str) -> dict[str, float]:
    """What the expression adds to the rest pose at strength 1."""
    rest = rest_pose()
    return {joint: value - rest[joint] for joint, value in table.pose(row.name, 1.0, side).items()}


def _move(deltas: dict[str, float], row: Expression, moment_s: float) -> None:
    """Add the expression's cyclic motion at a moment of its hold."""
    for cycle in row.motion:
        for joint in sided_joints(cycle.joint):
            deltas[joint] += cycle.offset(moment_s)


def _spread(rng: np.random.Generator) -> dict[str, float]:
    """Joint -> how much more or less of it there is."""
    groups = sorted(set(GROUPS.values()))
    shared = dict(zip(groups, rng.uniform(1 - _GROUP_SPREAD, 1 + _GROUP_SPREAD, len(groups)), strict=True))
    own = rng.uniform(1 - _SERVO_SPREAD, 1 + _SERVO_SPREAD, len(JOINTS))
    return {
        joint: float(shared.get(GROUPS.get(_plain(joint), ""), 1.0) * share)
        for joint, share in zip(JOINTS, own, strict=True)
    }


def _served(robot: Robot, wanted: Mapping[str, float]) -> dict[str, float]:
    """This robot's rest pose, and what is wanted beyond it with the gains of its servos."""
    pose = rest_pose()
    for side in ("right", "left"):
        pose[f"upper_lid_{side}"] = radians(robot.size.lid_rest_deg)
        pose[f"lower_lid_{side}"] = radians(robot.size.lower_lid_rest_deg)
    for joint, delta in wanted.items():
        group = GROUPS.get(_plain(joint))
        pose[joint] += delta * (getattr(robot.size, f"gain_{group}") if group else 1.0)
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

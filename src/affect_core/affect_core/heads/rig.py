"""The joints of the virtual OhBot; the real one has those that name a motor.

Sides are the subject's. Head and eyes: yaw + to the robot's left, pitch + up, roll + to the robot's left. Axes are
in the head's frame as ROS has it (REP-103): x ahead, y to the robot's left, z up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import radians
from typing import Final

from affect_core.errors import ConfigError

Axis = tuple[float, float, float]

_AHEAD: Final[Axis] = (1.0, 0.0, 0.0)
_BACK: Final[Axis] = (-1.0, 0.0, 0.0)
_LEFT: Final[Axis] = (0.0, 1.0, 0.0)
_RIGHT: Final[Axis] = (0.0, -1.0, 0.0)
_UP: Final[Axis] = (0.0, 0.0, 1.0)
_DOWN: Final[Axis] = (0.0, 0.0, -1.0)
_NOWHERE: Final[Axis] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Joint:
    """One degree of freedom.

    Attributes:
        unit: "rad", "m", or "1" for an amount without a unit.
        low, high, rest: in the joint's unit; ``low <= rest <= high``.
        rate: the fastest it moves, unit per second.
        axis: unit vector; a hinge turns about it by the right-hand rule, a slide moves along it, both for +.
            Zero for an amount.
        motor: the OhBot's servo that moves it; empty where only the virtual head has it.
    """

    name: str
    unit: str
    low: float
    high: float
    rest: float
    rate: float
    axis: Axis = _NOWHERE
    motor: str = ""


Pose = dict[str, float]
"""Joint name -> value in the joint's unit."""


def _hinge(
    name: str,
    low_deg: float,
    high_deg: float,
    rate_deg_s: float,
    axis: Axis,
    motor: str = "",
    rest_deg: float = 0.0,
) -> Joint:
    low, high, rest, rate = (radians(value) for value in (low_deg, high_deg, rest_deg, rate_deg_s))
    return Joint(name, "rad", low, high, rest, rate, axis, motor)


def _slide(name: str, low_mm: float, high_mm: float, rate_mm_s: float, axis: Axis, motor: str = "") -> Joint:
    return Joint(name, "m", low_mm / 1000, high_mm / 1000, 0.0, rate_mm_s / 1000, axis, motor)


def _amount(name: str) -> Joint:
    return Joint(name, "1", 0.0, 1.0, 0.0, 8.0)


def _sides(*pair: Joint) -> tuple[Joint, ...]:
    """A left side's joint and its mirror image."""
    return tuple(
        replace(joint, name=f"{joint.name}_{side}", axis=axis)
        for joint in pair
        for side, axis in (("right", _mirrored_axis(joint)), ("left", joint.axis))
    )


def _mirrored_axis(joint: Joint) -> Axis:
    """Seen in a mirror, what goes to the left goes to the right, and what turns about x or z turns the other way."""
    x, y, z = joint.axis
    return (x, 0.0 - y, z) if joint.unit == "m" else (0.0 - x, y, 0.0 - z)


RIG: Final[tuple[Joint, ...]] = (
    # A hobby servo's speed. The OhBot's limits are not published; other drivers use about these.
    _hinge("head_yaw", -70, 70, 300, _UP, "HEADTURN"),
    _hinge("head_pitch", -25, 25, 300, _RIGHT, "HEADNOD"),
    _hinge("head_roll", -20, 20, 200, _BACK, "HEADROLL"),
    _hinge("eye_yaw", -30, 30, 500, _UP, "EYETURN"),
    _hinge("eye_pitch", -25, 25, 500, _RIGHT, "EYETILT"),
    # Lids: angle of the edge, 0 = the eye's equator, + = closing. One servo moves both upper lids of the real head.
    *_sides(
        _hinge("upper_lid", -35, 8, 600, _LEFT, "LIDBLINK", rest_deg=-24),
        _hinge("lower_lid", -28, 8, 600, _RIGHT, rest_deg=-20),
        _slide("brow_raise", -10, 14, 160, _UP),
        _hinge("brow_angle", -22, 24, 400, _AHEAD),  # + inner end down
        _slide("brow_in", -3, 6, 100, _RIGHT),  # + towards the middle
        _slide("corner_raise", -13, 12, 160, _UP),
        _slide("corner_stretch", -7, 8, 120, _LEFT),  # + outwards
    ),
    _slide("upper_lip_open", 0, 8, 120, _UP, "TOPLIP"),
    _slide("lower_lip_open", 0, 16, 200, _DOWN, "BOTTOMLIP"),
    _amount("lip_press"),
    _amount("chin_raise"),
    _amount("furrow"),
    *_sides(_amount("dimple")),
)
"""Sided joints come in pairs, the right one first."""

JOINTS: Final[dict[str, Joint]] = {joint.name: joint for joint in RIG}
"""`RIG` by name."""

_MIRRORED_SIGN: Final = frozenset({"head_yaw", "head_roll", "eye_yaw"})


def rest_pose() -> Pose:
    """Every joint at rest: the neutral face, looking ahead."""
    return {joint.name: joint.rest for joint in RIG}


def clamp(pose: Mapping[str, float]) -> tuple[Pose, tuple[str, ...]]:
    """The pose within the joints' limits, and the names of the joints that were limited.

    Joints that are not named in ``pose`` stay out of the result.

    Raises:
        ConfigError: a name that is no joint.
    """
    limited = {name: min(max(value, _joint(name).low), _joint(name).high) for name, value in pose.items()}
    return limited, tuple(name for name, value in pose.items() if value != limited[name])


def mirror(pose: Mapping[str, float]) -> Pose:
    """The mirror image: right and left exchanged, yaw and roll negated."""
    return {mirrored_name(name): mirrored_sign(name) * value for name, value in pose.items()}


def mirrored_name(joint: str) -> str:
    """The joint of the other side; a joint without a side is its own."""
    for side, other in (("_right", "_left"), ("_left", "_right")):
        if joint.endswith(side):
            return joint.removesuffix(side) + other
    return joint


def mirrored_sign(joint: str) -> int:
    """-1 for the joints whose value changes sign in a mirror."""
    return -1 if joint in _MIRRORED_SIGN else 1


def sided_joints(name: str) -> tuple[str, ...]:
    """The joints of a name without its side: two for ``brow_raise``, one for ``head_yaw``, else none."""
    names = (name, f"{name}_right", f"{name}_left")
    return tuple(joint for joint in names if joint in JOINTS)


def _joint(name: str) -> Joint:
    try:
        return JOINTS[name]
    except KeyError:
        raise ConfigError(f"unknown joint {name!r}; known: {', '.join(JOINTS)}") from None

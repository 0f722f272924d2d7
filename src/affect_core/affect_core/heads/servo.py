"""How fast the OhBot's servos turn: the speed law of its firmware, for the virtual head to move alike.

The firmware turns a servo at a constant speed, 2.42 degrees per second and raw speed unit, without a ramp.
Set-points that are eased therefore come out eased where they are slower than that, and straight where not.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Final

from affect_core.errors import ConfigError
from affect_core.heads.action_units import Motor
from affect_core.heads.motor_definitions import DEFAULT_MOTORS, POSITION_MAX, MotorTable
from affect_core.heads.ohbot_protocol import DEG_S_PER_RAW
from affect_core.heads.rig import RIG, sided_joints

RAW_SPEED_MAX: Final = 250
"""Speed 10 of the OhBot's own programs. Raw 0 would mean "at once"."""


def ease(share: float) -> float:
    """Smooth step: 0 -> 0, 1/2 -> 1/2, 1 -> 1, standing still at both ends; constant outside 0..1."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3.0 - 2.0 * share)


def servo_rates(
    motors: Mapping[str, Motor], speed_raw: int, calibration: MotorTable = DEFAULT_MOTORS
) -> dict[str, float]:
    """The joints that have a servo -> the fastest they move at a raw speed, in the joint's unit per second.

    Args:
        motors: the expression table's, which say how far a motor goes for a joint.
        speed_raw: 1 to 250, as in the firmware's move command.
        calibration: the robot's motors, which say how many degrees that is.

    Raises:
        ConfigError: no such speed.
    """
    if not 1 <= speed_raw <= RAW_SPEED_MAX:
        raise ConfigError(f"expected a raw servo speed of 1 to {RAW_SPEED_MAX}, got {speed_raw!r}")
    rates = {}
    for joint in RIG:
        if joint.motor in motors and joint.motor in calibration:
            gain = motors[joint.motor].gains.get(joint.name, 0.0) * _together(joint.name)
            definition = calibration[joint.motor]
            travel_deg = abs(definition.degrees(POSITION_MAX) - definition.degrees(0.0))
            turn_deg = abs(gain) * travel_deg / POSITION_MAX  # of the servo, for one unit of the joint
            if turn_deg > 0:
                rates[joint.name] = DEG_S_PER_RAW * speed_raw / turn_deg
    return rates


def trailing_ease(elapsed_s: float, duration_s: float, way: float, rate: float) -> float:
    """Where a servo is that follows an eased way at no more than ``rate``: 0 to ``way``.

    It follows until the set-points outrun it, then goes at its constant speed until it has them again.
    """
    wanted = abs(way) * ease(elapsed_s / duration_s)
    # the slope of the smooth step, 6 u (1 - u) way / duration, first equals the rate at this share u
    excess = 1.0 - 2.0 * rate * duration_s / (3.0 * abs(way)) if way else 0.0
    if excess > 0.0:
        outrun_s = duration_s * (1.0 - sqrt(excess)) / 2.0
        if elapsed_s > outrun_s:
            wanted = min(wanted, abs(way) * ease(outrun_s / duration_s) + rate * (elapsed_s - outrun_s))
    return wanted if way >= 0 else -wanted


def arrival_s(duration_s: float, way: float, rate: float) -> float:
    """When `trailing_ease` reaches the end of the way, s after the start."""
    excess = 1.0 - 2.0 * rate * duration_s / (3.0 * abs(way)) if way else 0.0
    if excess <= 0.0:
        return duration_s
    share = (1.0 - sqrt(excess)) / 2.0
    straight_s = share * duration_s + abs(way) * (1.0 - ease(share)) / rate
    return max(duration_s, straight_s)


def _together(joint: str) -> int:
    """How many joints move with this one on the same servo: both lids do."""
    return len(sided_joints(joint.removesuffix("_right").removesuffix("_left")))

"""The avatar's pose on one robot's motors: what of it the robot can show, and the positions that show it.

The gains stand in the expression table (`config/expressions.yaml`, ``motors``), so that a named expression
and a streamed pose move the robot alike.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from affect_core.config import load_yaml
from affect_core.heads.action_units import Motor
from affect_core.heads.expression_file import Content, parse
from affect_core.heads.expressions import ExpressionTable
from affect_core.heads.motor_definitions import POSITION_MAX
from affect_core.heads.rig import Pose, mirrored_name, rest_pose
from affect_core.heads.speech import LIP_OPENINGS
from affect_core.paths import find_shared


def load_projection(path: Path | None, robot_motors: Collection[str]) -> Projection:
    """The projection for a robot with these motors; ``path``: an expression table, None = the default one.

    Raises:
        ConfigError: what is wrong in the file.
    """
    return Projection(parse(load_yaml(path or find_shared("config/expressions.yaml"))), robot_motors)


class Projection:
    """Projects complete poses that are within the rig's limits."""

    def __init__(self, content: Content, robot_motors: Collection[str]) -> None:
        self._table = ExpressionTable(content)
        self._motors = {name: motor for name, motor in content.motors.items() if name in robot_motors}

    def visible(self, pose: Pose) -> Pose:
        """The part of a pose that this robot can show.

        Joints without a motor are at rest, both sides of a pair at their mean (one servo moves both lids),
        and where a motor would pass its end, its joints stop short together, an opening of the lips before
        the others.
        """
        rest = rest_pose()
        change = {joint: (pose[joint] + pose[mirrored_name(joint)]) / 2 - rest[joint] for joint in rest}
        share: dict[str, float] = {}
        for motor in self._motors.values():
            shares = _shares(motor, change)
            share |= {joint: min(within, share.get(joint, 1.0)) for joint, within in shares.items()}
        return {joint: rest[joint] + share.get(joint, 0.0) * change[joint] for joint in rest}

    def positions(self, pose: Pose) -> dict[str, float]:
        """Motor name -> position 0..10. TOPLIP + BOTTOMLIP >= 10, so that the lips never collide."""
        return {name: place for name, place in self._table.motors_of(pose).items() if name in self._motors}


def _shares(motor: Motor, change: Pose) -> dict[str, float]:
    """Joint -> the share, 0..1, of its change at which the motor reaches its end; 1 if it does not.

    An opening of the lips gives way first, so that a mouth that speaks leaves the expression as it is.
    """
    travel = {joint: gain * change[joint] for joint, gain in motor.gains.items()}
    opening = sum(travel.get(joint, 0.0) for joint in LIP_OPENINGS)
    others = sum(travel.values()) - opening
    above, below = POSITION_MAX - motor.rest, -motor.rest
    others_share = _share(others, above if others > 0 else below - opening)
    opening_share = _share(opening, max(0.0, above - others))
    return {joint: opening_share if joint in LIP_OPENINGS else others_share for joint in travel}


def _share(travel: float, room: float) -> float:
    return 1.0 if abs(travel) <= abs(room) else room / travel

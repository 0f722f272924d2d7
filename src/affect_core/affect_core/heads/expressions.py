"""The expression table and its two projections: the virtual head's pose, the real head's motor positions.

The table itself is `config/expressions.yaml`. The projections are linear in the action units, so intensity
scales them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from affect_core.config import load_yaml
from affect_core.errors import ConfigError, UnknownName
from affect_core.heads.action_units import SIDES, Angles, Cycle, Expression, Motor, project
from affect_core.heads.expression_file import MOTOR_HIGH, Content, parse
from affect_core.heads.rig import JOINTS, Pose, clamp, mirror, rest_pose
from affect_core.paths import find_shared
from affect_core.texts import values_of

__all__ = ["SIDES", "Angles", "Cycle", "Expression", "ExpressionTable", "load_expressions", "separate_lips"]

LIP_SUM: Final = 10.0
"""TOPLIP + BOTTOMLIP below this sum would press the lips into each other."""


def load_expressions(path: Path | None = None) -> ExpressionTable:
    """Read and check the table.

    Args:
        path: a YAML file like `config/expressions.yaml`, which is the default.

    Raises:
        ConfigError: what is wrong, where, and what was expected.
    """
    with values_of(path or "config/expressions.yaml"):
        path = path or find_shared("config/expressions.yaml")
        content = load_yaml(path)
        try:
            return ExpressionTable(parse(content))
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error


class ExpressionTable:
    """All expressions with their two projections; made by `load_expressions`."""

    def __init__(self, content: Content) -> None:
        self._expressions = dict(content.expressions)
        self._motors = dict(content.motors)
        self._deltas = {name: project(row, content.unit_gains) for name, row in self._expressions.items()}

    @property
    def motors(self) -> Mapping[str, Motor]:
        """The real head's servos, and what each joint does to them."""
        return self._motors

    def names(self) -> tuple[str, ...]:
        """The expressions in the table's order, neutral among them."""
        return tuple(self._expressions)

    def get(self, name: str) -> Expression:
        """One row, led by its default side; raises UnknownName, which lists the known ones."""
        try:
            return self._expressions[name]
        except KeyError:
            raise UnknownName("expression", name, self._expressions) from None

    def pose(self, name: str, intensity: float = 1.0, side: str = "default") -> Pose:
        """Pose of the virtual head, within its limits, without cyclic motion.

        Args:
            intensity: 0 (rest) to 1 (as in the table).
            side: which side leads: "right", "left", or "default".
        """
        lead = self.get(name).led_by(side).lead
        if not 0.0 <= intensity <= 1.0:
            raise ConfigError(f"expected an intensity of 0 to 1, got {intensity!r}")
        deltas = self._deltas[name]
        deltas = deltas if lead == self._expressions[name].lead else mirror(deltas)
        rest = rest_pose()
        return clamp({joint: rest[joint] + intensity * deltas.get(joint, 0.0) for joint in rest})[0]

    def motor_positions(self, name: str, intensity: float = 1.0, side: str = "default") -> dict[str, float]:
        """The same expression for the real head: motor name -> position 0..10."""
        return self.motors_of(self.pose(name, intensity, side))

    def motors_of(self, pose: Mapping[str, float]) -> dict[str, float]:
        """Any pose for the real head: motor name -> position 0..10. Joints left out count as at rest."""
        change = {joint: value - JOINTS[joint].rest for joint, value in pose.items()}
        positions = {name: _position(motor, change) for name, motor in self._motors.items()}
        return separate_lips(positions)


def separate_lips(positions: Mapping[str, float]) -> dict[str, float]:
    """Raise both lips' openings equally until TOPLIP + BOTTOMLIP >= 10; positions stay within 0..10."""
    missing = LIP_SUM - positions["TOPLIP"] - positions["BOTTOMLIP"]
    if missing <= 0:
        return dict(positions)
    top = min(MOTOR_HIGH, positions["TOPLIP"] + missing / 2)
    return {**positions, "TOPLIP": top, "BOTTOMLIP": LIP_SUM - top}


def _position(motor: Motor, change: Mapping[str, float]) -> float:
    moved = motor.rest + sum(gain * change.get(joint, 0.0) for joint, gain in motor.gains.items())
    return min(max(moved, 0.0), MOTOR_HIGH)

"""How the head gets from one expression to the next: eased like a servo, then held with the cyclic motion.

Positions follow from the commands' stamps alone, so two processes that heard the same commands show the same pose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from affect_core.errors import ConfigError
from affect_core.heads.action_units import Cycle
from affect_core.heads.expressions import ExpressionTable
from affect_core.heads.rig import JOINTS, Pose, clamp, rest_pose
from affect_core.heads.servo import arrival_s, ease, servo_rates, trailing_ease

__all__ = ["NS_PER_S", "Motion", "ease"]

NS_PER_S: Final = 1_000_000_000
_KEPT: Final = 16
"""Commands that are remembered, so that a frame slightly older than the last command still gets its pose."""

_PEAK_SPEED: Final = 1.5
"""Highest slope of `ease`: the fastest moment of a motion, against its mean speed."""


class Motion:
    """The pose at any stamp, given the commands so far. Starts at rest.

    Args:
        servo_speed_raw: move the joints that have a servo as the OhBot's firmware does at this raw speed, 1 to
            250, see `affect_core.heads.servo`: a servo that is too slow for the onset comes late. None: a joint
            that is too slow for the onset takes a longer, eased way.

    Raises:
        ConfigError: no such speed.
    """

    def __init__(self, table: ExpressionTable, servo_speed_raw: int | None = None) -> None:
        self._table = table
        self._servo_rates = servo_rates(table.motors, servo_speed_raw) if servo_speed_raw is not None else {}
        self._moves: list[_Move] = []

    def command(
        self,
        name: str,
        intensity: float = 1.0,
        side: str = "default",
        start_ns: int = 0,
        onset_s: float | None = None,
    ) -> None:
        """Move to an expression, from wherever the head is at ``start_ns``.

        Args:
            intensity: 0..1.
            side: which side leads an asymmetric expression: "right", "left", "default".
            start_ns: replaces earlier commands that would begin at this stamp or later.
            onset_s: time to the full expression; None = the expression's own.

        Raises:
            UnknownName: no such expression or side.
            ConfigError: intensity or onset out of range.
        """
        expression = self._table.get(name).led_by(side)
        onset_s = expression.onset_s if onset_s is None else onset_s
        if not onset_s > 0:
            raise ConfigError(f"expected an onset longer than 0 s, got {onset_s!r}")
        target = self._table.pose(name, intensity, side)
        earlier = [move for move in self._moves if move.start_ns < start_ns]
        origin = _pose_of(earlier, start_ns)
        move = _Move(origin, target, start_ns, onset_s, intensity, expression.motion, self._servo_rates)
        self._moves = [*earlier, move][-_KEPT:]

    def pose(self, stamp_ns: int) -> Pose:
        """All joints at ``stamp_ns``, within the joints' limits."""
        return _pose_of(self._moves, stamp_ns)

    def settled(self, stamp_ns: int) -> bool:
        """Whether the onset of the command in force at ``stamp_ns`` is over; True before the first command."""
        move = _in_force(self._moves, stamp_ns)
        return move is None or stamp_ns >= move.settled_ns

    @property
    def settled_at_ns(self) -> int | None:
        """When the last command's onset is over; None before the first command."""
        return self._moves[-1].settled_ns if self._moves else None


@dataclass(frozen=True)
class _Move:
    """One command: from where, to where, since when, and what repeats afterwards."""

    origin: Mapping[str, float]
    target: Mapping[str, float]
    start_ns: int
    onset_s: float
    intensity: float
    cycles: tuple[Cycle, ...]
    servo_rates: Mapping[str, float]

    @property
    def settled_ns(self) -> int:
        return self.start_ns + round(self.onset_s * NS_PER_S)

    def pose(self, stamp_ns: int) -> Pose:
        elapsed_s = (stamp_ns - self.start_ns) / NS_PER_S
        pose = {joint: self._eased(joint, elapsed_s) for joint in self.target}
        for cycle in self.cycles:
            pose[cycle.joint] += self._repeated(cycle, elapsed_s)
        return clamp(pose)[0]

    def _repeated(self, cycle: Cycle, elapsed_s: float) -> float:
        """The cycle's share of the pose. A servo begins it when it has arrived, and no larger than it can follow."""
        if cycle.joint not in self.servo_rates:
            return self.intensity * cycle.offset(elapsed_s - self.onset_s)
        rate = self.servo_rates[cycle.joint]
        way = self.target[cycle.joint] - self.origin[cycle.joint]
        share = min(self.intensity, rate / cycle.peak_rate) if cycle.amplitude else 0.0
        return share * cycle.offset(elapsed_s - arrival_s(self.onset_s, way, rate))

    def _eased(self, joint: str, elapsed_s: float) -> float:
        """A joint that cannot make it within the onset at its own speed takes longer."""
        way = self.target[joint] - self.origin[joint]
        if joint in self.servo_rates:
            return self.origin[joint] + trailing_ease(elapsed_s, self.onset_s, way, self.servo_rates[joint])
        duration_s = max(self.onset_s, _PEAK_SPEED * abs(way) / JOINTS[joint].rate)
        return self.origin[joint] + way * ease(elapsed_s / duration_s)


def _in_force(moves: list[_Move], stamp_ns: int) -> _Move | None:
    return next((move for move in reversed(moves) if move.start_ns <= stamp_ns), None)


def _pose_of(moves: list[_Move], stamp_ns: int) -> Pose:
    move = _in_force(moves, stamp_ns)
    if move is not None:
        return move.pose(stamp_ns)
    return dict(moves[0].origin) if moves else rest_pose()

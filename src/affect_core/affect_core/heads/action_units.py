"""Value types of the expression table: an expression as action units, a cyclic motion, a servo's share.

Action units follow the Facial Action Coding System (Ekman, Friesen and Hager, 2002).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import pi, radians, sin
from statistics import fmean
from typing import Final

from affect_core.errors import UnknownName
from affect_core.heads.rig import Pose, mirrored_name, mirrored_sign

SIDES: Final = ("default", "right", "left")
OTHER_SIDE: Final = {"right": "left", "left": "right"}


def _sine(phase: float) -> float:
    return sin(2 * pi * phase)


def _blink(phase: float) -> float:
    """Out and back in a fifth of the period, in its middle."""
    return sin(pi * (phase - 0.4) / 0.2) ** 2 if 0.4 < phase < 0.6 else 0.0


def _glance(phase: float) -> float:
    """Out in a tenth of the period, back in another, three tenths between."""
    if not 0.25 < phase < 0.75:
        return 0.0
    return sin(pi / 2 * min((phase - 0.25) / 0.1, (0.75 - phase) / 0.1, 1.0)) ** 2


def _nod(phase: float) -> float:
    """Out and back twice in the first half."""
    return sin(4 * pi * phase) ** 2 if phase < 0.5 else 0.0


def _shake(phase: float) -> float:
    """To both sides twice in the first half, growing and dying away."""
    return sin(8 * pi * phase) * sin(2 * pi * phase) if phase < 0.5 else 0.0


@dataclass(frozen=True)
class Shape:
    """A cyclic motion: phase 0..1 -> -1..1, 0 at both ends. ``steepest``: its highest slope per period."""

    at: Callable[[float], float]
    steepest: float


SHAPES: Final[dict[str, Shape]] = {
    "sine": Shape(_sine, 2 * pi),
    "blink": Shape(_blink, pi / 0.2),
    "glance": Shape(_glance, pi / 0.2),
    "nod": Shape(_nod, 4 * pi),
    "shake": Shape(_shake, 8 * pi),
}


@dataclass(frozen=True)
class Cycle:
    """A joint's repeated motion while the expression is held.

    Attributes:
        amplitude: in the joint's unit; its sign is the first direction.
    """

    joint: str
    amplitude: float
    frequency_hz: float
    shape: str

    def offset(self, elapsed_s: float) -> float:
        """What is added to the joint, ``elapsed_s`` after the expression was reached; 0 before."""
        phase = max(0.0, elapsed_s) * self.frequency_hz % 1.0
        return self.amplitude * SHAPES[self.shape].at(phase)

    @property
    def peak_rate(self) -> float:
        """At most this fast, unit of the joint per second."""
        return abs(self.amplitude) * self.frequency_hz * SHAPES[self.shape].steepest

    def mirrored(self) -> Cycle:
        """The same motion seen in a mirror."""
        return replace(
            self, joint=mirrored_name(self.joint), amplitude=mirrored_sign(self.joint) * self.amplitude
        )


@dataclass(frozen=True)
class Angles:
    """Degrees: yaw + to the robot's left, pitch + up, roll + to the robot's left."""

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0

    def mirrored(self) -> Angles:
        """Yaw and roll to the other side."""
        return Angles(-self.yaw_deg, self.pitch_deg, -self.roll_deg)


@dataclass(frozen=True)
class Expression:
    """One row of the table, with the lead on one definite side.

    Attributes:
        lead: the side that leads: "right" or "left", the subject's.
        action_units: name -> {"right": 0..1, "left": 0..1}.
        head, gaze: at intensity 1; gaze relative to the head, without roll.
        onset_s: from the command to the full expression.
        hold_s, offset_s: how long it stays, and takes to go, when nobody says otherwise.
        motion: what repeats while it is held.
    """

    name: str
    lead: str
    action_units: Mapping[str, Mapping[str, float]]
    head: Angles
    gaze: Angles
    onset_s: float
    hold_s: float
    offset_s: float
    motion: tuple[Cycle, ...]

    def led_by(self, side: str) -> Expression:
        """This expression with the lead on ``side``; "default" leaves it where the table has it."""
        if side not in SIDES:
            raise UnknownName("side", side, SIDES)
        return self if side in ("default", self.lead) else self._mirrored()

    def _mirrored(self) -> Expression:
        units = {
            name: {OTHER_SIDE[side]: amount for side, amount in amounts.items()}
            for name, amounts in self.action_units.items()
        }
        return replace(
            self,
            lead=OTHER_SIDE[self.lead],
            action_units=units,
            head=self.head.mirrored(),
            gaze=self.gaze.mirrored(),
            motion=tuple(cycle.mirrored() for cycle in self.motion),
        )


@dataclass(frozen=True)
class Motor:
    """One servo of the real head: rest (0..10) and what one unit of each joint adds."""

    rest: float
    gains: Mapping[str, float]


def project(row: Expression, unit_gains: Mapping[str, Mapping[str, float]]) -> Pose:
    """What the expression at intensity 1 adds to the rest pose."""
    deltas: Pose = {
        "head_yaw": radians(row.head.yaw_deg),
        "head_pitch": radians(row.head.pitch_deg),
        "head_roll": radians(row.head.roll_deg),
        "eye_yaw": radians(row.gaze.yaw_deg),
        "eye_pitch": radians(row.gaze.pitch_deg),
    }
    for unit, amounts in row.action_units.items():
        for joint, gain in unit_gains[unit].items():
            side = joint.rpartition("_")[2]
            amount = amounts.get(side, fmean(amounts.values()))
            deltas[joint] = deltas.get(joint, 0.0) + gain * amount
    return deltas

"""A mouth that speaks: how far it is open goes on top of the expression, smoothed, and never closes a lip.

mouth = Mouth(MouthConfig())
mouth.hear(0.8, stamp_ns)
pose = mouth.add_to(pose, stamp_ns)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, isfinite
from typing import Final

from affect_core.config import Settings, setting
from affect_core.errors import InputError
from affect_core.heads.rig import Pose, clamp

NS_PER_S: Final = 1_000_000_000

LIP_OPENINGS: Final = ("upper_lip_open", "lower_lip_open")
"""The joints that open the mouth."""

_OPEN_M: Final = dict(zip(LIP_OPENINGS, (0.006, 0.010), strict=True))
"""What an opening of 1 adds to each lip. The lower one moves more, as in speech."""


@dataclass(frozen=True)
class MouthConfig(Settings):
    """How the mouth follows what it hears."""

    mouth_attack_s: float = setting(0.03, "time constant of the mouth when it opens, s", low=0.001, high=1.0)
    mouth_release_s: float = setting(
        0.08, "time constant of the mouth when it closes, s", low=0.001, high=1.0
    )
    mouth_timeout_s: float = setting(0.5, "the mouth closes when it hears nothing for so long, s", low=0.05)


class Mouth:
    """The opening of a speaking mouth at any stamp, given what was heard so far. Starts closed."""

    def __init__(self, config: MouthConfig) -> None:
        self._config = config
        self._heard_ns = 0
        self._from = 0.0
        self._to = 0.0

    def hear(self, opening: float, stamp_ns: int) -> str:
        """Open so far, 0..1, from now on.

        Returns:
            What was wrong with the value, which was clipped; empty when nothing was.

        Raises:
            InputError: not a number.
        """
        if not isfinite(opening):
            raise InputError(f"expected a mouth opening of 0 to 1, got {opening}")
        self._from = self.opening(stamp_ns)
        self._heard_ns = stamp_ns
        self._to = min(max(opening, 0.0), 1.0)
        return "" if self._to == opening else f"expected a mouth opening of 0 to 1, got {opening:g}: clipped"

    def opening(self, stamp_ns: int) -> float:
        """How far the mouth is open, 0..1: the first-order lag of what was heard."""
        elapsed_s = max(0.0, (stamp_ns - self._heard_ns) / NS_PER_S)
        timeout_s = self._config.mouth_timeout_s
        value = self._follow(self._from, self._to, min(elapsed_s, timeout_s))
        return self._follow(value, 0.0, elapsed_s - timeout_s) if elapsed_s > timeout_s else value

    def add_to(self, pose: Mapping[str, float], stamp_ns: int) -> Pose:
        """The pose with the lips further apart, at most to the joints' limits; nothing else changes."""
        opening = self.opening(stamp_ns)
        apart = {joint: pose[joint] + opening * most for joint, most in _OPEN_M.items()}
        return {**pose, **clamp(apart)[0]}

    def _follow(self, start: float, end: float, elapsed_s: float) -> float:
        constant_s = self._config.mouth_attack_s if end > start else self._config.mouth_release_s
        return end + (start - end) * exp(-elapsed_s / constant_s)

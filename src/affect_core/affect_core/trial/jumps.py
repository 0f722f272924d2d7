"""Whether a clock goes on as clocks do: stamps before and after a jump are of two times, and no schedule fits both."""

from __future__ import annotations

from typing import Final

JUMP_S: Final = 2.0
"""Back, or ahead of real time, by more than this from one look to the next is a jump; a slow or paused one is none."""


class ClockWatch:
    """Compares a clock with real time, look by look.

    Args:
        now_ns: the clock.
        real_s: real time of any origin, which never jumps.

    Attributes:
        last_ns: the clock at the last look.
    """

    def __init__(self, now_ns: int, real_s: float) -> None:
        self.last_ns, self._last_s = now_ns, real_s

    def jump_s(self, now_ns: int, real_s: float) -> float:
        """How far the clock has jumped since the last look, s; 0 = it goes on, and this look is the last one now."""
        step_s, real_step_s = (now_ns - self.last_ns) / 1e9, real_s - self._last_s
        if not -JUMP_S <= step_s <= real_step_s + JUMP_S:
            return step_s
        self.last_ns, self._last_s = now_ns, real_s
        return 0.0

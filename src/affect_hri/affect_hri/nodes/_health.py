"""What a node says about itself on /diagnostics."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, Final

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

PREFIX: Final = "/social_perception/faces"
"""Where ROS4HRI's nodes that look at faces report; an aggregator groups by it."""
STATE: Final = "Current lifecycle state"
"""Key under which ROS4HRI's nodes report it."""
WINDOW_S: Final = 5.0
"""Rate and latency are those of so many seconds."""

_NONE: Final = float("nan")


def status_name(namespace: str, name: str) -> str:
    """Name of the diagnostic status of a node."""
    return f"{PREFIX}{namespace.rstrip('/')}/{name}"


class Health:
    """Level and message of a node, and the values beside them.

    Args:
        name: of the status.
        measured: which of rate_hz, latency_ms, dropped and queue_depth make sense for the node.
        clock_s: tells the time.

    Attributes:
        facts: what holds as long as the node is configured, such as model and device.
        queue_depth: of the input; 1 = the newest wins.
    """

    def __init__(
        self, name: str, measured: tuple[str, ...] = (), clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._name, self._clock_s = name, clock_s
        self._level, self._message = DiagnosticStatus.STALE, "not configured"
        self._values: dict[str, object] = {}
        self._last_error, self._failed_s = "", _NONE
        self.facts: dict[str, object] = {}
        self._measured = {key: getattr(self, f"_{key}") for key in measured}
        self.queue_depth = 0
        self.begin()

    def begin(self) -> None:
        """Count anew."""
        self._done: deque[tuple[float, float]] = deque()
        self._lost, self._began_s = 0, self._clock_s()

    def did(self, latency_ms: float = _NONE) -> None:
        """One piece of work is done."""
        self._done.append((self._clock_s(), latency_ms))
        self._forget_old()

    def lost(self, count: int) -> None:
        """So much input was replaced by newer input before its turn came."""
        self._lost += count

    def report(self, level: bytes, message: str, values: Mapping[str, object]) -> bool:
        """What it is like now; whether level or message have changed."""
        changed = (level, message) != (self._level, self._message)
        self._level, self._message, self._values = level, message, dict(values)
        if level in (DiagnosticStatus.WARN, DiagnosticStatus.ERROR):
            self._last_error, self._failed_s = message, self._clock_s()
        return changed

    def status(self, state: str) -> DiagnosticStatus:
        """The message; ``state`` is that of the lifecycle."""
        measured = {key: measure() for key, measure in self._measured.items()}
        age_s = self._clock_s() - self._failed_s
        values: dict[str, Any] = {
            STATE: state,
            **measured,
            **self.facts,
            **self._values,
            "last_error": self._last_error,
            "last_error_age_s": f"{age_s:.0f}",
        }
        return DiagnosticStatus(
            name=self._name,
            hardware_id="affect_hri",
            level=self._level,
            message=self._message,
            values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
        )

    def _rate_hz(self) -> str:
        self._forget_old()
        seconds = min(WINDOW_S, self._clock_s() - self._began_s)
        return f"{len(self._done) / seconds if seconds > 0.0 else 0.0:.1f}"

    def _latency_ms(self) -> str:
        self._forget_old()
        known = [latency_ms for _, latency_ms in self._done if not math.isnan(latency_ms)]
        return f"{median(known) if known else _NONE:.1f}"

    def _dropped(self) -> str:
        return str(self._lost)

    def _queue_depth(self) -> str:
        return str(self.queue_depth)

    def _forget_old(self) -> None:
        oldest_s = self._clock_s() - WINDOW_S
        while self._done and self._done[0][0] < oldest_s:
            self._done.popleft()

"""What a trial waits for: nodes that are up, and in lock-step the one that has not answered."""

from __future__ import annotations

from collections.abc import Iterable

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

from affect_hri.nodes._health import STATE

ERRORS_IN_A_ROW = 5
"""Diagnostics come once a second and at every change."""
_AT_WORK = ("activating", "active")


class Roll:
    """Which nodes have reported that they are up, by their diagnostics."""

    def __init__(self, status_names: Iterable[str]) -> None:
        self._last: dict[str, str] = dict.fromkeys(status_names, "has not reported")
        self._up: set[str] = set()
        self._errors: dict[str, int] = dict.fromkeys(self._last, 0)

    def on_diagnostics(self, message: DiagnosticArray) -> None:
        """Take note of who is up."""
        for status in message.status:
            if status.name in self._last:
                self._last[status.name] = status.message
                (self._up.add if _at_work(status) else self._up.discard)(status.name)
                failed = status.level == DiagnosticStatus.ERROR
                self._errors[status.name] = self._errors[status.name] + 1 if failed else 0

    @property
    def complete(self) -> bool:
        """Whether all are up."""
        return len(self._up) == len(self._last)

    @property
    def hopeless(self) -> bool:
        """Whether one has reported nothing but an error for some seconds: it will not come up by itself."""
        return max(self._errors.values(), default=0) >= ERRORS_IN_A_ROW

    def missing(self) -> str:
        """Who is not up, and what it said last."""
        return "; ".join(f"{name}: {text}" for name, text in self._last.items() if name not in self._up)


def _at_work(status: DiagnosticStatus) -> bool:
    """A node that a lifecycle manager has paused is in order, and does nothing."""
    states = [item.value for item in status.values if item.key == STATE]
    return bool(status.level == DiagnosticStatus.OK) and all(state in _AT_WORK for state in states)


class Chain:
    """The last stamp each link of the lock-step chain has published, in the order of the chain."""

    def __init__(self, links: Iterable[str]) -> None:
        self._seen_ns: dict[str, int] = dict.fromkeys(links, -1)

    def saw(self, link: str, stamp_ns: int) -> None:
        """``link`` has published this stamp."""
        self._seen_ns[link] = max(self._seen_ns[link], stamp_ns)

    def silent(self, stamp_ns: int) -> str:
        """The first link that has not published ``stamp_ns``; empty if all have."""
        return next((link for link, seen in self._seen_ns.items() if seen < stamp_ns), "")

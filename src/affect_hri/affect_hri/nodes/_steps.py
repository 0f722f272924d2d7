"""Lock-step: a trial owns the time, and lets it go on when everybody has answered."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rosgraph_msgs.msg import Clock

from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._barrier import Chain
from affect_hri.nodes._managed import ManagedNode
from affect_hri.nodes._pending import Pending, Request


class Steps:
    """Publishes /clock, frame by frame.

    Args:
        node: in its `setup`.
        timeout_s: longest wait for one estimate.
    """

    def __init__(self, node: ManagedNode, timeout_s: float) -> None:
        self._node, self._timeout_s = node, timeout_s
        self._ticks = node.advertise(_topics.CLOCK)
        self._pending = Pending()
        self.clear()

    def listen(self, camera: str, answered: Callable[[], None]) -> None:
        """Hear the chain from head to estimate.

        Args:
            camera: who takes the frames.
            answered: called when the estimate of the frame has come that is waited for.
        """
        links = {"camera": _topics.CAMERA_INFO, "face": _topics.FACES, "emotion": _topics.EMOTIONS}
        if camera == "avatar":
            links = {"ohbot": _topics.JOINT_STATES, "avatar": _topics.CAMERA_INFO} | links
            del links["camera"]
        self._chain, self._answered = Chain(links), answered
        for link, topic in links.items():
            self._node.listen(topic, lambda message, link=link: self._on_link(link, message))

    def clear(self) -> None:
        """Nobody is waited for."""
        self._waiting_ns: int | None = None
        self._pending.clear()

    def begin(self) -> None:
        """The next frame; there is so much time for it from now on."""
        self._waiting_ns, self._deadline_s = None, time.monotonic() + self._timeout_s

    def ask(self, silent: str, key: tuple[object, ...], send: Callable[[], None]) -> None:
        """No time passes until this is answered."""
        self._pending.add(Request(silent, key, send))

    @property
    def asked(self) -> tuple[object, ...]:
        """What the answer that is waited for repeats; empty if nobody is asked."""
        return self._pending.key

    def take(self, key: tuple[object, ...]) -> bool:
        """An answer; whether it was the one that was waited for."""
        return self._pending.answered(key)

    def let_time_pass(self, stamp_ns: int) -> None:
        """Go to the frame of this stamp, unless somebody has not answered yet."""
        if not self._pending and self._waiting_ns is None:
            self._waiting_ns = stamp_ns
            self._ticks.publish(Clock(clock=conversions.to_time(stamp_ns)))

    @property
    def late(self) -> str:
        """Who has not answered in time; empty while there is time."""
        if time.monotonic() <= self._deadline_s:
            return ""
        return self._pending.silent or self._chain.silent(self._waiting_ns or 0) or "nobody"

    def _on_link(self, link: str, message: Any) -> None:
        stamp_ns = conversions.from_time(message.header.stamp)
        self._chain.saw(link, stamp_ns)
        if link == "emotion" and stamp_ns == self._waiting_ns:
            self._answered()

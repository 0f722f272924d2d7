"""A node's topics and timers: each is given back by itself when the node pauses, or is cleaned up."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from rclpy.duration import Duration
from rclpy.publisher import Publisher
from rclpy.timer import Timer

from affect_core.errors import InputError
from affect_hri.conversions import from_frame_jpeg
from affect_hri.nodes import _topics
from affect_hri.nodes._diagnosed import Diagnosed
from affect_hri.nodes._ports import Handover, Inlet, Outlet
from affect_hri.nodes._topics import Topic


class Endpoints(Diagnosed):
    """A node that keeps account of what it took.

    Args:
        name: of the node.
        handover: of the composed program; None in a process of its own.
    """

    def __init__(self, name: str, *, handover: Handover | None = None, **options: Any) -> None:
        super().__init__(name, **options)
        self.handover = handover
        self._closers: list[Callable[[], None]] = []
        self._publishers_to_drain: list[Publisher] = []

    def release_later(self, close: Callable[[], None]) -> None:
        """Call this at deactivation when asked for in `start`, at cleanup when asked for in `setup`; last first."""
        self._closers.append(close)

    def advertise(self, topic: Topic) -> Publisher:
        """A lifecycle publisher."""
        publisher = self.create_lifecycle_publisher(topic.message, topic.name, topic.qos(self.lockstep))
        self._publishers_to_drain.append(publisher)
        self.release_later(lambda: self.destroy_publisher(publisher))
        return publisher

    def listen(self, topic: Topic, callback: Callable[..., None], *, depth: int | None = None) -> None:
        """A subscription; the callback may take (message) or (message, info).

        An InputError it raises becomes a diagnostic: one bad message of somebody else must not end this node.
        """
        qos = topic.qos(self.lockstep)
        qos.depth = depth or qos.depth
        subscription = self.create_subscription(topic.message, topic.name, self.guarded(callback), qos)
        self.release_later(lambda: self.destroy_subscription(subscription))

    def outlet(self, topic: Topic, convert: Callable[[Any], Any], *, lazy: bool = False) -> Outlet:
        """Sends values in memory and over DDS."""
        outlet = Outlet(
            self,
            topic,
            convert,
            handover=self.handover,
            lazy=lazy,
            lockstep=self.lockstep,
            reliability=self.get_parameter("image_reliability").value,
        )
        if not lazy:
            self._publishers_to_drain.append(outlet.publisher)
        self.release_later(outlet.close)
        return outlet

    def inlet(
        self,
        topic: Topic,
        convert: Callable[[Any], Any],
        callback: Callable[[Any, int], None],
        *,
        depth: int | None = None,
        burst: int | None = None,
        direct: bool = False,
    ) -> None:
        """Receives values from memory or over DDS; bad input becomes a diagnostic. For the options see `Inlet`."""
        in_memory = burst if self.handover is not None else None
        self.health.queue_depth = in_memory or depth or topic.depth

        def take(value: Any, dropped: int) -> None:
            self.health.lost(dropped)
            callback(value, dropped)

        inlet = Inlet(
            self,
            topic,
            convert,
            self.guarded(take),
            self.report_bad_input,
            handover=self.handover,
            lockstep=self.lockstep,
            reliability=self.get_parameter("image_reliability").value,
            depth=depth,
            burst=burst,
            direct=direct,
        )
        self.release_later(inlet.close)

    def every(self, period_s: float, callback: Callable[[], None]) -> Timer:
        """A wall-clock timer. An InputError it raises becomes a diagnostic, and the next turn comes."""
        timer = self.create_timer(period_s, self.guarded(callback), clock=self._steady)
        self.release_later(lambda: self.destroy_timer(timer))
        return timer

    def outlet_jpeg(self) -> Outlet:
        """Frames as JPEG, for those who ask."""
        return self.outlet(_topics.IMAGE_COMPRESSED, from_frame_jpeg, lazy=True)

    def drain(self, timeout_s: float = 2.0) -> None:
        """Wait until reliable subscribers have what was published."""
        for publisher in self._publishers_to_drain:
            publisher.wait_for_all_acked(Duration(seconds=timeout_s))

    def guarded(self, callback: Callable[..., None]) -> Callable[..., None]:
        """The callback with an InputError it raises made a diagnostic."""

        @functools.wraps(callback)  # rclpy looks at the signature
        def call(*arguments: Any) -> None:
            try:
                callback(*arguments)
            except InputError as error:
                self.report_bad_input(error)

        return call

    def _close_down_to(self, count: int) -> None:
        while len(self._closers) > count:
            self._closers.pop()()

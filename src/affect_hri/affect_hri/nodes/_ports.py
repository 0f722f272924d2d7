"""Outlets and inlets: how a node sends and gets frames and faces, over DDS or in memory.

In the composed program (`Handover` given) values pass by reference; between processes they travel as messages.
A node's code is the same in both.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection
from typing import Any

from rclpy.node import Node

from affect_core.errors import InputError
from affect_hri.nodes._missed import Missed
from affect_hri.nodes._topics import Topic


class Handover:
    """What the nodes of one process hand to each other in memory, by topic name.

    Args:
        from_outside: topics that nobody in this process sends (a camera driver of the user's): they come over DDS.
    """

    def __init__(self, from_outside: Collection[str] = ()) -> None:
        self.from_outside = frozenset(from_outside)
        self._boxes: dict[str, list[Mailbox | Tap]] = {}

    def open_box(
        self,
        node: Node,
        topic: str,
        callback: Callable[[Any, int], None],
        depth: int,
        burst: int | None = None,
    ) -> Mailbox:
        """A mailbox that wakes ``node``'s executor for every value put under ``topic``."""
        box = Mailbox(node, callback, depth, burst)
        self._boxes.setdefault(topic, []).append(box)
        return box

    def open_tap(self, topic: str, callback: Callable[[Any, int], None]) -> Tap:
        """Call back for every value put under ``topic``, in the thread that puts it."""
        tap = Tap(callback)
        self._boxes.setdefault(topic, []).append(tap)
        return tap

    def close_box(self, box: Mailbox | Tap) -> None:
        """Remove a mailbox or tap."""
        for boxes in self._boxes.values():
            if box in boxes:
                boxes.remove(box)
        box.close()

    def has_box(self, topic: str) -> bool:
        """Whether anybody in this process takes ``topic``."""
        return bool(self._boxes.get(topic))

    def put(self, topic: str, value: Any) -> None:
        """Give ``value`` to every mailbox of ``topic``."""
        for box in list(self._boxes.get(topic, ())):
            box.put(value)


class Mailbox:
    """A bounded queue where the newest value wins; the drops are counted and told with the next value.

    Args:
        depth: so many values wait.
        burst: so many while the node keeps up: what comes at once after a stall is soon done. Once one had to be
            dropped ``depth`` holds again, until nothing waits: who is too slow should not be late as well. None: depth.
    """

    def __init__(
        self, node: Node, callback: Callable[[Any, int], None], depth: int, burst: int | None = None
    ) -> None:
        self._values: deque[Any] = deque()
        self._depth, self._burst = depth, burst or depth
        self._dropped, self._behind = 0, False
        self._closed = False
        self._lock = threading.Lock()
        self._callback = callback
        self._node = node
        self._wake = node.create_guard_condition(self._drain)

    def put(self, value: Any) -> None:
        with self._lock:
            if self._closed:  # by its node, while the sender was on its way here
                return
            self._values.append(value)
            while len(self._values) > (self._depth if self._behind else self._burst):
                self._values.popleft()
                self._dropped, self._behind = self._dropped + 1, True
            self._wake.trigger()

    def close(self) -> None:
        with self._lock:
            self._closed = True
        self._node.destroy_guard_condition(self._wake)

    def _drain(self) -> None:
        # One value a turn, so that the node's other callbacks get theirs. A trigger may stand for several values.
        with self._lock:
            if self._closed or not self._values:
                return
            value, dropped, more = self._values.popleft(), self._dropped, bool(self._values)
            self._dropped = 0
        if more:
            self._wake.trigger()
        self._callback(value, dropped)
        with self._lock:
            self._behind = self._behind and bool(self._values)


class Tap:
    """Calls back in the sender's thread, which waits for it: for what takes no time. No node is woken.

    Waking a node for every frame delays labels where both cores are busy: see decision 9.
    """

    def __init__(self, callback: Callable[[Any, int], None]) -> None:
        self._callback = callback

    def put(self, value: Any) -> None:
        self._callback(value, 0)

    def close(self) -> None:
        """Nothing is held."""


class Outlet:
    """Sends library values under a topic.

    Args:
        convert: value -> message.
        lazy: publish on DDS only while somebody subscribes there.

    Attributes:
        publisher: on DDS.
    """

    def __init__(
        self,
        node: Node,
        topic: Topic,
        convert: Callable[[Any], Any],
        *,
        handover: Handover | None = None,
        lazy: bool = False,
        lockstep: bool = False,
        reliability: str = "reliable",
    ) -> None:
        self._topic, self._convert, self._handover = topic, convert, handover
        # In lock-step a frame may not be missed because its subscriber is still being matched.
        self._lazy = lazy and not (topic.stage and lockstep and handover is None)
        self.publisher = node.create_lifecycle_publisher(
            topic.message, topic.name, topic.qos(lockstep, reliability)
        )
        self._node = node

    def send(self, value: Any) -> None:
        """In memory to this process, as a message to the others."""
        if self._handover is not None:
            self._handover.put(self._topic.name, value)
        if self._has_readers():
            self.publisher.publish(self._convert(value))

    @property
    def wanted(self) -> bool:
        """Whether what is sent now would reach anybody: a reason to make it."""
        if self._handover is not None and self._handover.has_box(self._topic.name):
            return True
        return self._has_readers()

    def _has_readers(self) -> bool:
        return not self._lazy or self.publisher.get_subscription_count() > 0

    def close(self) -> None:
        """Remove the publisher."""
        self._node.destroy_publisher(self.publisher)


class Inlet:
    """Receives library values of a topic; ``callback(value, dropped)`` runs on the node's executor.

    Args:
        convert: message -> value; an InputError it raises is given to ``on_bad_input``, and the node goes on.
        depth: length of the queue; 1 = newest wins.
        burst: of what comes in memory, see `Mailbox`.
        direct: what comes in memory is given to the callback in the sender's thread; it must be quick, raise nothing,
            and mind that messages come on the node's executor all the same.
    """

    def __init__(
        self,
        node: Node,
        topic: Topic,
        convert: Callable[[Any], Any],
        callback: Callable[[Any, int], None],
        on_bad_input: Callable[[InputError], None],
        *,
        handover: Handover | None = None,
        lockstep: bool = False,
        reliability: str = "reliable",
        depth: int | None = None,
        burst: int | None = None,
        direct: bool = False,
    ) -> None:
        self._node, self._convert, self._callback, self._on_bad_input = node, convert, callback, on_bad_input
        self._handover = None if handover is None or topic.name in handover.from_outside else handover
        self._missed = Missed()
        if self._handover is not None:
            self._box: Mailbox | Tap
            if direct:
                self._box = self._handover.open_tap(topic.name, callback)
            else:
                self._box = self._handover.open_box(node, topic.name, callback, depth or topic.depth, burst)
        else:
            qos = topic.qos(lockstep, reliability)
            qos.depth = depth or topic.depth
            self._subscription = node.create_subscription(topic.message, topic.name, self._on_message, qos)

    def close(self) -> None:
        """Stop receiving."""
        if self._handover is not None:
            self._handover.close_box(self._box)
        else:
            self._node.destroy_subscription(self._subscription)

    def _on_message(self, message: Any, info: dict[str, Any]) -> None:
        dropped = self._missed.before(info.get("publication_sequence_number"))
        try:
            value = self._convert(message)
        except InputError as error:
            self._on_bad_input(error)
            return
        self._callback(value, dropped)

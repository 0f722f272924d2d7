"""Leads a node of another process through its lifecycle, and gives it something to do: for measurements and tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import rclpy
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.publisher import Publisher

from affect_core.errors import AffectError
from affect_hri.nodes._topics import Topic

ANSWER_S: Final = 180.0
"""Longest wait for an answer: a network may have to be exported and compiled."""


class Manager:
    """A lifecycle manager of one node.

    Args:
        name, namespace: of the node.
        alive: whether its process is there.
    """

    def __init__(self, name: str, namespace: str, alive: Callable[[], bool]) -> None:
        self._name, self._alive = name, alive
        self._context = Context()
        rclpy.init(context=self._context)
        self._node = rclpy.create_node("manager", namespace=namespace, context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._publishers: dict[str, Publisher] = {}

    def close(self) -> None:
        """Leave."""
        self._context.try_shutdown()

    def state(self) -> str:
        """Of the node; waits until it answers."""
        return str(self._call("get_state", GetState, GetState.Request()).current_state.label)

    def change(self, transition: str) -> bool:
        """Ask for ``configure``, ``activate``, ``deactivate`` or ``cleanup``; whether it was done."""
        number = getattr(Transition, f"TRANSITION_{transition.upper()}")
        request = ChangeState.Request(transition=Transition(id=number))
        return bool(self._call("change_state", ChangeState, request).success)

    def say(self, topic: Topic, message: Any) -> None:
        """Publish, to at least one reader."""
        publisher = self._publishers.get(topic.name)
        if publisher is None:
            publisher = self._node.create_publisher(topic.message, topic.name, topic.qos())
            self._publishers[topic.name] = publisher
            self._wait(lambda: publisher.get_subscription_count() > 0, f"a subscription of {topic.name}")
        publisher.publish(message)

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0.0:
            self._executor.spin_once(timeout_sec=left_s)

    def _call(self, service: str, kind: type, request: Any) -> Any:
        client = self._node.create_client(kind, f"{self._name}/{service}")
        self._wait(client.service_is_ready, f"its service {service}")
        asked = client.call_async(request)
        self._wait(asked.done, f"the answer of {service}")
        self._node.destroy_client(client)
        return asked.result()

    def _wait(self, ready: Callable[[], bool], what: str) -> None:
        until_s = time.monotonic() + ANSWER_S
        while not ready():
            if not self._alive() or time.monotonic() > until_s:
                ended = "has ended" if not self._alive() else f"gave none within {ANSWER_S:.0f} s"
                raise AffectError(f"expected {what} from {self._name}, it {ended}")
            self._executor.spin_once(timeout_sec=0.05)

"""Listens to labels and notes when each arrives: the view of another program on the same machine."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from types import TracebackType
from typing import Any, Self

import rclpy
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

from affect_hri.conversions import from_time, to_health
from affect_hri.nodes import _topics
from affect_hri.nodes._managed import NAMESPACE


@dataclass(frozen=True)
class Label:
    """One message of the topic emotions.

    Attributes:
        arrived_ns: here.
        stamp_ns: when its frame was taken.
        faces: how many it names.
        runtime: what ran the network.
    """

    arrived_ns: int
    stamp_ns: int
    faces: int
    runtime: str

    @property
    def latency_ms(self) -> float:
        """From the camera's stamp to here, the way through the middleware included."""
        return (self.arrived_ns - self.stamp_ns) / 1e6


@dataclass
class Heard:
    """What came in a stretch of time.

    Attributes:
        labels: in the order of their arrival.
        dropped: frames and faces that a newer one replaced on the way.
        rendered: frames the virtual camera made.
        maps: that attribution_node had made in all, when it last said so.
        seconds: length of the stretch.
    """

    labels: list[Label] = field(default_factory=list)
    dropped: int = 0
    rendered: int = 0
    maps: int = 0
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Labels."""
        return len(self.labels) / self.seconds

    @property
    def longest_gap_s(self) -> float:
        """Between two labels; infinite for fewer than two."""
        times = [label.arrived_ns for label in self.labels]
        return max((b - a for a, b in pairwise(times)), default=float("inf")) / 1e9


class Listener:
    """A node on an executor thread of its own, in a context of its own. Use as a context manager."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard = Heard()
        self._up: dict[str, bool] = {}

    def __enter__(self) -> Self:
        self._context = Context()
        rclpy.init(context=self._context)
        self._node = Node("bench_listener", namespace=NAMESPACE, context=self._context)
        for topic, callback in (
            (_topics.EMOTIONS, self._on_emotions),
            (_topics.FACES, self._on_faces),
            (_topics.GROUND_TRUTH, self._on_truth),
            (_topics.DIAGNOSTICS, self._on_diagnostics),
        ):
            self._node.create_subscription(topic.message, topic.name, callback, topic.qos())
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.try_shutdown()
        self._thread.join(timeout=5.0)

    def listen(self, seconds: float) -> Heard:
        """What comes in the next ``seconds``."""
        started_s = time.monotonic()
        with self._lock:
            self._heard = Heard()
            self._up.clear()
        time.sleep(seconds)
        with self._lock:
            heard, self._heard = self._heard, Heard()
        heard.seconds = time.monotonic() - started_s
        return heard

    def count(self) -> int:
        """Labels since the last `listen`."""
        with self._lock:
            return len(self._heard.labels)

    def all_up(self) -> bool:
        """Whether every node that was heard since then is at work: those that still load would disturb the others."""
        with self._lock:
            return bool(self._up) and all(self._up.values())

    def _on_emotions(self, message: Any) -> None:
        label = Label(
            time.time_ns(), from_time(message.header.stamp), len(message.estimates), message.runtime
        )
        with self._lock:
            self._heard.labels.append(label)
            self._heard.dropped += message.dropped

    def _on_faces(self, message: Any) -> None:
        with self._lock:
            self._heard.dropped += message.dropped

    def _on_truth(self, _message: Any) -> None:
        with self._lock:
            self._heard.rendered += 1

    def _on_diagnostics(self, message: Any) -> None:
        with self._lock:
            for name, health in to_health(message).items():
                self._up[name] = health.ok
                self._heard.maps = max(self._heard.maps, int(health.values.get("made", 0)))

    def _spin(self) -> None:
        with suppress(ExternalShutdownException):  # the end
            self._executor.spin()

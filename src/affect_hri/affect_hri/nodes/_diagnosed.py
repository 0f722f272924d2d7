"""A node that says about itself how it is: once a second, and at every change."""

from __future__ import annotations

import math
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode

from affect_core.errors import AffectError
from affect_hri.conversions import to_header
from affect_hri.nodes import _topics
from affect_hri.nodes._health import Health, status_name

PERIOD_S = 1.0


class Diagnosed(LifecycleNode):
    """A lifecycle node with diagnostics.

    Args:
        name: of the node.
        measured: see `Health`.

    Attributes:
        lockstep: whether trial_node owns the time.
    """

    def __init__(self, name: str, *, measured: tuple[str, ...], **node_options: Any) -> None:
        super().__init__(name, **node_options)
        self.lockstep = False
        self.health = Health(status_name(self.get_namespace(), name), measured)
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        topic = _topics.DIAGNOSTICS
        self._diagnostics = self.create_publisher(topic.message, topic.name, topic.qos())
        self.create_timer(PERIOD_S, self._publish_diagnostics, clock=self._steady)

    @property
    def _state(self) -> str:
        """Of its lifecycle."""
        return str(self._state_machine.current_state[1])

    def now_ns(self) -> int:
        """The node's clock, ns."""
        return int(self.get_clock().now().nanoseconds)

    def describe(self, **facts: object) -> None:
        """What its diagnostics tell until it is cleaned up: model, device."""
        self.health.facts |= facts

    def worked(self, stamp_ns: int | None = None) -> None:
        """One result is out; with the stamp of its frame, its latency counts (not in lock-step: no time passes)."""
        timed = stamp_ns is not None and not self.lockstep
        self.health.did((self.now_ns() - stamp_ns) / 1e6 if timed and stamp_ns is not None else math.nan)

    def report(self, level: bytes, message: str, **values: object) -> bool:
        """Set the node's diagnostic status; a change of level or message is published and logged at once.

        Returns:
            Whether level or message changed.
        """
        changed = self.health.report(level, message, values)
        if changed:
            self._log(level, message)
            self._publish_diagnostics()
        return changed

    def report_bad_input(self, error: AffectError) -> None:
        """A warning that stays until the next good report; the node goes on."""
        self.report(DiagnosticStatus.WARN, f"input skipped: {error}")

    def _publish_diagnostics(self) -> None:
        status = self.health.status(self._state)
        self._diagnostics.publish(DiagnosticArray(header=to_header(self.now_ns()), status=[status]))

    def _log(self, level: bytes, message: str) -> None:
        # One call per severity: rclpy ties a severity to the line it is called from.
        logger = self.get_logger()
        if level == DiagnosticStatus.OK:
            logger.info(message)
        elif level == DiagnosticStatus.WARN:
            logger.warning(message)
        else:
            logger.error(message)

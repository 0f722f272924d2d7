"""A robot head of one's own in an affect_hri graph: it obeys head/command and says on head/status what it does.

python my_head.py --ros-args -r __ns:=/affect
"""

import contextlib
import sys

import rclpy
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from affect_hri_interfaces.msg import ExpressionCommand, HeadStatus

DEFAULT_ONSET_S = 0.5
FACES = {"neutral": ":-|", "happy": ":-)", "confusion": ":-S", "boredom": "|-o", "surprise": ":-O"}


class MyHead(Node):
    """Writes a face; a real head would move its servos there."""

    def __init__(self, **options):
        super().__init__("my_head", **options)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._status = self.create_publisher(HeadStatus, "head/status", latched)
        self.create_subscription(ExpressionCommand, "head/command", self._show, 5)
        self._settled = None
        self._say(HeadStatus.READY, ExpressionCommand())

    def _show(self, command):
        sys.stdout.write(f"{command.expression:12s} {FACES.get(command.expression, ':-/')}\n")
        sys.stdout.flush()
        self._say(HeadStatus.MOVING, command)  # the trial waits for this: command_stamp names the command
        if self._settled is not None:
            self._settled.cancel()
        self._settled = self.create_timer(
            command.onset if command.onset > 0.0 else DEFAULT_ONSET_S, lambda: self._rest(command)
        )

    def _rest(self, command):
        self._settled.cancel()
        self._say(HeadStatus.READY, command)

    def _say(self, state, command):
        status = HeadStatus(head="my_head", state=state, expression=command.expression)
        status.header.stamp = self.get_clock().now().to_msg()
        status.intensity, status.command_stamp = command.intensity, command.header.stamp
        self._status.publish(status)


def main():
    """Run until Ctrl-C."""
    rclpy.init()
    with contextlib.suppress(KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
        rclpy.spin(MyHead())


if __name__ == "__main__":
    main()

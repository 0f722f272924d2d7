"""One message from one participant to another, as between two programs."""

from __future__ import annotations

import time

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import String

_TOPIC = "affect/doctor"


def seconds_to_hear(limit_s: float) -> float | None:
    """From the publication until it is heard, discovery included; None = not within ``limit_s``."""
    speaker, listener = Context(), Context()
    heard: list[String] = []
    qos = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    try:
        rclpy.init(context=speaker)
        rclpy.init(context=listener)
        mouth = rclpy.create_node("affect_doctor_mouth", context=speaker)
        ear = rclpy.create_node("affect_doctor_ear", context=listener)
        ear.create_subscription(String, _TOPIC, heard.append, qos)
        executor = SingleThreadedExecutor(context=listener)
        executor.add_node(ear)
        started_s = time.monotonic()
        mouth.create_publisher(String, _TOPIC, qos).publish(String(data="hello"))
        while not heard and time.monotonic() - started_s < limit_s:
            executor.spin_once(timeout_sec=0.1)
        return time.monotonic() - started_s if heard else None
    finally:
        for context in (speaker, listener):
            context.try_shutdown()

"""Prints, when it is interrupted, the stamp and the number of estimates of every message on /affect/emotions."""

import contextlib
import json

import rclpy
from rclpy.executors import ExternalShutdownException

from affect_hri_interfaces.msg import EmotionEstimateArray

heard = []


def on_emotions(message):
    stamp = message.header.stamp
    heard.append((stamp.sec * 1_000_000_000 + stamp.nanosec, len(message.estimates)))


rclpy.init()
node = rclpy.create_node("listener")
node.create_subscription(EmotionEstimateArray, "/affect/emotions", on_emotions, 100)
print("listening", flush=True)
with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
    rclpy.spin(node)
print(json.dumps(heard))

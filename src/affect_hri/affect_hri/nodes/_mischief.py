"""What other programs may do wrong on our topics and services: for tests and for chaos runs, never for trials."""

from __future__ import annotations

import math
import time
from array import array
from collections.abc import Callable
from random import Random
from typing import Any, Final

import rclpy
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.publisher import Publisher
from sensor_msgs.msg import Image

from affect_core.trial import EventKind
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._topics import Topic
from affect_hri_interfaces import msg as affect

HOUR_NS: Final = 3600 * 10**9
MATCH_S: Final = 2.0
"""How long a reader is waited for; nobody need be there."""
_SIZE: Final = (64, 48)
_BAD_PARAMETERS: Final = (
    ("face", "id_iou", 7.0),
    ("emotion", "threads", 0),
    ("attribution", "rate_hz", -3.0),
    ("ohbot", "rate_hz", 1e6),
)
_DOWN_AND_UP: Final = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVATE)
_ALL_THE_WAY: Final = (
    Transition.TRANSITION_DEACTIVATE,
    Transition.TRANSITION_CLEANUP,
    Transition.TRANSITION_CONFIGURE,
    Transition.TRANSITION_ACTIVATE,
)


class Mischief:
    """A participant of its own in the namespace of a trial.

    Attributes:
        kinds: of the trial's events so far.
    """

    def __init__(self, namespace: str) -> None:
        self._context = Context()
        rclpy.init(context=self._context)
        self._node = rclpy.create_node("mischief", namespace=namespace, context=self._context)
        self._deaf = rclpy.create_node("deaf", namespace=namespace, context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self.kinds: list[EventKind] = []
        topic = _topics.TRIAL_EVENTS
        self._node.create_subscription(topic.message, topic.name, self._on_event, topic.qos())
        self._publishers: dict[str, Publisher] = {}
        self._steps: list[tuple[str, int]] = []
        self._asked: Any = None

    def close(self) -> None:
        """Leave."""
        self._context.try_shutdown()

    def turn(self, seconds: float) -> None:
        """Take part for a moment; transitions that were asked for go on, one after another."""
        self._executor.spin_once(timeout_sec=seconds)
        if self._steps and (self._asked is None or self._asked.done()):
            name, transition = self._steps.pop(0)
            client = self._node.create_client(ChangeState, f"{name}/change_state")
            if client.service_is_ready():
                self._asked = client.call_async(ChangeState.Request(transition=Transition(id=transition)))
            else:
                self._steps.insert(0, (name, transition))

    def bad_image(self, random: Random) -> str:
        """One image that is none, or shows nothing."""
        kind = random.choice(sorted(_IMAGES))
        image = _IMAGES[kind](random)
        image.header = conversions.to_header(self._now_ns(), "stranger")
        self._say(_topics.IMAGE_RAW, image)
        return f"an image {kind}"

    def jumping_stamp(self, random: Random) -> str:
        """A whole image of another time."""
        image = _grey(random)
        shift_ns = random.choice([-HOUR_NS, HOUR_NS, -self._now_ns()])
        image.header = conversions.to_header(self._now_ns() + shift_ns, "stranger")
        self._say(_topics.IMAGE_RAW, image)
        return f"an image whose stamp is off by {shift_ns / 1e9:.0f} s"

    def bad_faces(self, random: Random) -> str:
        """A list of faces that cannot be read."""
        kind = random.choice(["without crops", "with NaN for boxes", "twenty times"])
        one = affect.Face(face_id="f90001", score=0.5, box_xyxy=[0.0, 0.0, 9.0, 9.0])
        if kind == "with NaN for boxes":
            one.box_xyxy = [math.nan] * 4
        faces = [one] * (20 if kind == "twenty times" else 1)
        header = conversions.to_header(self._now_ns(), "stranger")
        self._say(
            _topics.FACES, affect.FaceArray(header=header, faces=faces, image_width=64, image_height=48)
        )
        return f"faces {kind}"

    def deaf_reader(self) -> Callable[[], None]:
        """Subscribe to images and never take one; call what comes back to end it."""
        topic = _topics.IMAGE_RAW
        ear = self._deaf.create_subscription(topic.message, topic.name, lambda _: None, topic.qos())
        return lambda: self._deaf.destroy_subscription(ear)

    def bad_parameter(self, random: Random) -> str:
        """Ask a node for a value out of range."""
        node, name, value = random.choice(_BAD_PARAMETERS)
        client = self._node.create_client(SetParameters, f"{node}/set_parameters")
        if not client.service_is_ready():
            client.wait_for_service(timeout_sec=1.0)
        client.call_async(SetParameters.Request(parameters=[_parameter(name, value)]))
        return f"{node}.{name} := {value}"

    def cycle(self, name: str, whole: bool) -> str:
        """Take a node down and up again."""
        self._steps += [(name, transition) for transition in (_ALL_THE_WAY if whole else _DOWN_AND_UP)]
        return f"{name} {'cleaned up and configured anew' if whole else 'deactivated and activated'}"

    def _on_event(self, message: affect.TrialEvent) -> None:
        self.kinds.append(EventKind(message.kind))

    def _say(self, topic: Topic, message: Any) -> None:
        publisher = self._publishers.get(topic.name)
        if publisher is None:
            publisher = self._node.create_publisher(topic.message, topic.name, topic.qos())
            self._publishers[topic.name] = publisher
        until_s = time.monotonic() + MATCH_S
        while not publisher.get_subscription_count() and time.monotonic() < until_s:
            self.turn(0.02)
        publisher.publish(message)

    def _now_ns(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)


def _parameter(name: str, value: float | int) -> Parameter:
    if isinstance(value, int):
        typed = ParameterValue(type=ParameterType.PARAMETER_INTEGER, integer_value=value)
    else:
        typed = ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=value)
    return Parameter(name=name, value=typed)


def _image(encoding: str, step: int, data: bytes) -> Image:
    width, height = _SIZE
    return Image(width=width, height=height, encoding=encoding, step=step, data=array("B", data))


def _grey(random: Random) -> Image:
    width, height = _SIZE
    return _image("mono8", width, random.randbytes(width * height))


_IMAGES: Final[dict[str, Callable[[Random], Image]]] = {
    "with a wrong step": lambda random: _image("rgb8", 7, random.randbytes(500)),
    "of an unknown encoding": lambda random: _image(
        "smell8", _SIZE[0], random.randbytes(_SIZE[0] * _SIZE[1])
    ),
    "that is all black": lambda _: _image("rgb8", 3 * _SIZE[0], bytes(3 * _SIZE[0] * _SIZE[1])),
    "of NaN": lambda _: _image(
        "32FC1", 4 * _SIZE[0], array("f", [math.nan] * (_SIZE[0] * _SIZE[1])).tobytes()
    ),
    "cut off": lambda random: _image("rgb8", 3 * _SIZE[0], random.randbytes(100)),
    "of no size": lambda _: Image(encoding="rgb8"),
    "of another size": lambda random: _grey(random),
}

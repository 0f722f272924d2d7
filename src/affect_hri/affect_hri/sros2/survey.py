"""Configures and activates every node, without letting it run, and looks at what it has made."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from rclpy.action import get_action_server_names_and_types_by_node
from rclpy.parameter import Parameter
from rclpy.serialization import serialize_message

from affect_core.bags import BagWriter
from affect_core.errors import ConfigError
from affect_core.evaluation import TruthEvent
from affect_core.trial import EventKind, Session
from affect_core.types import Frame
from affect_hri import conversions
from affect_hri.bag_topics import topic_info
from affect_hri.composed import node_class
from affect_hri.nodes import _topics
from affect_hri.nodes._managed import ManagedNode
from affect_hri.sros2.policy import Uses

NODES: Final = (
    *("attribution", "avatar", "camera", "emotion", "evaluation", "face"),
    *("ohbot", "overlay", "recorder", "replay", "responder", "trial"),
)
"""All but humans_node, whose topics have the names of persons in them; see doc/security.md."""

_VARIANTS: Final[Mapping[str, tuple[Mapping[str, Any], ...]]] = {
    "face": ({"image_transport": "raw"}, {"image_transport": "compressed"}),
    "ohbot": ({"head": "none"},),
    "trial": ({"start": "action", "camera": "topic", "head": "none", "protocol": "short"},),
}
"""Parameters that change what a node uses, or without which it would look for a device; each is tried."""

_MAKES_LATER: Final[Mapping[str, str]] = {"overlay": "listen_for_watchers"}
"""Node -> the method that makes what it has not from its activation on."""

_CLOCKS: Final = ("wall", "lockstep")
_ACTION: Final = "/_action/"
_EVERY_NODE: Final = Uses(subscribes=frozenset({"/clock"}))
"""With use_sim_time."""
_ASKED: Final = ("list_parameters", "get_parameters")
"""The recorder asks every node of its namespace for its parameters, when it is there."""


def survey(namespace: str, model: str) -> dict[str, Uses]:
    """Node -> what it uses, over all its variants. rclpy must be initialised; nobody should be within reach.

    Args:
        namespace: of the nodes, without slashes at its ends.
        model: a small emotion model; which one changes nothing.

    Raises:
        ConfigError: a node could not be activated.
    """
    with tempfile.TemporaryDirectory() as folder:
        given = _material(Path(folder), model)
        uses = {name: _uses_of(name, namespace, given) for name in NODES}
    uses["recorder"] |= Uses(
        requests=frozenset(f"/{namespace}/{name}/{service}" for name in NODES for service in _ASKED)
    )
    return uses


def _uses_of(name: str, namespace: str, given: Mapping[str, Any]) -> Uses:
    found = _EVERY_NODE
    for number, (clock, variant) in enumerate((c, v) for c in _CLOCKS for v in _VARIANTS.get(name, ({},))):
        values = {**given, **variant, "clock": clock, "autostart": False}
        if name == "recorder":
            values["bag"] = f"{given['output']}/bag{number}"
        with _active(name, namespace, values) as node:
            found |= _made_by(node)
    return found


@contextmanager
def _active(name: str, namespace: str, values: Mapping[str, Any]) -> Iterator[ManagedNode]:
    kind = node_class(name)
    known = {field for settings in kind.settings for field in settings.__dataclass_fields__} | {
        "autostart",
        "clock",
    }
    overrides = [Parameter(key, value=value) for key, value in values.items() if key in known]
    node = kind(namespace=namespace, parameter_overrides=overrides)
    try:
        node.trigger_configure()
        if node.failure is None:
            node.trigger_activate()
        if node.failure is not None:
            raise ConfigError(f"expected to look at {name}_node at work, but: {node.failure}")
        if name in _MAKES_LATER:
            getattr(node, _MAKES_LATER[name])()
        yield node
    finally:
        node.close()


def _made_by(node: ManagedNode) -> Uses:
    """As everybody in the graph sees the node: also what rcl makes below rclpy."""
    itself = node.get_name(), node.get_namespace()
    return Uses(
        publishes=_ours(node.get_publisher_names_and_types_by_node(*itself)),
        subscribes=_ours(node.get_subscriber_names_and_types_by_node(*itself)),
        serves=_ours(node.get_service_names_and_types_by_node(*itself)),
        requests=_ours(node.get_client_names_and_types_by_node(*itself)),
        executes=_ours(get_action_server_names_and_types_by_node(node, *itself)),
    )


def _ours(found: Iterable[tuple[str, Any]]) -> frozenset[str]:
    """Without ROS4HRI's, which are there only where hri_msgs is installed, and without the parts of actions."""
    return frozenset(
        name for name, _ in found if not name.startswith(("/robot_face/", "/humans/")) and _ACTION not in name
    )


def _material(folder: Path, model: str) -> dict[str, Any]:
    """Something for every node to read: a picture, a recording of one frame, a model."""
    pictures = folder / "pictures"
    pictures.mkdir()
    picture = np.zeros((48, 64, 3), np.uint8)
    cv2.imwrite(str(pictures / "0.png"), picture)
    bag = folder / "bag"
    _record(bag, Frame(picture, 1))
    return {
        "model": model,
        "runtime": "torch",
        "source": "folder",
        "path": str(pictures),
        "bag": str(bag),
        "output": str(folder),
    }


def _record(path: Path, frame: Frame) -> None:
    start = TruthEvent(1, EventKind.SESSION_START)
    event = conversions.from_truth_event(start, "look", Session(id="look", protocol="short").to_json())
    with BagWriter(path) as bag:
        for topic, kind, message in (
            (_topics.TRIAL_EVENTS, "affect_hri_interfaces/msg/TrialEvent", event),
            (_topics.IMAGE_RAW, "sensor_msgs/msg/Image", conversions.from_frame(frame)),
        ):
            bag.write(topic_info(f"/{topic.name}", kind, topic.qos()), 1, bytes(serialize_message(message)))

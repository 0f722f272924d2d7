"""What a bag says of our topics: message definitions, hashes and QoS, as `ros2 bag record` writes them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ament_index_python.packages import get_package_share_directory
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from affect_core.bags import TopicInfo

INTERFACES = "affect_hri_interfaces"
INFINITE = {"sec": 9223372036, "nsec": 854775807}
"""How rosbag2 writes the duration of a deadline that nobody has set."""


def topic_info(name: str, type_name: str, qos: QoSProfile) -> TopicInfo:
    """The description of a topic.

    Args:
        name: absolute name.
        type_name: e.g. ``sensor_msgs/msg/Image``.
        qos: as offered by the publisher.
    """
    store = typestore()
    definition, _ = store.generate_msgdef(type_name, ros_version=2)
    profiles = yaml.safe_dump([_offered(qos)], sort_keys=False)
    return TopicInfo(name, type_name, definition, "ros2msg", store.hash_rihs01(type_name), profiles)


@cache
def typestore() -> Typestore:
    """Jazzy's message types and ours, from the installed .msg files."""
    store = get_typestore(Stores.ROS2_JAZZY)
    types = {}
    for file in sorted((Path(get_package_share_directory(INTERFACES)) / "msg").glob("*.msg")):
        types.update(get_types_from_msg(file.read_text(), f"{INTERFACES}/msg/{file.stem}"))
    store.register(types)
    return store


def _offered(qos: QoSProfile) -> dict[str, Any]:
    reliable = qos.reliability == ReliabilityPolicy.RELIABLE
    latched = qos.durability == DurabilityPolicy.TRANSIENT_LOCAL
    return {
        "history": "keep_last",
        "depth": qos.depth,
        "reliability": "reliable" if reliable else "best_effort",
        "durability": "transient_local" if latched else "volatile",
        "deadline": dict(INFINITE),
        "lifespan": dict(INFINITE),
        "liveliness": "automatic",
        "liveliness_lease_duration": dict(INFINITE),
        "avoid_ros_namespace_conventions": False,
    }

"""Writes rosbag2 bags (mcap) that `ros2 bag info` and `ros2 bag play` open; no rosbag2 needed."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from ament_index_python.packages import get_package_share_directory
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosbags.interfaces import (
    Connection,
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from affect_core.errors import InputError

INTERFACES = "affect_hri_interfaces"
UNSET = QosTime(0, 0)


class BagWriter:
    """One mcap bag; raw CDR in, a topic's connection is made at its first message.

    Args:
        path: folder of the bag; must not exist.
    """

    def __init__(self, path: Path) -> None:
        if path.exists():
            raise InputError(f"expected a new folder for the bag, got {path}, which exists; move it away")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._types = typestore()
        self._writer = Writer(path, version=Writer.VERSION_LATEST, storage_plugin=StoragePlugin.MCAP)
        # Rendered frames shrink to a few percent; chunks are what ros2 bag compresses as well.
        self._writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
        self._writer.open()
        self._connections: dict[str, Connection] = {}
        self.counts: dict[str, int] = {}

    def write(self, topic: str, type_name: str, qos: QoSProfile, stamp_ns: int, data: bytes) -> None:
        """Add one serialized message.

        Args:
            topic: absolute name.
            type_name: e.g. ``sensor_msgs/msg/Image``.
            qos: as offered by the publisher.
            stamp_ns: log time.
            data: CDR.
        """
        if topic not in self._connections:
            self._connections[topic] = self._writer.add_connection(
                topic, type_name, typestore=self._types, offered_qos_profiles=[_offered(qos)]
            )
        self._writer.write(self._connections[topic], stamp_ns, data)
        self.counts[topic] = self.counts.get(topic, 0) + 1

    def describe(self, key: str, value: str) -> None:
        """What a reader should know (the session, parameters, ...), kept in metadata.yaml."""
        self._writer.set_custom_data(key, value)

    def close(self) -> None:
        """Write the index and metadata.yaml."""
        self._writer.close()

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def typestore() -> Typestore:
    """Jazzy's message types and ours, from the installed .msg files."""
    store = get_typestore(Stores.ROS2_JAZZY)
    types = {}
    for file in sorted((Path(get_package_share_directory(INTERFACES)) / "msg").glob("*.msg")):
        types.update(get_types_from_msg(file.read_text(), f"{INTERFACES}/msg/{file.stem}"))
    store.register(types)
    return store


def _offered(qos: QoSProfile) -> Qos:
    reliable = qos.reliability == ReliabilityPolicy.RELIABLE
    latched = qos.durability == DurabilityPolicy.TRANSIENT_LOCAL
    return Qos(
        history=QosHistory.KEEP_LAST,
        depth=qos.depth,
        reliability=QosReliability.RELIABLE if reliable else QosReliability.BEST_EFFORT,
        durability=QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
        deadline=UNSET,
        lifespan=UNSET,
        liveliness=QosLiveliness.AUTOMATIC,
        liveliness_lease_duration=UNSET,
        avoid_ros_namespace_conventions=False,
    )

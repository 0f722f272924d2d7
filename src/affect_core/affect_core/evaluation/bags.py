"""Reading recorded sessions (rosbag2: mcap or sqlite3) without ROS."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.interfaces import Connection
from rosbags.typesys import Stores, get_typestore

from affect_core.cameras import CameraGeometry
from affect_core.errors import InputError
from affect_core.evaluation.records import TruthEvent
from affect_core.images import rgb_from_compressed, rgb_from_raw
from affect_core.trial import EventKind, Session
from affect_core.types import Frame

IMAGE_TYPES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
EVENT_TYPE = "affect_hri_interfaces/msg/TrialEvent"
PREFERRED_IMAGE = "camera/image_raw"


class SessionBag:
    """A bag with frames and, where it is a trial's, its events.

    Args:
        path: folder of the bag.
        image_topic: which images are the camera's; empty: the one named camera/image_raw, or the only one.

    Raises:
        InputError: no bag, a damaged one, or no image topic; says what was found.
    """

    def __init__(self, path: Path, image_topic: str = "") -> None:
        if not path.exists():
            raise InputError(f"expected a bag (a folder with metadata.yaml) at {path}, there is nothing")
        self.path, self._wanted = path, image_topic
        try:
            self._reader = AnyReader([path], default_typestore=get_typestore(Stores.ROS2_JAZZY))
        except (AnyReaderError, OSError) as error:
            raise InputError(f"{path} is not a bag that can be read: {error}") from error

    def __enter__(self) -> Self:
        try:
            self._reader.open()
        except Exception as error:
            raise InputError(f"the bag {self.path} cannot be read: {error}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.close()

    def events(self) -> list[TruthEvent]:
        """The trial's events in order of their stamps; empty if nobody conducted a trial."""
        found = [_event(message) for _, message in self._messages(self._of_type(EVENT_TYPE))]
        return sorted(found, key=lambda event: (event.stamp_ns, event.index))

    def session(self) -> Session:
        """The session as its first event describes it; one named after the bag if there is none."""
        for _, message in self._messages(self._of_type(EVENT_TYPE)):
            if message.kind == EventKind.SESSION_START:
                return Session.from_json(message.detail)
        return Session(id=self.path.resolve().name)

    def frames(self) -> Iterator[Frame]:
        """The camera's frames in the order in which they were recorded."""
        connection = self.image_connection()
        for _, message in self._messages([connection]):
            compressed = connection.msgtype == IMAGE_TYPES[1]
            image = rgb_from_compressed(bytes(message.data)) if compressed else rgb_from_raw(message)
            yield Frame(image, stamp_ns(message), message.header.frame_id)

    def geometry(self) -> CameraGeometry | None:
        """The camera as the first CameraInfo beside the images describes it; None if there is none."""
        for _, message in self._messages(self._of_type("sensor_msgs/msg/CameraInfo")):
            fx, _, cx, _, fy, cy = (float(value) for value in message.k[:6])
            return CameraGeometry(int(message.width), int(message.height), fx, fy, cx, cy, math.nan)
        return None

    def frame_count(self) -> int:
        """Number of frames."""
        return int(self.image_connection().msgcount)

    def rendered(self) -> dict[int, float]:
        """Stamp -> render time in ms of the frames a virtual camera made; empty for a real one."""
        connections = self._of_type("affect_hri_interfaces/msg/GroundTruth")
        return {stamp_ns(message): float(message.render_ms) for _, message in self._messages(connections)}

    def image_connection(self) -> Connection:
        """The image topic that is read."""
        images = [c for c in self._reader.connections if c.msgtype in IMAGE_TYPES]
        wanted = [
            c for c in images if c.topic == self._wanted or c.topic.endswith(self._wanted or PREFERRED_IMAGE)
        ]
        chosen = wanted or ([] if self._wanted else images)
        if len(chosen) == 1:
            return chosen[0]
        topics = ", ".join(f"{c.topic} ({c.msgtype})" for c in images) or "none"
        raise InputError(
            f"expected one image topic {self._wanted or PREFERRED_IMAGE} in {self.path}; images: {topics}"
        )

    def _of_type(self, name: str) -> list[Connection]:
        return [connection for connection in self._reader.connections if connection.msgtype == name]

    def _messages(self, connections: list[Connection]) -> Iterator[tuple[Connection, Any]]:
        if not connections:  # an empty selection would mean all of them
            return
        for connection, _, data in self._reader.messages(connections=connections):
            yield connection, self._reader.deserialize(data, connection.msgtype)


def stamp_ns(message: Any) -> int:
    """A message's header stamp, ns."""
    return int(message.header.stamp.sec) * 1_000_000_000 + int(message.header.stamp.nanosec)


def _event(message: Any) -> TruthEvent:
    return TruthEvent(
        stamp_ns(message), EventKind(message.kind), message.label, float(message.onset), int(message.index)
    )

"""Small recordings of 32x24 pixels, written by our writer (mcap) and by rosbags (mcap, sqlite3)."""

from dataclasses import dataclass
from pathlib import Path

import mcap.writer
import numpy as np
import pytest
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from affect_core.bags import BagWriter, TopicInfo
from affect_core.evaluation.bags import SessionBag
from affect_core.trial import Session

MESSAGES = Path(__file__).resolve().parents[3] / "src" / "affect_hri_interfaces" / "msg"
EVENT = "affect_hri_interfaces/msg/TrialEvent"
IMAGE, JPEG = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
START_NS = 1_800_000_000_000_000_000
STEP_NS = 100_000_000
SESSION = Session(id="s1", protocol="short", clock="wall", seed=2)
FACTS = {"session": SESSION.to_json(), "models": '{"tiny": {"sha256": "abc"}}'}


@dataclass(frozen=True)
class Message:
    topic: str
    kind: str
    log_ns: int
    data: bytes


class Maker:
    """Messages, and bags of them."""

    start_ns, step_ns, session, facts = START_NS, STEP_NS, SESSION, FACTS

    def __init__(self):
        self.store = get_typestore(Stores.ROS2_JAZZY)
        self.store.register(get_types_from_msg((MESSAGES / "TrialEvent.msg").read_text(), EVENT))

    def pixels(self, number):
        return np.random.default_rng(number).integers(0, 256, (24, 32, 3), np.uint8)

    def header(self, stamp_ns):
        types = self.store.types
        time = types["builtin_interfaces/msg/Time"](*divmod(stamp_ns, 1_000_000_000))
        return types["std_msgs/msg/Header"](time, "eye")

    def frame(self, number, stamp_ns=None, log_ns=None, topic="/affect/camera/image_raw"):
        stamp_ns = START_NS + number * STEP_NS if stamp_ns is None else stamp_ns
        data = self.pixels(number).reshape(-1)
        message = self.store.types[IMAGE](self.header(stamp_ns), 24, 32, "rgb8", 0, 96, data)
        return self._message(topic, IMAGE, log_ns or START_NS + number * STEP_NS + 1000, message)

    def event(self, stamp_ns, kind, index, label="", detail="", onset=0.2):
        message = self.store.types[EVENT](
            self.header(stamp_ns), kind, "s1", label, 1.0, onset, index, 4, detail
        )
        return self._message("/affect/trial/events", EVENT, stamp_ns, message)

    def events(self, frames):
        last_ns = START_NS + frames * STEP_NS
        return [
            self.event(START_NS, 0, 0, detail=SESSION.to_json()),
            self.event(START_NS, 1, 1, "neutral"),
            self.event(START_NS + frames // 2 * STEP_NS, 2, 2, "confusion"),
            self.event(last_ns, 3, 3),
        ]

    def messages(self, frames=20):
        """A session in the order of its log times."""
        made = [*self.events(frames), *(self.frame(number) for number in range(frames))]
        return sorted(made, key=lambda message: message.log_ns)

    def info(self, topic, kind):
        definition, _ = self.store.generate_msgdef(kind, ros_version=2)
        return TopicInfo(topic, kind, definition, "ros2msg", self.store.hash_rihs01(kind), "[]")

    def ours(self, path, messages, max_bytes=0):
        """By our writer; every message is a chunk."""
        writer = BagWriter(path, max_bytes, flush_s=0.0)
        for key, text in FACTS.items():
            writer.describe(key, text)
        for message in messages:
            writer.write(self.info(message.topic, message.kind), message.log_ns, message.data)
        writer.close()
        return path

    def theirs(self, path, messages, storage="sqlite3", compression="none", facts=FACTS):
        """By rosbags."""
        writer = Writer(path, version=9, storage_plugin=StoragePlugin[storage.upper()])
        if compression != "none":
            writer.set_compression(CompressionMode[compression.upper()], CompressionFormat.ZSTD)
        with writer:
            for key, text in facts.items():
                writer.set_custom_data(key, text)
            made = {}
            for message in messages:
                if message.topic not in made:
                    made[message.topic] = writer.add_connection(
                        message.topic, message.kind, typestore=self.store
                    )
                writer.write(made[message.topic], message.log_ns, message.data)
        return path

    def unchunked(self, path, messages):
        """One mcap file whose messages are in no chunk, without metadata.yaml; by the mcap library."""
        path.mkdir()
        with (path / f"{path.name}_0.mcap").open("wb") as file:
            writer = mcap.writer.Writer(file, use_chunking=False)
            writer.start("ros2")
            channels = {}
            for message in messages:
                if message.topic not in channels:
                    info = self.info(message.topic, message.kind)
                    schema = writer.register_schema(info.type_name, info.encoding, info.definition.encode())
                    channels[message.topic] = writer.register_channel(message.topic, "cdr", schema)
                writer.add_message(channels[message.topic], message.log_ns, message.data, message.log_ns)
            writer.finish()
        return path

    def make(self, kind, path, messages):
        """By the writer, in the format and with the compression that ``kind`` names."""
        match kind:
            case "ours":
                return self.ours(path, messages)
            case "sqlite3" | "mcap":
                return self.theirs(path, messages, kind)
            case "mcap_zstd":
                return self.theirs(path, messages, "mcap", "storage")
            case "mcap_file_zstd":
                return self.theirs(path, messages, "mcap", "file")
            case _:
                return self.theirs(path, messages, "sqlite3", kind.removesuffix("_zstd"))

    def read(self, path, **options):
        """Everything that evaluation asks of a bag: session, (stamp, pixels), events, facts, flaws."""
        with SessionBag(path, **options) as bag:
            session = bag.session()
            frames = [(frame.stamp_ns, frame.image_rgb.tobytes()) for frame in bag.frames()]
            events = [(e.stamp_ns, e.kind, e.label) for e in bag.events()]
            bag.rendered(), bag.geometry()
            return session, frames, events, bag.facts, list(bag.flaws)

    def _message(self, topic, kind, log_ns, message):
        return Message(topic, kind, log_ns, bytes(self.store.serialize_cdr(message, kind)))


@pytest.fixture(scope="session")
def maker():
    return Maker()

"""recorder_node as a process of its own: what it writes is read back by two other libraries."""

import hashlib
import json
import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from ament_index_python.packages import get_package_prefix, get_package_share_directory
from sensor_msgs.msg import Image, JointState

from affect_core.evaluation import TruthEvent
from affect_core.evaluation.bags import SessionBag
from affect_core.trial import EventKind, Session
from affect_core.types import EmotionSet, FaceSet, Frame
from affect_hri import conversions
from affect_hri.bag_topics import typestore
from affect_hri_interfaces.msg import EmotionEstimateArray, FaceArray, TrialEvent

FRAMES = 6
STAMPS = [round(k * 1e9 / 30) for k in range(FRAMES)]
SESSION = Session(id="s1", protocol="short", clock="lockstep", seed=2)
COUNTS = {"camera/image_raw": 6, "faces": 6, "emotions": 6, "head/joint_states": 6, "trial/events": 3}
RECORDER = Path(get_package_prefix("affect_hri")) / "lib" / "affect_hri" / "recorder_node"


def image(number):
    return np.random.default_rng(number).integers(0, 256, (24, 32, 3), np.uint8)


def event(stamp_ns, kind, index, label="", detail=""):
    return conversions.from_truth_event(TruthEvent(stamp_ns, kind, label, 0.4, index), "s1", detail)


def publish_session(topics, last):
    publish = {name: publisher.publish for name, publisher in topics.items()}
    publish["trial/events"](event(0, EventKind.SESSION_START, 0, detail=SESSION.to_json()))
    publish["trial/events"](event(0, EventKind.REST, 1, "neutral"))
    for number, stamp_ns in enumerate(STAMPS):
        publish["camera/image_raw"](conversions.from_frame(Frame(image(number), stamp_ns, "eye")))
        publish["faces"](conversions.from_face_set(FaceSet(stamp_ns, "eye", (), (32, 24))))
        publish["emotions"](conversions.from_emotion_set(EmotionSet(stamp_ns, "eye", (), "tiny")))
        publish["head/joint_states"](
            JointState(header=conversions.to_header(stamp_ns), name=["head_yaw"], position=[0.1 * number])
        )
    publish["trial/events"](event(STAMPS[-1] + 1, last, 2))


@pytest.fixture(scope="module")
def record(bench, make_peer, wait_until):
    """Record the session above with a recorder process; returns its exit code and the namespace.

    In lock-step all of these topics are latched, so that nothing depends on how quickly they are matched.
    """

    def run(folder, *arguments, end=None, last=EventKind.SESSION_END):
        peer = make_peer(bench.namespace())
        command = [str(RECORDER), "--ros-args", "-r", f"__ns:=/{peer.namespace}", "-p", "clock:=lockstep"]
        options = [part for item in arguments for part in ("-p", item)]
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen([*command, *options], cwd=folder, env=environment)
        try:
            peer.until_status(
                "recorder", "OK", "recording" if "bag:=" in str(arguments) else "waiting for a session"
            )
            kinds = (Image, FaceArray, EmotionEstimateArray, JointState, TrialEvent)
            topics = {name: peer.speak(name, kind) for name, kind in zip(COUNTS, kinds, strict=True)}
            publish_session(topics, last)
            if end is not None:
                peer.until_status("recorder", "OK", "recording")
                process.send_signal(end)
            peer.until_status("recorder", "OK", "closed")
            wait_until(lambda: process.poll() is not None, "the recorder to exit")
        finally:
            process.kill()
            process.wait()
            peer.close()
        return process.returncode, peer.namespace

    return run


@pytest.fixture(scope="module")
def bag(record, tmp_path_factory):
    """A session recorded to its end."""
    folder = tmp_path_factory.mktemp("recorded")
    code, namespace = record(folder, "output:=reports", "grace_s:=0.5")
    assert code == 0
    return folder / "reports" / "s1" / "bag", namespace


def read_with_rosbags(path):
    from rosbags.rosbag2 import Reader

    store = typestore()
    with Reader(path) as reader:
        return [
            (connection.topic, store.deserialize_cdr(data, connection.msgtype), stamp_ns)
            for connection, stamp_ns, data in reader.messages()
        ]


def stamp(message):
    return message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec


def test_counts_and_stamps(bag):
    path, namespace = bag
    messages = read_with_rosbags(path)
    for topic, count in COUNTS.items():
        mine = [message for name, message, _ in messages if name == f"/{namespace}/{topic}"]
        assert len(mine) == count, topic
        if topic != "trial/events":
            assert [stamp(message) for message in mine] == STAMPS
    assert len(messages) == sum(COUNTS.values())


def test_the_mcap_library_reads_the_same(bag):
    from mcap_ros2.reader import read_ros2_messages

    path, namespace = bag
    (file,) = path.glob("*.mcap")
    found = [(m.channel.topic, m.ros_msg, m.log_time_ns) for m in read_ros2_messages(str(file))]
    expected = read_with_rosbags(path)
    assert sorted((topic, time) for topic, _, time in found) == sorted(
        (topic, time) for topic, _, time in expected
    )
    pictures = [message for topic, message, _ in found if topic == f"/{namespace}/camera/image_raw"]
    for number, message in enumerate(pictures):
        assert (message.encoding, message.width, message.height, message.step) == ("rgb8", 32, 24, 96)
        assert bytes(message.data) == image(number).tobytes()
    events = [message for topic, message, _ in found if topic == f"/{namespace}/trial/events"]
    assert [e.kind for e in events] == [0, 1, 3]
    assert events[1].label == "neutral"


def test_metadata_holds_the_session_and_the_types_hashes(bag):
    import yaml

    path, _ = bag
    info = yaml.safe_load((path / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    assert Session.from_json(info["custom_data"]["session"]) == SESSION
    assert json.loads(info["custom_data"]["recorder"]) == {"image": "raw"}
    assert info["message_count"] == sum(COUNTS.values())
    rows = [row["topic_metadata"] for row in info["topics_with_message_count"]]
    assert len(rows) == len(COUNTS)
    for row in rows:
        assert row["type_description_hash"] == generated_hash(row["type"]), row["type"]
        assert row["serialization_format"] == "cdr"
    qos = {row["name"].rsplit("/", 1)[-1]: row["offered_qos_profiles"][0] for row in rows}
    assert (qos["events"]["durability"], qos["events"]["depth"]) == ("transient_local", 100)
    assert (qos["faces"]["reliability"], qos["faces"]["depth"]) == ("reliable", 5)


def generated_hash(type_name):
    """The hash that rosidl generated when the interfaces were built."""
    package, _, name = type_name.split("/")
    file = Path(get_package_share_directory(package)) / "msg" / f"{name}.json"
    hashes = {row["type_name"]: row["hash_string"] for row in json.loads(file.read_text())["type_hashes"]}
    return hashes[type_name]


def test_session_bag_reads_it(bag):
    with SessionBag(bag[0]) as session_bag:
        assert session_bag.session() == SESSION
        assert [(e.stamp_ns, e.kind, e.label) for e in session_bag.events()] == [
            (0, EventKind.SESSION_START, ""),
            (0, EventKind.REST, "neutral"),
            (STAMPS[-1] + 1, EventKind.SESSION_END, ""),
        ]
        frames = list(session_bag.frames())
    assert [frame.stamp_ns for frame in frames] == STAMPS
    assert (
        hashlib.sha256(frames[3].image_rgb.tobytes()).digest() == hashlib.sha256(image(3).tobytes()).digest()
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_leaves_a_whole_bag(record, tmp_path, number):
    path = tmp_path / "given"
    # REST in the place of the end: the session is still running when the signal comes.
    code, namespace = record(tmp_path, f"bag:={path}", "image:=jpeg", end=number, last=EventKind.REST)
    assert code in (0, 3)
    messages = read_with_rosbags(path)
    by_topic = {topic: [m for name, m, _ in messages if name == f"/{namespace}/{topic}"] for topic in COUNTS}
    by_topic["jpeg"] = [m for name, m, _ in messages if name.endswith("/compressed")]
    assert len(by_topic["jpeg"]) == FRAMES
    assert len(by_topic["faces"]) == len(by_topic["emotions"]) == FRAMES
    assert by_topic["camera/image_raw"] == []
    with SessionBag(path) as session_bag:
        assert session_bag.session() == SESSION
        np.testing.assert_allclose(next(iter(session_bag.frames())).image_rgb.mean(), image(0).mean(), atol=5)

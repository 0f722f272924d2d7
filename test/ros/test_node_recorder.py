"""recorder_node as a process of its own: what it writes is read back by two other libraries."""

import hashlib
import json
import os
import resource
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from ament_index_python.packages import get_package_prefix, get_package_share_directory
from rclpy.duration import Duration
from sensor_msgs.msg import Image, JointState

from affect_core.bags import Recording, repair
from affect_core.errors import InputError
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
PAUSE = Duration(seconds=0.05)
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
def recorder(bench, make_peer):
    """A recorder process and a peer in its namespace.

    In lock-step all topics are latched, so that nothing depends on how quickly they are matched.
    """

    @contextmanager
    def run(folder, *arguments, limit_bytes=None):
        def limit():
            if limit_bytes is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

        peer = make_peer(bench.namespace())
        command = [str(RECORDER), "--ros-args", "-r", f"__ns:=/{peer.namespace}", "-p", "clock:=lockstep"]
        options = [part for item in arguments for part in ("-p", item)]
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen([*command, *options], cwd=folder, env=environment, preexec_fn=limit)
        try:
            peer.until_status(
                "recorder", "OK", "recording" if "bag:=" in str(arguments) else "waiting for a session"
            )
            yield process, peer
        finally:
            process.kill()
            process.wait()
            peer.close()

    return run


def speak_all(peer):
    kinds = (Image, FaceArray, EmotionEstimateArray, JointState, TrialEvent)
    return {name: peer.speak(name, kind) for name, kind in zip(COUNTS, kinds, strict=True)}


@pytest.fixture(scope="module")
def record(recorder, wait_until):
    """Record the session above with a recorder process; returns its exit code and the namespace."""

    def run(folder, *arguments, end=None, last=EventKind.SESSION_END):
        with recorder(folder, *arguments) as (process, peer):
            publish_session(speak_all(peer), last)
            if end is not None:
                peer.until_status("recorder", "OK", "recording")
                process.send_signal(end)
            peer.until_status("recorder", "OK", "closed")
            wait_until(lambda: process.poll() is not None, "the recorder to exit")
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
    (file,) = path.glob("bag_*.mcap")
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


# --- ends that nobody planned ----------------------------------------------------------------------------------


def facts_in(path):
    """What a bag that is being written says about itself so far."""
    try:
        with Recording(path) as bag:
            return dict(bag.facts) if bag.count() == sum(COUNTS.values()) else {}
    except InputError:
        return {}


def test_a_killed_recorder_leaves_everything_it_was_told(recorder, wait_until, tmp_path):
    path = tmp_path / "given"
    with recorder(tmp_path, f"bag:={path}", "ends:=stopped", "max_size_mb:=1") as (process, peer):
        publish_session(speak_all(peer), EventKind.SESSION_END)
        wanted = {"models", "parameters", "privacy", "recorder", "session", "versions"}
        wait_until(lambda: set(facts_in(path)) == wanted, "the bag to hold all messages and facts")
        assert process.poll() is None  # ends:=stopped: a session's end is not its own
        process.kill()
        process.wait()
    assert not (path / "metadata.yaml").exists()
    with SessionBag(path) as bag:
        assert [frame.stamp_ns for frame in bag.frames()] == STAMPS
        assert bag.session() == SESSION
        assert bag.flaws
        assert bag.facts["models"] == {"tiny": {"runtime": "", "sha256": ""}}
        mine = bag.facts["parameters"][f"/{peer.namespace}/recorder"]
        assert (mine["bag"], mine["image"], mine["max_size_mb"], mine["clock"]) == (
            str(path),
            "raw",
            1,
            "lockstep",
        )
        assert "numpy" in bag.facts["versions"]
    assert not repair(path).lost
    assert len(read_with_rosbags(path)) == sum(COUNTS.values())


def test_a_full_disk_ends_the_bag_and_not_the_trial(recorder, wait_until, tmp_path):
    """A limit of 6 MB for a file: six frames of noise that take 0.9 MB each, and no more."""
    path = tmp_path / "given"
    with recorder(tmp_path, f"bag:={path}", "max_size_mb:=0", limit_bytes=6_000_000) as (process, peer):
        topics = speak_all(peer)
        topics["trial/events"].publish(event(0, EventKind.SESSION_START, 0, detail=SESSION.to_json()))
        rng = np.random.default_rng(0)

        def full():
            return any("nothing more is recorded" in message for _, message in peer.statuses("recorder"))

        sent = 0
        while not full() and sent < 200:
            sent += 1
            noise = rng.integers(0, 256, (480, 640, 3), np.uint8)
            topics["camera/image_raw"].publish(conversions.from_frame(Frame(noise, sent * 33_000_000, "eye")))
            peer.node.get_clock().sleep_for(PAUSE)
        peer.until_status("recorder", "ERROR", "nothing more is recorded")
        assert process.poll() is None
        topics["trial/events"].publish(event(STAMPS[-1], EventKind.SESSION_END, 1))
        wait_until(lambda: process.poll() is not None, "the recorder to exit")
        assert process.returncode == 3
    with SessionBag(path) as bag:
        frames = [frame.stamp_ns for frame in bag.frames()]
        assert bag.session() == SESSION
        assert 1 <= len(frames) <= 6
        assert frames == [number * 33_000_000 for number in range(1, len(frames) + 1)]

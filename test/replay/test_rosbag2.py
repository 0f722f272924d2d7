"""Bags between us and rosbag2 itself: it reads ours, we read its; what is in them stays the same, byte for byte."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from affect_core.bags import BagWriter, Recording, repair

rosbag2_py = pytest.importorskip("rosbag2_py", reason="needs rosbag2, which comes with a ROS installation")

BAGS = Path(__file__).resolve().parents[2] / "bags"
AS_IT_IS = rosbag2_py.ConverterOptions("", "")


def read_ours(path):
    """Topics, messages and facts as our reader finds them; nothing may be wrong."""
    with Recording(path) as bag:
        messages = [(topic.name, data, log_ns) for topic, log_ns, data in bag.messages(bag.topics)]
        assert bag.flaws == []
        return bag.topics, messages, bag.facts


def profile(qos):
    """What of a profile a subscriber needs to match."""
    return qos.depth, qos.history.short_key, qos.reliability.short_key, qos.durability.short_key


def profile_of(topic):
    """The same of what our bag holds as text."""
    (said,) = yaml.safe_load(topic.qos)
    return said["depth"], said["history"], said["reliability"], said["durability"]


@pytest.fixture(scope="module")
def sample():
    """The first ten messages of every topic of a recording: all kinds that we record, and few pictures."""
    topics, messages, facts = read_ours(BAGS / "ohbot_switching")
    seen = Counter()
    few = [one for one in messages if not seen.update([one[0]]) and seen[one[0]] <= 10]
    return topics, few, facts


@pytest.fixture(scope="module", params=["ohbot_switching", "short_even", "in parts", "repaired"])
def our_bag(request, sample, tmp_path_factory):
    """A bag that our recorder wrote."""
    if request.param in ("ohbot_switching", "short_even"):
        return BAGS / request.param
    path = write_ours(tmp_path_factory.mktemp("ours") / "parts", sample)
    files = sorted(path.glob("*.mcap"))
    assert len(files) > 2
    if request.param == "repaired":
        (path / "metadata.yaml").unlink()
        with files[-1].open("r+b") as file:
            file.truncate(files[-1].stat().st_size // 2)
        repair(path)
    return path


def write_ours(path, content):
    """A bag of several files."""
    topics, messages, facts = content
    described = {topic.name: topic for topic in topics}
    with BagWriter(path, max_bytes=300_000, flush_s=0.0) as writer:
        for key, text in facts.items():
            writer.describe(key, text)
        for name, data, log_ns in messages:
            writer.write(described[name], log_ns, data)
    return path


@pytest.fixture(scope="module")
def ours(our_bag):
    """What is in it."""
    return read_ours(our_bag)


def open_theirs(path):
    """The bag, or one of its files, in rosbag2's reader."""
    reader = rosbag2_py.SequentialReader()
    reader.open(rosbag2_py.StorageOptions(uri=str(path)), AS_IT_IS)
    return reader


class TestItReadsOurs:
    def test_messages_with_their_times(self, our_bag, ours):
        _, expected, _ = ours
        reader, found = open_theirs(our_bag), []
        while reader.has_next():
            found.append(tuple(reader.read_next()))
        assert [log_ns for *_, log_ns in found] == [log_ns for *_, log_ns in expected]
        assert sorted(found) == sorted(expected)  # which of two with one time comes first is nobody's promise

    def test_topics_with_types_and_qos(self, our_bag, ours):
        topics, _, _ = ours
        theirs = {topic.name: topic for topic in open_theirs(our_bag).get_all_topics_and_types()}
        assert set(theirs) == {topic.name for topic in topics}
        for wanted in topics:
            found = theirs[wanted.name]
            assert (found.type, found.serialization_format) == (wanted.type_name, wanted.serialization)
            # An earlier recorder wrote it into metadata.yaml alone.
            assert wanted.type_hash in ("", found.type_description_hash)
            assert found.type_description_hash.startswith("RIHS01_")
            (qos,) = map(rosbag2_py.convert_rclcpp_qos_to_rclpy_qos, found.offered_qos_profiles)
            assert profile(qos) == profile_of(wanted)

    def test_definitions(self, our_bag, ours):
        """Those of one file are all that rosbag2 asks for, so the last one has to hold them all."""
        topics, _, _ = ours
        (*_, last) = sorted(our_bag.glob("*.mcap"))
        found = {one.topic_type: one for one in open_theirs(last).get_all_message_definitions()}
        assert {kind: one.encoding for kind, one in found.items()} == {t.type_name: "ros2msg" for t in topics}
        for topic in topics:
            assert found[topic.type_name].encoded_message_definition == topic.definition != ""

    def test_metadata(self, our_bag, ours):
        _, messages, facts = ours
        info = rosbag2_py.Info().read_metadata(str(our_bag), "mcap")
        assert (info.version, info.storage_identifier) == (9, "mcap")
        assert info.message_count == len(messages) == sum(file.message_count for file in info.files)
        times = [log_ns for *_, log_ns in messages]
        assert info.starting_time.nanoseconds == min(times)
        assert info.duration.nanoseconds == max(times) - min(times)
        assert info.custom_data == facts
        counts = {row.topic_metadata.name: row.message_count for row in info.topics_with_message_count}
        assert counts == Counter(name for name, *_ in messages)
        assert sorted(info.relative_file_paths) == sorted(file.name for file in our_bag.glob("*.mcap"))


@pytest.fixture(
    params=[("sqlite3", ""), ("mcap", ""), ("mcap", "fastwrite"), ("mcap", "zstd_fast")],
    ids=lambda storage: " ".join(storage).strip(),
)
def their_bag(request, sample, tmp_path):
    """The sample once more, written by rosbag2, a file per two seconds."""
    topics, messages, facts = sample
    storage, preset = request.param
    path = tmp_path / "theirs"
    writer = rosbag2_py.SequentialWriter()
    options = {"storage_preset_profile": preset, "max_bagfile_duration": 2, "custom_data": facts}
    writer.open(rosbag2_py.StorageOptions(uri=str(path), storage_id=storage, **options), AS_IT_IS)
    for number, topic in enumerate(topics):
        profiles = rosbag2_py.to_rclcpp_qos_vector(topic.qos, 9)
        metadata = rosbag2_py.TopicMetadata(
            number, topic.name, topic.type_name, "cdr", profiles, topic.type_hash
        )
        writer.create_topic(metadata)
    for name, data, log_ns in messages:
        writer.write(name, data, log_ns)
    writer.close()
    return path


def test_we_read_theirs(sample, their_bag):
    topics, messages, facts = read_ours(their_bag)
    assert messages == sample[1]
    assert facts == sample[2]
    found = {topic.name: topic for topic in topics}
    assert set(found) == {topic.name for topic in sample[0]}
    for wanted in sample[0]:
        theirs = found[wanted.name]
        assert (theirs.type_name, theirs.type_hash) == (wanted.type_name, wanted.type_hash)
        assert profile_of(theirs) == profile_of(wanted)
        assert theirs.definition and theirs.serialization == "cdr"

"""What our writer writes, read by other libraries; rotation; a full disk; a killed process."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
from itertools import pairwise

import pytest
import yaml
from mcap.reader import make_reader
from rosbags.rosbag2 import Reader

from affect_core.bags import BagFull, BagWriter, Recording, repair
from affect_core.bags.writer import RESERVE
from affect_core.errors import InputError


def read_with_mcap(path):
    """(topic, log time, bytes) of all files, checksums verified."""
    found = []
    for file in sorted(path.glob("*.mcap")):
        with file.open("rb") as stream:
            reader = make_reader(stream, validate_crcs=True)
            found += [(channel.topic, m.log_time, m.data) for _, channel, m in reader.iter_messages()]
    return sorted(found)


def read_with_rosbags(path):
    with Reader(path) as reader:
        return sorted(
            (connection.topic, log_ns, bytes(data)) for connection, log_ns, data in reader.messages()
        )


def as_rows(messages):
    return sorted((m.topic, m.log_ns, m.data) for m in messages)


def test_two_other_readers_read_what_was_written(maker, tmp_path):
    messages = maker.messages()
    bag = maker.ours(tmp_path / "bag", messages)
    assert read_with_mcap(bag) == read_with_rosbags(bag) == as_rows(messages)


def test_definitions_hold_all_that_is_nested(maker, tmp_path):
    bag = maker.ours(tmp_path / "bag", maker.messages())
    with (bag / "bag_0.mcap").open("rb") as stream:
        summary = make_reader(stream).get_summary()
        metadata = [m for m in make_reader(stream).iter_metadata() if m.name == "affect_hri"]
    schemas = {schema.name: schema for schema in summary.schemas.values()}
    event = schemas["affect_hri_interfaces/msg/TrialEvent"]
    assert event.encoding == "ros2msg"
    assert b"MSG: std_msgs/Header" in event.data
    assert b"MSG: builtin_interfaces/Time" in event.data
    for channel in summary.channels.values():
        assert channel.metadata["topic_type_hash"] == maker.store.hash_rihs01(
            summary.schemas[channel.schema_id].name
        )
        assert channel.message_encoding == "cdr"
    assert {key: value for m in metadata for key, value in m.metadata.items()} == maker.facts


def test_metadata_is_that_of_jazzy(maker, tmp_path):
    bag = maker.ours(tmp_path / "bag", maker.messages())
    info = yaml.safe_load((bag / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    assert info["version"] == 9
    assert info["storage_identifier"] == "mcap"
    assert info["relative_file_paths"] == ["bag_0.mcap"]
    assert info["message_count"] == 24
    assert info["starting_time"]["nanoseconds_since_epoch"] == maker.start_ns
    assert info["duration"]["nanoseconds"] == 20 * maker.step_ns  # SESSION_END stands at the end of frame 19
    counts = {
        row["topic_metadata"]["name"]: row["message_count"] for row in info["topics_with_message_count"]
    }
    assert counts == {"/affect/camera/image_raw": 20, "/affect/trial/events": 4}
    assert info["custom_data"] == maker.facts
    assert info["compression_format"] == info["compression_mode"] == ""


def test_a_bag_is_never_written_over(maker, tmp_path):
    bag = maker.ours(tmp_path / "bag", maker.messages())
    with pytest.raises(InputError, match="expected a new folder"):
        BagWriter(bag)


# --- rotation --------------------------------------------------------------------------------------------------


def test_files_are_closed_at_their_size(maker, tmp_path):
    messages = maker.messages(40)
    # A frame of noise is 2304 bytes and a header: at most about five of them and the definitions fit.
    bag = maker.ours(tmp_path / "bag", messages, max_bytes=20_000)
    sizes = [(bag / f"bag_{n}.mcap").stat().st_size for n in range(len(list(bag.glob("*.mcap"))))]
    assert len(sizes) > 3
    assert all(20_000 < size < 32_000 for size in sizes[:-1])
    assert read_with_mcap(bag) == read_with_rosbags(bag) == as_rows(messages)
    info = yaml.safe_load((bag / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    assert sum(row["message_count"] for row in info["files"]) == info["message_count"] == 44
    starts = [row["starting_time"]["nanoseconds_since_epoch"] for row in info["files"]]
    assert all(earlier < later for earlier, later in pairwise(starts))


def test_every_file_says_what_it_is_of(maker, tmp_path):
    bag = maker.ours(tmp_path / "bag", maker.messages(40), max_bytes=20_000)
    with Recording(bag / "bag_2.mcap") as part:
        assert part.facts == maker.facts
        assert part.flaws == []


# --- a full disk -----------------------------------------------------------------------------------------------


class SmallDisk:
    """A file on a disk with room for ``room`` more bytes."""

    def __init__(self, path, room):
        self.file = path.open("xb", buffering=0)
        self.room = room

    def write(self, data):
        if self.room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = self.file.write(data[: self.room])
        self.room -= count
        return count

    def close(self):
        self.file.close()


def test_a_full_disk_leaves_a_whole_bag_up_to_there(maker, tmp_path):
    messages = maker.messages(40)
    writer = BagWriter(tmp_path / "bag", flush_s=0.0, open_file=lambda path: SmallDisk(path, 50_000))
    written = 0
    with pytest.raises(BagFull, match=r"the disk is full.*the bag up to there is closed") as caught:
        for message in messages:
            writer.write(maker.info(message.topic, message.kind), message.log_ns, message.data)
            written += 1
    assert writer.full == str(caught.value)
    with pytest.raises(BagFull):
        writer.write(maker.info("/a", "std_msgs/msg/Header"), 0, b"")
    writer.close()
    assert not (tmp_path / "bag" / RESERVE).exists()
    # A frame takes 2304 bytes of noise and 100 to 150 of headers and indexes; the definitions and events take 4000.
    assert 46_000 / 2460 < written < 50_000 / 2400 + 3
    assert writer.message_count == written
    assert (
        read_with_mcap(tmp_path / "bag") == read_with_rosbags(tmp_path / "bag") == as_rows(messages[:written])
    )
    with Recording(tmp_path / "bag") as bag:
        assert bag.flaws == []
        assert bag.facts == {}


def test_a_limit_of_the_system_is_met_the_same_way(maker, tmp_path):
    """RLIMIT_FSIZE: the kernel refuses, in the middle of a record."""
    script = """
        import os, resource, sys
        from pathlib import Path
        from affect_core.bags import BagFull, BagWriter, TopicInfo

        writer = BagWriter(Path(sys.argv[1]), flush_s=0.0)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            for number in range(100):
                writer.write(TopicInfo("/a", "std_msgs/msg/String", "string data"), number, os.urandom(2048))
        except BagFull as error:
            print(number, error)
            sys.exit(3)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "bag")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert "writing failed" in done.stdout
    assert (
        f"affect-hri record repair {tmp_path / 'bag'}" in done.stdout
    )  # nor is there room for the file's end
    count = int(done.stdout.split()[0])
    assert 30 < count < 50
    with Recording(tmp_path / "bag") as bag:
        assert bag.count() == count
        assert any("it ends there" in flaw for flaw in bag.flaws)
    assert repair(tmp_path / "bag").messages == count
    assert [row[1] for row in read_with_mcap(tmp_path / "bag")] == list(range(count))
    assert len(read_with_rosbags(tmp_path / "bag")) == count


# --- a killed process ------------------------------------------------------------------------------------------


def test_a_kill_costs_half_a_second(maker, tmp_path):
    """A message every 10 ms of real time; what is older than the flush, and some slack for a busy machine, is there."""
    script = """
        import sys, time
        from pathlib import Path
        from affect_core.bags import BagWriter, TopicInfo

        writer = BagWriter(Path(sys.argv[1]), max_bytes=3000)
        writer.describe("session", "{}")
        number = 0
        while True:
            writer.write(TopicInfo("/a", "std_msgs/msg/String", "string data"), time.time_ns(), bytes(100))
            print(time.time_ns(), flush=True)
            time.sleep(0.01)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "bag")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        stamps = [int(process.stdout.readline()) for _ in range(200)]
        process.send_signal(signal.SIGKILL)
        stamps += [int(line) for line in process.stdout]
    assert not (tmp_path / "bag" / "metadata.yaml").exists()
    with Recording(tmp_path / "bag") as bag:
        assert bag.span_ns[1] >= stamps[-1] - 1_000_000_000
        assert bag.facts == {"session": "{}"}
        assert any("metadata.yaml is missing" in flaw for flaw in bag.flaws)
        count = bag.count()
    done = repair(tmp_path / "bag")
    assert done.messages == count
    assert not done.lost
    assert len(read_with_mcap(tmp_path / "bag")) == len(read_with_rosbags(tmp_path / "bag")) == count
    assert not (tmp_path / "bag" / RESERVE).exists()
    with Recording(tmp_path / "bag") as bag:
        assert bag.flaws == []

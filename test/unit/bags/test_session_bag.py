"""Sessions from whole, damaged, gappy and foreign bags of both formats."""

import dataclasses
import random
import sqlite3

import numpy as np
import pytest
import zstandard

from affect_core.bags import repair
from affect_core.errors import InputError
from affect_core.evaluation.bags import SessionBag
from affect_core.trial import EventKind, Session

FORMATS = ("ours", "sqlite3", "mcap", "mcap_zstd", "file_zstd", "message_zstd", "mcap_file_zstd")


def stamps(frames):
    return [stamp for stamp, _ in frames]


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_holds_the_same_session(maker, tmp_path, kind):
    session, frames, events, facts, flaws = maker.read(maker.make(kind, tmp_path / "bag", maker.messages()))
    assert session == maker.session
    assert stamps(frames) == [maker.start_ns + n * maker.step_ns for n in range(20)]
    assert all(data == maker.pixels(n).tobytes() for n, (_, data) in enumerate(frames))
    assert [(kind, label) for _, kind, label in events] == [
        (EventKind.SESSION_START, ""),
        (EventKind.REST, "neutral"),
        (EventKind.COMMAND, "confusion"),
        (EventKind.SESSION_END, ""),
    ]
    assert facts["models"] == {"tiny": {"sha256": "abc"}}
    assert flaws == []


def test_sqlite_and_mcap_give_the_same_summary(maker, tmp_path):
    """Scored as `affect-hri evaluate` does, by a reader that sees the mean brightness of a frame as an emotion."""
    from affect_core.evaluation import TrialCollector, summarise
    from affect_core.labels import COMPLEX_6
    from affect_core.types import Emotion, EmotionSet

    def summary(path):
        collector = TrialCollector()
        with SessionBag(path) as bag:
            session = bag.session()
            for frame in bag.frames():
                shares = np.zeros(6, np.float32)
                shares[int(frame.image_rgb.astype(int).sum()) % 6] = 1.0
                emotion = Emotion("f00001", COMPLEX_6, np.log(shares + 1e-6), shares)
                collector.add_emotions(EmotionSet(frame.stamp_ns, "eye", (emotion,), "tiny"))
            for event in bag.events():
                collector.add_event(event)
        return summarise(session, collector.collected())

    # Some messages are stored later than others that were logged after them.
    messages = maker.messages()
    messages[5:9] = reversed(messages[5:9])
    of_mcap = summary(maker.make("ours", tmp_path / "a", messages))
    assert of_mcap == summary(maker.make("sqlite3", tmp_path / "b", messages))
    # Neutral until frame 10, confusion from there on.
    assert [sum(row) for row in of_mcap["confusion"]["matrix"]] == [10, 10, 0, 0, 0, 0]
    assert of_mcap["frames"]["published"] == 20


# --- damage ----------------------------------------------------------------------------------------------------


def test_a_truncated_bag_is_read_up_to_there(maker, tmp_path):
    bag = maker.ours(tmp_path / "bag", maker.messages())
    file = bag / "bag_0.mcap"
    data = file.read_bytes()
    file.write_bytes(data[: data.index(maker.pixels(9).tobytes()[:64]) + 100])
    session, frames, events, _, flaws = maker.read(bag)
    assert session == maker.session
    assert stamps(frames) == [maker.start_ns + n * maker.step_ns for n in range(9)]
    assert [label for *_, label in events] == ["", "neutral"]
    assert flaws == [
        "bag_0.mcap, 0.8 s after its start: it ends there (a record goes on behind the end of the file)"
    ]


def test_a_damaged_chunk_costs_its_frames_only(maker, tmp_path):
    bag = maker.ours(tmp_path / "bag", maker.messages())
    file = bag / "bag_0.mcap"
    data = bytearray(file.read_bytes())
    at = data.index(maker.pixels(7).tobytes()[:64])  # noise does not shrink: zstd stores it as it is
    data[at + 10] ^= 1
    file.write_bytes(data)
    _, frames, events, _, flaws = maker.read(bag)
    assert stamps(frames) == [maker.start_ns + n * maker.step_ns for n in range(20) if n != 7]
    assert len(events) == 4
    assert any("0.6 s after its start" in flaw and "damaged" in flaw for flaw in flaws)
    assert any("1 of 24 messages are missing" in flaw for flaw in flaws)
    done = repair(bag)
    assert (done.messages, done.lost) == (23, True)
    assert [path.name for path in done.kept] == ["bag_0.mcap.damaged"]
    assert maker.read(bag)[4] == []
    assert stamps(maker.read(bag)[1]) == stamps(frames)


def test_a_damaged_length_costs_its_chunk_only(maker, tmp_path):
    bag = maker.ours(tmp_path / "bag", maker.messages())
    file = bag / "bag_0.mcap"
    data = bytearray(file.read_bytes())
    at = data.index(maker.pixels(7).tobytes()[:64])
    chunk = data.rindex(b"\x04\x00\x00\x00zstd", 0, at) - 28 - 9
    assert data[chunk] == 6
    data[chunk + 4] ^= 0x20  # the length is now half a gigabyte
    file.write_bytes(data)
    assert stamps(maker.read(bag)[1]) == [maker.start_ns + n * maker.step_ns for n in range(20) if n != 7]


def test_bytes_cut_out_of_the_middle(maker, tmp_path):
    bag = maker.ours(tmp_path / "bag", maker.messages())
    file = bag / "bag_0.mcap"
    data = file.read_bytes()
    start, end = data.index(maker.pixels(5).tobytes()[:64]), data.index(maker.pixels(8).tobytes()[:64])
    file.write_bytes(data[:start] + data[end:])
    _, frames, _, _, flaws = maker.read(bag)
    assert stamps(frames) == [maker.start_ns + n * maker.step_ns for n in range(20) if n not in (5, 6, 7, 8)]
    assert flaws


def test_a_lost_file_of_a_rotated_bag_is_named(maker, tmp_path):
    bag = maker.ours(tmp_path / "bag", maker.messages(40), max_bytes=20_000)
    (bag / "bag_1.mcap").unlink()
    _, frames, _, _, flaws = maker.read(bag)
    assert "the file bag_1.mcap is missing" in flaws
    assert 25 < len(frames) < 38
    assert repair(bag).lost
    assert maker.read(bag)[4] == []


def test_without_metadata_and_after_repair(maker, tmp_path):
    bag = maker.ours(tmp_path / "bag", maker.messages(40), max_bytes=20_000)
    before = (bag / "metadata.yaml").read_text()
    (bag / "metadata.yaml").unlink()
    session, frames, _, _, flaws = maker.read(bag)
    assert (session, len(frames)) == (maker.session, 40)
    assert flaws == ["metadata.yaml is missing: the recording was cut off"]
    done = repair(bag)
    assert (done.messages, done.lost, done.kept) == (44, False, ())
    assert (bag / "metadata.yaml").read_text() == before
    assert repair(bag).flaws == ()


def test_repair_writes_metadata_of_sqlite_bags(maker, tmp_path):
    bag = maker.theirs(tmp_path / "bag", maker.messages())
    (bag / "metadata.yaml").unlink()
    assert repair(bag).messages == 24
    from rosbags.rosbag2 import Reader

    with Reader(bag) as reader:
        assert reader.message_count == 24


def test_a_sqlite_bag_is_read_up_to_the_damage(maker, tmp_path):
    bag = maker.theirs(tmp_path / "bag", maker.messages(200))
    file = bag / "bag.db3"
    data = bytearray(file.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 40_960] = bytes(40_960)
    file.write_bytes(data)
    _, frames, _, _, flaws = maker.read(bag)
    assert 50 < len(frames) < 200
    assert flaws
    with pytest.raises(InputError, match="only mcap files can be repaired"):
        (bag / "metadata.yaml").unlink()
        repair(bag)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\x89PNG" + bytes(5000), "it is no mcap file"),
        (None, "holds no message"),
    ],
)
def test_what_cannot_be_read_says_why(maker, tmp_path, content, message):
    bag = maker.ours(tmp_path / "bag", [] if content is None else maker.messages())
    if content is not None:
        (bag / "bag_0.mcap").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        maker.read(bag)
    assert str(bag) in str(caught.value)


def test_a_folder_without_a_bag(maker, tmp_path):
    with pytest.raises(InputError, match="there is nothing"):
        maker.read(tmp_path / "nowhere")
    with pytest.raises(InputError, match="not a bag that can be read"):
        maker.read(tmp_path)


# --- time ------------------------------------------------------------------------------------------------------


def test_messages_stored_out_of_order_come_in_order(maker, tmp_path):
    messages = maker.messages()
    random.Random(3).shuffle(messages)
    _, frames, events, _, flaws = maker.read(maker.ours(tmp_path / "bag", messages))
    assert stamps(frames) == [maker.start_ns + n * maker.step_ns for n in range(20)]
    assert len(events) == 4
    assert flaws == []


def test_frames_that_go_back_in_time_are_left_out(maker, tmp_path):
    messages = [maker.frame(n) for n in range(10)]
    messages[6] = maker.frame(6, stamp_ns=maker.start_ns + 3 * maker.step_ns)
    _, frames, _, _, flaws = maker.read(maker.ours(tmp_path / "bag", messages))
    assert stamps(frames) == [maker.start_ns + n * maker.step_ns for n in range(10) if n != 6]
    assert flaws == ["1 frames are not later than the one before and left out; 9 are read"]


def test_a_gap_is_told(maker, tmp_path):
    messages = [maker.frame(n) for n in range(40) if not 12 <= n < 30]
    _, frames, _, _, flaws = maker.read(maker.ours(tmp_path / "bag", messages))
    assert len(frames) == 22
    assert flaws == ["no frames for 1.9 s, 1.1 s after the first"]


def test_behind_a_jump_of_the_clock_nothing_is_read(maker, tmp_path):
    year_ns = 365 * 86_400 * 1_000_000_000
    messages = [maker.frame(n) for n in range(10)]
    messages += [maker.frame(n, stamp_ns=maker.start_ns + year_ns + n * maker.step_ns) for n in range(10, 15)]
    messages += [maker.event(maker.start_ns, 2, 0, "boredom"), maker.event(maker.start_ns + year_ns, 1, 1)]
    _, frames, events, _, flaws = maker.read(maker.ours(tmp_path / "bag", messages))
    assert len(frames) == 10
    assert [label for *_, label in events] == ["boredom"]
    assert any("frames jump by 31536000 s after 0.9 s (10 frames)" in flaw for flaw in flaws)
    assert "1 events are far from all frames and left out" in flaws


def test_a_frame_with_a_stamp_far_from_its_neighbours_is_left_out(maker, tmp_path):
    """Somebody else's, or a fault: the clock was not set, as the next frame shows."""
    hour_ns = 3600 * 1_000_000_000
    messages = [maker.frame(n) for n in range(20)]
    messages[5] = maker.frame(5, stamp_ns=maker.start_ns + hour_ns)
    messages[9] = maker.frame(9, stamp_ns=maker.start_ns + 2 * hour_ns)
    messages += [maker.event(maker.start_ns + 19 * maker.step_ns, 2, 0, "boredom")]
    _, frames, events, _, flaws = maker.read(maker.ours(tmp_path / "bag", messages))
    assert stamps(frames) == [maker.start_ns + n * maker.step_ns for n in range(20) if n not in (5, 9)]
    assert [label for *_, label in events] == ["boredom"]
    assert flaws == ["2 frames with stamps far from those around them are left out"]


def test_frames_without_stamps_have_the_time_of_recording(maker, tmp_path):
    bag = maker.ours(tmp_path / "bag", [maker.frame(n, stamp_ns=0) for n in range(5)])
    _, frames, _, _, flaws = maker.read(bag)
    assert stamps(frames) == [maker.start_ns + n * maker.step_ns + 1000 for n in range(5)]
    assert flaws == []


# --- foreign bags ----------------------------------------------------------------------------------------------


def test_topics_are_found_by_type_or_named(maker, tmp_path):
    messages = [maker.frame(n, topic="/left/image") for n in range(3)]
    assert len(maker.read(maker.theirs(tmp_path / "one", messages))[1]) == 3
    messages += [maker.frame(n, topic="/right/image") for n in range(5)]
    bag = maker.theirs(tmp_path / "two", messages)
    with pytest.raises(InputError, match=r"expected one image topic .*/left/image.*/right/image"):
        maker.read(bag)
    assert len(maker.read(bag, image_topic="/right/image")[1]) == 5
    with pytest.raises(InputError, match=r"expected one topic of trial events /events .*there: none"):
        maker.read(bag, image_topic="/left/image", events_topic="/events")


def test_an_old_sqlite_bag_has_no_definitions(maker, tmp_path):
    """As Humble writes them: schema 3, neither message_definitions nor hashes."""
    bag = maker.theirs(tmp_path / "bag", maker.messages())
    with sqlite3.connect(bag / "bag.db3") as database:
        database.execute("DROP TABLE message_definitions")
        database.execute("ALTER TABLE topics DROP COLUMN type_description_hash")
        database.execute("UPDATE schema SET schema_version = 3")
    session, frames, events, _, flaws = maker.read(bag)
    assert len(frames) == 20
    assert session == maker.session  # from metadata.yaml
    assert events == []
    assert any("definition of affect_hri_interfaces/msg/TrialEvent is missing" in flaw for flaw in flaws)


def test_a_single_file_is_a_bag_too(maker, tmp_path):
    bag = maker.ours(tmp_path / "bag", maker.messages(40), max_bytes=20_000)
    _, frames, _, _, flaws = maker.read(bag / "bag_1.mcap")
    assert 3 <= len(frames) <= 12
    assert flaws == []


def test_messages_outside_chunks(maker, tmp_path):
    """As rosbag2's preset fastwrite stores them; cut off, and repaired."""
    from rosbags.rosbag2 import Reader

    bag = maker.unchunked(tmp_path / "bag", maker.messages())
    _, frames, events, _, flaws = maker.read(bag)
    assert (len(frames), len(events), flaws) == (
        20,
        4,
        ["metadata.yaml is missing: the recording was cut off"],
    )
    file = bag / "bag_0.mcap"
    data = file.read_bytes()
    file.write_bytes(data[: data.index(maker.pixels(9).tobytes()[:64]) + 100])
    assert stamps(maker.read(bag)[1]) == [maker.start_ns + n * maker.step_ns for n in range(9)]
    assert not repair(bag).lost
    assert maker.read(bag)[4] == []
    with Reader(bag) as reader:
        assert sum(1 for _ in reader.messages()) == 9 + 2


def test_a_compressed_file_that_is_cut_off(maker, tmp_path):
    bag = maker.theirs(tmp_path / "bag", maker.messages(200), "mcap", "file")
    (file,) = bag.glob("*.zstd")
    assert zstandard.ZstdDecompressor().stream_reader(file.read_bytes()).read(8)[1:5] == b"MCAP"
    file.write_bytes(file.read_bytes()[:-2000])
    with pytest.raises(InputError):  # rosbags makes one chunk of it all
        maker.read(bag)


# --- labels in a table -----------------------------------------------------------------------------------------

TABLE = "start_s,label,onset_s\n0.0,neutral,\n0.5,confusion,0.2\n1.5,end,\n"


def test_labels_beside_a_bag_without_events(maker, tmp_path):
    bag = maker.theirs(tmp_path / "bag", [maker.frame(n) for n in range(20)], facts={})
    (bag / "labels.csv").write_text(TABLE)
    session, _, events, _, flaws = maker.read(bag)
    assert session == Session(id="bag")
    assert [(round((at - maker.start_ns) / 1e9, 3), kind, label) for at, kind, label in events] == [
        (0.0, EventKind.SESSION_START, ""),
        (0.0, EventKind.REST, "neutral"),
        (0.5, EventKind.COMMAND, "confusion"),
        (1.5, EventKind.SESSION_END, ""),
    ]
    assert flaws == []


def test_labels_that_are_named_go_before_events(maker, tmp_path):
    bag = maker.ours(tmp_path / "bag", maker.messages())
    (bag / "labels.csv").write_text(TABLE)
    assert len(maker.read(bag)[2]) == 4
    assert [label for *_, label in maker.read(bag)[2]][2] == "confusion"
    assert maker.read(bag)[2][2][0] == maker.start_ns + 10 * maker.step_ns  # the events of the bag
    assert maker.read(bag, labels=bag / "labels.csv")[2][2][0] == maker.start_ns + 5 * maker.step_ns


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("time,label\n0,neutral\n", "expected the columns start_s, label"),
        ("start_s,label\n", "there are none"),
        ("start_s,label\n0,happyness\n", "row 1: expected one of .*, got 'happyness'"),
        ("start_s,label\nx,neutral\n", "row 1: expected start_s in seconds, 0 or more, got 'x'"),
        ("start_s,label\n-1,neutral\n", "got '-1'"),
        ("start_s,label\n1,neutral\n1,boredom\n", "row 2: expected a later start_s"),
        ("start_s,label,onset_s\n1,boredom,soon\n", "row 1: expected onset_s in seconds"),
    ],
)
def test_a_wrong_table_names_the_row(maker, tmp_path, table, message):
    bag = maker.theirs(tmp_path / "bag", [maker.frame(n) for n in range(3)])
    (bag / "labels.csv").write_text(table)
    with pytest.raises(InputError, match=message):
        maker.read(bag)


# --- names ---------------------------------------------------------------------------------------------------


def test_a_session_cannot_name_a_folder_elsewhere(maker, tmp_path):
    session = dataclasses.replace(maker.session, id="../../x/y")
    messages = [maker.frame(0), maker.frame(1), maker.event(maker.start_ns, 0, 0, detail=session.to_json())]
    found = maker.read(maker.ours(tmp_path / "bag", messages))[0]
    assert found.id == maker.session.id  # the recording's own account is used in place of the event's

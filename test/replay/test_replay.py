"""A recorded session read again: from the bag, through topics, and as a plain video."""

import csv
import dataclasses
import json
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCORES = ("accuracy", "accuracy5", "confusion", "per_class", "transition", "hashes", "model", "frames")


def rows(folder):
    with (folder / "records.csv").open() as file:
        return list(csv.DictReader(file))


def scores(summary):
    """What must not change, whoever reads the frames; only the virtual camera knows what was rendered."""
    chosen = {key: summary[key] for key in SCORES}
    hashes = {k: v for k, v in summary["hashes"].items() if not k.startswith("recorded ")}
    return chosen | {
        "frames": {k: v for k, v in summary["frames"].items() if k != "rendered"},
        "hashes": hashes,
    }


def original(recorded):
    return json.loads((recorded / "summary.json").read_text())


def test_evaluate_repeats_the_scores_exactly(affect_hri, recorded, summary_of, tiny_model, tmp_path):
    done = affect_hri("evaluate", recorded / "bag", "--model", tiny_model, "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    summary = summary_of(tmp_path)
    assert scores(summary) == scores(original(recorded))
    assert "20 of 20 frames labelled" in done.stdout.splitlines()[-1]
    assert summary["hashes"]["recorded weights of tiny"] == summary["hashes"]["weights"]
    (facts,) = tmp_path.glob("*/recorded.json")
    recorded_facts = json.loads(facts.read_text())
    assert recorded_facts["session"]["protocol"] == "short"
    assert recorded_facts["models"]["tiny"]["runtime"] == "torch-fp32"
    parameters = recorded_facts["parameters"]
    assert {"/affect/avatar", "/affect/emotion", "/affect/face", "/affect/recorder", "/affect/trial"} <= set(
        parameters
    )
    assert parameters["/affect/emotion"]["model"] == str(tiny_model)
    assert parameters["/affect/trial"]["clock"] == "lockstep"


def test_replay_through_topics_repeats_the_scores(affect_hri, recorded, summary_of, tiny_model, tmp_path):
    done = affect_hri("replay", recorded / "bag", "--model", tiny_model, "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    summary = summary_of(tmp_path)
    assert scores(summary) == scores(original(recorded))
    assert summary["latency_ms"]["p50"] > 0.0  # the replayed camera_info is what it is counted from


def test_the_frames_as_a_plain_video_get_the_same_labels(
    affect_hri, recorded, estimates_of, tiny_model, tmp_path
):
    from affect_core.cameras.writer import write_lossless_video
    from affect_core.evaluation.bags import SessionBag

    video = tmp_path / "frames.mkv"
    with SessionBag(recorded / "bag") as bag:
        assert write_lossless_video((frame.image_rgb for frame in bag.frames()), video, fps=10.0) == 20
    # At the rate of the recording: landmarks are steadied over time.
    protocol = tmp_path / "watch.yaml"
    protocol.write_text(re.sub(r"fps: \d+", "fps: 10", (ROOT / "config/trials/watch.yaml").read_text()))
    values = ["--source", "video", "--path", video, "--head", "none", "--protocol", protocol]
    values += ["--model", tiny_model, "--clock", "lockstep", "--record", "--output", tmp_path / "reports"]
    done = affect_hri("trial", *values)
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "reports").iterdir()
    seen, again = (list(estimates_of(path / "bag").values()) for path in (recorded, folder))
    assert [label for label, _ in again] == [label for label, _ in seen]
    for before, after in zip(seen, again, strict=True):
        assert after[1] == pytest.approx(before[1], abs=1e-5)


# --- shuffled events ------------------------------------------------------------------------------------------


def perfect_session():
    """25 commands of 20 frames each in five classes, every frame read right: nothing but events and records."""
    from affect_core.evaluation import FrameRecord, TruthEvent
    from affect_core.labels import COMPLEX_5, COMPLEX_6
    from affect_core.trial import EventKind

    events = [TruthEvent(0, EventKind.SESSION_START)]
    records = []
    for index in range(25):
        label, start_ns = COMPLEX_5[index % 5], index * 2_000_000_000
        events.append(TruthEvent(start_ns, EventKind.COMMAND, label, 0.0, index + 1))
        probabilities = tuple(float(name == label) for name in COMPLEX_6)
        records += [
            FrameRecord(start_ns + frame * 100_000_000, 1, COMPLEX_6, probabilities) for frame in range(20)
        ]
    return events, records


def test_estimates_against_shuffled_events_fall_to_chance():
    """Synthetic and perfect records, so that chance alone speaks: five classes, so one in five is right."""
    from affect_core.evaluation.scoring import score

    events, records = perfect_session()
    assert score(events, records).hold == 1.0
    rng = random.Random(0)
    accuracies = []
    for _ in range(100):
        labels = [event.label for event in events[1:]]
        rng.shuffle(labels)
        pairs = zip(events[1:], labels, strict=True)
        shuffled = [events[0], *(dataclasses.replace(event, label=label) for event, label in pairs)]
        accuracies.append(score(shuffled, records).hold)
    # 25 commands: a shuffle's accuracy varies by 0.08, the mean of a hundred by 0.008.
    assert sum(accuracies) / len(accuracies) == pytest.approx(0.2, abs=0.03)


# --- bags that cannot be used ---------------------------------------------------------------------------------


def copy_of(bag, target):
    shutil.copytree(bag, target)
    return target


def without(bag, target, topics, storage="mcap"):
    """A copy of a bag that lacks the topics that end so."""
    from rosbags.highlevel import AnyReader
    from rosbags.rosbag2 import StoragePlugin, Writer
    from rosbags.typesys import Stores, get_typestore

    store = get_typestore(Stores.ROS2_JAZZY)
    with (
        AnyReader([bag], default_typestore=store) as reader,
        Writer(target, version=9, storage_plugin=StoragePlugin[storage.upper()]) as writer,
    ):
        kept = [c for c in reader.connections if not c.topic.endswith(topics)]
        made = {c.id: writer.add_connection(c.topic, c.msgtype, typestore=reader.typestore) for c in kept}
        for connection, stamp, data in reader.messages(kept):
            writer.write(made[connection.id], stamp, data)
    return target


@pytest.fixture
def broken(recorded, tmp_path):
    """By kind: the path of a bag that cannot be used, and what the message must say."""
    scribble = tmp_path / "scribble"
    scribble.mkdir()
    (scribble / "metadata.yaml").write_text("not: a bag")
    empty = copy_of(recorded / "bag", tmp_path / "empty")
    (empty / "bag_0.mcap").write_bytes(b"")
    return {
        "missing": (tmp_path / "nowhere", "there is nothing"),
        "other yaml": (scribble, "not a bag that can be read"),
        "empty": (empty, "the file is empty"),
        "no images": (
            without(recorded / "bag", tmp_path / "blind", ("image_raw",)),
            "expected one image topic camera/image_raw",
        ),
    }


@pytest.mark.parametrize("command", ["evaluate", "replay"])
@pytest.mark.parametrize("kind", ["missing", "other yaml", "empty", "no images"])
def test_a_broken_bag_is_one_clear_line_and_exit_code_4(
    affect_hri, broken, tiny_model, tmp_path, command, kind
):
    bag, message = broken[kind]
    done = affect_hri(command, bag, "--model", tiny_model, "--output", tmp_path / "reports")
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("affect-hri: ")]
    assert message in line
    assert str(bag) in line
    assert "Traceback" not in done.stderr
    assert done.returncode == 4


def test_one_bag_that_cannot_be_read_leaves_the_report_of_the_others(
    affect_hri, broken, recorded, summary_of, tiny_model, tmp_path
):
    bag, message = broken["empty"]
    done = affect_hri(
        "evaluate", bag, recorded / "bag", "--model", tiny_model, "--output", tmp_path / "reports"
    )
    assert done.returncode == 3, done.stderr
    assert any(line.startswith("affect-hri: ") and message in line for line in done.stderr.splitlines())
    assert summary_of(tmp_path / "reports")["frames"]["labelled"] == 20


@pytest.mark.parametrize("command", ["evaluate", "replay"])
def test_a_bag_that_was_cut_off_gives_a_partial_report(
    affect_hri, recorded, summary_of, tiny_model, tmp_path, command
):
    bag = copy_of(recorded / "bag", tmp_path / "cut")
    (bag / "metadata.yaml").unlink()
    mcap = bag / "bag_0.mcap"
    mcap.write_bytes(mcap.read_bytes()[: mcap.stat().st_size // 2])
    done = affect_hri(command, bag, "--model", tiny_model, "--output", tmp_path / "reports")
    assert done.returncode == 3, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("affect-hri: ")]
    assert any("metadata.yaml is missing" in line for line in lines)
    assert any(re.search(r"bag_0.mcap, \d+\.\d s after its start: it ends there", line) for line in lines)
    assert "Traceback" not in done.stderr
    assert 1 <= summary_of(tmp_path / "reports")["frames"]["labelled"] < 20
    repaired = affect_hri("record", "repair", bag)
    assert repaired.returncode == 0, repaired.stderr
    assert "repaired" in repaired.stdout.splitlines()[-1]
    info = affect_hri("record", "info", bag)
    assert info.returncode == 0, info.stderr
    assert info.stdout.splitlines()[-1].endswith("whole")


@pytest.mark.parametrize("command", ["evaluate", "replay"])
def test_a_sqlite_copy_gives_the_same_report(affect_hri, recorded, summary_of, tiny_model, tmp_path, command):
    bag = without(recorded / "bag", tmp_path / "copy", (), "sqlite3")
    done = affect_hri(command, bag, "--model", tiny_model, "--output", tmp_path / "reports")
    assert done.returncode == 0, done.stderr
    assert scores(summary_of(tmp_path / "reports")) == scores(original(recorded))
    (of_copy,) = (tmp_path / "reports").glob("*/records.csv")
    # Labels and probabilities of every frame; times differ.
    kept = ("stamp_ns", "faces", "label", *(key for key in rows(recorded)[0] if key.startswith("p_")))
    assert [[row[key] for key in kept] for row in rows(of_copy.parent)] == [
        [row[key] for key in kept] for row in rows(recorded)
    ]


def test_labels_in_a_table_are_scored(affect_hri, recorded, summary_of, tiny_model, tmp_path):
    bag = without(recorded / "bag", tmp_path / "watched", ("trial/events",))
    (bag / "labels.csv").write_text("start_s,label,onset_s\n0,neutral,\n1.0,confusion,0.2\n")
    done = affect_hri("evaluate", bag, "--model", tiny_model, "--output", tmp_path / "reports")
    assert done.returncode == 0, done.stderr
    matrix = summary_of(tmp_path / "reports")["confusion"]["matrix"]
    assert [sum(row) for row in matrix] == [10, 10, 0, 0, 0, 0]


def test_a_bag_without_events_gives_a_report_that_says_so(
    affect_hri, recorded, summary_of, tiny_model, tmp_path
):
    bag = without(recorded / "bag", tmp_path / "watched", ("trial/events",))
    done = affect_hri("evaluate", bag, "--model", tiny_model, "--output", tmp_path / "reports")
    assert done.returncode == 0, done.stderr
    summary = summary_of(tmp_path / "reports")
    assert summary["session"] == "watched"
    assert summary["accuracy"]["hold"] is None
    assert summary["frames"]["labelled"] == 20
    assert "not scored" in done.stdout.splitlines()[-1]
    (report,) = (tmp_path / "reports").glob("*/report.html")
    assert "No ground truth" in report.read_text()


# --- a disk that is full ---------------------------------------------------------------------------------------

LIMITED = """
import resource
from affect_core.bags import writer
from affect_core.cli import main
writer.RESERVE_BYTES = 0
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
main()
"""
"""The command line in a process whose files may not grow beyond 1.5 MB: the bag would take 2.5."""


def test_a_full_disk_costs_the_rest_of_the_bag_and_not_the_report(
    affect_hri, affect_hri_command, summary_of, tiny_model, tmp_path
):
    values = ["--model", tiny_model, "--protocol", "short", "--clock", "lockstep", "--record"]
    command = [affect_hri_command[0], "-c", LIMITED, "trial", *values, "--output", tmp_path / "reports"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 3, done.stderr
    assert "nothing more is recorded" in done.stderr
    summary = summary_of(tmp_path / "reports")
    assert summary["frames"]["labelled"] == 20
    bag = tmp_path / "reports" / summary["session"] / "bag"
    again = affect_hri("evaluate", bag, "--model", tiny_model, "--output", tmp_path / "again")
    assert again.returncode in (0, 3), again.stderr
    assert 3 <= summary_of(tmp_path / "again")["frames"]["labelled"] < 20

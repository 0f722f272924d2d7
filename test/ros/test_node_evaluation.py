"""evaluation_node, fed a trial that was scored by hand."""

import json
import math

import numpy as np
import pytest

from affect_core.evaluation import TruthEvent
from affect_core.labels import COMPLEX_6
from affect_core.trial import EventKind, Session
from affect_core.types import AttributionMap, Crop, Detection, Emotion, EmotionSet, Face, FaceSet
from affect_hri import conversions
from affect_hri.nodes.evaluation import PARTIAL, EvaluationNode
from affect_hri_interfaces.msg import (
    AttributionArray,
    EmotionEstimate,
    EmotionEstimateArray,
    FaceArray,
    GroundTruth,
    TrialEvent,
    TrialSummary,
)

MS = 1_000_000
START_NS = 1_000_000 * MS
# The truth: neutral from 0 s, settled at 0.4 s; confusion from 1 s, settled at 1.5 s.
EVENTS = (
    (0, EventKind.SESSION_START, "", 0.0),
    (0, EventKind.REST, "neutral", 0.4),
    (1000, EventKind.COMMAND, "confusion", 0.5),
    (2000, EventKind.SESSION_END, "", 0.0),
)
# What was read, every 250 ms; None = no face.
READ = {
    250: "neutral",
    500: "neutral",
    750: "boredom",  # wrong, settled
    1000: "neutral",  # wrong, on the way
    1250: "confusion",  # right, on the way
    1500: "confusion",  # right, held
    1750: None,  # wrong, held
}


def emotion_set(stamp_ns, label):
    if label is None:
        return EmotionSet(stamp_ns, "eye", (), "tiny", "ab" * 32, "torch", math.nan)
    probabilities = np.where(np.array(COMPLEX_6) == label, 0.75, 0.05).astype(np.float32)
    emotion = Emotion("f00001", COMPLEX_6, np.log(probabilities), probabilities)
    return EmotionSet(stamp_ns, "eye", (emotion,), "tiny", "ab" * 32, "torch", 7.5)


def face_set(stamp_ns, label):
    detection = Detection(np.array([10.0, 10, 90, 110]), np.zeros((5, 2)), 0.9)
    face = Face("f00001", detection, Crop(np.zeros((8, 8, 3), np.uint8), np.eye(2, 3)))
    faces = () if label is None else (face,)
    dropped = 2 if stamp_ns == START_NS + 500 * MS else 0
    return FaceSet(stamp_ns, "eye", faces, (640, 480), dropped, detect_ms=12.5, track_ms=1.5)


@pytest.fixture
def desk(bench, peer, tmp_path):
    summaries = peer.hear("trial/summary", TrialSummary, latched=True)
    with bench.running(
        EvaluationNode, peer.namespace, output=str(tmp_path), grace_s=1.0, samples=False
    ) as node:
        peer.until_status("evaluation", "OK", "collecting")
        topics = {
            "events": peer.speak("trial/events", TrialEvent),
            "faces": peer.speak("faces", FaceArray),
            "emotions": peer.speak("emotions", EmotionEstimateArray),
            "truth": peer.speak("ground_truth", GroundTruth),
        }
        yield node, topics, summaries


def publish_events(topics, last=EventKind.SESSION_END):
    session = Session(id="s1", protocol="short", participant="p1", clock="wall", seed=4)
    for index, (at_ms, kind, label, onset_s) in enumerate(EVENTS):
        kind = last if kind is EventKind.SESSION_END else kind
        detail = session.to_json() if kind is EventKind.SESSION_START else ""
        event = TruthEvent(START_NS + at_ms * MS, kind, label, onset_s, index)
        topics["events"].publish(conversions.from_truth_event(event, "s1", detail))


def publish_frames(topics):
    for at_ms, label in READ.items():
        stamp_ns = START_NS + at_ms * MS
        header = conversions.to_header(stamp_ns, "eye")
        topics["truth"].publish(GroundTruth(header=header, render_ms=20.0))
        topics["faces"].publish(conversions.from_face_set(face_set(stamp_ns, label), with_crops=False))
        topics["emotions"].publish(conversions.from_emotion_set(emotion_set(stamp_ns, label)))


def test_the_numbers(desk, tmp_path, wait_until):
    node, topics, summaries = desk
    publish_frames(topics)
    publish_events(topics)
    wait_until(lambda: summaries, "the summary")
    message = summaries[0]
    # Commanded frames: 1250 and 1500 of four. Held: 1500 of two. Rests: 250 and 500 of three.
    assert (message.accuracy_frame, message.accuracy_hold) == (0.5, 0.5)
    assert message.accuracy_neutral == pytest.approx(2 / 3)
    assert (message.session, message.frames_published, message.frames_labelled) == ("s1", 7, 6)
    assert conversions.from_time(message.header.stamp) == START_NS + 2000 * MS
    assert message.report == str(tmp_path / "s1")

    summary = json.loads((tmp_path / "s1" / "summary.json").read_text())
    assert json.loads(message.json) == summary
    assert (summary["session"], summary["participant"], summary["seed"]) == ("s1", "p1", 4)
    assert (summary["model"], summary["runtime"], summary["hashes"]["weights"]) == (
        "tiny",
        "torch",
        "ab" * 32,
    )
    assert summary["frames"] == {"rendered": 7, "published": 7, "with_face": 6, "labelled": 6, "dropped": 2}
    assert summary["accuracy"]["frame"] == summary["accuracy"]["hold"] == 0.5
    assert summary["accuracy5"] == 0.5
    # Never three correct frames in a row; of the wrong frames 750, 1000 and 1750 one lies before its settling.
    assert summary["transition"]["missed"] == 1
    assert summary["transition"]["lag_ms_p50"] is None
    assert summary["transition"]["error_share"] == pytest.approx(1 / 3)
    matrix = np.array(summary["confusion"]["matrix"])
    assert summary["confusion"]["labels"] == list(COMPLEX_6)
    expected = np.zeros((6, 6), int)
    expected[0, [0, 5]], expected[1, [0, 1]] = (2, 1), (1, 2)
    np.testing.assert_array_equal(matrix, expected)
    assert summary["per_class"]["confusion"]["precision"] == 1.0
    assert summary["per_class"]["confusion"]["recall"] == 0.5
    assert summary["stage_ms"] == {"render": 20.0, "detect": 12.5, "track": 1.5, "infer": 7.5}
    assert (tmp_path / "s1" / "report.html").stat().st_size > 1000
    wait_until(node.finished.is_set, "the node to say that it is done")  # it says so after the summary
    assert node.exit_code == 0


@pytest.mark.parametrize(
    ("asked", "shown"),
    [({"persons": True}, True), ({}, False), ({"persons": True, "anonymize": True}, False)],
)
def test_maps_and_their_crops_reach_the_report(bench, peer, tmp_path, wait_until, asked, shown):
    """Of a person only where a recording was asked for."""
    with bench.running(EvaluationNode, peer.namespace, output=str(tmp_path), **asked) as node:
        peer.until_status("evaluation", "OK", "collecting")
        events = peer.speak("trial/events", TrialEvent)
        faces = peer.speak("faces", FaceArray, listeners=2)
        maps = peer.speak("attributions", AttributionArray)
        stamp_ns = START_NS + 900 * MS  # neutral has been settled for half a second
        found, read = face_set(stamp_ns, "neutral"), emotion_set(stamp_ns, "neutral")
        item = AttributionMap(
            "f00001", "neutral", "lime", np.eye(8, dtype=np.float32), np.eye(2, 3), 0.5, 0.25, {"nose": 1.0}
        )
        publish_events({"events": events}, last=EventKind.REST)
        elsewhere = face_set(stamp_ns - 1, "neutral")
        faces.publish(conversions.from_face_set(elsewhere, with_crops=False))  # of a composed program
        faces.publish(conversions.from_face_set(found))
        maps.publish(conversions.from_attributions([item], read))
        wait_until(lambda: node._explained.explained(), "the map")
        publish_events({"events": events})
        wait_until(node.finished.is_set, "the report")
    assert not [text for level, text in peer.statuses("evaluation") if level != b"\x00"]
    page = (tmp_path / "s1" / "report.html").read_text()
    assert ("neutral, read: neutral · lime · on the face 50.0 % (by chance 25.0 %)" in page) == shown
    assert ("Pictures of persons are not kept" in page) != shown
    assert (tmp_path / "s1" / "explained_00.jpg").is_file() == shown
    # What is left are the plots.
    pictures = {path.name for path in tmp_path.rglob("*") if path.suffix in (".jpg", ".jpeg")}
    assert bool(pictures) == shown, pictures


def test_an_aborted_session_is_reported_as_partial(desk, tmp_path, wait_until):
    node, topics, summaries = desk
    publish_frames(topics)
    publish_events(topics, last=EventKind.ABORT)
    wait_until(lambda: summaries, "the summary")
    wait_until(node.finished.is_set, "the node to say that it is done")
    assert summaries[0].frames_published == 7
    assert (tmp_path / "s1" / "summary.json").is_file()
    assert node.exit_code == PARTIAL


def test_an_end_without_a_beginning(desk, peer, wait_until):
    node, topics, summaries = desk
    event = TruthEvent(START_NS, EventKind.SESSION_END, index=9)
    topics["events"].publish(conversions.from_truth_event(event, "s1"))
    peer.until_status("evaluation", "ERROR", "whose start was never heard")
    wait_until(node.finished.is_set, "the node to say that it is done")
    assert node.exit_code == PARTIAL
    assert summaries == []


@pytest.mark.parametrize(
    ("topic", "message", "text"),
    [
        ("emotions", EmotionEstimateArray(estimates=[EmotionEstimate(labels=["neutral"])]), "logits (1,)"),
        ("events", TrialEvent(kind=9), "expected a trial event of kind 0 SESSION_START"),
        ("events", TrialEvent(kind=0, detail="{not json"), "expected a session as JSON"),
    ],
)
def test_a_malformed_message_is_told_and_nothing_else_is_lost(desk, peer, wait_until, topic, message, text):
    _node, topics, summaries = desk
    topics[topic].publish(message)
    peer.until_status("evaluation", "WARN", text)
    publish_frames(topics)
    publish_events(topics)
    wait_until(lambda: summaries, "the summary")
    assert summaries[0].accuracy_hold == 0.5

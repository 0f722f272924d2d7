import math
import random
from collections.abc import Callable

import numpy as np
import pytest

from affect_core.evaluation import FaceFacts, FrameCounts, TrialCollector, TruthEvent, face_facts
from affect_core.labels import COMPLEX_6
from affect_core.trial import EventKind
from affect_core.types import Crop, Detection, Emotion, EmotionSet, Face, FaceSet

S = 1_000_000_000
SMALL, LARGE = (0.0, 0.0, 10.0, 10.0), (50.0, 50.0, 70.0, 70.0)
Feed = Callable[[TrialCollector], None]


def emotion(face_id: str, label: str) -> Emotion:
    shares = np.array([0.5 if name == label else 0.1 for name in COMPLEX_6], dtype=np.float32)
    return Emotion(face_id, COMPLEX_6, np.log(shares), shares)


def emotions(stamp_ns: int, *read: Emotion, dropped: int = 0) -> EmotionSet:
    return EmotionSet(stamp_ns, "camera", read, "amal", "ab12", "torch", 18.0, dropped)


@pytest.fixture
def feed() -> list[Feed]:
    """Five frames, one per second: one face; two faces; none; a face without an estimate; rendered, not taken."""
    return [
        lambda c: c.add_event(TruthEvent(0, EventKind.SESSION_START, index=0)),
        lambda c: c.add_event(TruthEvent(0, EventKind.REST, "neutral", 0.4, 1)),
        lambda c: c.add_render(0, 14.0),
        lambda c: c.add_faces(FaceFacts(0, {"f00001": SMALL}, 0, 30.0, 5.0), wall_ns=100 * S),
        lambda c: c.add_emotions(emotions(0, emotion("f00001", "neutral")), 52.0, wall_ns=101 * S),
        lambda c: c.add_render(S, 15.0),
        lambda c: c.add_faces(
            FaceFacts(S, {"f00001": SMALL, "f00002": LARGE}, 2, track_ms=6.0), wall_ns=102 * S
        ),
        lambda c: c.add_emotions(
            emotions(S, emotion("f00001", "neutral"), emotion("f00002", "boredom")), 54.0, wall_ns=105 * S
        ),
        lambda c: c.add_render(2 * S, 16.0),
        lambda c: c.add_faces(FaceFacts(2 * S, {}), wall_ns=104 * S),
        lambda c: c.add_emotions(emotions(2 * S, dropped=1), 3.0, wall_ns=106 * S),
        lambda c: c.add_render(3 * S, 17.0),
        lambda c: c.add_faces(FaceFacts(3 * S, {"f00002": LARGE}), wall_ns=106 * S),
        lambda c: c.add_render(4 * S, 18.0),
    ]


def collect(feed: list[Feed]) -> TrialCollector:
    collector = TrialCollector()
    for add in feed:
        add(collector)
    return collector


def test_records_by_hand(feed: list[Feed]) -> None:
    first, second, third = collect(feed).collected().records
    assert (first.stamp_ns, first.faces, first.label) == (0, 1, "neutral")
    assert (first.latency_ms, first.detect_ms, first.track_ms, first.infer_ms, first.render_ms) == (
        52,
        30,
        5,
        18,
        14,
    )
    assert (second.stamp_ns, second.faces, second.track_ms) == (S, 2, 6.0)
    assert math.isnan(second.detect_ms)
    assert (third.stamp_ns, third.faces, third.label, third.probabilities) == (2 * S, 0, None, None)
    assert math.isnan(third.latency_ms)


def test_the_largest_box_is_scored(feed: list[Feed]) -> None:
    assert collect(feed).collected().records[1].label == "boredom"


def test_counts_and_rates_by_hand(feed: list[Feed]) -> None:
    result = collect(feed).collected()
    assert result.counts == FrameCounts(rendered=5, published=4, with_face=3, labelled=2, dropped=3)
    assert result.fps_camera == pytest.approx(3 / 6)
    assert result.fps_labels == pytest.approx(1 / 4)
    assert (result.model, result.model_sha256, result.runtime) == ("amal", "ab12", "torch")
    assert [event.kind for event in result.events] == [EventKind.SESSION_START, EventKind.REST]


@pytest.mark.parametrize("seed", range(10))
def test_any_order_and_doubles_give_the_same(feed: list[Feed], seed: int) -> None:
    mixed = random.Random(seed)
    again = [*feed, *mixed.sample(feed, 6)]
    mixed.shuffle(again)
    assert repr(collect(again).collected()) == repr(collect(feed).collected())


def test_nothing() -> None:
    result = TrialCollector().collected()
    assert result.counts == FrameCounts(None, 0, 0, 0, 0)
    assert (result.records, result.events, result.fps_camera, result.fps_labels) == ((), (), None, None)


def test_estimates_alone_are_enough() -> None:
    """A bag without the faces topic: boxes are unknown, so the first estimate is scored."""
    collector = TrialCollector()
    collector.add_emotions(emotions(0, emotion("f00001", "boredom"), emotion("f00002", "neutral")))
    collector.add_emotions(emotions(S))
    result = collector.collected()
    assert result.counts == FrameCounts(None, published=2, with_face=1, labelled=1, dropped=0)
    assert [(record.faces, record.label) for record in result.records] == [(2, "boredom"), (0, None)]
    assert result.fps_labels is None


def test_facts_of_a_face_set() -> None:
    crop = Crop(np.zeros((4, 4, 3), np.uint8), np.zeros((2, 3)))
    face = Face("f00007", Detection(np.array([1.0, 2.0, 3.5, 8.0]), np.zeros((5, 2)), 0.9), crop)
    facts = face_facts(FaceSet(9, "camera", (face,), (64, 48), 3, 30.0, 5.0))
    assert facts == FaceFacts(9, {"f00007": (1.0, 2.0, 3.5, 8.0)}, 3, 30.0, 5.0)


@pytest.mark.parametrize(("end", "last_s"), [(EventKind.SESSION_END, 2), (EventKind.ABORT, 3)])
def test_frames_outside_the_session_do_not_count(end: EventKind, last_s: int) -> None:
    collector = TrialCollector()
    for second in range(5):  # a camera that runs before, during and after
        collector.add_faces(FaceFacts(second * S, {"f00001": SMALL}))
        collector.add_emotions(emotions(second * S, emotion("f00001", "neutral")))
    collector.add_event(TruthEvent(1 * S, EventKind.SESSION_START))
    collector.add_event(TruthEvent(3 * S, end, index=1))
    collected = collector.collected()
    assert [record.stamp_ns for record in collected.records] == [s * S for s in range(1, last_s + 1)]
    assert collected.counts == FrameCounts(None, last_s, last_s, last_s, dropped=0)

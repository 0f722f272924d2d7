"""Valence, arousal and dominance in a trial's report."""

import dataclasses
from math import isnan, nan

import numpy as np
import pytest

from affect_core.evaluation import FaceFacts, FrameRecord, TrialCollector, TruthEvent
from affect_core.evaluation.affect import affect_by_label
from affect_core.evaluation.progress import _record, _to_json
from affect_core.trial import EventKind
from affect_core.types import Emotion, EmotionSet

S = 1_000_000_000
LABELS = ("calm", "glad")
SHARES = (0.75, 0.25)
EVENTS = [
    TruthEvent(0, EventKind.REST, "calm", 0.0, 1),
    TruthEvent(4 * S, EventKind.COMMAND, "glad", 1.0, 2),  # settled from second 5 on
]


def frame(second, valence=nan, arousal=nan, dominance=nan):
    return FrameRecord(second * S, 1, LABELS, SHARES, valence=valence, arousal=arousal, dominance=dominance)


def test_means_over_settled_frames_by_hand():
    records = [
        frame(0, 0.1, -0.5),
        frame(1, 0.3, nan),
        frame(4, 9.0, 9.0),
        frame(5, 0.5, 0.25),
        frame(6, 1.0, 0.75),
    ]
    assert affect_by_label(EVENTS, records) == {
        "calm": {"n": 2, "valence": pytest.approx(0.2), "arousal": -0.5, "dominance": None},
        "glad": {"n": 2, "valence": 0.75, "arousal": 0.5, "dominance": None},
    }


def test_a_model_without_estimates_has_no_table():
    assert affect_by_label(EVENTS, [frame(0), frame(5)]) == {}


def test_the_collector_keeps_what_was_estimated():
    collector = TrialCollector()
    for event in EVENTS:
        collector.add_event(event)
    shares = np.array(SHARES, np.float32)
    read = Emotion("f00001", LABELS, np.log(shares), shares, valence=0.5, arousal=-0.25, dominance=0.125)
    collector.add_faces(FaceFacts(S, {"f00001": (0.0, 0.0, 10.0, 10.0)}), wall_ns=S)
    collector.add_emotions(EmotionSet(S, "camera", (read,)), 50.0, wall_ns=S)
    (record,) = collector.collected().records
    assert (record.valence, record.arousal, record.dominance) == (0.5, -0.25, 0.125)


def test_progress_keeps_it_and_older_progress_has_none():
    @dataclasses.dataclass
    class Block:
        records: tuple

    (kept,) = _to_json(Block((frame(1, 0.5, -0.25),)))["records"]
    assert (kept["valence"], kept["arousal"], kept["dominance"]) == (0.5, -0.25, None)
    back = _record(kept)
    assert (back.valence, back.arousal) == (0.5, -0.25) and isnan(back.dominance)
    older = {name: value for name, value in kept.items() if name not in ("valence", "arousal", "dominance")}
    assert isnan(_record(older).valence)

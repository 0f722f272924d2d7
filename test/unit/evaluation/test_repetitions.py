"""Intervals over repetitions."""

import numpy as np
import pytest

from affect_core.evaluation import FrameRecord, TruthEvent
from affect_core.evaluation.repetitions import intervals
from affect_core.trial import EventKind

MS = 1_000_000
LABELS = ("calm", "cross")


def a_trial(hits, frames=10):
    """Commands of one second, ten frames each, no onset; ``hits``: how many frames of each are right, the first ones."""
    events, records = [], []
    for index, right in enumerate(hits):
        label = LABELS[index % 2]
        events.append(TruthEvent(index * 1000 * MS, EventKind.COMMAND, label, index=index))
        for frame in range(frames):
            read = index % 2 if frame < right else 1 - index % 2
            shares = (0.9, 0.1) if read == 0 else (0.1, 0.9)
            records.append(FrameRecord((index * 1000 + frame * 100) * MS, 1, LABELS, shares))
    return events, records


def test_frames_of_one_repetition_are_no_news():
    few = intervals(*a_trial([10, 0, 10, 0]))["hold"]
    many = intervals(*a_trial([10, 0, 10, 0], frames=100))["hold"]
    assert few == pytest.approx((0.0, 1.0))  # all four the same: 2 in 16 draws each
    assert many[1] - many[0] <= few[1] - few[0]
    sure = intervals(*a_trial([10] * 4))["hold"]
    assert sure == (1.0, 1.0)


def test_the_interval_is_that_of_the_mean_over_repetitions():
    hits = np.tile([2, 9, 7, 4, 10], 8)
    low, high = intervals(*a_trial(hits))["hold"]
    error = hits.std() / 10 / np.sqrt(len(hits))
    assert (low, high) == pytest.approx(
        (hits.mean() / 10 - 1.96 * error, hits.mean() / 10 + 1.96 * error), abs=0.02
    )


def test_macro_f1_of_perfect_and_of_wrong_readings():
    assert intervals(*a_trial([10] * 4))["macro_f1"] == (1.0, 1.0)
    low, high = intervals(*a_trial([0] * 4))["macro_f1"]
    assert (low, high) == (0.0, 0.0)


def test_what_is_not_known_is_none():
    found = intervals(*a_trial([10]))
    assert set(found.values()) == {None}  # one repetition says nothing about others
    found = intervals(*a_trial([10, 10]))
    assert found["neutral"] is None  # no rests
    assert found["accuracy5"] is None  # not the five classes
    assert found["frame"] == (1.0, 1.0)


def test_it_is_drawn_the_same_every_time():
    assert intervals(*a_trial([3, 8, 10, 1])) == intervals(*a_trial([3, 8, 10, 1]))

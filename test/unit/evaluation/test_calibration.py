"""Calibration by hand."""

import numpy as np
import pytest

from affect_core.evaluation import FrameRecord, TruthEvent, judge
from affect_core.evaluation.calibration import calibrate, reliability
from affect_core.trial import EventKind

MS = 1_000_000
LABELS = ("calm", "cross")


def test_reliability_by_hand():
    probabilities = np.array([[0.95, 0.05], [0.95, 0.05], [0.4, 0.6], [0.5, 0.5]])
    found = reliability(probabilities, np.array([0, 1, 1, 0]))
    assert found.count.tolist() == [0] * 7 + [1, 1] + [0] * 5 + [2]  # 0.5: (7/15, 8/15]; 0.6: (8/15, 9/15]
    assert (found.confidence[14], found.accuracy[14]) == (pytest.approx(0.95), 0.5)
    assert np.isnan(found.accuracy[0])
    assert found.ece == pytest.approx((2 * 0.45 + 1 * 0.4 + 1 * 0.5) / 4)


def a_trial(confidence, hit_shares, onset_s=0.0):
    """One command per share, a hundred frames each, all read with the same confidence; so many of them are right."""
    events, records = [], []
    for index, share in enumerate(hit_shares):
        events.append(TruthEvent(index * 10_000 * MS, EventKind.COMMAND, "calm", onset_s, index))
        for frame in range(100):
            right = frame < round(100 * share)
            shares = (confidence, 1 - confidence) if right else (1 - confidence, confidence)
            records.append(FrameRecord((index * 10_000 + frame * 100) * MS, 1, LABELS, shares))
    return judge(events, records)


def test_scaling_makes_the_confidence_the_accuracy_of_other_repetitions():
    found = calibrate(a_trial(0.99, [0.8, 0.8, 0.8, 0.8]))
    assert found.n == 400
    assert found.before.ece == pytest.approx(0.19)
    assert found.after.ece == pytest.approx(0.0, abs=0.005)
    temperature = np.log(0.99 / 0.01) / np.log(
        0.8 / 0.2
    )  # that of softmax([log .99, log .01] / T) = [.8, .2]
    assert found.temperatures == pytest.approx((temperature, temperature), rel=0.01)


def test_no_repetition_takes_part_in_its_own_scaling():
    found = calibrate(a_trial(0.99, [0.9, 0.6, 0.9, 0.6]))  # even ones are better than odd ones
    assert found.after.ece == pytest.approx(
        0.3, abs=0.01
    )  # each half gets the other's confidence: .6 for .9, .9 for .6


def test_only_settled_frames_count():
    assert calibrate(a_trial(0.9, [1.0, 1.0], onset_s=5.0)).n == 100  # the last five of ten seconds, twice


@pytest.mark.parametrize("shares", [[], [1.0]])
def test_less_than_two_repetitions(shares):
    assert calibrate(a_trial(0.9, shares)) is None

"""What smoothing would change in a trial."""

import numpy as np
import pytest

from affect_core.evaluation import FrameRecord, TruthEvent
from affect_core.evaluation.smoothing import compare_smoothers, smoothed
from affect_core.smoothing import SMOOTHERS, TemporalConfig
from affect_core.trial import EventKind

LABELS = ("calm", "cross")


@pytest.fixture
def trial():
    """Two commands of 4 s at 20 frames per second; every seventh frame of each is read wrongly."""
    events = [
        TruthEvent(i * 4_000_000_000, EventKind.COMMAND, label, index=i) for i, label in enumerate(LABELS)
    ]
    records = []
    for frame in range(160):
        truth = frame // 80
        read = 1 - truth if frame % 7 == 3 else truth
        shares = (0.9, 0.1) if read == 0 else (0.1, 0.9)
        records.append(FrameRecord(frame * 50_000_000, 1, LABELS, shares))
    return events, records


def test_steadier_and_later(trial):
    found = compare_smoothers(*trial)
    assert set(found) == set(SMOOTHERS)
    wrong = sum(frame % 7 == 3 for frame in range(160))
    assert found["none"]["hold"] == pytest.approx(1 - wrong / 160)
    assert found["none"]["flicker_hz"] > 4
    for name in set(SMOOTHERS) - {"none"}:
        assert found[name]["flicker_hz"] < 0.5
        assert found[name]["hold"] > 0.95
        assert found[name]["lag_ms_p50"] > found["none"]["lag_ms_p50"]


def test_frames_that_were_not_read_stay_so(trial):
    _, records = trial
    records[5] = FrameRecord(records[5].stamp_ns, 0)
    found = smoothed(records, TemporalConfig(smoothing="ema"))
    assert found[5].probabilities is None
    assert [one.stamp_ns for one in found] == [one.stamp_ns for one in records]
    np.testing.assert_allclose(found[0].probabilities, records[0].probabilities)

import math
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from affect_core.errors import InputError
from affect_core.evaluation import (
    ClassScore,
    FrameRecord,
    TruthEvent,
    judge,
    percentiles,
    score,
    truth_events,
)
from affect_core.labels import COMPLEX_5, COMPLEX_6
from affect_core.trial import EventKind, Protocol, frame_stamp_ns, schedule

MS = 1_000_000
Read = Callable[..., FrameRecord]
Events = list[TruthEvent]
Records = list[FrameRecord]


def test_accuracies_by_hand(events: Events, records: Records) -> None:
    result = score(events, records)
    assert result.frame == pytest.approx(3 / 7)
    assert result.hold == pytest.approx(2 / 5)
    assert result.onset == pytest.approx(1 / 2)
    assert result.neutral == pytest.approx(2 / 3)
    assert result.accuracy5 == pytest.approx(3 / 5)
    assert result.macro_precision == pytest.approx((2 / 4 + 1) / 2)
    assert result.macro_recall == pytest.approx((2 / 3 + 3 / 7) / 2)


def test_flicker_is_counted_between_frames_that_were_read(events: Events, records: Records) -> None:
    assert score(events, records).flicker_hz == pytest.approx(1 / 0.2)  # one change in 500-600-700 ms
    assert score(events, []).flicker_hz is None


def test_confusion_by_hand(events: Events, records: Records) -> None:
    result = score(events, records)
    assert result.labels == COMPLEX_6
    assert result.confusion[0] == (2, 0, 0, 0, 0, 1)
    assert result.confusion[1] == (2, 3, 1, 0, 0, 0)
    assert result.confusion[2:] == ((0,) * 6,) * 4


def test_per_class_by_hand(events: Events, records: Records) -> None:
    per_class = score(events, records).per_class
    assert tuple(per_class) == COMPLEX_6
    neutral, confusion = per_class["neutral"], per_class["confusion"]
    assert (neutral.precision, neutral.recall, neutral.f1, neutral.n) == pytest.approx(
        (2 / 4, 2 / 3, 4 / 7, 3)
    )
    assert (confusion.precision, confusion.recall, confusion.f1, confusion.n) == pytest.approx(
        (1.0, 3 / 7, 0.6, 7)
    )
    assert per_class["frustration"] == ClassScore(0.0, None, 0.0, 0)
    assert per_class["skepticism"] == ClassScore(None, None, None, 0)


def test_macro_f1_is_over_classes_that_occur(events: Events, records: Records) -> None:
    assert score(events, records).macro_f1 == pytest.approx((4 / 7 + 0.6) / 2)


def test_transition_by_hand(events: Events, records: Records) -> None:
    result = score(events, records)
    assert result.lag_ms == (-100.0,)
    assert result.missed == 0
    assert result.error_share == pytest.approx(1 / 5)


@pytest.mark.parametrize("seed", range(3))
def test_order_of_arrival_does_not_matter(events: Events, records: Records, seed: int) -> None:
    mixed = random.Random(seed)
    assert score(mixed.sample(events, 4), mixed.sample(records, 12)) == score(events, records)


def test_lags_late_early_and_never(read: Read) -> None:
    """Commands at 0, 1000, 2000 ms, onset 200 ms: read from 500 ms, from 1000 ms, and never three times in a row."""
    labels = ("confusion", "boredom", "disapproval")
    events = [
        TruthEvent(1000 * index * MS, EventKind.COMMAND, label, 0.2, index)
        for index, label in enumerate(labels)
    ]
    seen = ["neutral"] * 3 + ["confusion", "neutral"] + ["confusion"] * 5
    seen += ["boredom"] * 10
    seen += ["disapproval", "disapproval", "neutral"] * 3 + ["disapproval"]
    result = score(events, [read(100 * index, label) for index, label in enumerate(seen)])
    assert result.lag_ms == (500.0 - 200.0, 1000.0 - 1200.0)
    assert result.missed == 1


def test_three_in_a_row_must_be_within_one_command(read: Read) -> None:
    """The same label commanded twice: two right frames before and two after the second command are not three."""
    events = [TruthEvent(at * MS, EventKind.COMMAND, "boredom", 0.0, at) for at in (0, 300)]
    seen = {0: "neutral", 100: "boredom", 200: "boredom", 300: "boredom", 400: "boredom", 500: "neutral"}
    result = score(events, [read(at, label) for at, label in seen.items()])
    assert (result.lag_ms, result.missed) == ((), 2)


def test_a_command_that_no_camera_saw_is_missed(events: Events) -> None:
    result = score(events, [])
    assert (result.missed, result.lag_ms, result.frame, result.error_share) == (1, (), None, None)
    assert (result.per_class, result.confusion, result.macro_f1) == ({}, (), None)


def test_frame_exactly_at_an_event_belongs_to_it(events: Events, read: Read) -> None:
    frames = judge(events, [read(300 - 1e-6, "neutral"), read(300, "neutral"), read(500, "neutral")])
    assert [(frame.truth.label, frame.settled) for frame in frames] == [
        ("neutral", True),
        ("confusion", False),
        ("confusion", True),
    ]


def test_an_onset_that_travelled_as_float32_settles_at_the_same_instant() -> None:
    for onset_s in (0.1, 0.3, 0.35, 0.4, 0.8, 1.7):
        exact = TruthEvent(0, EventKind.COMMAND, "boredom", onset_s)
        assert (
            replace(exact, onset_s=float(np.float32(onset_s))).settled_ns
            == exact.settled_ns
            == round(onset_s * 1e9)
        )


def test_nothing_is_scored_after_an_abort(events: Events, records: Records) -> None:
    aborted = [*events[:3], TruthEvent(600 * MS, EventKind.ABORT, index=3)]
    result = score(aborted, records)
    assert result.frame == pytest.approx(2 / 3)
    assert result.hold == 1.0


def test_without_commands_there_is_no_accuracy(records: Records) -> None:
    result = score(
        [TruthEvent(0, EventKind.SESSION_START), TruthEvent(900 * MS, EventKind.SESSION_END)], records
    )
    assert (result.frame, result.hold, result.neutral, result.accuracy5, result.missed) == (None,) * 5
    assert (result.labels, result.lag_ms, result.error_share) == ((), (), None)


def test_no_errors_no_share_of_errors(events: Events, read: Read) -> None:
    assert score(events, [read(600, "confusion")]).error_share is None


def test_a_model_without_the_five_has_no_accuracy5_and_its_own_columns(events: Events) -> None:
    records = [FrameRecord(600 * MS, 1, ("neutral", "happy"), (0.3, 0.7))]
    result = score(events, records)
    assert result.accuracy5 is None
    assert result.labels == ("neutral", "happy", "confusion")
    assert result.confusion == ((0, 0, 0), (0, 0, 0), (0, 1, 0))
    assert result.hold == 0.0


def test_all_frames_without_a_face_are_wrong(events: Events, read: Read) -> None:
    result = score(events, [read(at, None) for at in (0, 300, 600)])
    assert (result.frame, result.hold, result.neutral, result.macro_f1) == (0.0, 0.0, 0.0, 0.0)
    assert result.accuracy5 is None
    assert result.error_share == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([10.0, 20.0, 30.0, 40.0], [25.0, 38.5, 39.7]),
        ([10.0, math.nan, 30.0], [20.0, 29.0, 29.8]),
        ([7.0], [7.0, 7.0, 7.0]),
    ],
)
def test_percentiles_by_hand(values: list[float], expected: list[float]) -> None:
    assert percentiles(values, (50, 95, 99)) == pytest.approx(expected)


@pytest.mark.parametrize("values", [[], [math.nan]])
def test_percentiles_of_nothing(values: list[float]) -> None:
    assert percentiles(values, (50, 95)) == [None, None]


def test_perfect_reader_against_shuffled_commands_falls_to_chance(read: Read) -> None:
    """25 commands, five of each label: a shuffle hits 5 on average, with variance 25 * 0.2 * 0.8 * 25 / 24 = 4.17.

    The mean accuracy of 40 shuffles thus has the standard deviation sqrt(4.17 / 40) / 25 = 0.0129; four of them are
    allowed.
    """
    protocol = Protocol(
        name="p", labels=COMPLEX_5, repetitions=5, hold_s=0.5, rest_s=0.1, lead_in_s=0.1, fps=10.0
    )
    made = schedule(protocol, dict.fromkeys(COMPLEX_6, 0.2), seed=1)
    events = truth_events(made.events)
    stamps_ms = [frame_stamp_ns(index, 10.0) / 1e6 for index in range(made.frame_count())]
    truths = [made.truth_at(at / 1e3) for at in stamps_ms]
    records = [read(at, truth.label) for at, truth in zip(stamps_ms, truths, strict=True) if truth]
    assert score(events, records).hold == 1.0

    commands = [index for index, event in enumerate(events) if event.kind is EventKind.COMMAND]
    accuracies = []
    for seed in range(40):
        labels = [events[index].label for index in commands]
        random.Random(seed).shuffle(labels)
        shuffled = list(events)
        for index, label in zip(commands, labels, strict=True):
            shuffled[index] = replace(shuffled[index], label=label)
        settled = [frame for frame in judge(shuffled, records) if frame.commanded and frame.settled]
        accuracies.append(np.mean([frame.correct for frame in settled]))
    assert abs(np.mean(accuracies) - 0.2) < 4 * 0.0129


def test_a_record_needs_one_probability_per_label() -> None:
    with pytest.raises(InputError, match="expected 2 probabilities, one per label, got 1"):
        FrameRecord(0, 1, ("a", "b"), (1.0,))
    with pytest.raises(InputError, match="expected 2 probabilities, one per label, got 0"):
        FrameRecord(0, 1, ("a", "b"))


def test_best_of(read: Read) -> None:
    record = read(0, "neutral", "boredom")
    assert (record.label, record.best_of(COMPLEX_5), record.best_of(("happy",))) == (
        "neutral",
        "boredom",
        None,
    )
    assert read(0, None).label is None


def test_value_types_come_without_heavy_libraries() -> None:
    """Every node imports them."""
    heavy = "{'sklearn', 'matplotlib', 'torch', 'cv2', 'jinja2'}"
    code = (
        f"import sys, affect_core.evaluation, affect_core.trial; sys.exit(bool({heavy} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

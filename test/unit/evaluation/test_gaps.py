import dataclasses

import pytest

from affect_core.evaluation import Collected, FrameCounts, FrameRecord, TruthEvent, missing, summarise
from affect_core.evaluation.gaps import gaps
from affect_core.trial import EventKind, Session

SECOND_NS = 1_000_000_000
START_NS = 5 * SECOND_NS
SESSION = [
    TruthEvent(START_NS, EventKind.SESSION_START),
    TruthEvent(START_NS, EventKind.REST, "neutral", 0.4, 1),
    TruthEvent(START_NS + 10 * SECOND_NS, EventKind.SESSION_END, index=2),
]


def answered(*spans: tuple[float, float], step_s: float = 0.1) -> list[FrameRecord]:
    """A record every ``step_s`` in each span (s since the start)."""
    counts = [(first, round((last - first) / step_s)) for first, last in spans]
    return [
        FrameRecord(START_NS + round((first + k * step_s) * 1e9), 1)
        for first, count in counts
        for k in range(count + 1)
    ]


def test_all_answered() -> None:
    assert gaps(SESSION, answered((0.0, 10.0))) == []


def test_gaps_at_the_beginning_amid_and_at_the_end() -> None:
    found = gaps(SESSION, answered((2.0, 4.0), (6.5, 8.0)))
    assert found == [
        {"from_s": 0.0, "to_s": 2.0},
        {"from_s": 4.0, "to_s": 6.5},
        {"from_s": 8.0, "to_s": 10.0},
    ]


def test_slow_answers_are_no_gap() -> None:
    assert gaps(SESSION, answered((0.0, 10.0), step_s=2.0)) == []
    assert gaps(SESSION, answered((0.0, 4.5), (5.4, 10.0))) == []


def test_nothing_at_all() -> None:
    assert gaps(SESSION, []) == [{"from_s": 0.0, "to_s": 10.0}]
    assert gaps([], []) == []


def test_without_events_time_begins_with_the_first_record() -> None:
    assert gaps([], answered((1.0, 2.0), (5.0, 6.0))) == [{"from_s": 1.0, "to_s": 4.0}]


@pytest.mark.parametrize(("resumed", "expected"), [(False, [{"from_s": 4.0, "to_s": 6.5}]), (True, None)])
def test_the_report_says_what_was_lost(resumed: bool, expected: object) -> None:
    records = answered((0.0, 4.0), (6.5, 10.0))
    collected = Collected(tuple(SESSION), tuple(records), FrameCounts(None, len(records), 0, 0, 0))
    session = dataclasses.replace(Session(id="s", protocol="demo"), resumed=resumed)
    summary = summarise(session, collected)
    assert summary["gaps"] == expected
    told = "No estimates came from 4.0 s to 6.5 s: nothing was scored there."
    assert (told in missing(summary, SESSION, records)) == (not resumed)

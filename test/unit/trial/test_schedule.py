import math

import pytest

from affect_core.errors import ConfigError, UnknownName
from affect_core.labels import COMPLEX_5
from affect_core.trial import EventKind, Protocol, TrialEvent, frame_stamp_ns, schedule

START, REST, COMMAND, END = (
    EventKind.SESSION_START,
    EventKind.REST,
    EventKind.COMMAND,
    EventKind.SESSION_END,
)

TINY = Protocol(
    name="tiny",
    labels=("boredom", "confusion"),
    hold_s=0.6,
    rest_s=0.4,
    lead_in_s=1.0,
    intensity=0.5,
    order="fixed",
    fps=10.0,
)


def test_the_numbers_are_those_of_the_message() -> None:
    assert [kind.value for kind in EventKind] == [0, 1, 2, 3, 4]
    assert [kind.name for kind in EventKind] == ["SESSION_START", "REST", "COMMAND", "SESSION_END", "ABORT"]


def test_single_emotion_by_hand(onsets_s: dict[str, float]) -> None:
    made = schedule(TINY, onsets_s, seed=0)
    assert made.events == (
        TrialEvent(0.0, START, "", 0.0, 0.0, 0, 6),
        TrialEvent(0.0, REST, "neutral", 1.0, 0.5, 1, 6),
        TrialEvent(1.0, COMMAND, "boredom", 0.5, 0.8, 2, 6),
        TrialEvent(1.6, REST, "neutral", 1.0, 0.5, 3, 6),
        TrialEvent(2.0, COMMAND, "confusion", 0.5, 0.4, 4, 6),
        TrialEvent(2.6, END, "", 0.0, 0.0, 5, 6),
    )
    assert (made.duration_s, made.total, made.fps) == (2.6, 6, 10.0)


def test_switching_by_hand(onsets_s: dict[str, float]) -> None:
    protocol = Protocol(
        name="tiny",
        kind="switching",
        labels=("boredom", "confusion"),
        repetitions=2,
        hold_s=2.0,
        order="fixed",
    )
    made = schedule(protocol, onsets_s, seed=0)
    assert [(event.at_s, event.kind, event.label) for event in made.events] == [
        (0.0, START, ""),
        (0.0, REST, "neutral"),
        (2.0, COMMAND, "boredom"),
        (4.0, COMMAND, "confusion"),
        (6.0, COMMAND, "boredom"),
        (8.0, COMMAND, "confusion"),
        (10.0, END, ""),
    ]


@pytest.mark.parametrize(("duration_s", "ends"), [(3.0, True), (math.inf, False)])
def test_watch_commands_nothing(onsets_s: dict[str, float], duration_s: float, ends: bool) -> None:
    made = schedule(Protocol(name="watch", kind="watch", duration_s=duration_s), onsets_s, seed=0)
    assert [event.kind for event in made.events] == ([START, END] if ends else [START])
    assert made.total == 2
    assert made.duration_s == duration_s
    assert made.truth_at(1.0) is None
    assert made.end_at(7.5) == TrialEvent(7.5, END, index=1, total=2)


def test_without_lead_in_and_rest_there_is_no_empty_event(onsets_s: dict[str, float]) -> None:
    protocol = Protocol(name="p", labels=("boredom", "confusion"), rest_s=0.0, lead_in_s=0.0, order="fixed")
    assert [event.kind for event in schedule(protocol, onsets_s, 0).events] == [START, COMMAND, COMMAND, END]


def test_truth_at_by_hand(onsets_s: dict[str, float]) -> None:
    made = schedule(TINY, onsets_s, seed=0)
    truths = {-0.1: None, 0.0: "neutral", 0.999: "neutral", 1.0: "boredom", 1.59: "boredom", 1.6: "neutral"}
    truths |= {2.0: "confusion", 2.59: "confusion", 2.6: None, 9.0: None}
    found = {at_s: made.truth_at(at_s) for at_s in truths}
    assert {at_s: event and event.label for at_s, event in found.items()} == truths


def test_abort_takes_the_place_of_the_event_that_does_not_come(onsets_s: dict[str, float]) -> None:
    made = schedule(TINY, onsets_s, seed=0)
    assert made.abort_at(1.7) == TrialEvent(1.7, EventKind.ABORT, index=4, total=6)


def test_times_of_events() -> None:
    event = TrialEvent(6.4, COMMAND, "boredom", 1.0, 0.4)
    assert event.at_ns == 6_400_000_000
    assert event.settled_s == pytest.approx(6.8)


def test_same_seed_same_order_other_seed_other_order(onsets_s: dict[str, float]) -> None:
    protocol = Protocol(name="p", labels=COMPLEX_5, repetitions=5)
    assert schedule(protocol, onsets_s, 7) == schedule(protocol, onsets_s, 7)
    assert schedule(protocol, onsets_s, 7) != schedule(protocol, onsets_s, 8)


def test_the_order_of_a_seed_is_the_same_on_every_machine(onsets_s: dict[str, float]) -> None:
    protocol = Protocol(name="p", labels=COMPLEX_5)
    commands = [e.label for e in schedule(protocol, onsets_s, 1).events if e.kind is COMMAND]
    assert commands == ["skepticism", "disapproval", "boredom", "confusion", "frustration"]


@pytest.mark.parametrize("seed", range(5))
def test_totals_do_not_depend_on_the_seed(onsets_s: dict[str, float], seed: int) -> None:
    made = schedule(Protocol(name="p0", labels=COMPLEX_5, repetitions=5, hold_s=10.0), onsets_s, seed)
    assert made.duration_s == 2 + 25 * 10 + 24 * 2
    assert made.total == len(made.events) == 1 + 1 + 25 + 24 + 1
    assert made.frame_count() == 9000
    assert [event.index for event in made.events] == list(range(52))


def test_unknown_label_lists_the_known_ones(onsets_s: dict[str, float]) -> None:
    with pytest.raises(UnknownName, match=r"unknown expression 'rage'; known: boredom, confusion"):
        schedule(Protocol(name="p", labels=("rage",)), onsets_s, 0)


@pytest.mark.parametrize("kind", ["single_emotion", "switching"])
def test_commands_need_labels(onsets_s: dict[str, float], kind: str) -> None:
    with pytest.raises(ConfigError, match="needs labels"):
        schedule(Protocol(name="p", kind=kind), onsets_s, 0)


def test_watch_takes_no_labels(onsets_s: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="commands nothing, got labels boredom"):
        schedule(Protocol(name="p", kind="watch", labels=("boredom",)), onsets_s, 0)


def test_frame_stamps_do_not_drift() -> None:
    assert [frame_stamp_ns(k, 15.0) for k in (0, 1, 2, 36)] == [0, 66_666_667, 133_333_333, 2_400_000_000]


def test_frame_count_rounds_up_and_needs_an_end(onsets_s: dict[str, float]) -> None:
    assert schedule(TINY, onsets_s, 0).frame_count() == 26
    with pytest.raises(ConfigError, match="until the source ends"):
        schedule(Protocol(name="w", kind="watch"), onsets_s, 0).frame_count()

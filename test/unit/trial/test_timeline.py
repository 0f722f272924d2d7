"""Four blocks of 0.4 s rest and 0.6 s command at 10 frames per second, followed by hand."""

import pytest

from affect_core.trial import EventKind, Protocol, schedule
from affect_core.trial.timeline import Timeline

MS = 1_000_000
NOW = 5_000_000 * MS
REST, COMMAND, END = EventKind.REST, EventKind.COMMAND, EventKind.SESSION_END


@pytest.fixture
def plan(onsets_s):
    protocol = Protocol(
        name="p",
        labels=("boredom", "confusion"),
        repetitions=2,
        hold_s=0.6,
        rest_s=0.4,
        lead_in_s=0.4,
        order="fixed",
        fps=10.0,
    )
    return schedule(protocol, onsets_s, 0)


def frames(timeline, count):
    """What is due in each of so many frames: (stamp in ms, label)."""
    found = []
    for _ in range(count):
        found += [(at_ns // MS, event.label) for event, at_ns in timeline.due(0) if event.label]
        timeline.tick()
    return found


def begun(plan, first=0, **options):
    timeline = Timeline(plan, **options)
    timeline.begin(plan.events[first], NOW)
    return timeline


class TestLockstep:
    def test_from_the_beginning(self, plan):
        timeline = begun(plan, lockstep=True)
        assert frames(timeline, 15) == [
            (0, "neutral"),
            (400, "boredom"),
            (1000, "neutral"),
            (1400, "confusion"),
        ]
        assert timeline.stamp_ns(0) == 1500 * MS
        assert timeline.frames_passed == 15

    def test_from_the_third_block_with_the_stamps_of_a_whole_run(self, plan):
        timeline = begun(plan, first=5, lockstep=True)
        assert [(at_ns // MS, event.label) for event, at_ns in timeline.before(plan.events[5])] == [
            (1000, "neutral"),
            (1400, "confusion"),
        ]
        assert frames(timeline, 10) == [(2000, "neutral"), (2400, "boredom")]
        assert (timeline.frame, timeline.frames_passed) == (30, 30)

    def test_before_the_first_block_there_is_nothing(self, plan):
        assert begun(plan, lockstep=True).before(plan.events[1]) == []

    def test_a_pause_takes_its_block_back(self, plan):
        timeline = begun(plan, lockstep=True)
        frames(timeline, 17)
        event, at_ns = timeline.pause(0)
        assert (event.kind, event.label, event.index, at_ns) == (REST, "", 3, 1700 * MS)
        assert timeline.paused
        timeline.resume(0)
        # One frame later than the pause, the second block anew.
        assert frames(timeline, 10) == [(1800, "neutral"), (2200, "confusion")]
        assert (timeline.elapsed_s, timeline.frame, timeline.frames_passed) == (pytest.approx(1.9), 20, 27)


class TestWall:
    def test_events_have_their_scheduled_instants(self, plan):
        timeline = begun(plan, lockstep=False)
        due = timeline.due(NOW + 437 * MS)
        assert [(at_ns - NOW) // MS for _, at_ns in due] == [0, 0, 400]
        assert timeline.elapsed_s == pytest.approx(0.437)
        assert timeline.due(NOW + 500 * MS) == []

    def test_a_resumed_session_begins_now(self, plan):
        timeline = begun(plan, first=5, lockstep=False)
        ((event, at_ns),) = timeline.due(NOW + 3 * MS)
        assert (event.index, at_ns) == (5, NOW)

    def test_after_a_pause_the_block_begins_when_it_ends(self, plan):
        timeline = begun(plan, lockstep=False)
        timeline.due(NOW + 1500 * MS)
        event, at_ns = timeline.pause(NOW + 1600 * MS)
        assert (event.index, at_ns) == (3, NOW + 1600 * MS)
        timeline.resume(NOW + 9000 * MS)
        due = timeline.due(NOW + 9450 * MS)
        assert [(event.index, (at_ns - NOW) // MS) for event, at_ns in due] == [(3, 9000), (4, 9400)]

    def test_where_nothing_is_commanded_only_time_stands_still(self, onsets_s):
        plan = schedule(Protocol(name="w", kind="watch", duration_s=10.0), onsets_s, 0)
        timeline = begun(plan, lockstep=False)
        timeline.due(NOW + 4000 * MS)
        assert timeline.pause(NOW + 4000 * MS)[0].index == 0
        timeline.resume(NOW + 7000 * MS)
        assert timeline.due(NOW + 12_900 * MS) == []
        ((event, at_ns),) = timeline.due(NOW + 13_100 * MS)
        assert (event.kind, (at_ns - NOW) // MS) == (END, 13_000)


class TestSelfTimed:
    def test_a_command_stays_until_next(self, plan):
        timeline = begun(plan, lockstep=False, self_timed=True)
        timeline.due(NOW + 450 * MS)
        assert timeline.awaits_next
        assert timeline.due(NOW + 60_000 * MS) == []
        ((event, at_ns),) = timeline.next(NOW + 61_000 * MS)
        assert (event.kind, event.index, at_ns) == (REST, 3, NOW + 61_000 * MS)
        assert not timeline.awaits_next
        # The rest has its own length again.
        assert timeline.due(NOW + 61_390 * MS) == []
        ((event, at_ns),) = timeline.due(NOW + 61_410 * MS)
        assert (event.kind, (at_ns - NOW) // MS) == (COMMAND, 61_400)

    def test_after_the_last_one_comes_the_end(self, plan):
        timeline = begun(plan, first=8, lockstep=False, self_timed=True)
        timeline.due(NOW)
        ((event, _),) = timeline.next(NOW + 2000 * MS)
        assert event.kind is END
        assert timeline.next(NOW + 3000 * MS) == []

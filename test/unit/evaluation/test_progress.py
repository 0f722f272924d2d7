"""Blocks that are finished, kept, read back, and joined with what comes after."""

import math

import numpy as np
import pytest

from affect_core.errors import InputError
from affect_core.evaluation import FrameCounts, TrialCollector, TruthEvent, score
from affect_core.evaluation.collector import FaceFacts, FinishedBlock
from affect_core.evaluation.progress import Progress
from affect_core.evaluation.records import ended_blocks, standing
from affect_core.labels import COMPLEX_6
from affect_core.trial import EventKind, Session, TrialScene
from affect_core.types import Emotion, EmotionSet

MS = 1_000_000
START, REST, COMMAND = EventKind.SESSION_START, EventKind.REST, EventKind.COMMAND
END, ABORT = EventKind.SESSION_END, EventKind.ABORT
SESSION = Session(id="s", protocol="p", seed=3, clock="lockstep")


def event(at_ms, kind, label="", index=0):
    return TruthEvent(at_ms * MS, kind, label, 0.0, index)


EVENTS = (
    event(0, START),
    event(0, REST, "neutral", 1),
    event(200, COMMAND, "confusion", 2),
    event(500, REST, "neutral", 3),
    event(700, COMMAND, "boredom", 4),
    event(1000, END, index=5),
)


def feed(collector, at_ms, label="confusion"):
    stamp_ns = at_ms * MS
    probabilities = np.where(np.array(COMPLEX_6) == label, 0.75, 0.05).astype(np.float32)
    emotion = Emotion("f00001", COMPLEX_6, np.log(probabilities), probabilities)
    collector.add_render(stamp_ns, 20.0)
    collector.add_faces(FaceFacts(stamp_ns, {"f00001": (0.0, 0.0, 9.0, 9.0)}, detect_ms=12.5))
    collector.add_emotions(EmotionSet(stamp_ns, "eye", (emotion,), "tiny", "ab", "torch", 7.5))


def run(collector, events, stamps_ms):
    for one in events:
        collector.add_event(one)
    for at_ms in stamps_ms:
        feed(collector, at_ms)


@pytest.fixture
def progress(tmp_path):
    made = Progress(tmp_path / "report")
    made.begin(SESSION, 0)
    return made


class TestBlocks:
    def test_end_where_the_next_one_begins(self):
        assert ended_blocks(EVENTS) == [(EVENTS[1:3], 500 * MS), (EVENTS[3:5], 1000 * MS)]

    def test_one_that_is_cut_off_is_none(self):
        assert ended_blocks([*EVENTS[:5], event(800, ABORT, index=5)]) == [(EVENTS[1:3], 500 * MS)]
        assert ended_blocks(EVENTS[:5]) == [(EVENTS[1:3], 500 * MS)]

    def test_one_is_closed_when_all_streams_have_gone_on(self):
        collector = TrialCollector()
        run(collector, EVENTS[:4], range(0, 500, 100))
        assert collector.closed_blocks(()) == []
        collector.add_render(500 * MS)
        collector.add_faces(FaceFacts(500 * MS, {}))
        assert collector.closed_blocks(()) == []  # the estimate of the last frame may be under way
        feed(collector, 500)
        (block,) = collector.closed_blocks(())
        assert block.events == EVENTS[1:3]
        assert [record.stamp_ns // MS for record in block.records] == [0, 100, 200, 300, 400]
        assert block.counts == FrameCounts(5, 5, 5, 5, 0)
        assert collector.closed_blocks({1}) == []


class TestPauses:
    PAUSED = (*EVENTS[:5], event(800, REST, "", 3), event(900, REST, "neutral", 3))
    ANEW = (*PAUSED, event(1100, COMMAND, "boredom", 4), event(1400, END, index=5))

    def test_takes_its_block_back_and_no_other(self):
        kept = [(one.stamp_ns // MS, one.label) for one in standing(self.ANEW) if one.kind in (REST, COMMAND)]
        assert kept == [
            (0, "neutral"),
            (200, "confusion"),
            (500, ""),
            (700, ""),
            (800, ""),
            (900, "neutral"),
            (1100, "boredom"),
        ]

    def test_leaves_no_scored_frame_and_counts_the_block_once(self):
        collector = TrialCollector()
        run(collector, self.ANEW, range(0, 1400, 100))
        found = collector.collected()
        result = score(found.events, found.records)
        # neutral 0, 100, 900, 1000; confusion 200..400; boredom 1100..1300; nothing of 500..800.
        assert {label: value.n for label, value in result.per_class.items() if value.n} == {
            "neutral": 4,
            "confusion": 3,
            "boredom": 3,
        }
        assert result.missed == 1

    def test_the_block_before_it_ends_where_it_ended(self):
        blocks = ended_blocks(standing(self.ANEW))
        assert [(events[0].stamp_ns // MS, end_ns // MS) for events, end_ns in blocks] == [
            (0, 500),
            (900, 1400),
        ]


class TestProgress:
    def test_a_block_comes_back_as_it_was(self, progress):
        scene = TrialScene("dim", "mouth", yaw_deg=5.0)
        collector = TrialCollector()
        events = [
            TruthEvent(0, REST, "neutral", 0.25, 1, scene),
            TruthEvent(100 * MS, COMMAND, "boredom", 0.1, 2, scene),
            TruthEvent(200 * MS, END, index=3),
        ]
        run(collector, events, (0, 100, 200))
        (block,) = collector.closed_blocks(())
        progress.add(block)
        (back,) = Progress(progress.folder.parent).blocks()
        assert back.events == block.events
        assert back.counts == block.counts
        assert (back.model, back.model_sha256, back.runtime) == ("tiny", "ab", "torch")
        assert [record.probabilities for record in back.records] == [
            record.probabilities for record in block.records
        ]
        assert (back.records[0].detect_ms, back.records[0].render_ms) == (12.5, 20.0)
        assert math.isnan(back.records[0].track_ms)

    def test_counts_without_gaps(self, progress):
        for index in (1, 3, 7):
            progress.add(
                FinishedBlock((event(0, REST, "neutral", index),), (), FrameCounts(None, 0, 0, 0, 0))
            )
        assert progress.finished((1, 3, 5, 7)) == 2
        progress.drop_from(5)
        assert [block.events[0].index for block in progress.blocks()] == [1, 3]

    def test_how_it_began(self, progress):
        begun = progress.begun()
        assert (begun.session, begun.start_ns) == (SESSION, 0)
        progress.begin(SESSION, 7)
        assert progress.begun().start_ns == 7
        progress.clear()
        assert progress.begun() is None
        assert progress.blocks() == []

    @pytest.mark.parametrize("text", ["", "{", "{}", '{"events": [{"kind": 99}]}'])
    def test_a_damaged_file_is_named(self, progress, text):
        (progress.folder / "block_00001.json").write_text(text)
        with pytest.raises(InputError, match=r"block_00001\.json.*delete the file"):
            progress.blocks()

    def test_conditions_decide_whether_it_is_the_same_session(self):
        later = Session(
            id="s", protocol="p", seed=3, clock="lockstep", started_at="now", notes="x", resumed=True
        )
        assert SESSION.same_conditions(later)
        assert not SESSION.same_conditions(Session(id="s", protocol="p", seed=4, clock="lockstep"))


def test_an_interrupted_session_gives_what_a_whole_one_gives(progress):
    whole = TrialCollector()
    run(whole, EVENTS, range(0, 1000, 100))

    first = TrialCollector()
    run(first, [*EVENTS[:5], event(800, ABORT, index=5)], range(0, 800, 100))
    for block in first.closed_blocks(()):
        progress.add(block)
    second = TrialCollector()
    second.add_event(event(progress.begun().start_ns, START))
    for block in progress.blocks():
        second.add_finished(block)
    run(second, [event(500, START), *EVENTS[3:]], range(500, 1000, 100))

    wanted, found = whole.collected(), second.collected()
    assert found.events == wanted.events
    assert found.counts == wanted.counts == FrameCounts(10, 10, 10, 10, 0)
    assert repr(found.records) == repr(wanted.records)  # NaN is equal to itself in text only
    assert (found.model, found.runtime) == ("tiny", "torch")

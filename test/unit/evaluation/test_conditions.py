"""Two scenes, five frames each, counted by hand."""

import pytest

from affect_core.evaluation import Collected, FrameCounts, TruthEvent, summarise
from affect_core.evaluation.conditions import conditions
from affect_core.evaluation.report import records_csv, write_report
from affect_core.trial import EventKind, Session, TrialScene

MS = 1_000_000
EVEN, DIM = TrialScene("even", "none"), TrialScene("dim", "none", yaw_deg=15.0)


@pytest.fixture
def shown():
    """Even from 0 ms, dim from 500 ms; confusion from 100 ms of each, settled at 200 ms of each."""
    events = [TruthEvent(0, EventKind.SESSION_START)]
    for number, (start, scene) in enumerate(((0, EVEN), (500, DIM))):
        events.append(TruthEvent(start * MS, EventKind.REST, "neutral", 0.0, 2 * number + 1, scene))
        events.append(
            TruthEvent((start + 100) * MS, EventKind.COMMAND, "confusion", 0.1, 2 * number + 2, scene)
        )
    return [*events, TruthEvent(1000 * MS, EventKind.SESSION_END, index=5)]


@pytest.fixture
def seen(read):
    labels = [
        "neutral",
        "neutral",
        "confusion",
        "confusion",
        "boredom",
    ]  # even: 2 of 4 commanded, 2 of 3 held
    labels += ["neutral", "boredom", "boredom", "boredom", "confusion"]  # dim: 1 of 4, 1 of 3
    return [read(100 * index, label) for index, label in enumerate(labels)]


def test_by_hand(shown, seen):
    found = conditions(shown, seen)
    assert list(found) == ["lighting", "occlusion", "head_angle"]
    even, dim = found["lighting"]["even"], found["lighting"]["dim"]
    assert (even["frame"], even["n_frame"], even["hold"], even["n_hold"]) == (0.5, 4, pytest.approx(2 / 3), 3)
    assert (dim["frame"], dim["n_frame"], dim["hold"], dim["n_hold"]) == (0.25, 4, pytest.approx(1 / 3), 3)
    assert found["head_angle"] == {"yaw 0, pitch 0": even, "yaw 15, pitch 0": dim}
    both = found["occlusion"]["none"]
    assert (both["frame"], both["n_frame"], both["hold"]) == (pytest.approx(3 / 8), 8, 0.5)
    # One command says nothing about others; of two, a draw has both, or one of them twice.
    assert even["intervals"] == {"frame": None, "hold": None}
    assert both["intervals"]["frame"] == pytest.approx([0.25, 0.5])


def test_without_scenes_there_is_none(events, records):
    assert conditions(events, records) is None


def test_the_table_and_the_report_say_which_scene(shown, seen, tmp_path):
    counts = FrameCounts(rendered=10, published=10, with_face=10, labelled=10, dropped=0)
    session = Session(id="s", protocol="p", clock="lockstep", look="face")
    summary = summarise(session, Collected(tuple(shown), tuple(seen), counts))
    rows = [line.split(",") for line in records_csv(summary, seen, shown).splitlines()]
    place = rows[0].index("lighting")
    assert [row[place : place + 2] for row in rows[1:]] == [["even", "none"]] * 5 + [["dim", "none"]] * 5
    text = write_report(tmp_path, summary, seen, shown).read_text()
    section = text[text.index('id="conditions"') :]
    assert "yaw 15, pitch 0" in section
    assert "33.3 %" in section

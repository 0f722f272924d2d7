"""The recordings that come with the repository are whole, for us and for another reader."""

from pathlib import Path

import pytest
from mcap.reader import make_reader

from affect_core.evaluation.bags import SessionBag
from affect_core.labels import COMPLEX_5
from affect_core.trial import EventKind

BAGS = Path(__file__).resolve().parents[3] / "bags"


@pytest.mark.parametrize(
    ("name", "frames", "messages"), [("short_even", 20, 158), ("ohbot_switching", 45, 342)]
)
def test_they_are_whole(name, frames, messages):
    with SessionBag(BAGS / name) as bag:
        assert sum(1 for _ in bag.frames()) == frames
        assert bag.events()[-1].kind is EventKind.SESSION_END
        assert len(bag.rendered()) == frames
        assert bag.geometry().width == 1280
        assert bag.flaws == []
    (file,) = (BAGS / name).glob("*.mcap")
    assert file.stat().st_size < 6_000_000
    with file.open("rb") as stream:
        assert sum(1 for _ in make_reader(stream, validate_crcs=True).iter_messages()) == messages


def test_the_newer_one_carries_what_a_recording_carries_now():
    with SessionBag(BAGS / "ohbot_switching") as bag:
        facts, events = bag.facts, bag.events()
    assert set(facts) == {"models", "parameters", "recorder", "session", "versions"}
    assert len(facts["models"]["amal_small"]["sha256"]) == 64
    assert facts["parameters"]["/affect/ohbot"]["look"] == "ohbot"
    assert len(facts["parameters"]) == 7
    commanded = [event.label for event in events if event.kind is EventKind.COMMAND]
    assert sorted(commanded) == sorted(COMPLEX_5)

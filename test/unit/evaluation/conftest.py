"""A trial of ten scored frames, 100 ms apart, whose numbers were worked out by hand.

| ms   | truth     | settled | read        |
|------|-----------|---------|-------------|
| -100 | -         |         | neutral     | before the session: not scored
| 0    | neutral   | no      | neutral     | right
| 100  | neutral   | yes     | boredom     | wrong
| 200  | neutral   | yes     | neutral     | right
| 300  | confusion | no      | neutral     | wrong
| 400  | confusion | no      | confusion   | right: first of three in a row, 100 ms before the settle instant
| 500  | confusion | yes     | confusion   | right
| 600  | confusion | yes     | confusion   | right
| 700  | confusion | yes     | frustration | wrong
| 800  | confusion | yes     | (no face)   | wrong
| 900  | confusion | yes     | neutral     | wrong, but confusion is the best of the five
| 1000 | -         |         | confusion   | after the session: not scored
"""

from collections.abc import Callable

import pytest

from affect_core.evaluation import FrameRecord, TruthEvent
from affect_core.labels import COMPLEX_6
from affect_core.trial import EventKind

MS = 1_000_000
Read = Callable[..., FrameRecord]


def _shares(first: str, second: str) -> tuple[float, ...]:
    return tuple({first: 0.5, second: 0.3}.get(label, 0.05) for label in COMPLEX_6)


@pytest.fixture
def read() -> Read:
    """``read(ms, label, second)`` -> a record whose most probable class is `label`; None = no face."""

    def make(at_ms: float, label: str | None, second: str = "skepticism", **times: float) -> FrameRecord:
        if label is None:
            return FrameRecord(round(at_ms * MS), 0, **times)
        return FrameRecord(round(at_ms * MS), 1, COMPLEX_6, _shares(label, second), **times)

    return make


@pytest.fixture
def events() -> list[TruthEvent]:
    return [
        TruthEvent(0, EventKind.SESSION_START, index=0),
        TruthEvent(0, EventKind.REST, "neutral", 0.1, 1),
        TruthEvent(300 * MS, EventKind.COMMAND, "confusion", 0.2, 2),
        TruthEvent(1000 * MS, EventKind.SESSION_END, index=3),
    ]


@pytest.fixture
def records(read: Read) -> list[FrameRecord]:
    seen = {-100: "neutral", 0: "neutral", 100: "boredom", 200: "neutral", 300: "neutral", 400: "confusion"}
    seen |= {
        500: "confusion",
        600: "confusion",
        700: "frustration",
        800: None,
        900: "neutral",
        1000: "confusion",
    }
    return [
        read(at, label, "confusion" if label == "neutral" else "skepticism", latency_ms=20.0 + index)
        for index, (at, label) in enumerate(seen.items())
    ]

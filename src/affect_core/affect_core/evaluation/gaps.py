"""What of a trial was lost in time: stretches in which nobody answered frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from affect_core.evaluation.records import FrameRecord, TruthEvent, standing
from affect_core.trial import EventKind

GAP_S: Final = 1.0
"""A shorter silence is no gap,"""
GAP_FRAMES: Final = 5
"""nor one of fewer frames than these, at the rate of the other answers."""


def gaps(events: Iterable[TruthEvent], records: Sequence[FrameRecord]) -> list[dict[str, float]]:
    """Stretches without an answer, a frame without a face being one, from the session's start to its end.

    Returns:
        ``from_s`` and ``to_s`` of each, s since the start (of the first record where no start is known).
    """
    stamps = sorted(record.stamp_ns for record in records)
    shown = standing(events)
    starts = [event.stamp_ns for event in shown if event.kind is EventKind.SESSION_START] or stamps[:1]
    ends = [event.stamp_ns for event in shown if event.kind in (EventKind.SESSION_END, EventKind.ABORT)]
    if not starts:
        return []
    start_ns = starts[0]
    times = np.array([start_ns, *(stamp for stamp in stamps if stamp > start_ns), *ends[-1:]], np.int64)
    steps_s = np.diff(times) / 1e9
    inside = np.diff(stamps) / 1e9
    limit_s = max(GAP_S, GAP_FRAMES * float(np.median(inside))) if inside.size else GAP_S
    since_s = (times - start_ns) / 1e9
    return [
        {"from_s": float(since_s[i]), "to_s": float(since_s[i + 1])}
        for i in np.flatnonzero(steps_s > limit_s)
    ]


def told(found: Iterable[dict[str, float]]) -> str:
    """The gaps as a sentence; empty where there are none."""
    parts = [f"{gap['from_s']:.1f} s to {gap['to_s']:.1f} s" for gap in found]
    return f"No estimates came from {', and from '.join(parts)}: nothing was scored there." if parts else ""

"""How right the labels were in each light, under each occlusion and at each head angle of one trial."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from affect_core.evaluation.records import FrameRecord, TruthEvent
from affect_core.evaluation.repetitions import intervals
from affect_core.evaluation.scoring import Judged, judge
from affect_core.trial import TrialScene

FACTORS: Final[Mapping[str, Callable[[TrialScene], str]]] = {
    "lighting": lambda scene: scene.lighting,
    "occlusion": lambda scene: scene.occlusion,
    "head_angle": lambda scene: scene.angle,
}
"""What a scene varies -> its value in words."""


def conditions(
    events: Iterable[TruthEvent], records: Iterable[FrameRecord]
) -> dict[str, dict[str, dict[str, Any]]] | None:
    """Factor -> value -> accuracy in the frames that were shown so; None where no event has a scene.

    Each entry: ``frame`` and ``hold`` (shares as in `Score`, None = no such frame), ``n_frame`` and ``n_hold``
    (frames), ``intervals`` of both (as in `repetitions.intervals`).
    """
    events = list(events)
    if not any(event.scene for event in events):
        return None
    judged = judge(events, records)
    return {factor: _by_value(events, judged, value_of) for factor, value_of in FACTORS.items()}


def _by_value(
    events: list[TruthEvent], judged: list[Judged], value_of: Callable[[TrialScene], str]
) -> dict[str, dict[str, Any]]:
    values = dict.fromkeys(value_of(event.scene) for event in events if event.scene)
    found = {}
    for value in values:
        shown = [event for event in events if event.scene and value_of(event.scene) == value]
        # Frames of other scenes must be out as well: without their own events they would fall to these.
        frames = [frame for frame in judged if frame.truth.scene and value_of(frame.truth.scene) == value]
        found[value] = _entry(shown, frames)
    return found


def _entry(events: list[TruthEvent], frames: list[Judged]) -> dict[str, Any]:
    commanded = [frame for frame in frames if frame.commanded]
    held = [frame for frame in commanded if frame.settled]
    pairs = intervals(events, [frame.record for frame in frames])
    return {
        "frame": _share(commanded),
        "hold": _share(held),
        "n_frame": len(commanded),
        "n_hold": len(held),
        "intervals": {name: list(pair) if (pair := pairs[name]) else None for name in ("frame", "hold")},
    }


def _share(frames: list[Judged]) -> float | None:
    return sum(frame.correct for frame in frames) / len(frames) if frames else None

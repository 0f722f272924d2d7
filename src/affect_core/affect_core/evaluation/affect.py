"""Where the frames of a trial lie in valence, arousal and dominance, for models that estimate them."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan
from statistics import fmean
from typing import Final

from affect_core.evaluation.records import FrameRecord, TruthEvent
from affect_core.evaluation.scoring import judge

DIMENSIONS: Final = ("valence", "arousal", "dominance")


def affect_by_label(
    events: Iterable[TruthEvent], records: Iterable[FrameRecord]
) -> dict[str, dict[str, float | None]]:
    """Expression that was shown -> mean of each dimension over its settled frames, with their number ``n``.

    None = the model does not estimate that dimension; empty for a model that estimates none.
    """
    settled: dict[str, list[FrameRecord]] = {}
    for frame in judge(events, records):
        if frame.settled:
            settled.setdefault(frame.truth.label, []).append(frame.record)
    found = {label: _means(frames) for label, frames in settled.items()}
    return {label: means for label, means in found.items() if means["n"]}


def _means(frames: list[FrameRecord]) -> dict[str, float | None]:
    values = {
        name: [value for frame in frames if not isnan(value := getattr(frame, name))] for name in DIMENSIONS
    }
    means = {name: fmean(known) if known else None for name, known in values.items()}
    return {"n": max(map(len, values.values())), **means}

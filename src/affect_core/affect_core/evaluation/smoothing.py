"""What smoothing over time would bring to a trial, and what it would cost: accuracy against lag.

Applied to what single frames said, so that all smoothers are judged on the same frames. A trial that was smoothed
while it ran cannot be judged so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from affect_core.evaluation.records import FrameRecord, TruthEvent
from affect_core.evaluation.scoring import percentiles, score
from affect_core.smoothing import SMOOTHERS, Temporal, TemporalConfig

_FACE: Final = "the face"


def smoothed(records: Iterable[FrameRecord], config: TemporalConfig) -> list[FrameRecord]:
    """The records as they would be with these settings; frames without an estimate stay so."""
    temporal = Temporal(config)
    return [_smoothed(record, temporal) for record in sorted(records, key=lambda one: one.stamp_ns)]


def compare_smoothers(
    events: Sequence[TruthEvent], records: Sequence[FrameRecord], config: TemporalConfig | None = None
) -> dict[str, dict[str, Any]]:
    """Smoother -> hold, frame, neutral, lag_ms_p50, missed, flicker_hz; the settings of each are ``config``'s."""
    base = config or TemporalConfig()
    found = {}
    for name in SMOOTHERS.names():
        result = score(events, smoothed(records, replace(base, smoothing=name)))
        found[name] = {
            "frame": result.frame,
            "hold": result.hold,
            "neutral": result.neutral,
            "lag_ms_p50": percentiles(result.lag_ms, [50])[0],
            "missed": result.missed,
            "flicker_hz": result.flicker_hz,
        }
    return found


def _smoothed(record: FrameRecord, temporal: Temporal) -> FrameRecord:
    if record.probabilities is None:
        return record
    shares = temporal.smooth(_FACE, np.asarray(record.probabilities, np.float64), record.stamp_ns)
    return replace(record, probabilities=tuple(float(share) for share in shares))

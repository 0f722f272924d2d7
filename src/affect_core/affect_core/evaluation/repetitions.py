"""How sure the numbers of one trial are: a bootstrap over repetitions, since frames of one repetition are no news.

A repetition is one command, or one rest, with all its frames. Each draw takes as many commands and as many rests as
there are, with replacement; the interval runs from the 2.5th to the 97.5th percentile of the draws.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.evaluation.records import FrameRecord, TruthEvent
from affect_core.evaluation.scoring import Judged, by_event, judge, lag_ms
from affect_core.labels import COMPLEX_5
from affect_core.trial import EventKind

DRAWS: Final = 2000
FEWEST: Final = 2
"""Commands below which there is no interval: one repetition says nothing about others."""
_SEED: Final = 20_260
_TAILS: Final = (2.5, 97.5)

Array = NDArray[np.float64]
Interval = tuple[float, float]

SHARES: Final[Mapping[str, tuple[str, str]]] = {
    "frame": ("correct", "commanded"),
    "hold": ("correct_settled", "settled"),
    "onset": ("correct_onset", "onset"),
    "neutral": ("correct_rest", "rest"),
    "accuracy5": ("correct5", "settled"),
}
"""Number -> the two counts whose quotient it is."""
KINDS: Final = (EventKind.COMMAND, EventKind.REST)
MACRO_F1: Final = "macro_f1"
_COUNTS: Final = tuple(dict.fromkeys(name for pair in SHARES.values() for name in pair))


def intervals(events: Iterable[TruthEvent], records: Iterable[FrameRecord]) -> dict[str, Interval | None]:
    """95 % interval of each of `SHARES` and of macro F1; None where there is nothing to compute it from.

    Fewer than `FEWEST` commands have no intervals.
    """
    events = list(events)
    judged = judge(events, records)
    groups = [[frames for frames in by_event(events, judged, kind) if frames] for kind in KINDS]
    if len(groups[0]) < FEWEST:
        return dict.fromkeys((*SHARES, MACRO_F1))
    classes = sorted({frame.truth.label for frame in judged})
    random = np.random.default_rng(_SEED)
    sums = np.sum([_draws(group, classes, random) for group in groups if group], axis=0)
    column = dict(zip(_COUNTS, sums.T, strict=False))
    drawn = {name: _quotient(column[above], column[below]) for name, (above, below) in SHARES.items()}
    drawn[MACRO_F1] = _macro_f1(sums[:, len(_COUNTS) :], len(classes))
    if not any(set(COMPLEX_5) <= set(frame.record.labels) for frame in judged):
        drawn["accuracy5"][:] = np.nan
    return {name: _interval(values) for name, values in drawn.items()}


def repetition_rows(
    events: Iterable[TruthEvent], records: Iterable[FrameRecord]
) -> list[dict[str, str | int | float | None]]:
    """One row per command and rest with frames, in order of time, for summary.json: what `compare` works on.

    ``repetition`` counts the commands (or rests) of a label from 1; ``correct5`` is None where the model lacks one of
    the five classes.
    """
    events = sorted(events, key=lambda event: (event.stamp_ns, event.index))
    number = repetition_of(events)
    judged = judge(events, records)
    groups = [frames for kind in KINDS for frames in by_event(events, judged, kind) if frames]
    return [
        _row(frames, number[frames[0].truth]) for frames in sorted(groups, key=lambda f: f[0].record.stamp_ns)
    ]


def repetition_of(events: Iterable[TruthEvent]) -> dict[TruthEvent, int]:
    """Each event -> the how manieth of its kind and label it is, from 1."""
    seen: Counter[tuple[EventKind, str]] = Counter()
    found = {}
    for event in sorted(events, key=lambda event: (event.stamp_ns, event.index)):
        seen[event.kind, event.label] += 1
        found[event] = seen[event.kind, event.label]
    return found


def _row(frames: Sequence[Judged], repetition: int) -> dict[str, str | int | float | None]:
    truth, settled = frames[0].truth, [frame for frame in frames if frame.settled]
    knows = all(set(COMPLEX_5) <= set(frame.record.labels) for frame in settled if frame.record.labels)
    five = sum(frame.record.best_of(COMPLEX_5) == frame.truth.label for frame in settled)
    return {
        "kind": truth.kind.name.lower(),
        "label": truth.label,
        "repetition": repetition,
        "frames": len(frames),
        "correct": _correct(frames),
        "settled": len(settled),
        "correct_settled": _correct(settled),
        "correct5": five if knows else None,
        "lag_ms": lag_ms(frames),
    }


def _draws(group: Sequence[Sequence[Judged]], classes: Sequence[str], random: np.random.Generator) -> Array:
    """Sums (DRAWS, K) of as many repetitions as there are, drawn with replacement."""
    each = np.stack([np.concatenate([_counts(frames), _matrix(frames, classes)]) for frames in group])
    times = random.multinomial(len(group), np.full(len(group), 1.0 / len(group)), size=DRAWS)
    return np.asarray(times @ each)


def _counts(frames: Sequence[Judged]) -> Array:
    """In the order of `_COUNTS`."""
    commanded = [frame for frame in frames if frame.commanded]
    settled = [frame for frame in commanded if frame.settled]
    onset = [frame for frame in commanded if not frame.settled]
    rest = [frame for frame in frames if not frame.commanded]
    found = {
        "commanded": len(commanded),
        "settled": len(settled),
        "onset": len(onset),
        "rest": len(rest),
        "correct": _correct(commanded),
        "correct_settled": _correct(settled),
        "correct_onset": _correct(onset),
        "correct_rest": _correct(rest),
        "correct5": sum(frame.record.best_of(COMPLEX_5) == frame.truth.label for frame in settled),
    }
    return np.array([found[name] for name in _COUNTS], np.float64)


def _correct(frames: Iterable[Judged]) -> int:
    return sum(frame.correct for frame in frames)


def _matrix(frames: Sequence[Judged], classes: Sequence[str]) -> Array:
    """Counts (C * (C + 1),), rows = truth; the last column is for labels that never are the truth, and for none."""
    width = len(classes) + 1
    places = {label: index for index, label in enumerate(classes)}
    cells = [
        places[frame.truth.label] * width + places.get(frame.record.label or "", len(classes))
        for frame in frames
    ]
    return np.bincount(cells, minlength=len(classes) * width).astype(np.float64)


def _macro_f1(sums: Array, classes: int) -> Array:
    """(DRAWS,): mean over the classes that are the truth somewhere in the draw."""
    matrices = sums.reshape(-1, classes, classes + 1)
    hits = np.diagonal(matrices, axis1=1, axis2=2)
    truths, reads = matrices.sum(axis=2), matrices[:, :, :classes].sum(axis=1)
    f1 = np.where(truths > 0, 2.0 * hits / np.maximum(truths + reads, 1.0), np.nan)
    return np.asarray(np.nanmean(f1, axis=1))


def _quotient(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)


def _interval(values: Array) -> Interval | None:
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = np.percentile(known, _TAILS)
    return float(low), float(high)

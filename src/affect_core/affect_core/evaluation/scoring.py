"""How right the labels were: pure functions from events and frame records to numbers.

Truth of a frame is the last command or rest at or before its stamp. It is settled from command + onset on. A
frame without an estimate counts as wrong. What cannot be computed is None, never 0.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from affect_core.evaluation.records import FrameRecord, TruthEvent
from affect_core.labels import COMPLEX_5
from affect_core.trial import EventKind

STABLE_FRAMES = 3
"""So many consecutive correct frames make a label stable."""

NOT_READ = "(not read)"
"""Label of a frame without an estimate: never equal to a truth, never a column of the confusion matrix."""


@dataclass(frozen=True)
class Judged:
    """A frame with its truth."""

    record: FrameRecord
    truth: TruthEvent

    @property
    def settled(self) -> bool:
        """The commanded expression is fully shown."""
        return self.record.stamp_ns >= self.truth.settled_ns

    @property
    def commanded(self) -> bool:
        """An expression was commanded; False in rests."""
        return self.truth.kind is EventKind.COMMAND

    @property
    def correct(self) -> bool:
        """The most probable class is the truth."""
        return self.record.label == self.truth.label


@dataclass(frozen=True)
class ClassScore:
    """Of one class, over all frames with a truth; `n` = frames whose truth it is."""

    precision: float | None
    recall: float | None
    f1: float | None
    n: int


@dataclass(frozen=True)
class Score:
    """All numbers of a trial; shares 0..1, None = there was nothing to compute it from.

    Attributes:
        frame: accuracy over commanded frames.
        hold: over settled commanded frames.
        onset: over commanded frames that are not settled yet.
        neutral: over the frames of rests.
        macro_precision, macro_recall, macro_f1: means over the classes that occur as truth, over all frames with a
            truth; the precision of a class that is never read counts as 0.
        accuracy5: `hold` with the most probable of the five complex classes, neutral left out.
        per_class: in the order of `labels`.
        labels: the model's, then truths that the model does not know.
        confusion: counts, rows = truth, columns = read; a frame without an estimate is in no column, so that
            a row may sum to less than the class's `n`.
        lag_ms: per command that was read at all: first of three consecutive correct frames - settle instant.
        missed: commands that never had three consecutive correct frames.
        error_share: wrong frames before their settle instant / all wrong frames.
        flicker_hz: changes of the label per second, between frames of one settled command that were both read.
    """

    frame: float | None
    hold: float | None
    onset: float | None
    neutral: float | None
    macro_precision: float | None
    macro_recall: float | None
    macro_f1: float | None
    accuracy5: float | None
    per_class: dict[str, ClassScore]
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    lag_ms: tuple[float, ...]
    missed: int | None
    error_share: float | None
    flicker_hz: float | None


def score(events: Iterable[TruthEvent], records: Iterable[FrameRecord]) -> Score:
    """Score a trial; events and records may come in any order."""
    events = list(events)
    judged = judge(events, records)
    commanded = [frame for frame in judged if frame.commanded]
    settled = [frame for frame in commanded if frame.settled]
    by_command = by_event(events, judged, EventKind.COMMAND)
    lags = [lag_ms(frames) for frames in by_command]
    labels = _labels(judged)
    precision, recall, f1 = _macro(judged)
    return Score(
        frame=_accuracy(commanded),
        hold=_accuracy(settled),
        onset=_accuracy([frame for frame in commanded if not frame.settled]),
        neutral=_accuracy([frame for frame in judged if not frame.commanded]),
        macro_precision=precision,
        macro_recall=recall,
        macro_f1=f1,
        accuracy5=_accuracy5(settled),
        per_class=_per_class(judged, labels),
        labels=labels,
        confusion=_confusion(judged, labels),
        lag_ms=tuple(lag for lag in lags if lag is not None),
        missed=lags.count(None) if lags else None,
        error_share=_share([not frame.settled for frame in judged if not frame.correct]),
        flicker_hz=_flicker_hz(by_command),
    )


def judge(events: Iterable[TruthEvent], records: Iterable[FrameRecord]) -> list[Judged]:
    """Give every frame its truth, in order of time; frames without one (before and after) are left out."""
    ordered = sorted(events, key=lambda event: (event.stamp_ns, event.index))
    stamps = [event.stamp_ns for event in ordered]
    judged = []
    for record in sorted(records, key=lambda record: record.stamp_ns):
        last = bisect.bisect_right(stamps, record.stamp_ns) - 1
        if last >= 0 and ordered[last].shows:
            judged.append(Judged(record, ordered[last]))
    return judged


def truth_at(events: Iterable[TruthEvent], stamp_ns: int) -> str:
    """The expression in force at an instant; empty before, between and after commands."""
    earlier = [event for event in events if event.stamp_ns <= stamp_ns]
    last = max(earlier, key=lambda event: (event.stamp_ns, event.index), default=None)
    return last.label if last is not None and last.kind in (EventKind.COMMAND, EventKind.REST) else ""


def percentiles(values: Iterable[float], shares: Sequence[float]) -> list[float | None]:
    """Percentiles (linear interpolation) of the values that are not NaN; None where there are none."""
    known = [value for value in values if not np.isnan(value)]
    if not known:
        return [None] * len(shares)
    return [float(value) for value in np.percentile(known, shares)]


def _accuracy(frames: Sequence[Judged]) -> float | None:
    return _share([frame.correct for frame in frames])


def _share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None


def _accuracy5(settled: Sequence[Judged]) -> float | None:
    if not any(set(COMPLEX_5) <= set(frame.record.labels) for frame in settled):
        return None
    return _share([frame.record.best_of(COMPLEX_5) == frame.truth.label for frame in settled])


def _labels(judged: Sequence[Judged]) -> tuple[str, ...]:
    known = (label for frame in judged for label in frame.record.labels)
    return tuple(dict.fromkeys([*known, *sorted({frame.truth.label for frame in judged})]))


def _metrics() -> Any:
    """scikit-learn takes a second to import, and every node imports the value types of this package."""
    from sklearn import metrics

    return metrics


def _columns(judged: Sequence[Judged]) -> tuple[list[str], list[str]]:
    return [frame.truth.label for frame in judged], [frame.record.label or NOT_READ for frame in judged]


def _macro(judged: Sequence[Judged]) -> tuple[float | None, float | None, float | None]:
    """Precision, recall and F1."""
    if not judged:
        return None, None, None
    truth, read = _columns(judged)
    precision, recall, f1, _ = _metrics().precision_recall_fscore_support(
        truth, read, labels=sorted(set(truth)), average="macro", zero_division=0.0
    )
    return float(precision), float(recall), float(f1)


def _per_class(judged: Sequence[Judged], labels: tuple[str, ...]) -> dict[str, ClassScore]:
    if not judged:
        return {}
    columns = _metrics().precision_recall_fscore_support(
        *_columns(judged), labels=list(labels), zero_division=np.nan
    )
    return {
        label: ClassScore(_known(precision), _known(recall), _known(f1), int(n))
        for label, precision, recall, f1, n in zip(labels, *columns, strict=True)
    }


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _confusion(judged: Sequence[Judged], labels: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    if not judged:
        return ()
    matrix = _metrics().confusion_matrix(*_columns(judged), labels=[*labels, NOT_READ])
    return tuple(tuple(int(count) for count in row[:-1]) for row in matrix[:-1])


def by_event(events: Iterable[TruthEvent], judged: Iterable[Judged], kind: EventKind) -> list[list[Judged]]:
    """The frames of each event of a kind in order of time; an event without frames has an empty list."""
    frames: dict[TruthEvent, list[Judged]] = defaultdict(list)
    for frame in judged:
        frames[frame.truth].append(frame)
    return [frames[event] for event in events if event.kind is kind]


def _flicker_hz(by_command: Iterable[Sequence[Judged]]) -> float | None:
    changes, seconds = 0, 0.0
    for frames in by_command:
        for one, following in pairwise(frame for frame in frames if frame.settled):
            if one.record.label and following.record.label:
                changes += one.record.label != following.record.label
                seconds += (following.record.stamp_ns - one.record.stamp_ns) / 1e9
    return changes / seconds if seconds else None


def lag_ms(frames: Sequence[Judged]) -> float | None:
    """From the settle instant to the first frame of a stable correct label; None if there is none."""
    correct = [frame.correct for frame in frames]
    for first in range(len(frames) - STABLE_FRAMES + 1):
        if all(correct[first : first + STABLE_FRAMES]):
            return (frames[first].record.stamp_ns - frames[first].truth.settled_ns) / 1e6
    return None

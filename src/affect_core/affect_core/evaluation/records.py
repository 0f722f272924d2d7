"""What scoring works on: stamped ground truth and one record per frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from affect_core.errors import InputError
from affect_core.trial import EventKind, TrialEvent, TrialScene, starts_block

NAN = float("nan")


@dataclass(frozen=True)
class TruthEvent:
    """A trial event with its stamp.

    Attributes:
        stamp_ns: when it takes effect, ns of the clock that stamps frames.
        kind: see `EventKind`.
        label: expression in force from here on (COMMAND, REST).
        onset_s: seconds from the stamp until the expression is settled.
        index: number of the event in its session.
        scene: in force from here on; None where the protocol has no scenes.
    """

    stamp_ns: int
    kind: EventKind
    label: str = ""
    onset_s: float = 0.0
    index: int = 0
    scene: TrialScene | None = None

    @classmethod
    def at(cls, start_ns: int, event: TrialEvent) -> Self:
        """The event of a session that started at `start_ns`."""
        return cls(start_ns + event.at_ns, event.kind, event.label, event.onset_s, event.index, event.scene)

    @property
    def shows(self) -> bool:
        """Whether an expression is in force from here on: there is a truth to score against."""
        return self.kind in (EventKind.COMMAND, EventKind.REST) and bool(self.label)

    @property
    def is_pause(self) -> bool:
        """Whether nothing counts from here on, until the next event."""
        return self.kind is EventKind.REST and not self.label

    @property
    def settled_ns(self) -> int:
        """From here on the expression counts as settled.

        The onset travels as float32, which is off by nanoseconds: whole microseconds give everybody the same
        instant.
        """
        return self.stamp_ns + round(self.onset_s * 1e6) * 1000


def truth_events(events: Iterable[TrialEvent], start_ns: int = 0) -> tuple[TruthEvent, ...]:
    """All events of a session that started at `start_ns`."""
    return tuple(TruthEvent.at(start_ns, event) for event in events)


def standing(events: Iterable[TruthEvent]) -> list[TruthEvent]:
    """The events that count, in order of time.

    A pause is a REST without a label. It takes its block back: what was shown from the event with the pause's index
    on is shown anew after it, so its frames are not scored. Of several starts (a session that was resumed) the first
    one stays.
    """
    kept: list[TruthEvent] = []
    for event in sorted(events, key=lambda event: (event.stamp_ns, event.index)):
        if event.is_pause:
            kept = [_taken_back(one) if one.shows and one.index >= event.index else one for one in kept]
        if event.kind is not EventKind.SESSION_START or not kept:
            kept.append(event)
    return kept


def ended_blocks(events: Iterable[TruthEvent]) -> list[tuple[tuple[TruthEvent, ...], int]]:
    """The blocks (a rest and what is shown until the next one) among `standing` events, and where each one ends, ns.

    A block whose end has not come, or that was cut off, is left out.
    """
    ended: list[tuple[tuple[TruthEvent, ...], int]] = []
    current: list[TruthEvent] = []
    before: TruthEvent | None = None
    for event in events:
        begins = starts_block(before, event)
        if current and (begins or event.is_pause or event.kind is EventKind.SESSION_END):
            ended.append((tuple(current), event.stamp_ns))
            current = []
        if begins or (current and event.shows):
            current.append(event)
        before = event
    return ended


def _taken_back(event: TruthEvent) -> TruthEvent:
    return replace(event, kind=EventKind.REST, label="", onset_s=0.0)


@dataclass(frozen=True)
class FrameRecord:
    """What was read from one frame. Where several faces were seen, from the one with the largest box.

    Attributes:
        stamp_ns: of the frame.
        faces: number of faces seen.
        labels: class names in the model's order; () without an estimate.
        probabilities: in the order of `labels`, sum 1; None without an estimate.
        latency_ms: from the stamp to the publication of the estimate; NaN = not measured (all times).
        detect_ms, track_ms, infer_ms, render_ms: time in each stage; NaN = not run, or unknown.
        valence, arousal, dominance: -1..1; NaN = not estimated.
    """

    stamp_ns: int
    faces: int
    labels: tuple[str, ...] = ()
    probabilities: tuple[float, ...] | None = None
    latency_ms: float = NAN
    detect_ms: float = NAN
    track_ms: float = NAN
    infer_ms: float = NAN
    render_ms: float = NAN
    valence: float = NAN
    arousal: float = NAN
    dominance: float = NAN

    def __post_init__(self) -> None:
        count = len(self.probabilities) if self.probabilities is not None else 0
        if count != len(self.labels):
            raise InputError(f"expected {len(self.labels)} probabilities, one per label, got {count}")

    @property
    def label(self) -> str | None:
        """The most probable class; None without an estimate."""
        return self.best_of(self.labels)

    def best_of(self, labels: tuple[str, ...]) -> str | None:
        """The most probable of some classes; None without an estimate or when the model lacks one of them."""
        if self.probabilities is None or not set(labels) <= set(self.labels):
            return None
        share = dict(zip(self.labels, self.probabilities, strict=True))
        return max(labels, key=share.__getitem__, default=None)

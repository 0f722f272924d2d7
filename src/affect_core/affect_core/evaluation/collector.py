"""Joins what arrives during a trial by stamp: events, faces, estimates, render times, in any order."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from affect_core.evaluation.records import NAN, FrameRecord, TruthEvent, ended_blocks, standing
from affect_core.trial import EventKind
from affect_core.types import Emotion, EmotionSet, FaceSet

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class FaceFacts:
    """What scoring needs of a `FaceSet`.

    Attributes:
        boxes: face id -> box (x_min, y_min, x_max, y_max), pixels.
        dropped: frames replaced by a newer one since the last set.
        detect_ms, track_ms: NaN = not run.
    """

    stamp_ns: int
    boxes: Mapping[str, Box]
    dropped: int = 0
    detect_ms: float = NAN
    track_ms: float = NAN


def face_facts(faces: FaceSet) -> FaceFacts:
    """The facts of a face set."""
    boxes = {face.face_id: _box(face.detection.box_xyxy) for face in faces.faces}
    return FaceFacts(faces.stamp_ns, boxes, faces.dropped, faces.detect_ms, faces.track_ms)


@dataclass(frozen=True)
class FrameCounts:
    """How many frames got how far.

    Attributes:
        rendered: by the virtual camera; None with a real one.
        published: taken by the face stage.
        with_face: at least one face.
        labelled: at least one estimate.
        dropped: replaced by a newer one before the face or the emotion stage.
    """

    rendered: int | None
    published: int
    with_face: int
    labelled: int
    dropped: int

    def plus(self, other: FrameCounts) -> FrameCounts:
        """Both together."""
        rendered = [count for count in (self.rendered, other.rendered) if count is not None]
        return FrameCounts(
            sum(rendered) if rendered else None,
            self.published + other.published,
            self.with_face + other.with_face,
            self.labelled + other.labelled,
            self.dropped + other.dropped,
        )


@dataclass(frozen=True)
class FinishedBlock:
    """A block (a rest and what is shown until the next one) that need not be shown again.

    Attributes:
        events: of the block, the first one begins it.
        records, counts: of its frames.
        model, model_sha256, runtime: what read them.
    """

    events: tuple[TruthEvent, ...]
    records: tuple[FrameRecord, ...]
    counts: FrameCounts
    model: str = ""
    model_sha256: str = ""
    runtime: str = ""


@dataclass(frozen=True)
class Collected:
    """Everything known about a trial, in order of time.

    Attributes:
        fps_camera, fps_labels: frames and estimates per second of real time; None = unknown.
    """

    events: tuple[TruthEvent, ...]
    records: tuple[FrameRecord, ...]
    counts: FrameCounts
    fps_camera: float | None = None
    fps_labels: float | None = None
    model: str = ""
    model_sha256: str = ""
    runtime: str = ""


@dataclass
class _Partial:
    """What has arrived so far for one stamp."""

    faces: FaceFacts | None = None
    emotions: EmotionSet | None = None
    latency_ms: float = NAN
    render_ms: float = NAN
    rendered: bool = False

    @property
    def seen(self) -> bool:
        return self.faces is not None or self.emotions is not None

    @property
    def face_count(self) -> int:
        if self.faces is not None:
            return len(self.faces.boxes)
        return len(self.emotions.emotions) if self.emotions is not None else 0


class TrialCollector:
    """Fed message by message, live or from a bag; `collected` may be asked for at any time.

    The same message twice (a late joiner is sent old events again) counts once. `wall_ns` is real time of any
    origin, used for rates only.
    """

    def __init__(self) -> None:
        self._events: dict[tuple[int, int], TruthEvent] = {}
        self._frames: dict[int, _Partial] = {}
        self._camera_ns: dict[int, int] = {}
        self._labels_ns: dict[int, int] = {}
        self._model = ("", "", "")
        self._reached_ns: dict[str, int] = {}
        self._finished: list[FinishedBlock] = []

    def add_finished(self, block: FinishedBlock) -> None:
        """A block of an earlier run of the same session."""
        self._finished.append(block)
        for event in block.events:
            self.add_event(event)
        if not self._model[0]:
            self._model = (block.model, block.model_sha256, block.runtime)

    def add_event(self, event: TruthEvent) -> None:
        """A trial event."""
        self._events[event.stamp_ns, event.index] = event

    def add_render(self, stamp_ns: int, render_ms: float = NAN) -> None:
        """A frame of the virtual camera."""
        frame = self._frame(stamp_ns)
        frame.rendered, frame.render_ms = True, render_ms
        self._reached_ns["render"] = stamp_ns

    def add_faces(self, faces: FaceFacts, wall_ns: int | None = None) -> None:
        """The faces of a frame, also when there are none."""
        self._frame(faces.stamp_ns).faces = faces
        self._reached_ns["faces"] = faces.stamp_ns
        if wall_ns is not None:
            self._camera_ns.setdefault(faces.stamp_ns, wall_ns)

    def add_emotions(self, emotions: EmotionSet, latency_ms: float = NAN, wall_ns: int | None = None) -> None:
        """The estimates of a frame, also when there are none.

        Args:
            emotions: with the stamp of the frame.
            latency_ms: from that stamp to the publication; NaN = not measured.
            wall_ns: real time of arrival.
        """
        frame = self._frame(emotions.stamp_ns)
        frame.emotions, frame.latency_ms = emotions, latency_ms
        self._reached_ns["emotions"] = emotions.stamp_ns
        self._model = (emotions.model, emotions.model_sha256, emotions.runtime)
        if emotions.emotions and wall_ns is not None:
            self._labels_ns.setdefault(emotions.stamp_ns, wall_ns)

    def collected(self) -> Collected:
        """All so far. A frame whose estimate was dropped or is under way is counted, but has no record.

        A camera on the wall clock also runs before the session's start and after its end; those frames stay out.
        """
        events = standing(self._events.values())
        records, counts = self._between(*_span(events))
        for block in self._finished:
            records, counts = (*block.records, *records), counts.plus(block.counts)
        model, sha256, runtime = self._model
        return Collected(
            tuple(events),
            tuple(sorted(records, key=lambda record: record.stamp_ns)),
            counts,
            _rate(self._camera_ns.values()),
            _rate(self._labels_ns.values()),
            model,
            sha256,
            runtime,
        )

    def closed_blocks(self, known: Container[int]) -> list[FinishedBlock]:
        """The blocks of this run behind which every stream has gone on: no more can come for them.

        Args:
            known: index of the first event of blocks that are not asked for.
        """
        reached_ns = min(self._reached_ns.values(), default=-1)
        return [
            FinishedBlock(events, *self._between(events[0].stamp_ns, end_ns), *self._model)
            for events, end_ns in ended_blocks(standing(self._events.values()))
            if end_ns <= reached_ns and events[0].index not in known
        ]

    def _between(self, first_ns: float, end_ns: float) -> tuple[tuple[FrameRecord, ...], FrameCounts]:
        frames = [item for item in sorted(self._frames.items()) if first_ns <= item[0] < end_ns]
        records = [_record(stamp_ns, frame, frame.emotions) for stamp_ns, frame in frames if frame.emotions]
        return tuple(records), _counts(frame for _, frame in frames)

    def _frame(self, stamp_ns: int) -> _Partial:
        return self._frames.setdefault(stamp_ns, _Partial())


def _span(events: Iterable[TruthEvent]) -> tuple[float, float]:
    """From the first SESSION_START until the last end; infinite on a side where there is no such event.

    An ABORT carries the stamp of the frame it cut short, which still belongs to the session.
    """
    starts = [event.stamp_ns for event in events if event.kind is EventKind.SESSION_START]
    ends = [event.stamp_ns for event in events if event.kind is EventKind.SESSION_END]
    ends += [event.stamp_ns + 1 for event in events if event.kind is EventKind.ABORT]
    return min(starts, default=-math.inf), max(ends, default=math.inf)


def _record(stamp_ns: int, frame: _Partial, emotions: EmotionSet) -> FrameRecord:
    scored = _scored(emotions.emotions, frame.faces)
    return FrameRecord(
        stamp_ns,
        frame.face_count,
        scored.labels if scored else (),
        tuple(float(share) for share in scored.probabilities) if scored else None,
        frame.latency_ms if scored else NAN,  # an empty answer is quick: it would flatter the latency
        frame.faces.detect_ms if frame.faces else NAN,
        frame.faces.track_ms if frame.faces else NAN,
        emotions.infer_ms,
        frame.render_ms,
        *((scored.valence, scored.arousal, scored.dominance) if scored else ()),
    )


def _scored(emotions: tuple[Emotion, ...], faces: FaceFacts | None) -> Emotion | None:
    """The estimate of the face with the largest box; the first one where boxes are unknown or equal."""
    boxes = faces.boxes if faces else {}
    return max(emotions, key=lambda emotion: _area(boxes.get(emotion.face_id)), default=None)


def _area(box: Box | None) -> float:
    return (box[2] - box[0]) * (box[3] - box[1]) if box else 0.0


def _box(box_xyxy: Iterable[float]) -> Box:
    x_min, y_min, x_max, y_max = (float(value) for value in box_xyxy)
    return x_min, y_min, x_max, y_max


def _counts(frames: Iterable[_Partial]) -> FrameCounts:
    frames = list(frames)
    rendered = sum(frame.rendered for frame in frames)
    return FrameCounts(
        rendered=rendered or None,
        published=sum(frame.seen for frame in frames),
        with_face=sum(frame.face_count > 0 for frame in frames),
        labelled=sum(bool(frame.emotions and frame.emotions.emotions) for frame in frames),
        dropped=sum(
            part.dropped for frame in frames for part in (frame.faces, frame.emotions) if part is not None
        ),
    )


def _rate(arrivals_ns: Iterable[int]) -> float | None:
    times = sorted(arrivals_ns)
    span_s = (times[-1] - times[0]) / 1e9 if times else 0.0
    return (len(times) - 1) / span_s if span_s > 0.0 else None

"""One annotated picture per commanded label, picked while a session runs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from affect_core.annotate import annotate, area_around
from affect_core.evaluation.records import TruthEvent
from affect_core.explain import METHOD
from affect_core.trial import EventKind
from affect_core.types import AttributionMap, Detection, EmotionSet, Frame, ImageRGB

AFTER_SETTLED_NS = 300_000_000
"""A picture is taken this long after the expression has settled."""
MAX_UNPLANNED = 6
"""Without commands: this many pictures, one every `UNPLANNED_PERIOD_NS`."""
UNPLANNED_PERIOD_NS = 1_000_000_000

EARLY_FRAMES = 32
"""Frames whose faces and estimates are held until the frame itself has come."""

Faces = tuple[tuple[str, Detection], ...]


@dataclass
class _Said:
    """Of one frame."""

    faces: Faces = ()
    emotions: EmotionSet | None = None
    maps: list[AttributionMap] = field(default_factory=list)


@dataclass
class _Sample:
    title: str
    frame: Frame
    said: _Said


class SampleBook:
    """Fed like the collector; keeps only the frames it has picked. What is said of a frame may come before it."""

    def __init__(self) -> None:
        self._early: OrderedDict[int, _Said] = OrderedDict()
        self._wanted: dict[str, int] = {}
        self._samples: dict[int, _Sample] = {}
        self._next_unplanned_ns = 0

    def plan(self, event: TruthEvent) -> None:
        """Want a picture of this event's label, unless there is one already."""
        if event.shows and event.label not in {sample.title for sample in self._samples.values()}:
            self._wanted[event.label] = event.settled_ns + AFTER_SETTLED_NS
        elif event.kind is EventKind.SESSION_END or event.is_pause:
            self._wanted.clear()

    def add_frame(self, frame: Frame) -> None:
        """Take the frame if its time has come."""
        for label, from_ns in list(self._wanted.items()):
            if frame.stamp_ns >= from_ns:
                self._samples[frame.stamp_ns] = _Sample(label, frame, self._said(frame.stamp_ns))
            if frame.stamp_ns >= from_ns or self._superseded(label):
                del self._wanted[label]
        if not self._wanted and self._unplanned(frame):
            self._samples[frame.stamp_ns] = _Sample("", frame, self._said(frame.stamp_ns))

    def add_faces(self, stamp_ns: int, faces: Faces) -> None:
        """Faces of a frame."""
        self._said(stamp_ns).faces = faces

    def add_emotions(self, emotions: EmotionSet) -> None:
        """Estimates of a frame."""
        self._said(emotions.stamp_ns).emotions = emotions

    def add_attributions(self, stamp_ns: int, maps: Iterable[AttributionMap]) -> None:
        """Attributions of a frame."""
        self._said(stamp_ns).maps += maps

    def pictures(self) -> list[tuple[str, ImageRGB]]:
        """(caption, picture) in order of time: the face with its box, label and heatmap."""
        return [_picture(sample) for _, sample in sorted(self._samples.items())]

    def _said(self, stamp_ns: int) -> _Said:
        """What is said of a picked frame, or of one that may still be picked."""
        if stamp_ns in self._samples:
            return self._samples[stamp_ns].said
        said = self._early.setdefault(stamp_ns, _Said())
        while len(self._early) > EARLY_FRAMES:
            self._early.popitem(last=False)
        return said

    def _superseded(self, label: str) -> bool:
        return any(sample.title == label for sample in self._samples.values())

    def _unplanned(self, frame: Frame) -> bool:
        planned = any(sample.title for sample in self._samples.values())
        due = not planned and len(self._samples) < MAX_UNPLANNED and frame.stamp_ns >= self._next_unplanned_ns
        if due:
            self._next_unplanned_ns = frame.stamp_ns + UNPLANNED_PERIOD_NS
        return due


def _picture(sample: _Sample) -> tuple[str, ImageRGB]:
    emotions = sample.said.emotions.emotions if sample.said.emotions else ()
    image = sample.frame.image_rgb
    maps = _chosen(sample.said.maps)
    area = area_around(image, sample.said.faces[0][1].box_xyxy) if sample.said.faces else None
    picture = annotate(image, sample.said.faces, emotions, maps, bars=area is None, area=area)
    if area is not None:
        left, top, right, bottom = area
        picture = picture[top:bottom, left:right]
    read = f"{emotions[0].label} {emotions[0].confidence:.2f}" if emotions else "nothing"
    truth = f"{sample.title}, " if sample.title else ""
    return f"{truth}read: {read}", picture


def _chosen(maps: list[AttributionMap]) -> list[AttributionMap]:
    """Attention where there is any: it comes with every frame, so that a repeated run has the same pictures."""
    return [item for item in maps if item.method == METHOD] or maps

"""Perception over recorded frames: the same stages as live, frame by frame, into a collector."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter

from affect_core.evaluation.collector import TrialCollector, face_facts
from affect_core.evaluation.explained import ExplainedBook
from affect_core.evaluation.samples import SampleBook
from affect_core.types import AttributionMap, EmotionSet, FaceSet, Frame

Perceive = Callable[[Frame], tuple[FaceSet, EmotionSet, tuple[AttributionMap, ...]]]


def rerun(
    frames: Iterable[Frame],
    perceive: Perceive,
    collector: TrialCollector,
    book: SampleBook,
    explained: ExplainedBook,
) -> None:
    """Read every frame with ``perceive`` (e.g. `Pipeline.run`) and collect what it says.

    Latency is the time ``perceive`` takes: a recorded frame waits for nobody.
    """
    for frame in frames:
        started = perf_counter()
        faces, emotions, maps = perceive(frame)
        finished = perf_counter()
        collector.add_faces(face_facts(faces), round(started * 1e9))
        collector.add_emotions(emotions, (finished - started) * 1e3, round(finished * 1e9))
        book.add_frame(frame)
        book.add_faces(frame.stamp_ns, tuple((face.face_id, face.detection) for face in faces.faces))
        book.add_emotions(emotions)
        book.add_attributions(frame.stamp_ns, maps)
        explained.add_faces(faces)
        explained.add_attributions(frame.stamp_ns, maps)

"""Perception over recorded frames, frame by frame, into a collector."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter

from affect_core.evaluation.collector import TrialCollector, face_facts
from affect_core.evaluation.explained import ExplainedBook
from affect_core.evaluation.samples import SampleBook
from affect_core.pipeline import Seen


def collect_seen(
    all_seen: Iterable[Seen], collector: TrialCollector, book: SampleBook, explained: ExplainedBook
) -> None:
    """Collect what perception says about every frame (`Pipeline.run_all`): the same stages as live.

    Latency is the time the stages take: a recorded frame waits for nobody.
    """
    for seen in all_seen:
        stamp_ns, heard_ns = seen.frame.stamp_ns, round(perf_counter() * 1e9)
        collector.add_faces(face_facts(seen.faces), heard_ns)
        collector.add_emotions(seen.emotions, seen.latency_ms, heard_ns)
        book.add_frame(seen.frame)
        book.add_faces(stamp_ns, tuple((face.face_id, face.detection) for face in seen.faces.faces))
        book.add_emotions(seen.emotions)
        book.add_attributions(stamp_ns, seen.attributions)
        explained.add_faces(seen.faces)
        explained.add_attributions(stamp_ns, seen.attributions)

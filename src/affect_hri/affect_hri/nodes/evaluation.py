"""evaluation_node: scores the emotions of a trial against its events and writes the report."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import CameraInfo

from affect_core.config import Settings, setting
from affect_core.errors import InputError
from affect_core.evaluation import Summary, TrialCollector, TruthEvent
from affect_core.evaluation.explained import ExplainedBook
from affect_core.evaluation.progress import Progress
from affect_core.evaluation.samples import SampleBook
from affect_core.limits import LIMITS
from affect_core.privacy import VIRTUAL_CAMERAS
from affect_core.smoothing import NONE
from affect_core.texts import parse_json
from affect_core.trial import EventKind, Session
from affect_core.types import FaceSet, Frame
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._managed import ABORT_WAIT_S, ManagedNode
from affect_hri.program import run
from affect_hri.session_report import write_session
from affect_hri_interfaces import msg as affect

QUEUE = 64
PARTIAL = 3
"""Exit code of an aborted session: there is a report, and it is not whole."""


@dataclass(frozen=True)
class EvaluationSettings(Settings):
    """Where the report goes and how long stragglers are waited for."""

    output: str = setting("reports", "reports folder; the report is <output>/<session>")
    suffix: str = setting("", "appended to the name of the report's folder")
    smoothing: str = setting(NONE, "how emotion_node smooths; the report says so")
    progress: bool = setting(True, "keep finished repetitions on disk, so that the session can be resumed")
    samples: bool = setting(True, "take one picture and one explanation per label into the report")
    persons: bool = setting(
        False, "also pictures of persons, as recording was asked for; else only those of the virtual head"
    )
    anonymize: bool = setting(False, "no pictures of persons, although recording was asked for")
    grace_s: float = setting(
        1.0, "wall mode: how long to wait for estimates after the session's end, s", low=0.0
    )
    straggler_timeout_s: float = setting(10.0, "lock-step: longest wait for the last estimates, s", low=0.1)


_NO_PICTURES = (
    "Pictures of persons are not kept: record:=true asks for a recording, and anonymize:=true blurs those."
)


class EvaluationNode(ManagedNode):
    """emotions, faces, trial/events -> trial/summary and a folder with the report."""

    node_name = "evaluation"
    settings = (EvaluationSettings,)
    measured = ("rate_hz", "latency_ms")
    result: tuple[Path, Summary] | None = None
    """Folder and summary of the report, once it is written."""

    def setup(self) -> None:
        """Listen before anything is sent."""
        self._config = self.config(EvaluationSettings)
        self._collector = TrialCollector()
        self._book, self._explained = SampleBook(), ExplainedBook()
        self._session: Session | None = None
        self._progress: Progress | None = None
        self._kept: set[int] = set()
        self._end: affect.TrialEvent | None = None
        self._give_up_s = math.inf
        self._published_ns: dict[int, int] = {}
        self._summary = self.advertise(_topics.TRIAL_SUMMARY)
        self.result = None

    def start(self) -> None:
        """Collect."""
        self.listen(_topics.TRIAL_EVENTS, self._on_event)
        self.listen(_topics.CAMERA_INFO, self._on_camera_info, depth=QUEUE)
        self.listen(_topics.GROUND_TRUTH, self._on_ground_truth, depth=QUEUE)
        self.listen(_topics.FACES, self._on_faces, depth=QUEUE)
        self.listen(_topics.EMOTIONS, self._on_emotions, depth=QUEUE)
        if self._config.samples:
            self.listen(_topics.ATTRIBUTIONS, self._on_attributions, depth=QUEUE)
            reader = conversions.ImageReader()
            self.inlet(
                _topics.IMAGE_RAW, lambda message: conversions.to_frame(message, reader), self._on_frame
            )
            self.inlet(_topics.FACES, lambda message: _cut_out(message, reader), self._on_crops, depth=QUEUE)
        self.every(0.1, self._write_when_complete)
        self.report(DiagnosticStatus.OK, "collecting")

    def interrupt(self) -> None:
        """Report what there is of a session that has begun; the conductor's last event is waited for a little."""
        if self._session is None or self.result is not None:
            super().interrupt()
        else:
            self._give_up_s = time.monotonic() + (ABORT_WAIT_S if self._end is None else 0.0)

    def _on_event(self, message: affect.TrialEvent) -> None:
        event = conversions.to_truth_event(message)
        if event.kind is EventKind.SESSION_START:
            self._session = Session.from_json(message.detail)
        self._collector.add_event(event)
        self._book.plan(event)
        self._explained.plan(event)
        if event.kind in (EventKind.SESSION_END, EventKind.ABORT):
            self._end, self._ended_s = message, time.monotonic()
        if event.kind is EventKind.SESSION_START and self._session is not None:
            self._begin_progress(self._session, event.stamp_ns)

    def _begin_progress(self, session: Session, start_ns: int) -> None:
        """Take what an earlier run of this session has finished, or begin to keep it."""
        if not self._config.progress or self._progress is not None:
            return
        self._progress = Progress(self._folder(session))
        begun = self._progress.begun() if session.resumed else None
        if begun is None or not begun.session.same_conditions(session):
            self._progress.begin(session, start_ns)
            return
        self._collector.add_event(TruthEvent(begun.start_ns, EventKind.SESSION_START))
        for block in self._progress.blocks():
            self._collector.add_finished(block)
            self._kept.add(block.events[0].index)

    def _keep_progress(self) -> None:
        if self._progress is None or self.result is not None:
            return
        for block in self._collector.closed_blocks(self._kept):
            self._progress.add(block)
            self._kept.add(block.events[0].index)

    def _on_camera_info(self, message: CameraInfo, info: dict[str, Any]) -> None:
        self._published_ns[conversions.from_time(message.header.stamp)] = info["source_timestamp"]

    def _on_ground_truth(self, message: affect.GroundTruth) -> None:
        self._collector.add_render(conversions.from_time(message.header.stamp), message.render_ms)

    def _on_faces(self, message: affect.FaceArray, info: dict[str, Any]) -> None:
        self._collector.add_faces(conversions.to_face_facts(message), info["source_timestamp"])
        self._book.add_faces(conversions.from_time(message.header.stamp), conversions.to_detections(message))

    def _on_emotions(self, message: affect.EmotionEstimateArray, info: dict[str, Any]) -> None:
        emotions = conversions.to_emotion_set(message)
        self.worked(emotions.stamp_ns)
        published_ns = info["source_timestamp"]
        # In lock-step a stamp is no instant of real time: there the camera's own publication stands in for it.
        began_ns = self._published_ns.get(emotions.stamp_ns) if self.lockstep else emotions.stamp_ns
        latency_ms = float("nan") if began_ns is None else (published_ns - began_ns) / 1e6
        self._collector.add_emotions(emotions, latency_ms, published_ns)
        self._book.add_emotions(emotions)

    def _on_attributions(self, message: affect.AttributionArray) -> None:
        maps = conversions.to_attributions(message)
        self._book.add_attributions(conversions.from_time(message.header.stamp), maps)
        self._explained.add_attributions(conversions.from_time(message.header.stamp), maps)

    def _on_crops(self, faces: FaceSet, _dropped: int) -> None:
        self._explained.add_faces(faces)

    def _on_frame(self, frame: Frame, _dropped: int) -> None:
        self._book.add_frame(frame)

    def _write_when_complete(self) -> None:
        self._keep_progress()
        if self._end is None and time.monotonic() > self._give_up_s:
            self._on_event(_abort_of(self._session, self.now_ns()))
        if self._end is None or not self._complete():
            return
        if self._session is None:
            self.report(
                DiagnosticStatus.ERROR, "a session ended whose start was never heard; nothing to report"
            )
            self.finish(PARTIAL)
        elif self.result is None:
            self._write(self._session, self._end)

    def _complete(self) -> bool:
        if (
            time.monotonic() > self._give_up_s
        ):  # who has sent a signal waits for the report, not for stragglers
            return True
        waited_s = time.monotonic() - self._ended_s
        expected = _expected_frames(self._end)
        if expected is None:
            return waited_s >= self._config.grace_s
        counts = self._collector.collected().counts
        if counts.published >= expected and waited_s >= 0.2:
            return True
        if waited_s < self._config.straggler_timeout_s:
            return False
        self.report(DiagnosticStatus.WARN, f"expected {expected} frames, heard of {counts.published}")
        return True

    def _write(self, session: Session, end: affect.TrialEvent) -> None:
        folder = self._folder(session)
        collected = self._collector.collected()
        shown = self._may_show(session)
        summary = write_session(
            folder,
            session,
            collected,
            self._book.pictures() if shown else (),
            self._explained.explained() if shown else (),
            smoothing=self._config.smoothing,
            pictures="" if shown else _NO_PICTURES,
        )
        if self._progress is not None and end.kind == affect.TrialEvent.SESSION_END:
            self._progress.clear()
        self.result = folder, summary
        self._summary.publish(conversions.to_trial_summary(summary, folder, end.header))
        aborted = end.kind == affect.TrialEvent.ABORT
        self.report(DiagnosticStatus.ERROR if aborted else DiagnosticStatus.OK, f"report written to {folder}")
        self.finish(PARTIAL if aborted else 0)

    def _may_show(self, session: Session) -> bool:
        """Faces of persons are written to the disk only where somebody asked for a recording."""
        wanted = self._config.persons and not self._config.anonymize
        return wanted or session.camera in VIRTUAL_CAMERAS

    def _folder(self, session: Session) -> Path:
        return Path(self._config.output) / f"{session.id}{self._config.suffix}"


def _cut_out(message: affect.FaceArray, reader: conversions.ImageReader) -> FaceSet:
    """Faces that have their crops with them; those of a composed program elsewhere stay there."""
    message.faces = [face for face in message.faces if face.crop.data]
    return conversions.to_face_set(message, reader)


def _abort_of(session: Session | None, stamp_ns: int) -> affect.TrialEvent:
    """What the conductor would have said."""
    event = TruthEvent(stamp_ns, EventKind.ABORT, index=1_000_000)
    return conversions.from_truth_event(event, session.id if session else "", "interrupted")


def _expected_frames(end: affect.TrialEvent | None) -> int | None:
    """How many frames the conductor let pass; None in wall mode and after an abort."""
    if end is None or end.kind != affect.TrialEvent.SESSION_END or not end.detail:
        return None
    with contextlib.suppress(
        InputError, ValueError, TypeError, AttributeError
    ):  # an event of somebody else's conductor
        count = parse_json(end.detail, LIMITS.text_bytes).get("frames")
        return int(count) if count is not None else None
    return None


def main() -> int:
    """Entry point of `ros2 run affect_hri evaluation_node`."""
    return run(EvaluationNode)

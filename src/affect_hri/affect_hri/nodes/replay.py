"""replay_node: a recorded session through topics and /clock, every frame answered before the next one is sent."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticStatus
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo

from affect_core.cameras import CameraGeometry
from affect_core.config import Settings, setting
from affect_core.errors import InputError
from affect_core.evaluation import TruthEvent
from affect_core.evaluation.bags import HUGE_GAP_S, SessionBag
from affect_core.privacy import refuse_anonymized
from affect_core.trial import EventKind
from affect_core.types import Frame
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._gate import Gate
from affect_hri.nodes._managed import ManagedNode
from affect_hri.program import run
from affect_hri_interfaces import msg as affect


@dataclass(frozen=True)
class ReplaySettings(Settings):
    """Which bag, and who must be there to see it."""

    bag: str = setting("", "folder of the bag")
    image_topic: str = setting("", "image topic in the bag; empty: camera/image_raw, or the only one")
    wait_for: tuple[str, ...] = setting((), "nodes that must be up before the replay begins")
    start_delay_s: float = setting(
        2.0, "from all nodes up to the first frame: listeners are matched, s", low=0.0
    )
    ready_timeout_s: float = setting(120.0, "how long to wait for these nodes, s", low=1.0)
    answer_timeout_s: float = setting(10.0, "longest wait for the estimate of one frame, s", low=0.1)


class ReplayNode(ManagedNode):
    """Publishes a bag's frames with their own stamps, /clock and the trial's events."""

    node_name = "replay"
    settings = (ReplaySettings,)
    conducts = True

    def setup(self) -> None:
        """Open the bag; fails with an InputError that says what is wrong with it."""
        self._config = self.config(ReplaySettings)
        with ExitStack() as stack:
            bag = stack.enter_context(SessionBag(Path(self._config.bag), self._config.image_topic))
            refuse_anonymized(bag.facts, self._config.bag)
            self._session, self._events = bag.session(), _whole(bag.events())
            self.total, self._geometry = bag.frame_count(), bag.geometry()
            self.flaws = bag.flaws
            self.release_later(stack.pop_all().close)
        self._frames: Iterator[Frame] = bag.frames()
        self.sent, self._waiting_ns, self._over = 0, -1, False
        self._images = self.outlet(_topics.IMAGE_RAW, conversions.from_frame)
        self._info = self.advertise(_topics.CAMERA_INFO)
        self._ticks = self.advertise(_topics.CLOCK)
        self._events_out = self.advertise(_topics.TRIAL_EVENTS)

    def start(self) -> None:
        """Begin when all nodes are up."""
        self._gate = Gate(self, self._config)
        self._gate.open()
        self.listen(_topics.EMOTIONS, self._on_emotions)
        self.every(0.05, self._tick)
        self.report(DiagnosticStatus.OK, f"replaying {self._config.bag}")

    def interrupt(self) -> None:
        """Tell the others that the session ends here."""
        if self.sent and not self._over:
            self._finish(EventKind.ABORT, self._waiting_ns, "interrupted by the operator")
        self._over = True
        super().interrupt()

    def _tick(self) -> None:
        if self._over:
            return
        if self._waiting_ns < 0:
            self._wait()
        elif time.monotonic() - self._sent_s > self._config.answer_timeout_s:
            reason = f"no estimate for frame {self.sent} within {self._config.answer_timeout_s:g} s"
            self._finish(EventKind.ABORT, self._waiting_ns, reason)

    def _wait(self) -> None:
        try:
            begins = self._gate.passes()
        except InputError as error:
            self._finish(EventKind.ABORT, 0, str(error))
            return
        if begins:
            self._next()

    def _on_emotions(self, message: affect.EmotionEstimateArray) -> None:
        if not self._over and conversions.from_time(message.header.stamp) == self._waiting_ns:
            self._next()

    def _next(self) -> None:
        frame = next(self._frames, None)
        if frame is None:
            self._finish(EventKind.SESSION_END, self._end_ns(), json.dumps({"frames": self.sent}))
            return
        self._publish_events_until(frame.stamp_ns)
        self._waiting_ns, self._sent_s, self.sent = frame.stamp_ns, time.monotonic(), self.sent + 1
        self._ticks.publish(Clock(clock=conversions.to_time(frame.stamp_ns)))
        # Before the frame: its publication is what latency is counted from.
        self._info.publish(self._camera_info(frame))
        self._images.send(frame)
        self.worked()

    def _end_ns(self) -> int:
        """The session's recorded end, unless the last event is far from all frames."""
        last_ns = self._events[-1].stamp_ns if self._events else 0
        near = 0 < last_ns - self._waiting_ns < HUGE_GAP_S * 1e9
        return last_ns if near else self._waiting_ns + 1

    def _camera_info(self, frame: Frame) -> CameraInfo:
        height, width = frame.image_rgb.shape[:2]
        # A focal length of 0 says that the camera is not calibrated.
        geometry = self._geometry or CameraGeometry(width, height, 0.0, 0.0, 0.0, 0.0, math.nan)
        return conversions.to_camera_info(geometry, conversions.to_header(frame.stamp_ns, frame.frame_id))

    def _publish_events_until(self, stamp_ns: int) -> None:
        while self._events and self._events[0].stamp_ns <= stamp_ns and self._events[0].kind not in _ENDS:
            event = self._events.pop(0)
            detail = self._session.to_json() if event.kind is EventKind.SESSION_START else ""
            self._publish(event, detail)

    def _finish(self, kind: EventKind, stamp_ns: int, detail: str) -> None:
        self._over = True
        self._publish(TruthEvent(stamp_ns, kind, index=1_000_000), detail)
        level = DiagnosticStatus.ERROR if kind is EventKind.ABORT else DiagnosticStatus.OK
        reason = f": {detail}" if kind is EventKind.ABORT else ""
        if self.flaws and kind is not EventKind.ABORT:
            level, reason = DiagnosticStatus.WARN, f"; the bag is not whole: {'; '.join(self.flaws)}"
        self.report(level, f"replayed {self.sent} of {self.total} frames{reason}")

    def _publish(self, event: TruthEvent, detail: str) -> None:
        self._events_out.publish(conversions.from_truth_event(event, self._session.id, detail))


_ENDS = (EventKind.SESSION_END, EventKind.ABORT)


def _whole(events: list[TruthEvent]) -> list[TruthEvent]:
    """The events with a SESSION_START in front; a bag that holds none gets one at its very beginning."""
    if any(event.kind is EventKind.SESSION_START for event in events):
        return events
    return [TruthEvent(0, EventKind.SESSION_START), *events]


def main() -> int:
    """Entry point of `ros2 run affect_hri replay_node`."""
    return run(ReplayNode)

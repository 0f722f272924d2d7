"""recorder_node: an mcap bag of a session, from the first frame to the last event."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.clock import Clock, ClockType
from rclpy.serialization import deserialize_message, serialize_message

from affect_core.bags import BagFull, BagWriter, TopicInfo
from affect_core.config import Settings, setting
from affect_core.errors import InputError
from affect_core.evaluation import installed_versions
from affect_core.names import folder_name
from affect_core.privacy import FACT, Anonymizer, about, in_words
from affect_core.trial import Session
from affect_core.types import Frame
from affect_hri import conversions
from affect_hri.bag_topics import topic_info
from affect_hri.nodes import _topics
from affect_hri.nodes._managed import ABORT_WAIT_S, ManagedNode
from affect_hri.nodes._survey import ParameterSurvey
from affect_hri.nodes._topics import Topic
from affect_hri.program import run
from affect_hri.session_report import PACKAGES
from affect_hri_interfaces.msg import EmotionEstimateArray, FaceArray, TrialEvent

SIDE_TOPICS = (
    _topics.CAMERA_INFO,
    _topics.FACES,
    _topics.EMOTIONS,
    _topics.ATTRIBUTIONS,
    _topics.HEAD_COMMAND,
    _topics.HEAD_STATUS,
    _topics.JOINT_STATES,
    _topics.SCENE_APPLIED,
    _topics.GROUND_TRUTH,
    _topics.TRIAL_PROMPT,
    _topics.TRIAL_NOTES,
)
QUEUE = 256
PARTIAL = 3
"""Exit code when the disk was full: there is a bag, and it is not whole."""
SUMMARY_WAIT_S = 60.0
"""A program ends with the first node that ends partial: how long the report is waited for."""


@dataclass(frozen=True)
class RecorderSettings(Settings):
    """Where the bag goes and what the frames look like in it."""

    output: str = setting("reports", "reports folder; the bag is <output>/<session>/bag")
    bag: str = setting("", "path of the bag; empty: <output>/<session>/bag, opened when a session starts")
    image: str = setting("raw", "raw (lossless) or jpeg", choices=("raw", "jpeg"))
    anonymize: bool = setting(
        False, "blur faces in frames and crops; a frame whose faces face_node did not tell is left out"
    )
    max_size_mb: int = setting(
        2048, "a file of the bag that is larger is closed and the next one begun, MB; 0: one file", low=0
    )
    ends: str = setting(
        "session", "when the bag is closed: session, or stopped", choices=("session", "stopped")
    )
    grace_s: float = setting(1.0, "how long to wait for stragglers after the session's end, s", low=0.0)


class RecorderNode(ManagedNode):
    """Writes what it hears. Messages that come before the session's start are kept and written then."""

    node_name = "recorder"
    settings = (RecorderSettings,)
    measured = ("rate_hz", "dropped", "queue_depth")

    def setup(self) -> None:
        """Open the bag if its path is known."""
        self._config = self.config(RecorderSettings)
        self._system = Clock(clock_type=ClockType.SYSTEM_TIME)
        self._bag: BagWriter | None = None
        self._early: list[tuple[Topic, int, bytes]] = []
        self._infos: dict[str, TopicInfo] = {}
        self._models: dict[str, dict[str, str]] = {}
        self._facts = {
            "recorder": json.dumps({"image": self._config.image}),
            "versions": json.dumps(installed_versions(*PACKAGES)),
        }
        self._session: Session | None = None
        self._anonymizer = Anonymizer() if self._config.anonymize else None
        self._left_out = 0
        self._closing_s = math.inf
        self._scored = False
        # Whatever ends the node, what was written is a whole bag.
        self.release_later(self._close)
        if self._config.bag:
            self._open(Path(self._config.bag))

    def start(self) -> None:
        """Listen to everything."""
        self._reader = conversions.ImageReader()
        self.inlet(
            _topics.IMAGE_RAW, lambda m: conversions.to_frame(m, self._reader), self._on_frame, depth=QUEUE
        )
        for topic in SIDE_TOPICS:
            self._listen_raw(topic)
        self.listen(_topics.TRIAL_EVENTS, self._on_event)
        self.listen(_topics.TRIAL_SUMMARY, self._on_summary)
        survey = ParameterSurvey(self, lambda found: self._describe("parameters", found))
        self.release_later(survey.close)
        self.every(0.1, self._close_when_complete)
        self.every(0.25, survey.ask)
        self.every(1.0, self._tell_left_out)
        if self._bag is None:
            self.report(DiagnosticStatus.OK, "waiting for a session")
        else:
            self._tell_privacy()

    def interrupt(self) -> None:
        """Close the bag; a session's last event is waited for a little."""
        if self._bag is None:
            super().interrupt()
        else:
            wait_s = ABORT_WAIT_S if self._config.ends == "session" else 0.0
            self._closing_s = min(self._closing_s, self._wall_ns() / 1e9 + wait_s)

    def _listen_raw(self, topic: Topic) -> None:
        qos = topic.qos(self.lockstep)
        qos.depth = QUEUE
        callback: Callable[..., None] = lambda data, info: self._on_raw(topic, data, info["source_timestamp"])  # noqa: E731
        subscription = self.create_subscription(
            topic.message, topic.name, self.guarded(callback), qos, raw=True
        )
        self.release_later(lambda: self.destroy_subscription(subscription))

    def _on_raw(self, topic: Topic, data: bytes, stamp_ns: int) -> None:
        if topic is _topics.EMOTIONS:
            self._note_model(deserialize_message(data, EmotionEstimateArray))
        if topic is _topics.FACES and self._anonymizer is not None:
            data = self._anonymized(self._anonymizer, deserialize_message(data, FaceArray))
        self._write(topic, stamp_ns, data)

    def _anonymized(self, anonymizer: Anonymizer, message: FaceArray) -> bytes:
        """The message with its crops blurred; frames that it was missing for are written."""
        boxes = {face_id: found.box_xyxy for face_id, found in conversions.to_detections(message)}
        anonymizer.add_faces(conversions.from_time(message.header.stamp), boxes)
        self._write_frames(anonymizer.take())
        return bytes(serialize_message(conversions.blur_crops(message, self._reader)))

    def _note_model(self, message: EmotionEstimateArray) -> None:
        model = {"sha256": message.model_sha256, "runtime": message.runtime}
        if self._models.get(message.model) != model:
            self._models[message.model] = model
            self._describe("models", self._models)

    def _on_frame(self, frame: Frame, dropped: int) -> None:
        if dropped:
            self.report(DiagnosticStatus.WARN, f"{dropped} frames were not recorded: the disk is too slow")
        if self._anonymizer is None:
            self._write_frames([(frame, self._wall_ns())])
            return
        self._anonymizer.add_frame(frame, self._wall_ns())
        self._write_frames(self._anonymizer.take())

    def _write_frames(self, frames: Iterable[tuple[Frame, int]]) -> None:
        for frame, arrived_ns in frames:
            topic, message = self._image_message(frame)
            self._write(topic, arrived_ns, message)

    def _image_message(self, frame: Frame) -> tuple[Topic, bytes]:
        if self._config.image == "jpeg":
            return _topics.IMAGE_COMPRESSED, serialize_message(conversions.from_frame_jpeg(frame))
        return _topics.IMAGE_RAW, serialize_message(conversions.from_frame(frame))

    def _on_event(self, message: TrialEvent) -> None:
        if message.kind == TrialEvent.SESSION_START:
            self._begin(message)
        self._write(_topics.TRIAL_EVENTS, self._wall_ns(), serialize_message(message))
        if message.kind in (TrialEvent.SESSION_END, TrialEvent.ABORT) and self._config.ends == "session":
            self._closing_s = self._wall_ns() / 1e9 + self._config.grace_s

    def _begin(self, message: TrialEvent) -> None:
        """Open the bag, and say whose session it is; one of somebody else's conductor may say nothing."""
        try:
            self._session = Session.from_json(message.detail)
        except InputError as error:
            self.report_bad_input(error)
        if self._bag is None:
            self._open(_free(Path(self._config.output) / folder_name(message.session) / "bag"))
        self._describe_text("session", message.detail)
        self._tell_privacy()

    def _tell_privacy(self) -> None:
        """What of persons is recorded: in the bag, and on diagnostics for as long as it is."""
        said = about(self._session, self._anonymizer is not None)
        self._describe(FACT, said)
        if self._bag is not None and not self._bag.full:
            state = f"recording {in_words(said)} to {self._bag.path}"
            self.report(DiagnosticStatus.OK, state, shows=said["shows"], consent=said["consent"])

    def _tell_left_out(self) -> None:
        """A warning while it goes on."""
        count = 0 if self._anonymizer is None else self._anonymizer.left_out
        if self._bag is None or self._bag.full or count == self._left_out:
            return
        self._describe("frames_left_out", count)
        what = "frames were not recorded: face_node did not say where their faces are"
        self.report(DiagnosticStatus.WARN, f"anonymize: {what}", frames=count)
        self._left_out = count

    def _on_summary(self, _: object) -> None:
        self._scored = True

    def _wall_ns(self) -> int:
        return int(self._system.now().nanoseconds)

    # --- the bag ---

    def _open(self, path: Path) -> None:
        self._bag = BagWriter(path, self._config.max_size_mb * 1_000_000)
        self._tell_privacy()
        for key, text in self._facts.items():
            self._describe_text(key, text)
        for topic, stamp_ns, data in self._early:
            self._write(topic, stamp_ns, data)
        self._early.clear()

    def _describe(self, key: str, found: object) -> None:
        self._describe_text(key, json.dumps(found, sort_keys=True))

    def _describe_text(self, key: str, text: str) -> None:
        self._facts[key] = text
        self._into_bag(lambda bag: bag.describe(key, text))

    def _write(self, topic: Topic, stamp_ns: int, data: bytes) -> None:
        if self._bag is None:
            self._early.append((topic, stamp_ns, data))
            del self._early[:-QUEUE]
            return
        self._into_bag(lambda bag: bag.write(self._info(topic), stamp_ns, data))
        self.worked()

    def _info(self, topic: Topic) -> TopicInfo:
        if topic.name not in self._infos:
            name = self.resolve_topic_name(topic.name)
            self._infos[topic.name] = topic_info(name, _type_name(topic), topic.qos())
        return self._infos[topic.name]

    def _into_bag(self, work: Callable[[BagWriter], None]) -> None:
        """A full disk is told once; the trial goes on without being recorded."""
        if self._bag is None or self._bag.full:
            return
        try:
            work(self._bag)
        except BagFull as error:
            self.exit_code = PARTIAL
            self.report(DiagnosticStatus.ERROR, str(error))

    def _close_when_complete(self) -> None:
        if self._wall_ns() / 1e9 < self._closing_s:
            self._into_bag(lambda bag: bag.flush())
            return
        self._close()
        if not self.exit_code or self._scored or self._nobody_scores():
            self.finish(self.exit_code)

    def _nobody_scores(self) -> bool:
        waited_s = self._wall_ns() / 1e9 - self._closing_s
        return waited_s > SUMMARY_WAIT_S or not self.count_publishers(_topics.TRIAL_SUMMARY.name)

    def _close(self) -> None:
        if self._anonymizer is not None:
            self._write_frames(self._anonymizer.flush())
            self._tell_left_out()
        self._into_bag(lambda bag: bag.close())
        bag, self._bag = self._bag, None
        if bag is not None and not bag.full:
            self.report(DiagnosticStatus.OK, f"closed {bag.path} with {bag.message_count} messages")


def _free(path: Path) -> Path:
    """The path, or ``<path>_2`` and so on: a session that is resumed has a bag of every run."""
    number, found = 1, path
    while found.exists():
        number += 1
        found = path.with_name(f"{path.name}_{number}")
    return found


def _type_name(topic: Topic) -> str:
    return f"{topic.message.__module__.split('.')[0]}/msg/{topic.message.__name__}"


def main() -> int:
    """Entry point of `ros2 run affect_hri recorder_node`."""
    return run(RecorderNode)

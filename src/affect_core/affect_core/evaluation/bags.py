"""Recorded sessions (rosbag2: mcap or sqlite3) as frames and events, without ROS. Damaged ones as far as they go."""

from __future__ import annotations

import dataclasses
import math
import re
import struct
from collections.abc import Iterator, Mapping
from itertools import islice, pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from rosbags.typesys import Stores, get_types_from_idl, get_types_from_msg, get_typestore

from affect_core.bags import Recording, TopicInfo
from affect_core.cameras import CameraGeometry
from affect_core.errors import InputError
from affect_core.evaluation.collector import Box, FaceFacts
from affect_core.evaluation.labels_csv import labels_beside, read_labels
from affect_core.evaluation.records import TruthEvent
from affect_core.images import rgb_from_compressed, rgb_from_raw
from affect_core.limits import LIMITS, expect_at_most
from affect_core.texts import parse_json
from affect_core.trial import EventKind, Session, TrialScene
from affect_core.types import Emotion, EmotionSet, Frame

IMAGE_TYPES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
EVENT_TYPE = "affect_hri_interfaces/msg/TrialEvent"
TRUTH_TYPE = "affect_hri_interfaces/msg/GroundTruth"
FACES_TYPE = "affect_hri_interfaces/msg/FaceArray"
EMOTIONS_TYPE = "affect_hri_interfaces/msg/EmotionEstimateArray"
PREFERRED_IMAGE = "camera/image_raw"
PREFERRED_EVENTS = "trial/events"
GAP_S = 1.0
"""Frames that are further apart, and by ten times more than usual, are a gap."""
HUGE_GAP_S = 600.0
"""Behind a longer one is another recording, or another time: only what comes before is read."""
_OWN_TYPES = {
    EVENT_TYPE: {"header", "kind", "label", "onset", "index", "detail"},
    TRUTH_TYPE: {"header", "render_ms"},
    FACES_TYPE: {"header", "faces", "dropped", "detect_ms", "track_ms"},
    EMOTIONS_TYPE: {"header", "estimates", "model", "model_sha256", "runtime", "infer_ms", "dropped"},
}
"""Types that no library knows, and the fields that are read."""
_STAMP = struct.Struct("<iI")


class SessionBag:
    """A bag with frames and, where it is a trial's, its events.

    Args:
        path: folder of the bag, or one file of it.
        image_topic: which images are the camera's; empty: the one named camera/image_raw, or the only one.
        events_topic: which trial events count; empty: those named trial/events, or the only ones.
        labels: a CSV with what was shown when, in the place of events; None: ``labels.csv`` in the bag's folder,
            where the bag has no events.

    Raises:
        InputError: no bag, or nothing in it can be read, or no image topic; says what was found.
    """

    def __init__(
        self, path: Path, image_topic: str = "", events_topic: str = "", labels: Path | None = None
    ) -> None:
        self.path = path
        self._name = _as_name(path.resolve().name)
        self._recording = Recording(path)
        self._wanted, self._wanted_events, self._labels = image_topic, events_topic, labels
        self._store = get_typestore(Stores.ROS2_JAZZY)
        self._unknown: set[str] = set()
        self._span_ns: tuple[int, int] | None = None

    def __enter__(self) -> Self:
        self._recording.__enter__()
        try:
            self._learn_types()
            if not self.frame_count():
                raise InputError(
                    f"expected frames on {self.image_topic().name} in {self.path}, there are none"
                )
        except BaseException:
            self._recording.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._recording.__exit__(kind, error, trace)

    @property
    def flaws(self) -> list[str]:
        """What is wrong with the bag, as far as it has been read; empty = it is whole."""
        return self._recording.flaws

    @property
    def facts(self) -> dict[str, Any]:
        """What the recorder wrote beside the messages: session, parameters, models, versions."""
        return {key: _from_json(text) for key, text in sorted(self._recording.facts.items())}

    def events(self) -> list[TruthEvent]:
        """The trial's events in order of their stamps; empty if nobody conducted a trial.

        Events far from all frames that have been read before are left out, and told.
        """
        if self._labels is not None:
            found = read_labels(self._labels, self._first_stamp_ns())
        else:
            found = [event for _, m in self._messages(self._event_topics()) if (event := self._event(m))]
            beside = labels_beside(self.path)
            if not found and beside is not None:
                found = read_labels(beside, self._first_stamp_ns())
        near = [event for event in found if self.is_near(event.stamp_ns)]
        if len(near) < len(found):
            self._recording.tell(f"{len(found) - len(near)} events are far from all frames and left out")
        return sorted(near, key=lambda event: (event.stamp_ns, event.index))

    def session(self) -> Session:
        """The session as its first event describes it; one named after the bag if there is none."""
        starts = (m for _, m in self._messages(self._event_topics()) if m.kind == EventKind.SESSION_START)
        texts = [message.detail for message in starts]
        texts += [text for key, text in self._recording.facts.items() if key == "session"]
        for text in texts:
            try:
                session = Session.from_json(text)
            except InputError as error:
                self._recording.tell(f"its session cannot be read: {error}")
                continue
            return dataclasses.replace(session, id=_as_name(session.id) or self._name)
        return Session(id=self._name)

    def frames(self) -> Iterator[Frame]:
        """The camera's frames in the order of recording, each later than the one before.

        Raises:
            InputError: none of them can be read.
        """
        topic = self.image_topic()
        unstamped = self._is_unstamped()
        count = disordered = strays = 0
        stamps: list[int] = []
        far: int | None = None
        for log_ns, message in self._messages([topic]):
            number = log_ns if unstamped else stamp_ns(message)
            if stamps and number - stamps[-1] > HUGE_GAP_S * 1e9:
                if far is not None:
                    break
                far = number
                continue
            if far is not None:  # the next one is back: that was no clock, but somebody else's frame
                strays, far = strays + 1, None
            if stamps and number <= stamps[-1]:
                disordered += 1
                continue
            frame = self._frame(topic, message, number, log_ns)
            if frame is None:
                continue
            count += 1
            stamps.append(number)
            self._span_ns = (stamps[0], number)
            yield frame
        if far is not None:
            self._tell_jump(stamps, far)
        if strays:
            self._recording.tell(f"{strays} frames with stamps far from those around them are left out")
        self._tell_order(stamps, disordered)
        if not count:
            told = "; ".join(self.flaws) or "there are none"
            raise InputError(f"expected frames on {topic.name} in {self.path}, none can be read: {told}")

    def recorded_faces(self) -> Iterator[tuple[FaceFacts, int]]:
        """What face_node said while the bag was recorded, and when it was heard, ns."""
        for log_ns, message in self._messages(self._of_type(FACES_TYPE)):
            boxes = {face.face_id: _box(face.box_xyxy) for face in message.faces}
            times = float(message.detect_ms), float(message.track_ms)
            yield FaceFacts(stamp_ns(message), boxes, int(message.dropped), *times), log_ns

    def recorded_emotions(self) -> Iterator[tuple[EmotionSet, int]]:
        """What emotion_node said while the bag was recorded, and when it was heard, ns."""
        for log_ns, message in self._messages(self._of_type(EMOTIONS_TYPE)):
            try:
                estimates = tuple(_emotion(one) for one in message.estimates)
            except InputError as error:
                self._recording.tell(f"an estimate is left out, {self._recording.when(log_ns)}: {error}")
                continue
            model = message.model, message.model_sha256, message.runtime
            times = float(message.infer_ms), int(message.dropped)
            yield EmotionSet(stamp_ns(message), message.header.frame_id, estimates, *model, *times), log_ns

    def geometry(self) -> CameraGeometry | None:
        """The camera as the first CameraInfo beside the images describes it; None if there is none."""
        for _, message in self._messages(self._of_type("sensor_msgs/msg/CameraInfo")):
            fx, _, cx, _, fy, cy = (float(value) for value in message.k[:6])
            return CameraGeometry(int(message.width), int(message.height), fx, fy, cx, cy, math.nan)
        return None

    def frame_count(self) -> int:
        """Number of frames."""
        return self._recording.count(self.image_topic())

    def rendered(self) -> dict[int, float]:
        """Stamp -> render time in ms of the frames a virtual camera made; empty for a real one."""
        topics = self._of_type(TRUTH_TYPE)
        return {stamp_ns(message): float(message.render_ms) for _, message in self._messages(topics)}

    def image_topic(self) -> TopicInfo:
        """The image topic that is read."""
        return self._chosen(IMAGE_TYPES, self._wanted, PREFERRED_IMAGE, "image topic")

    def _event_topics(self) -> list[TopicInfo]:
        if not self._of_type(EVENT_TYPE) and not self._wanted_events:
            return []
        return [self._chosen((EVENT_TYPE,), self._wanted_events, PREFERRED_EVENTS, "topic of trial events")]

    def _chosen(self, types: tuple[str, ...], wanted: str, preferred: str, what: str) -> TopicInfo:
        found = [topic for name in types for topic in self._of_type(name)]
        named = [topic for topic in found if topic.name == wanted or topic.name.endswith(wanted or preferred)]
        chosen = named or ([] if wanted else found)
        if len(chosen) == 1:
            return chosen[0]
        names = ", ".join(f"{topic.name} ({topic.type_name})" for topic in found) or "none"
        raise InputError(f"expected one {what} {wanted or preferred} in {self.path}; there: {names}")

    def _of_type(self, name: str) -> list[TopicInfo]:
        if name in self._unknown:
            return []
        return [topic for topic in self._recording.topics if topic.type_name == name]

    def _messages(self, topics: list[TopicInfo]) -> Iterator[tuple[int, Any]]:
        """Log time in ns and message; one that cannot be understood is told and left out."""
        for topic, log_ns, data in self._recording.messages(topics):
            try:
                yield log_ns, self._store.deserialize_cdr(data, topic.type_name)
            except Exception as error:  # noqa: BLE001 - whatever damaged bytes make of the library
                self._recording.tell(
                    f"a message on {topic.name} cannot be understood ({type(error).__name__}), "
                    f"{self._recording.when(log_ns)}"
                )

    def _learn_types(self) -> None:
        """Our own types, from the definitions in the bag; ROS's are known."""
        for name, fields in _OWN_TYPES.items():
            for topic in self._of_type(name)[:1]:
                try:
                    types = _types_of(topic)
                    self._store.register({k: v for k, v in types.items() if k not in self._store.fielddefs})
                    known = {field for field, _ in self._store.fielddefs[name][1]}
                except Exception:  # noqa: BLE001 - whatever a damaged text makes of the parser
                    known = set()
                if not fields <= known:
                    self._unknown.add(name)
                    self._recording.tell(
                        f"the definition of {name} is missing or damaged: {topic.name} is not read"
                    )

    def _event(self, message: Any) -> TruthEvent | None:
        number, onset_s = stamp_ns(message), float(message.onset)
        if message.kind in {*EventKind} and 0.0 <= onset_s <= HUGE_GAP_S:
            kind, scene = EventKind(message.kind), self._scene(message)
            return TruthEvent(number, kind, message.label, onset_s, int(message.index), scene)
        self._recording.tell(f"trial event {message.index} makes no sense and is left out")
        return None

    def _scene(self, message: Any) -> TrialScene | None:
        if message.kind not in (EventKind.REST, EventKind.COMMAND):
            return None
        try:
            return TrialScene.from_json(message.detail)
        except InputError as error:
            self._recording.tell(f"the scene of trial event {message.index} is unknown: {error}")
            return None

    def _frame(self, topic: TopicInfo, message: Any, number: int, log_ns: int) -> Frame | None:
        try:
            compressed = topic.type_name == IMAGE_TYPES[1]
            image = rgb_from_compressed(bytes(message.data)) if compressed else rgb_from_raw(message)
            return Frame(image, number, message.header.frame_id)
        except InputError as error:
            self._recording.tell(f"a frame is left out, {self._recording.when(log_ns)}: {error}")
            return None

    def _is_unstamped(self) -> bool:
        """Whether the driver left the stamps at 0: the time of recording then stands in for them."""
        first = [_header_stamp_ns(data) for _, _, data in islice(self._image_data(), 2)]
        return len(first) > 1 and not any(first)

    def _first_stamp_ns(self) -> int:
        for _, log_ns, data in self._image_data():
            return log_ns if self._is_unstamped() else _header_stamp_ns(data)
        raise InputError(f"expected frames in {self.path}: labels are counted from the first one")

    def _image_data(self) -> Iterator[tuple[TopicInfo, int, bytes]]:
        return self._recording.messages([self.image_topic()])

    def is_near(self, number: int) -> bool:
        """Whether an instant, ns, lies near the frames; known when they have been read."""
        if self._span_ns is None:
            return True
        margin_ns = round(HUGE_GAP_S * 1e9)
        return self._span_ns[0] - margin_ns <= number <= self._span_ns[1] + margin_ns

    def _tell_jump(self, stamps: list[int], number: int) -> None:
        jump_s = (number - stamps[-1]) / 1e9
        self._recording.tell(
            f"frames jump by {jump_s:.0f} s after {(stamps[-1] - stamps[0]) / 1e9:.1f} s ({len(stamps)} frames): "
            "the clock was set, or these are two recordings; what comes behind is not read"
        )

    def _tell_order(self, stamps: list[int], disordered: int) -> None:
        if disordered:
            self._recording.tell(
                f"{disordered} frames are not later than the one before and left out; {len(stamps)} are read"
            )
        steps = [(later - earlier) / 1e9 for earlier, later in pairwise(stamps)]
        usual_s = sorted(steps)[len(steps) // 2] if steps else 0.0
        gaps = [
            (at, step) for at, step in zip(stamps, steps, strict=False) if step > max(GAP_S, 10.0 * usual_s)
        ]
        for at, step in gaps[:5]:
            self._recording.tell(
                f"no frames for {step:.1f} s, {(at - stamps[0]) / 1e9:.1f} s after the first"
            )
        if len(gaps) > 5:
            self._recording.tell(f"{len(gaps) - 5} more gaps without frames")


def _types_of(topic: TopicInfo) -> Mapping[str, Any]:
    if topic.encoding == "ros2idl":
        return dict(get_types_from_idl(topic.definition))
    return dict(get_types_from_msg(topic.definition, topic.type_name))


def _box(values: Any) -> Box:
    x_min, y_min, x_max, y_max = (float(value) for value in values)
    return x_min, y_min, x_max, y_max


def _emotion(message: Any) -> Emotion:
    expect_at_most(LIMITS.classes, len(message.labels), "labels in an estimate")
    return Emotion(
        message.face_id,
        tuple(message.labels),
        np.asarray(message.logits, np.float32),
        np.asarray(message.probabilities, np.float32),
        valence=float(message.valence),
        arousal=float(message.arousal),
        dominance=float(message.dominance),
        intensity=float(message.intensity),
    )


def stamp_ns(message: Any) -> int:
    """A message's header stamp, ns."""
    return int(message.header.stamp.sec) * 1_000_000_000 + int(message.header.stamp.nanosec)


def _header_stamp_ns(data: bytes) -> int:
    """The stamp of a serialized message that begins with a header; 0 where it is too short."""
    if len(data) < 4 + _STAMP.size:
        return 0
    seconds, nanoseconds = _STAMP.unpack_from(data, 4)
    return int(seconds) * 1_000_000_000 + int(nanoseconds)


def _as_name(text: str) -> str:
    """What may name a folder."""
    return re.sub(r"[^\w.~+-]+", "_", text).strip(".")[:100]


def _from_json(text: str) -> Any:
    try:
        return parse_json(text, LIMITS.text_bytes)
    except InputError:
        return text

"""What face_node and emotion_node say to a ROS4HRI stack (REP-155), where hri_msgs is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from rclpy.duration import Duration
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile, ReliabilityPolicy

from affect_core.config import Settings, setting
from affect_core.errors import Unavailable
from affect_core.types import EmotionSet, Face, FaceSet, Frame
from affect_hri.conversions import HriExpressionWriter, to_header
from affect_hri.nodes._managed import ManagedNode

_NS = 1e-9
ACK_S = 1.0
"""How long readers are waited for that must hear that nobody is tracked any more."""


@dataclass(frozen=True)
class HumansSettings(Settings):
    """ROS4HRI."""

    ros4hri: str = setting(
        "auto",
        "also speak REP-155 (hri_msgs); auto: where hri_msgs is installed",
        choices=("auto", "on", "off"),
    )
    humans_prefix: str = setting("/humans", "where its topics begin; another one for a second camera")
    humans_keep_s: float = setting(
        1.0, "a face that is gone for longer is taken off the list of tracked faces, s", low=0.0
    )
    humans_px: int = setting(
        128, "edge of the cropped and aligned faces, px (REP-155: 128)", low=16, high=1024
    )

    @property
    def wanted(self) -> bool:
        """Whether to speak it; raises Unavailable where it must be spoken and cannot."""
        if self.ros4hri == "on":
            require_hri_msgs("ros4hri is on; or set it to off")
        return has_hri_msgs() and self.ros4hri != "off"


def has_hri_msgs() -> bool:
    """Whether ROS4HRI's messages are installed."""
    return find_spec("hri_msgs") is not None


def require_hri_msgs(why: str) -> None:
    """Raise Unavailable where ROS4HRI's messages are not installed."""
    if not has_hri_msgs():
        raise Unavailable(
            f"expected the package hri_msgs, found none; install ros-jazzy-hri-msgs, and source it ({why})"
        )


class _PerFace:
    """Publishers that each face has for itself, from its first frame until it is gone for some time.

    They are reliable: libhri's readers ask for the system's default, which on some middlewares hears nothing else.
    """

    def __init__(self, node: ManagedNode, prefix: str, kinds: Mapping[str, type], keep_s: float) -> None:
        self._node, self._prefix, self._kinds, self._keep_s = node, f"{prefix}/faces", kinds, keep_s
        self._open: dict[str, dict[str, Publisher]] = {}
        self._seen_ns: dict[str, int] = {}

    @property
    def face_ids(self) -> list[str]:
        """Of all who are tracked."""
        return list(self._open)

    def see(self, face_ids: Iterable[str], stamp_ns: int) -> None:
        """These are there now: open what is new, close what is gone."""
        for face_id in face_ids:
            self._seen_ns[face_id] = stamp_ns
            if face_id not in self._open:
                self._open[face_id] = {
                    kind: self._advertise(f"{face_id}/{kind}", message)
                    for kind, message in self._kinds.items()
                }
        for face_id, seen_ns in list(self._seen_ns.items()):
            # A clock that jumped back: nobody is from the future.
            if not 0 <= stamp_ns - seen_ns <= self._keep_s / _NS:
                self._drop(face_id)

    def send(self, face_id: str, kind: str, make: Callable[[], Any], lazy: bool = False) -> None:
        """Publish, if lazy only where somebody reads."""
        publisher = self._open[face_id][kind]
        if not lazy or publisher.get_subscription_count() > 0:
            publisher.publish(make())

    def clear(self) -> None:
        """Close all."""
        for face_id in self.face_ids:
            self._drop(face_id)

    def _advertise(self, name: str, message: type) -> Publisher:
        return self._node.create_publisher(message, f"{self._prefix}/{name}", reliable())

    def _drop(self, face_id: str) -> None:
        del self._seen_ns[face_id]
        for publisher in self._open.pop(face_id).values():
            self._node.destroy_publisher(publisher)


def reliable(depth: int = 1) -> QoSProfile:
    """QoS of everything below /humans."""
    return QoSProfile(depth=depth, reliability=ReliabilityPolicy.RELIABLE)


class HumanFaces:
    """The tracked faces: their list, and region, landmarks and pictures of each."""

    def __init__(self, node: ManagedNode, settings: HumansSettings) -> None:
        from hri_msgs.msg import FacialLandmarks, IdsList, NormalizedRegionOfInterest2D
        from sensor_msgs.msg import Image

        from affect_hri.conversions import humans

        self._convert, self._size_px = humans, settings.humans_px
        kinds = {
            "roi": NormalizedRegionOfInterest2D,
            "landmarks": FacialLandmarks,
            "cropped": Image,
            "aligned": Image,
        }
        self._faces = _PerFace(node, settings.humans_prefix, kinds, settings.humans_keep_s)
        self._tracked = node.create_publisher(IdsList, f"{settings.humans_prefix}/faces/tracked", reliable())
        self._node = node
        node.release_later(self.close)

    def send(self, frame: Frame, faces: FaceSet) -> None:
        """Of every frame: who is tracked, and what is known of those who are in it."""
        header = to_header(faces.stamp_ns, faces.frame_id)
        self._faces.see([face.face_id for face in faces.faces], faces.stamp_ns)
        self._tracked.publish(self._convert.from_face_ids(self._faces.face_ids, header))
        for face in faces.faces:
            self._send(face, frame, faces.image_size_wh, header)

    def close(self) -> None:
        """Say that nobody is tracked any more."""
        self._faces.clear()
        self._tracked.publish(self._convert.from_face_ids([], to_header(self._node.now_ns())))
        self._tracked.wait_for_all_acked(Duration(seconds=ACK_S))
        self._node.destroy_publisher(self._tracked)

    def _send(self, face: Face, frame: Frame, size_wh: tuple[int, int], header: Any) -> None:
        convert, found, px = self._convert, face.detection, self._size_px
        send = self._faces.send
        send(face.face_id, "roi", lambda: convert.from_box(found, size_wh, header))
        send(face.face_id, "landmarks", lambda: convert.from_landmarks(found, size_wh, header))
        cut = lambda: convert.from_cut(frame.image_rgb, found.box_xyxy, px, header)  # noqa: E731
        send(face.face_id, "cropped", cut, lazy=True)
        aligned = lambda: convert.from_aligned(face.crop.image_rgb, px, header)  # noqa: E731
        send(face.face_id, "aligned", aligned, lazy=True)


class HumanExpressions:
    """The expression of every face."""

    def __init__(self, node: ManagedNode, settings: HumansSettings) -> None:
        from hri_msgs.msg import Expression

        self._convert = HriExpressionWriter(Expression)
        self._faces = _PerFace(
            node, settings.humans_prefix, {"expression": Expression}, settings.humans_keep_s
        )
        node.release_later(self._faces.clear)

    def send(self, emotions: EmotionSet) -> None:
        """Of every frame."""
        self._faces.see([one.face_id for one in emotions.emotions], emotions.stamp_ns)
        for one in emotions.emotions:
            self._faces.send(
                one.face_id,
                "expression",
                lambda one=one: self._convert(one, emotions.stamp_ns, emotions.frame_id),  # type: ignore[misc]
            )

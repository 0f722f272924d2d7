"""humans_node: faces that another program of a ROS4HRI stack found, for our emotion_node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.subscription import Subscription

from affect_core.config import Settings, setting
from affect_core.emotion.card import load_card
from affect_core.errors import InputError
from affect_core.faces.gather import Gatherer
from affect_core.types import FaceSet, Frame
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._humans import HumansSettings, reliable, require_hri_msgs
from affect_hri.nodes._managed import ManagedNode
from affect_hri.nodes.face import TRANSPORTS
from affect_hri.program import run


@dataclass(frozen=True)
class HumansNodeSettings(Settings):
    """What the crops are for, and how images come in."""

    model: str = setting("amal_resnet34", "model (name or folder) whose card says how faces are cropped")
    image_transport: str = setting("raw", "which image topic to read", choices=tuple(TRANSPORTS))
    wait_frames: int = setting(
        10, "frames whose faces are waited for at a time; then the oldest is given up", low=1, high=100
    )


class HumansNode(ManagedNode):
    """image, /humans/faces/tracked, and landmarks and region of each face -> faces.

    It takes face_node's place where another detector speaks REP-155 with the header of the camera's frame. The five
    landmarks that crops are made by must be among its landmarks.
    """

    node_name = "humans"
    settings = (HumansNodeSettings, HumansSettings)
    measured = ("rate_hz", "latency_ms", "dropped", "queue_depth")

    def setup(self) -> None:
        """Read how the model wants its crops; without hri_msgs there is nothing to listen to."""
        own, self._shared = self.config(HumansNodeSettings), self.config(HumansSettings)
        require_hri_msgs("humans_node hears nothing else")
        from affect_hri.conversions import humans

        self._convert = humans
        self._faces = self.outlet(
            _topics.FACES, lambda faces: conversions.from_face_set(faces, with_crops=self.handover is None)
        )
        card = load_card(own.model)
        self.describe(model=card.name)
        self._gatherer = Gatherer(card.crop, own.wait_frames)
        self._reader = conversions.ImageReader()
        self._topic = TRANSPORTS[own.image_transport]

    def start(self) -> None:
        """Listen to the list of faces; each face's own topics follow from it."""
        from hri_msgs.msg import IdsList

        self._heard: dict[str, list[Subscription]] = {}
        self._regions: dict[tuple[str, int], Any] = {}
        self.release_later(self._stop_hearing)
        self._hear(IdsList, "tracked", self._on_tracked)
        self.inlet(self._topic, lambda message: conversions.to_frame(message, self._reader), self._on_frame)
        self.report(DiagnosticStatus.OK, "waiting for frames and faces")

    def _on_frame(self, frame: Frame, _dropped: int) -> None:
        self._send(self._gatherer.add_frame(frame))

    def _on_tracked(self, message: Any) -> None:
        stamp_ns, face_ids = self._convert.to_face_ids(message)
        for gone in self._heard.keys() - set(face_ids):
            self._stop_hearing_of(gone)
        for new in [face_id for face_id in face_ids if face_id not in self._heard]:
            self._hear_of(new)
        self._send(self._gatherer.add_list(stamp_ns, face_ids))

    def _on_region(self, face_id: str, message: Any) -> None:
        """Kept for the landmarks of the same frame."""
        self._regions[face_id, conversions.from_time(message.header.stamp)] = message
        while len(self._regions) > _REGIONS:
            del self._regions[next(iter(self._regions))]

    def _on_landmarks(self, face_id: str, message: Any) -> None:
        stamp_ns = conversions.from_time(message.header.stamp)
        region = self._regions.pop((face_id, stamp_ns), None)
        try:
            detection = self._convert.to_detection(message, region)
        except InputError as error:
            raise InputError(f"face {face_id}: {error}") from error
        self._send(self._gatherer.add_face(stamp_ns, face_id, detection))

    def _send(self, faces: FaceSet | None) -> None:
        if faces is not None:
            self._faces.send(faces)
            self.worked(faces.stamp_ns)
            self.report(DiagnosticStatus.OK, "running", faces=len(faces.faces))

    def _hear_of(self, face_id: str) -> None:
        from hri_msgs.msg import FacialLandmarks, NormalizedRegionOfInterest2D

        roi = self._subscribe(
            NormalizedRegionOfInterest2D, f"{face_id}/roi", lambda message: self._on_region(face_id, message)
        )
        landmarks = self._subscribe(
            FacialLandmarks, f"{face_id}/landmarks", lambda message: self._on_landmarks(face_id, message)
        )
        self._heard[face_id] = [roi, landmarks]

    def _hear(self, kind: type, name: str, callback: Any) -> None:
        subscription = self._subscribe(kind, name, callback)
        self.release_later(lambda: self.destroy_subscription(subscription))

    def _subscribe(self, kind: type, name: str, callback: Any) -> Subscription:
        topic = f"{self._shared.humans_prefix}/faces/{name}"
        return self.create_subscription(kind, topic, self.guarded(callback), reliable(5))

    def _stop_hearing(self) -> None:
        for face_id in list(self._heard):
            self._stop_hearing_of(face_id)

    def _stop_hearing_of(self, face_id: str) -> None:
        for subscription in self._heard.pop(face_id):
            self.destroy_subscription(subscription)


_REGIONS = 200
"""Regions that are kept until the landmarks of the same frame come."""


def main() -> int:
    """Entry point of `ros2 run affect_hri humans_node`."""
    return run(HumansNode)

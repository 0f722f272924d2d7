"""face_node: finds, follows and crops the faces of every frame."""

from __future__ import annotations

from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticStatus

from affect_core.config import Settings, setting
from affect_core.emotion.card import load_card
from affect_core.faces import FaceConfig, FaceStage
from affect_core.types import Frame
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._managed import ManagedNode
from affect_hri.program import run

TRANSPORTS = {"raw": _topics.IMAGE_RAW, "compressed": _topics.IMAGE_COMPRESSED}


@dataclass(frozen=True)
class FaceNodeSettings(Settings):
    """What the crops are for, and how images come in."""

    model: str = setting("amal_resnet34", "model (name or folder) whose card says how faces are cropped")
    image_transport: str = setting("raw", "which image topic to read", choices=tuple(TRANSPORTS))


class FaceNode(ManagedNode):
    """image -> faces. Publishes for every frame it takes, also when it finds nobody."""

    node_name = "face"
    settings = (FaceConfig, FaceNodeSettings)

    def setup(self) -> None:
        """Load the detector and the model's crop specification."""
        own = self.config(FaceNodeSettings)
        self._faces = self.outlet(
            _topics.FACES, lambda faces: conversions.from_face_set(faces, with_crops=self.handover is None)
        )
        self._stage = FaceStage(self.config(FaceConfig), load_card(own.model).crop)
        self._reader = conversions.ImageReader()
        self._topic = TRANSPORTS[own.image_transport]

    def start(self) -> None:
        """Take frames; the newest wins."""
        self.inlet(self._topic, lambda message: conversions.to_frame(message, self._reader), self._on_frame)
        self.report(DiagnosticStatus.OK, "waiting for frames")

    def _on_frame(self, frame: Frame, dropped: int) -> None:
        faces = self._stage.process(frame, dropped)
        self._faces.send(faces)
        self.report(
            DiagnosticStatus.OK, "running", faces=len(faces.faces), detect_ms=f"{faces.detect_ms:.1f}"
        )


def main() -> int:
    """Entry point of `ros2 run affect_hri face_node`."""
    return run(FaceNode)

"""face_node: finds, follows and crops the faces of every frame."""

from __future__ import annotations

from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticStatus

from affect_core.config import Settings, names_of, setting
from affect_core.emotion.card import load_card
from affect_core.faces import FaceConfig, FaceStage, new_run
from affect_core.types import Frame
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._humans import HumanFaces, HumansSettings
from affect_hri.nodes._managed import ManagedNode
from affect_hri.program import run

TRANSPORTS = {"raw": _topics.IMAGE_RAW, "compressed": _topics.IMAGE_COMPRESSED}


@dataclass(frozen=True)
class FaceNodeSettings(Settings):
    """What the crops are for, and how images come in."""

    model: str = setting("amal_resnet34", "model (name or folder) whose card says how faces are cropped")
    image_transport: str = setting("raw", "which image topic to read", choices=tuple(TRANSPORTS))


class FaceNode(ManagedNode):
    """image -> faces, and /humans/faces where hri_msgs is. Publishes for every frame, also when it finds nobody."""

    node_name = "face"
    settings = (FaceConfig, FaceNodeSettings, HumansSettings)
    measured = ("rate_hz", "latency_ms", "dropped", "queue_depth")

    def setup(self) -> None:
        """Load the detector and the model's crop specification."""
        own = self.config(FaceNodeSettings)
        self._faces = self.outlet(
            _topics.FACES, lambda faces: conversions.from_face_set(faces, with_crops=self.handover is None)
        )
        config, card = self.config(FaceConfig), load_card(own.model)
        self.describe(model=card.name, detector=config.detector, device="cpu")
        # Who is started again must not give an old id to somebody new; in lock-step runs repeat, ids included.
        self._stage = FaceStage(config, card.crop, "" if self.lockstep else new_run())
        self.adapt_to(FaceConfig, names_of(FaceConfig), self._stage.adapt)
        self._reader = conversions.ImageReader()
        self._topic = TRANSPORTS[own.image_transport]
        self._speaks_hri = self.config(HumansSettings).wanted

    def start(self) -> None:
        """Take frames; the newest wins."""
        self._humans = HumanFaces(self, self.config(HumansSettings)) if self._speaks_hri else None
        self.inlet(self._topic, lambda message: conversions.to_frame(message, self._reader), self._on_frame)
        self.report(DiagnosticStatus.OK, "waiting for frames")

    def _on_frame(self, frame: Frame, dropped: int) -> None:
        faces = self._stage.process(frame, dropped)
        self._faces.send(faces)
        if self._humans is not None:
            self._humans.send(frame, faces)
        self.worked(frame.stamp_ns)
        self.report(
            DiagnosticStatus.OK, "running", faces=len(faces.faces), detect_ms=f"{faces.detect_ms:.1f}"
        )


def main() -> int:
    """Entry point of `ros2 run affect_hri face_node`."""
    return run(FaceNode)

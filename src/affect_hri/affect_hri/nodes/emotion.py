"""emotion_node: names the emotion of every face, and publishes the model's own attention as its attribution."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticStatus

from affect_core.emotion import EmotionConfig, EmotionStage
from affect_core.explain import attention_attribution
from affect_core.smoothing import TemporalConfig
from affect_core.types import EmotionSet, FaceSet
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._managed import ManagedNode
from affect_hri.program import run


class EmotionNode(ManagedNode):
    """faces -> emotions, attributions."""

    node_name = "emotion"
    settings = (EmotionConfig, TemporalConfig)

    def setup(self) -> None:
        """Load the model; a card and weights that do not fit are a ModelError."""
        self._emotions = self.advertise(_topics.EMOTIONS)
        self._attributions = self.advertise(_topics.ATTRIBUTIONS)
        config = self.config(EmotionConfig)
        self._stage = EmotionStage(
            config.repeatable() if self.lockstep else config, self.config(TemporalConfig)
        )
        self._reader = conversions.ImageReader()

    def start(self) -> None:
        """Take faces; the newest wins."""
        self.inlet(
            _topics.FACES,
            lambda message: conversions.to_face_set(message, self._reader),
            self._on_faces,
            depth=1,
        )
        self.report(DiagnosticStatus.OK, "waiting for faces", model=self._stage.card.name)

    def _on_faces(self, faces: FaceSet, dropped: int) -> None:
        emotions = self._stage.process(faces, dropped)
        self._emotions.publish(conversions.from_emotion_set(emotions))
        self._publish_attention(faces, emotions)
        self.report(DiagnosticStatus.OK, "running", model=emotions.model, infer_ms=f"{emotions.infer_ms:.1f}")

    def _publish_attention(self, faces: FaceSet, emotions: EmotionSet) -> None:
        pairs = zip(faces.faces, emotions.emotions, strict=True)
        maps = [item for face, emotion in pairs if (item := attention_attribution(face, emotion))]
        if maps:
            self._attributions.publish(conversions.from_attributions(maps, emotions))


def main() -> int:
    """Entry point of `ros2 run affect_hri emotion_node`."""
    return run(EmotionNode)

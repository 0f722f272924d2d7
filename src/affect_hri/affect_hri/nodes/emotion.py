"""emotion_node: names the emotion of every face, and publishes the model's own attention as its attribution.

With a ``rank_model`` it also ranks how strong the expression is: on a thread of its own, so that no label waits.
"""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticStatus

from affect_core.config import names_of
from affect_core.emotion import EmotionConfig, EmotionStage
from affect_core.emotion.runtimes import preload
from affect_core.errors import AffectError
from affect_core.explain import attention_attributions
from affect_core.intensity.live import LiveRankConfig, LiveRanks
from affect_core.smoothing import TemporalConfig
from affect_core.types import EmotionSet, FaceSet
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._humans import HumanExpressions, HumansSettings
from affect_hri.nodes._managed import ManagedNode
from affect_hri.nodes._ports import Mailbox
from affect_hri.program import run

BURST = 2
"""Faces that may wait: where face_node detects anew, a frame takes it long, and the next one follows at once."""
_NOT_READ = (
    "no estimate: expected finite logits, got others; restore the model's files, or set runtime:=torch"
)


class EmotionNode(ManagedNode):
    """faces -> emotions, attributions, and the expression of each face below /humans where hri_msgs is."""

    node_name = "emotion"
    settings = (EmotionConfig, TemporalConfig, LiveRankConfig, HumansSettings)
    measured = ("rate_hz", "latency_ms", "dropped", "queue_depth")

    def preload(self) -> None:
        """The program that runs the network."""
        preload(self.config(EmotionConfig))

    def setup(self) -> None:
        """Load the model; a card and weights that do not fit are a ModelError."""
        self._emotions = self.outlet(_topics.EMOTIONS, conversions.from_emotion_set)
        self._attributions = self.advertise(_topics.ATTRIBUTIONS)
        config = self.config(EmotionConfig)
        self._stage = EmotionStage(
            config.repeatable() if self.lockstep else config, self.config(TemporalConfig)
        )
        self._stage.warm_up()
        self.adapt_to(TemporalConfig, names_of(TemporalConfig), self._stage.smooth)
        self.describe(model=self._stage.card.name, runtime=self._stage.runtime_name, device=config.device)
        self._reader = conversions.ImageReader()
        self._speaks_hri = self.config(HumansSettings).wanted
        self._ranks: LiveRanks | None = None
        ranks = self.config(LiveRankConfig)
        if ranks.rank_model:
            errors = Mailbox(self, self._on_no_rank, 1)  # the ranks' thread must not publish
            self.release_later(errors.close)
            self._ranks = LiveRanks(ranks, blocking=self.lockstep, tell=errors.put)
            self.release_later(self._ranks.stop)

    def start(self) -> None:
        """Take faces; the newest wins."""
        self._humans = HumanExpressions(self, self.config(HumansSettings)) if self._speaks_hri else None
        self.inlet(
            _topics.FACES,
            lambda message: conversions.to_face_set(message, self._reader),
            self._on_faces,
            depth=1,
            burst=BURST,
        )
        self.report(DiagnosticStatus.OK, "waiting for faces")

    def _on_faces(self, faces: FaceSet, dropped: int) -> None:
        emotions = self._stage.process(faces, dropped)
        if self._ranks is not None:
            emotions = self._ranks.attach(faces, emotions)
        self._emotions.send(emotions)
        # In lock-step the topic is latched: who comes late may still ask for it.
        if self.lockstep or self._attributions.get_subscription_count() > 0:
            self._publish_attention(faces, emotions)
        if self._humans is not None:
            self._humans.send(emotions)
        self.worked(emotions.stamp_ns)
        values = {"infer_ms": f"{emotions.infer_ms:.1f}"}
        if emotions.unread:
            self.report(DiagnosticStatus.WARN, _NOT_READ, **values, faces=", ".join(emotions.unread))
        else:
            self.report(DiagnosticStatus.OK, "running", **values)

    def _on_no_rank(self, error: Exception, _dropped: int) -> None:
        if not isinstance(error, AffectError):
            raise error
        self.report(DiagnosticStatus.WARN, f"no rank: {error}")

    def _publish_attention(self, faces: FaceSet, emotions: EmotionSet) -> None:
        if maps := attention_attributions(faces, emotions):
            self._attributions.publish(conversions.from_attributions(maps, emotions))


def main() -> int:
    """Entry point of `ros2 run affect_hri emotion_node`."""
    return run(EmotionNode)

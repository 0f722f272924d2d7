"""overlay_node: the camera image with boxes, labels and heatmaps, while somebody looks at it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus

from affect_core.annotate import annotate
from affect_core.explain.shown import Shown, ShownConfig
from affect_core.types import EmotionSet, Frame
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._managed import ManagedNode
from affect_hri.program import run
from affect_hri_interfaces import msg as affect

WAITING_FRAMES = 8
LOOK_S = 0.2
"""How often the node looks whether somebody watches."""


class OverlayNode(ManagedNode):
    """Draws a frame when its estimate has arrived; a heatmap that comes later is drawn on the next frame."""

    node_name = "overlay"
    settings = (ShownConfig,)
    measured = ("rate_hz", "latency_ms", "dropped", "queue_depth")

    def setup(self) -> None:
        """One lazy image topic."""
        self._pictures = self.outlet(_topics.OVERLAY, conversions.from_frame, lazy=True)
        self._frames: OrderedDict[int, Frame] = OrderedDict()
        self._faces: OrderedDict[int, affect.FaceArray] = OrderedDict()
        self._on_age(self.config(ShownConfig))
        self.adapt_to(ShownConfig, ("map_age_s",), self._on_age)
        self._reader = conversions.ImageReader()

    def start(self) -> None:
        """Wait for somebody who watches."""
        self._watched = False
        self.report(DiagnosticStatus.OK, "nobody watches")
        self.every(LOOK_S, self._look)
        self._closers_unwatched = len(self._closers)
        self._look()

    def _look(self) -> None:
        """Listen only while somebody watches: all that is drawn comes with every frame, and takes time from labels."""
        if self._pictures.wanted and not self._watched:
            self.listen_for_watchers()
        elif self._watched and not self._pictures.wanted:
            self._watched = False
            self._close_down_to(self._closers_unwatched)
            self._frames.clear()
            self._faces.clear()
            self.report(DiagnosticStatus.OK, "nobody watches")

    def listen_for_watchers(self) -> None:
        """Begin to listen, as when somebody begins to watch; of an active node."""
        self._watched = True
        self.report(DiagnosticStatus.OK, "drawing")
        self.inlet(
            _topics.IMAGE_RAW, lambda message: conversions.to_frame(message, self._reader), self._on_frame
        )
        self.listen(_topics.FACES, self._on_faces)
        self.listen(_topics.EMOTIONS, self._on_emotions)
        self.listen(_topics.ATTRIBUTIONS, self._on_attributions)

    def _on_age(self, config: ShownConfig) -> None:
        self._maps = Shown(config)

    def _on_frame(self, frame: Frame, _dropped: int) -> None:
        _keep(self._frames, frame.stamp_ns, frame)

    def _on_faces(self, message: affect.FaceArray) -> None:
        _keep(self._faces, conversions.from_time(message.header.stamp), message)

    def _on_attributions(self, message: affect.AttributionArray) -> None:
        maps = conversions.to_attributions(message)
        self._maps.add(conversions.from_time(message.header.stamp), maps)

    def _on_emotions(self, message: affect.EmotionEstimateArray) -> None:
        emotions = conversions.to_emotion_set(message)
        frame = self._frames.pop(emotions.stamp_ns, None)
        if frame is not None and self._pictures.wanted:
            self._pictures.send(self._draw(frame, emotions))
            self.worked(frame.stamp_ns)

    def _draw(self, frame: Frame, emotions: EmotionSet) -> Frame:
        faces = self._faces.pop(frame.stamp_ns, affect.FaceArray())
        maps = self._maps.over(frame.stamp_ns, emotions.emotions, conversions.to_places(faces))
        picture = annotate(frame.image_rgb, conversions.to_detections(faces), emotions.emotions, maps)
        return Frame(picture, frame.stamp_ns, frame.frame_id)


def _keep(store: OrderedDict[int, Any], stamp_ns: int, value: Any) -> None:
    store[stamp_ns] = value
    while len(store) > WAITING_FRAMES:
        store.popitem(last=False)


def main() -> int:
    """Entry point of `ros2 run affect_hri overlay_node`."""
    return run(OverlayNode)

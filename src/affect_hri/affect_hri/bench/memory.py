"""Perception fed from memory: the next frame comes as soon as the faces of the last one are known."""

from __future__ import annotations

import sys

import numpy as np
import rclpy
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions

from affect_core.avatar import Avatar, AvatarConfig
from affect_core.bench.rendering import poses
from affect_core.types import FaceSet, Frame, ImageRGB
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._managed import ManagedNode
from affect_hri.nodes._ports import Handover
from affect_hri.nodes.emotion import EmotionNode
from affect_hri.nodes.face import FaceNode
from affect_hri.program import Program, Signals

FRAMES = 90
_STILL = 45
"""Poses before the first one that moves."""
WIDTH, HEIGHT = 1280, 720
STALL_S = 0.5
"""Without an answer for so long, the next frame is sent: the first one may come before there is a reader."""


class FeedNode(ManagedNode):
    """Sends frames of a moving head, or of several, in a circle."""

    node_name = "feed"
    faces = 1

    def setup(self) -> None:
        """Render everything beforehand."""
        self._pictures = moving_heads(self.faces)
        self._sent = 0
        self._frames = self.outlet(_topics.IMAGE_RAW, conversions.from_frame, lazy=True)

    def start(self) -> None:
        """Send one frame for every answer."""
        self._answered = 0
        self.inlet(_topics.FACES, conversions.to_detections, self._on_faces)
        self.every(STALL_S, self._on_stall)
        self.report(conversions.HEALTHY, "feeding")

    def _on_faces(self, _faces: FaceSet, _dropped: int) -> None:
        self._answered += 1
        self._send()

    def _on_stall(self) -> None:
        if not self._answered:
            self._send()
        self._answered = 0

    def _send(self) -> None:
        picture = self._pictures[self._sent % len(self._pictures)]
        self._sent += 1
        self._frames.send(Frame(picture, self.now_ns(), "memory"))


def moving_heads(faces: int, frames: int = FRAMES) -> list[ImageRGB]:
    """Frames of 1280x720: one head, or a square number of them side by side, each in another moment of its motion."""
    across = round(faces**0.5)
    avatar = Avatar(AvatarConfig(width=WIDTH // across, height=HEIGHT // across))
    tiles = [avatar.render(pose).image_rgb for pose in poses(_STILL + frames)[_STILL:]]
    if across == 1:
        return tiles
    moments = [k * frames // across**2 for k in range(across**2)]
    return [_mosaic([tiles[(k + m) % frames] for m in moments], across) for k in range(frames)]


def _mosaic(tiles: list[ImageRGB], across: int) -> ImageRGB:
    rows = [np.hstack(tiles[k : k + across]) for k in range(0, len(tiles), across)]
    return np.ascontiguousarray(np.vstack(rows))


def main(faces: int) -> int:
    """Run until a signal."""
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    handover = Handover()
    FeedNode.faces = faces
    fastest = [Parameter("runtime", value="auto")]
    nodes = [
        EmotionNode(handover=handover, parameter_overrides=fastest),
        FaceNode(handover=handover),
        FeedNode(handover=handover),
    ]
    with Signals() as signals:
        return Program(nodes, signals).run(until=[])


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

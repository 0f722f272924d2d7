"""camera_node: a webcam, a video file or a folder of images as a camera topic."""

from __future__ import annotations

import time

from diagnostic_msgs.msg import DiagnosticStatus
from rosgraph_msgs.msg import Clock

from affect_core.cameras import CAMERAS, CameraConfig
from affect_core.errors import CameraError
from affect_core.types import Frame
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._managed import ManagedNode
from affect_hri.program import run

RETRY_S = 1.0
"""A camera that was lost is looked for this often."""


class CameraNode(ManagedNode):
    """Publishes frames; reopens a camera that was lost; says when a file has ended."""

    node_name = "camera"
    settings = (CameraConfig,)

    def setup(self) -> None:
        """Open the camera; fails with a CameraError that says what is there and what to do."""
        self._config = self.config(CameraConfig)
        self._lockstep_ns = 0
        self._ended = False
        self._retry_s = 0.0
        self._camera = CAMERAS.build(self._config.source, self._config, self._stamp)
        self._frames = self.outlet(_topics.IMAGE_RAW, conversions.from_frame, lazy=True)
        self._jpegs = self.outlet_jpeg()
        self._info = self.advertise(_topics.CAMERA_INFO)
        self._camera_status = self.advertise(_topics.CAMERA_STATUS)
        self.release_later(self._camera.close)
        self._camera.open()

    def start(self) -> None:
        """Frames at the camera's rate, or one for every tick of the lock-step clock."""
        self._say(DiagnosticStatus.OK, "streaming")
        if self.lockstep:
            self.listen(_topics.CLOCK, self._on_clock)
        else:
            self.every(1.0 / self._camera.info.fps, self._grab)

    def _stamp(self) -> int:
        return self._lockstep_ns if self.lockstep else self.now_ns()

    def _on_clock(self, message: Clock) -> None:
        self._lockstep_ns = conversions.from_time(message.clock)
        self._grab()

    def _grab(self) -> None:
        while not self._ended and self._opened():
            try:
                frame = self._camera.read()
            except (
                CameraError
            ) as error:  # a webcam that is lost has closed itself; a damaged image is left out
                self._say(DiagnosticStatus.ERROR, str(error))
                continue
            if frame is None:
                self._ended = True
                self._say(DiagnosticStatus.OK, _topics.CAMERA_ENDED)
            else:
                self._send(frame)
            return

    def _send(self, frame: Frame) -> None:
        self._frames.send(frame)
        self._jpegs.send(frame)
        header = conversions.to_header(frame.stamp_ns, frame.frame_id)
        self._info.publish(conversions.to_camera_info(self._camera.info, header))
        self._say(DiagnosticStatus.OK, "streaming")

    def _opened(self) -> bool:
        if self._camera.is_open:
            return True
        if time.monotonic() < self._retry_s:
            return False
        self._retry_s = time.monotonic() + RETRY_S
        try:
            self._camera.open()
        except CameraError as error:
            self._say(DiagnosticStatus.ERROR, f"camera lost: {error}; trying again")
        return self._camera.is_open

    def _say(self, level: bytes, message: str) -> None:
        if self.report(level, message):
            self._camera_status.publish(DiagnosticStatus(level=level, name="camera", message=message))


def main() -> int:
    """Entry point of `ros2 run affect_hri camera_node`."""
    return run(CameraNode)

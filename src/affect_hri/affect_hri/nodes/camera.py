"""camera_node: a webcam, a video file or a folder of images as a camera topic."""

from __future__ import annotations

import time

from diagnostic_msgs.msg import DiagnosticStatus
from rosgraph_msgs.msg import Clock

from affect_core.cameras import CAMERAS, CameraConfig, CameraGeometry, LiveReader, geometry
from affect_core.errors import CameraError
from affect_core.types import Frame
from affect_hri import conversions
from affect_hri.nodes import _topics
from affect_hri.nodes._managed import ManagedNode
from affect_hri.nodes._ports import Mailbox
from affect_hri.program import run

STALL_S = 2.0
"""A live camera that gives nothing for so long has stalled."""
WATCH_S = 0.25


class CameraNode(ManagedNode):
    """Publishes frames; reopens a camera that was lost; says when a file has ended.

    A live camera is read on a thread of its own, so that the node can say when it stalls.
    """

    node_name = "camera"
    settings = (CameraConfig,)
    measured = ("rate_hz", "latency_ms", "dropped")

    def setup(self) -> None:
        """Open the camera; fails with a CameraError that says what is there and what to do."""
        self._config = self.config(CameraConfig)
        self._lockstep_ns = 0
        self._ended = False
        device = self._config.device if self._config.source == "webcam" else self._config.path
        self.describe(source=self._config.source, device=device)
        self._camera = CAMERAS.build(self._config.source, self._config, self._stamp)
        self._frames = self.outlet(_topics.IMAGE_RAW, conversions.from_frame, lazy=True)
        self._jpegs = self.outlet_jpeg()
        self._info = self.advertise(_topics.CAMERA_INFO)
        self._camera_status = self.advertise(_topics.CAMERA_STATUS)
        self._camera.open()
        self._geometry = self._camera.info
        self._reader: LiveReader | None = None
        if self._camera.live and not self.lockstep:
            box = Mailbox(self, self._on_live, 1)
            self.release_later(box.close)
            self._reader = LiveReader(self._camera, box.put)
        self.release_later(self._camera.close if self._reader is None else self._reader.close)

    def start(self) -> None:
        """Frames at the camera's rate, or one for every tick of the lock-step clock."""
        self._say(DiagnosticStatus.OK, "streaming")
        if self.lockstep:
            self.listen(_topics.CLOCK, self._on_clock)
        elif self._reader is not None:
            self._heard_s = time.monotonic()
            self._reader.resume()
            self.release_later(self._reader.pause)
            self.every(WATCH_S, self._watch)
        else:
            self.every(1.0 / self._geometry.fps, self._grab)

    def _stamp(self) -> int:
        return self._lockstep_ns if self.lockstep else self.now_ns()

    # --- a live camera ---

    def _on_live(self, value: Frame | Exception, dropped: int) -> None:
        if not self.is_active:  # it was under way when the node was deactivated
            return
        self._heard_s = time.monotonic()
        self.health.lost(dropped)
        if isinstance(value, Frame):
            self._send(value)
        elif isinstance(value, CameraError):
            self._heard_s = float("inf")  # lost, which is told; it cannot stall before it is back
            self._say(DiagnosticStatus.ERROR, f"camera lost: {value}; trying again")
        else:
            raise value

    def _watch(self) -> None:
        if time.monotonic() - self._heard_s > STALL_S:
            self._say(
                DiagnosticStatus.ERROR,
                f"camera stalled: no frame for {STALL_S:g} s; check its cable and what else uses the bus. Waiting for it",
            )

    # --- a file, or lock-step ---

    def _on_clock(self, message: Clock) -> None:
        self._lockstep_ns = conversions.from_time(message.clock)
        self._grab()

    def _grab(self) -> None:
        while not self._ended:
            try:
                if not self._camera.is_open:
                    self._camera.open()
                frame = self._camera.read()
            except CameraError as error:
                # A damaged image is left out; a webcam that is lost has closed itself.
                self._say(DiagnosticStatus.ERROR, str(error))
                if not self._camera.is_open:
                    return
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
        self._info.publish(conversions.to_camera_info(self._geometry_of(frame), header))
        self.worked(frame.stamp_ns)
        self._say(DiagnosticStatus.OK, "streaming")

    def _geometry_of(self, frame: Frame) -> CameraGeometry:
        """Of this frame: a webcam that was lost may come back with another size."""
        height, width = frame.image_rgb.shape[:2]
        if (width, height) != (self._geometry.width, self._geometry.height):
            self._geometry = geometry(width, height, self._config.fov_deg, self._geometry.fps)
        return self._geometry

    def _say(self, level: bytes, message: str) -> None:
        if self.report(level, message):
            self._camera_status.publish(DiagnosticStatus(level=level, name="camera", message=message))


def main() -> int:
    """Entry point of `ros2 run affect_hri camera_node`."""
    return run(CameraNode)

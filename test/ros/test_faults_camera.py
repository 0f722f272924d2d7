"""What cameras and those who read them may do wrong: camera_node tells it, lives, and goes on when it is over."""

import threading
import time

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image

from affect_core.cameras import live, webcam
from affect_hri import conversions
from affect_hri.nodes import camera as camera_node
from affect_hri.nodes._mischief import Mischief
from affect_hri.nodes.camera import CameraNode

FPS = 100.0


def stamps(messages):
    return [conversions.from_time(message.header.stamp) for message in list(messages)]


class Device:
    """A webcam that can be unplugged and that can stall; stands in for OpenCV's capture of it."""

    def __init__(self, path):
        self.path, self.size = path, (64, 48)
        self._flows = threading.Event()
        self.plug()

    def plug(self):
        self.path.touch()
        self._flows.set()

    def unplug(self):
        self.path.unlink()

    def stall(self):
        self._flows.clear()

    def go_on(self):
        self._flows.set()

    # --- as cv2.VideoCapture ---

    def __call__(self, device, api):
        return self

    def isOpened(self):
        return self.path.exists()

    def set(self, key, value):
        return True

    def get(self, key):
        return FPS

    def read(self):
        time.sleep(1.0 / FPS)
        self._flows.wait()
        if not self.path.exists():
            return False, None
        return True, np.full((*self.size[::-1], 3), (1, 2, 3), np.uint8)

    def release(self):
        pass


@pytest.fixture
def device(tmp_path, monkeypatch):
    made = Device(tmp_path / "video7")
    monkeypatch.setattr(webcam.cv2, "VideoCapture", made)
    monkeypatch.setattr(webcam, "DEVICES", tmp_path)
    monkeypatch.setattr(live, "RETRY_S", 0.05)
    monkeypatch.setattr(camera_node, "STALL_S", 0.3)
    yield made
    made.go_on()


@pytest.fixture
def inbox(peer):
    return {
        "raw": peer.hear("camera/image_raw", Image),
        "info": peer.hear("camera/camera_info", CameraInfo),
        "status": peer.hear("camera/status", DiagnosticStatus, latched=True),
    }


@pytest.fixture
def streaming(bench, peer, device, inbox, wait_until):
    with bench.running(CameraNode, peer.namespace, source="webcam", device=str(device.path)) as node:
        wait_until(lambda: len(inbox["raw"]) > 3, "frames")
        yield node


def more(inbox, wait_until, count=5):
    """So many frames from now on."""
    told = len(inbox["raw"])
    wait_until(lambda: len(inbox["raw"]) >= told + count, "more frames")
    return inbox["raw"][told:]


def test_a_camera_is_unplugged_and_back(streaming, device, peer, inbox, wait_until):
    device.unplug()
    assert str(device.path) in peer.until_status("camera", "ERROR", "camera lost: ")
    peer.until_status("camera", "ERROR", f"camera lost: expected a camera at {device.path}, got nothing")
    told = len(inbox["raw"])
    device.plug()
    more(inbox, wait_until)
    wait_until(lambda: peer.statuses("camera")[-1] == (DiagnosticStatus.OK, "streaming"), "its recovery")
    assert stamps(inbox["raw"]) == sorted(set(stamps(inbox["raw"])))
    assert bytes(inbox["raw"][told].data)[:3] == bytes([3, 2, 1])  # red first, as before
    levels = [status.level for status in inbox["status"]]
    assert levels[0] == levels[-1] == DiagnosticStatus.OK and DiagnosticStatus.ERROR in levels


def test_a_camera_that_comes_back_with_another_size(streaming, device, peer, inbox, wait_until):
    device.unplug()
    peer.until_status("camera", "ERROR", "camera lost: ")
    device.size = (32, 24)
    device.plug()
    wait_until(lambda: inbox["info"][-1].width == 32, "the new size")
    wait_until(lambda: inbox["raw"][-1].width == 32, "a frame of it")
    assert (inbox["info"][-1].height, inbox["raw"][-1].height) == (24, 24)
    # Half as many pixels for the same field of view: half the focal length, in pixels.
    assert inbox["info"][-1].k[0] == pytest.approx(inbox["info"][0].k[0] / 2)


def test_a_camera_stalls(streaming, device, peer, inbox, wait_until):
    device.stall()
    said = peer.until_status("camera", "ERROR", "camera stalled: no frame for 0.3 s")
    assert "cable" in said
    told = len(inbox["raw"])
    # The node is not held up: it answers, and tells how it is.
    assert peer.call("camera/get_state", GetState, GetState.Request()).current_state.label == "active"
    said = len(peer.statuses("camera"))
    wait_until(lambda: len(peer.statuses("camera")) > said, "its next diagnostic")
    assert len(inbox["raw"]) == told
    device.go_on()
    more(inbox, wait_until)
    wait_until(lambda: peer.statuses("camera")[-1] == (DiagnosticStatus.OK, "streaming"), "its recovery")


def test_a_stalled_camera_can_be_deactivated_and_ended(streaming, device, peer, inbox):
    device.stall()
    peer.until_status("camera", "ERROR", "camera stalled")
    for transition in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP):
        request = ChangeState.Request(transition=Transition(id=transition))
        assert peer.call("camera/change_state", ChangeState, request).success
    told = len(inbox["raw"])
    device.go_on()  # what was under way is for nobody any more
    assert peer.call("camera/get_state", GetState, GetState.Request()).current_state.label == "unconfigured"
    assert len(inbox["raw"]) == told


def test_a_reader_that_never_reads(bench, peer, inbox, pictures, wait_until):
    """All others get every frame."""
    mischief = Mischief(f"/{peer.namespace}")
    try:
        close = mischief.deaf_reader()
        parameters = {"source": "folder", "path": str(pictures[0]), "loop": True, "fps": FPS}
        with bench.running(CameraNode, peer.namespace, **parameters):
            wait_until(lambda: peer.node.count_subscribers("camera/image_raw") == 2, "the deaf reader")
            frames = more(inbox, wait_until, 60)
            peer.until_status("camera", "OK", "streaming")
    finally:
        close()
        mischief.close()
    # One picture after another, none left out.
    shown = [bytes(frame.data) for frame in frames]
    order = [image.tobytes() for image in pictures[1]]
    first = order.index(shown[0])
    assert shown == [order[(first + k) % 3] for k in range(len(shown))]


def test_simulated_time_jumps(bench, peer, inbox, pictures, wait_until):
    """Frames carry the time that there is, and keep coming."""
    parameters = {
        "source": "folder",
        "path": str(pictures[0]),
        "loop": True,
        "fps": FPS,
        "use_sim_time": True,
    }
    with bench.running(CameraNode, peer.namespace, **parameters):
        clock = peer.speak("/clock", Clock)
        for second in (100, 3700, 50):
            clock.publish(Clock(clock=conversions.to_time(second * 10**9)))
            wait_until(lambda s=second: stamps(inbox["raw"])[-1:] == [s * 10**9], f"a frame of {second} s")
        more(inbox, wait_until)
        assert peer.statuses("camera")[-1] == (DiagnosticStatus.OK, "streaming")

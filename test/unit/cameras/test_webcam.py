from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from affect_core.cameras import CAMERAS, Camera, CameraConfig, webcam
from affect_core.errors import CameraError

Clock = Callable[[], int]


class FakeCapture:
    """A v4l2 device: gives `frames` blue-first frames of 640 x 360, whatever size is asked for."""

    opens = True
    frames = 3

    def __init__(self, device: str, api: int) -> None:
        self.device, self.api, self.left = device, api, self.frames
        self.asked: dict[int, float] = {}
        self.released = False

    def isOpened(self) -> bool:
        return self.opens

    def set(self, key: int, value: float) -> bool:
        self.asked[key] = value
        return True

    def get(self, key: int) -> float:
        return {cv2.CAP_PROP_FPS: 25.0}[key]

    def read(self) -> tuple[bool, Any]:
        self.left -= 1
        return (True, np.full((360, 640, 3), (1, 2, 3), dtype=np.uint8)) if self.left >= 0 else (False, None)

    def release(self) -> None:
        self.released = True


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[FakeCapture]:
    captures: list[FakeCapture] = []

    def build(device: str, api: int) -> FakeCapture:
        captures.append(FakeCapture(device, api))
        return captures[-1]

    monkeypatch.setattr(webcam.cv2, "VideoCapture", build)
    monkeypatch.setattr(webcam, "DEVICES", tmp_path)
    (tmp_path / "video4").touch()
    return captures


def camera(tmp_path: Path, now_ns: Clock) -> Camera:
    return CAMERAS.build("webcam", CameraConfig(device=str(tmp_path / "video4")), now_ns)


def test_frames_are_red_first_stamped_and_of_the_real_size(
    made: list[FakeCapture], tmp_path: Path, now_ns: Clock
) -> None:
    with camera(tmp_path, now_ns) as opened:
        frame = opened.read()
        assert frame is not None
        assert frame.image_rgb[0, 0].tolist() == [3, 2, 1]
        assert frame.stamp_ns == 1_000_000_000
        assert (opened.info.width, opened.info.height, opened.info.fps) == (640, 360, 25.0)
    assert made[0].api == cv2.CAP_V4L2
    assert made[0].asked[cv2.CAP_PROP_FRAME_WIDTH] == 1280
    assert made[0].asked[cv2.CAP_PROP_FOURCC] == int.from_bytes(b"MJPG", "little")
    assert made[0].released


def test_a_lost_camera_raises_and_can_be_opened_again(
    made: list[FakeCapture], tmp_path: Path, now_ns: Clock
) -> None:
    lost = camera(tmp_path, now_ns)
    lost.open()
    assert lost.read() is not None
    assert lost.read() is not None
    with pytest.raises(CameraError, match="video4 gives no frames any more"):
        lost.read()
    assert made[0].released
    lost.open()
    assert lost.read() is not None


def test_a_missing_device_lists_what_is_there(made: list[FakeCapture], tmp_path: Path, now_ns: Clock) -> None:
    missing = CAMERAS.build("webcam", CameraConfig(device=str(tmp_path / "video0")), now_ns)
    with pytest.raises(
        CameraError, match=r"expected a camera at .*video0, got nothing\. Found: .*video4; choose"
    ):
        missing.open()


def test_no_camera_at_all(made: list[FakeCapture], tmp_path: Path, now_ns: Clock) -> None:
    (tmp_path / "video4").unlink()
    with pytest.raises(CameraError, match=r"Found no .*/video\*: no camera is connected"):
        camera(tmp_path, now_ns).open()


def test_a_device_that_is_no_camera(
    made: list[FakeCapture], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, now_ns: Clock
) -> None:
    monkeypatch.setattr(FakeCapture, "opens", False)
    with pytest.raises(CameraError, match="does not open as one; end other programs"):
        camera(tmp_path, now_ns).open()
    assert made[0].released


def test_a_device_that_may_not_be_opened(
    made: list[FakeCapture], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, now_ns: Clock
) -> None:
    monkeypatch.setattr(webcam.os, "access", lambda path, mode: False)
    with pytest.raises(CameraError, match="group `video`"):
        camera(tmp_path, now_ns).open()


def test_a_device_without_frames_is_found_out_when_it_is_opened(
    made: list[FakeCapture], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, now_ns: Clock
) -> None:
    monkeypatch.setattr(FakeCapture, "frames", 0)
    with pytest.raises(CameraError, match="gives no frames"):
        camera(tmp_path, now_ns).open()

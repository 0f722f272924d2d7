from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from affect_core.cameras import CAMERAS, Camera, CameraConfig
from affect_core.cameras.writer import write_lossless_video
from affect_core.errors import CameraError

Frames = list[NDArray[np.uint8]]
Clock = Callable[[], int]


def video(path: Path, now_ns: Clock, loop: bool = False) -> Camera:
    return CAMERAS.build(
        "video", CameraConfig(source="video", path=str(path), fov_deg=90.0, loop=loop), now_ns
    )


@pytest.fixture
def path(tmp_path: Path, frames: Frames) -> Path:
    path = tmp_path / "three.mkv"
    write_lossless_video(frames, path, 15.0)
    return path


def test_known_pixels_stamps_and_end(path: Path, frames: Frames, now_ns: Clock) -> None:
    with video(path, now_ns) as camera:
        read = [camera.read() for _ in range(5)]
        info = camera.info
    assert read[3] is None
    assert read[4] is None
    got = [frame for frame in read if frame is not None]
    assert [frame.image_rgb[0, 0].tolist() for frame in got] == [[200, 100, 0], [201, 101, 1], [202, 102, 2]]
    assert all(np.array_equal(frame.image_rgb, wrote) for frame, wrote in zip(got, frames, strict=True))
    assert [frame.stamp_ns for frame in got] == [1_000_000_000, 2_000_000_000, 3_000_000_000]
    assert got[0].frame_id == "camera_optical"
    assert (info.width, info.height, info.fps) == (64, 48, 15.0)
    assert info.fx == pytest.approx(32.0)


def test_loop_starts_again(path: Path, now_ns: Clock) -> None:
    with video(path, now_ns, loop=True) as camera:
        read = [camera.read() for _ in range(7)]
    assert [frame and int(frame.image_rgb[0, 0, 0]) for frame in read] == [200, 201, 202, 200, 201, 202, 200]


def test_opened_again_after_close(path: Path, now_ns: Clock) -> None:
    camera = video(path, now_ns)
    for _ in range(2):
        with camera:
            frame = camera.read()
        assert frame is not None
        assert frame.image_rgb[0, 0, 0] == 200


def test_missing(tmp_path: Path, now_ns: Clock) -> None:
    with pytest.raises(CameraError, match=r"expected a video file at .*none\.mp4, got nothing"):
        video(tmp_path / "none.mp4", now_ns).open()
    with pytest.raises(CameraError, match="got a folder"):
        video(tmp_path, now_ns).open()
    with pytest.raises(CameraError, match="set `path`"):
        CAMERAS.build("video", CameraConfig(), now_ns).open()


def test_empty_file(tmp_path: Path, now_ns: Clock) -> None:
    path = tmp_path / "empty.mkv"
    path.touch()
    with pytest.raises(CameraError, match=r"empty\.mkv, which is an empty file"):
        video(path, now_ns).open()


def test_no_video(tmp_path: Path, now_ns: Clock) -> None:
    path = tmp_path / "text.mp4"
    path.write_text("this is not a video\n" * 100)
    with pytest.raises(CameraError, match=r"text\.mp4, which cannot be decoded"):
        video(path, now_ns).open()


def test_cut_off_before_its_first_frame(tmp_path: Path, path: Path, now_ns: Clock) -> None:
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(path.read_bytes()[:700])
    with pytest.raises(CameraError, match=r"cut\.mkv"):
        video(cut, now_ns).open()


def test_cut_off_later_gives_what_is_whole(tmp_path: Path, path: Path, frames: Frames, now_ns: Clock) -> None:
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    with video(cut, now_ns) as camera:
        first = camera.read()
        rest = [frame for frame in (camera.read() for _ in range(5)) if frame is not None]
    assert first is not None
    assert np.array_equal(first.image_rgb, frames[0])
    assert len(rest) < 3

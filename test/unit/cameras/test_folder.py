from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from affect_core.cameras import CAMERAS, Camera, CameraConfig
from affect_core.errors import CameraError

Image = NDArray[np.uint8]
Clock = Callable[[], int]
Save = Callable[[Path, Image], None]


def folder(path: Path, now_ns: Clock, loop: bool = False) -> Camera:
    return CAMERAS.build("folder", CameraConfig(source="folder", path=str(path), fps=5.0, loop=loop), now_ns)


@pytest.fixture
def path(tmp_path: Path, frames: list[Image], save: Save) -> Path:
    for name, image in zip(("1.png", "2.PNG", "10.png"), frames, strict=True):
        save(tmp_path / name, image)
    (tmp_path / "notes.txt").write_text("no image")
    return tmp_path


def test_known_pixels_in_order_of_numbers(path: Path, frames: list[Image], now_ns: Clock) -> None:
    with folder(path, now_ns) as camera:
        read = [camera.read() for _ in range(4)]
        info = camera.info
    assert read[3] is None
    got = [frame for frame in read if frame is not None]
    assert [frame.image_rgb[0, 0].tolist() for frame in got] == [[200, 100, 0], [201, 101, 1], [202, 102, 2]]
    assert all(np.array_equal(frame.image_rgb, wrote) for frame, wrote in zip(got, frames, strict=True))
    assert [frame.stamp_ns for frame in got] == [1_000_000_000, 2_000_000_000, 3_000_000_000]
    assert (info.width, info.height, info.fps) == (64, 48, 5.0)


def test_jpeg_keeps_red_on_the_red_side(tmp_path: Path, save: Save, now_ns: Clock) -> None:
    save(tmp_path / "red.jpg", np.full((16, 16, 3), (220, 30, 10), dtype=np.uint8))
    with folder(tmp_path, now_ns) as camera:
        frame = camera.read()
    assert frame is not None
    assert np.abs(frame.image_rgb.astype(int) - (220, 30, 10)).max() <= 4


def test_loop_starts_again(path: Path, now_ns: Clock) -> None:
    with folder(path, now_ns, loop=True) as camera:
        read = [camera.read() for _ in range(4)]
    assert [frame and int(frame.image_rgb[0, 0, 0]) for frame in read] == [200, 201, 202, 200]


@pytest.mark.parametrize("name", ["1.png", "2.PNG"])
def test_an_unreadable_image_is_named_and_the_others_come(path: Path, name: str, now_ns: Clock) -> None:
    (path / name).write_bytes((path / name).read_bytes()[:40])
    reds: list[int] = []
    errors: list[str] = []
    with folder(path, now_ns) as camera:
        for _ in range(3):
            try:
                frame = camera.read()
            except CameraError as error:
                errors.append(str(error))
            else:
                assert frame is not None
                reds.append(int(frame.image_rgb[0, 0, 0]))
        assert camera.read() is None
    assert len(reds) == 2
    assert len(errors) == 1
    assert name in errors[0]


def test_all_unreadable(tmp_path: Path, now_ns: Clock) -> None:
    for name in ("a.png", "b.jpg"):
        (tmp_path / name).write_text("no image")
    with pytest.raises(CameraError, match="2 files that are all damaged"):
        folder(tmp_path, now_ns).open()


def test_missing_and_empty(tmp_path: Path, now_ns: Clock) -> None:
    with pytest.raises(CameraError, match=r"expected \.png, \.jpg, \.jpeg images in .*, got none"):
        folder(tmp_path, now_ns).open()
    with pytest.raises(CameraError, match=r"expected a folder of images at .*nowhere, got nothing"):
        folder(tmp_path / "nowhere", now_ns).open()
    with pytest.raises(CameraError, match="set `path`"):
        CAMERAS.build("folder", CameraConfig(), now_ns).open()

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from affect_core.cameras import CAMERAS, CameraConfig
from affect_core.cameras.synthetic import make_photo_video, photo_frames
from affect_core.cameras.writer import LOSSLESS_SUFFIXES, VideoSink, write_lossless_video, write_video
from affect_core.errors import InputError

Image = NDArray[np.uint8]
Clock = Callable[[], int]


def read_all(path: Path, now_ns: Clock) -> list[Image]:
    images = []
    with CAMERAS.build("video", CameraConfig(path=str(path)), now_ns) as camera:
        while (frame := camera.read()) is not None:
            images.append(frame.image_rgb)
    return images


@pytest.mark.parametrize("suffix", LOSSLESS_SUFFIXES)
@pytest.mark.parametrize("size_wh", [(64, 48), (322, 182)])
def test_lossless_is_bit_exact(tmp_path: Path, suffix: str, size_wh: tuple[int, int], now_ns: Clock) -> None:
    shape = (4, size_wh[1], size_wh[0], 3)
    noise = list(np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8))
    path = tmp_path / "new" / f"noise{suffix}"
    assert write_lossless_video(noise, path, 15.0) == 4
    assert all(np.array_equal(one, two) for one, two in zip(read_all(path, now_ns), noise, strict=True))


def test_lossless_needs_a_container_for_it(tmp_path: Path, frames: list[Image]) -> None:
    with pytest.raises(InputError, match=r"\.mkv or \.avi, got a\.mp4"):
        write_lossless_video(frames, tmp_path / "a.mp4", 15.0)


@pytest.mark.parametrize("codec", ["XXXX", "toolong", ""])
def test_unknown_codec(tmp_path: Path, frames: list[Image], codec: str) -> None:
    with pytest.raises(InputError, match="codec"):
        write_video(frames, tmp_path / "a.mkv", 15.0, codec)


def test_frames_of_another_size(tmp_path: Path, frames: list[Image]) -> None:
    with VideoSink(tmp_path / "a.mkv", 15.0) as sink:
        sink.write(frames[0])
        with pytest.raises(InputError, match=r"expected frames of \(64, 48\), got one of \(32, 48\)"):
            sink.write(np.ascontiguousarray(frames[0][:, :32]))
    assert sink.frames == 1


@pytest.mark.parametrize("columns", [63, 1])
def test_odd_sizes_would_lose_a_column(tmp_path: Path, frames: list[Image], columns: int) -> None:
    with pytest.raises(InputError, match=rf"expected an even width and height, got \({columns}, 48\)"):
        write_lossless_video([np.ascontiguousarray(frames[0][:, :columns])], tmp_path / "a.mkv", 15.0)


def test_no_frames(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected at least one frame, got none"):
        write_video([], tmp_path / "a.mkv", 15.0, "FFV1")


def test_photo_video_shows_the_whole_photo_somewhere_else_in_every_frame(
    tmp_path: Path, now_ns: Clock
) -> None:
    photo = np.zeros((100, 80, 3), dtype=np.uint8)
    photo[:, :, 0] = 250  # red: the background is grey
    path = tmp_path / "photo.mkv"
    assert make_photo_video(photo, path, (320, 180), fps=5.0, seconds=2.0, codec="FFV1") == 10
    places = []
    for image in read_all(path, now_ns):
        red = (image[:, :, 0] > 200) & (image[:, :, 1] < 50)
        rows, columns = np.nonzero(red)
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert width / height == pytest.approx(0.8, abs=0.03)
        assert 0.68 * 180 <= height <= 180
        places.append((columns.mean(), rows.mean()))
    assert len({(round(x), round(y)) for x, y in places}) >= 9


def test_photo_frames_are_the_same_every_time() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (50, 40, 3), dtype=np.uint8)
    pairs = zip(photo_frames(photo, (160, 90), 4), photo_frames(photo, (160, 90), 4), strict=True)
    assert all(np.array_equal(one, two) for one, two in pairs)

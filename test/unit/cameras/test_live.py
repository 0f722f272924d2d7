import threading
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
import pytest

from affect_core.cameras import CameraGeometry, LiveReader, geometry, live
from affect_core.cameras.base import Opened
from affect_core.errors import CameraError
from affect_core.types import Frame

IMAGE = np.zeros((4, 6, 3), np.uint8)


class Scripted(Opened):
    """A camera that does one thing after another."""

    live = True
    info: CameraGeometry

    def __init__(self, *script: object) -> None:
        self._script: Iterator[object] = iter(script)
        self.opened = 0
        self.reading, self.may_read = threading.Event(), threading.Event()
        self.may_read.set()

    def open(self) -> None:
        self.opened += 1
        self._info = geometry(6, 4, 60.0, 30.0)

    def read(self) -> Frame | None:
        self.reading.set()
        assert self.may_read.wait(30.0)
        step = next(self._script, "nothing more")
        if step == "lost":
            self.close()
            raise CameraError("no frames any more")
        if isinstance(step, int):
            return Frame(IMAGE, step)
        raise ValueError(step)

    def close(self) -> None:
        self._info = None


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Scripted, LiveReader, Any]]]:
    monkeypatch.setattr(live, "RETRY_S", 0.01)
    made: list[tuple[Scripted, LiveReader]] = []

    def start(*script: object) -> tuple[Scripted, LiveReader, Any]:
        camera, told = Scripted(*script), SimpleQueue[Frame | Exception]()
        reader = LiveReader(camera, told.put)
        made.append((camera, reader))
        return camera, reader, told

    yield start
    for camera, reader in made:
        camera.may_read.set()
        reader.close()


def test_frames_losses_and_what_nobody_expected(read: Any) -> None:
    camera, reader, told = read(1, 2, "lost", 3)
    assert told.empty()  # nothing before it is asked for
    reader.resume()
    assert [told.get(timeout=30).stamp_ns for _ in range(2)] == [1, 2]
    assert isinstance(told.get(timeout=30), CameraError)
    assert told.get(timeout=30).stamp_ns == 3
    assert camera.opened == 2
    last = told.get(timeout=30)
    assert isinstance(last, ValueError) and str(last) == "nothing more"
    reader.close()
    assert not camera.is_open and told.empty()


def test_a_frame_that_was_under_way_is_not_told_after_a_pause(read: Any) -> None:
    camera, reader, told = read(1, 2, 3)
    camera.may_read.clear()
    reader.resume()
    assert camera.reading.wait(30.0)
    reader.pause()
    camera.may_read.set()
    with pytest.raises(Empty):
        told.get(timeout=0.05)
    reader.resume()
    assert told.get(timeout=30).stamp_ns == 2


def test_a_camera_that_stalls_is_closed_when_it_comes_back(
    read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_LEAVE_S", 0.05)
    camera, reader, told = read(1)
    camera.may_read.clear()
    reader.resume()
    assert camera.reading.wait(30.0)
    reader.close()
    assert camera.is_open
    camera.may_read.set()
    reader._thread.join(30.0)
    assert not camera.is_open and told.empty()

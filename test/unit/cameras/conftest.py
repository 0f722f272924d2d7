from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

Image = NDArray[np.uint8]


@pytest.fixture
def now_ns() -> Callable[[], int]:
    """A clock that goes on by 1 s per reading: 1 s, 2 s, ..."""
    seconds: Iterator[int] = iter(range(1, 1000))
    return lambda: next(seconds) * 1_000_000_000


@pytest.fixture
def frames() -> list[Image]:
    """Three noise images (48 x 64) whose first pixel is (200, 100, 0), then (201, 101, 1), (202, 102, 2)."""
    noise = np.random.default_rng(0).integers(0, 256, (3, 48, 64, 3), dtype=np.uint8)
    for index, image in enumerate(noise):
        image[0, 0] = (200 + index, 100 + index, index)
    return list(noise)


@pytest.fixture
def save() -> Callable[[Path, Image], None]:
    """Write an RGB image."""

    def write(path: Path, image_rgb: Image) -> None:
        assert cv2.imwrite(str(path), image_rgb[:, :, ::-1])

    return write

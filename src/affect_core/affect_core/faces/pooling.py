"""Area means of an image, as torch's "area" interpolation takes them, for whole images and for windows.

Pixel i of n is the mean of the pixels floor(i L / n) to ceil((i + 1) L / n) - 1 of a side of L pixels, so that
neighbours may share a border pixel. Means come from the image's integral: their cost is that of the output.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from affect_core.types import ImageRGB

Pixels = NDArray[np.float32]
Ints = NDArray[np.int64]


class Integral:
    """The integral of an image; means over parts of it are cheap.

    Args:
        image_rgb: uint8 (H, W, 3).
    """

    def __init__(self, image_rgb: ImageRGB) -> None:
        self.size_wh = (image_rgb.shape[1], image_rgb.shape[0])
        # Sums wrap round beyond 2^31 (8 megapixels of white); their differences are still right.
        self._sums: NDArray[Any] = cv2.integral(image_rgb, sdepth=cv2.CV_32S)

    def resized(self, size_wh: tuple[int, int]) -> Pixels:
        """The whole image as float32 (1, h, w, 3), 0..255."""
        left, right = _bins(np.zeros(1, np.int64), np.array([self.size_wh[0]]), size_wh[0])
        top, bottom = _bins(np.zeros(1, np.int64), np.array([self.size_wh[1]]), size_wh[1])
        rows = self._sums.take(bottom[0], axis=0)
        rows -= self._sums.take(top[0], axis=0)
        sums = rows.take(right[0], axis=1)
        sums -= rows.take(left[0], axis=1)
        return _mean(sums[None], bottom - top, right - left)

    def windows(self, windows_xyxy: Ints, size_px: int) -> Pixels:
        """Windows of the image, each resized: float32 (N, size_px, size_px, 3), 0..255.

        Args:
            windows_xyxy: (N, 4) first and one past the last pixel, inside the image, not empty.
        """
        left, right = _bins(windows_xyxy[:, 0], windows_xyxy[:, 2], size_px)
        top, bottom = _bins(windows_xyxy[:, 1], windows_xyxy[:, 3], size_px)
        sums = self._corners(bottom, right)
        sums -= self._corners(top, right)
        sums += self._corners(top, left)
        sums -= self._corners(bottom, left)
        return _mean(sums, bottom - top, right - left)

    def _corners(self, rows: Ints, columns: Ints) -> NDArray[Any]:
        """The integral at all crossings of (N, h) rows and (N, w) columns: (N, h, w, 3)."""
        places = rows[:, :, None] * self._sums.shape[1] + columns[:, None, :]
        return np.asarray(self._sums.reshape(-1, 3).take(places, axis=0))


def pool_windows(image_rgb: ImageRGB, windows_xyxy: Ints, size_px: int) -> Pixels:
    """See `Integral.windows`; for a few windows of a large image, of which the rest is not touched."""
    pooled = np.empty((len(windows_xyxy), size_px, size_px, 3), np.float32)
    for row, (left, top, right, bottom) in enumerate(windows_xyxy):
        part = Integral(image_rgb[top:bottom, left:right])
        pooled[row] = part.resized((size_px, size_px))[0]
    return pooled


def _bins(first: Ints, end: Ints, count: int) -> tuple[Ints, Ints]:
    """First and one past the last pixel of each of ``count`` means per side: (N, count) twice."""
    steps = np.arange(count)
    length = (end - first)[:, None]
    return first[:, None] + steps * length // count, first[:, None] - (-(steps + 1) * length // count)


def _mean(sums: NDArray[Any], heights: Ints, widths: Ints) -> Pixels:
    """Sums (N, h, w, 3) over the sizes (N, h) and (N, w) of their bins."""
    share = (1.0 / (heights[:, :, None] * widths[:, None, :])).astype(np.float32)
    return np.asarray(sums * share[..., None], np.float32)

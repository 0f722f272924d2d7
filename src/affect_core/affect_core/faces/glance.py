"""What changed in the picture since the last frame, from a few samples of it: cuts, and newcomers."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.types import Floats, ImageRGB

_SAMPLES: Final = 48
"""Across the image; evenly spread, green only."""

_CHANGED: Final = 24
"""Grey levels from which a sample has changed."""

_BESIDE: Final = 1.0
"""A face's hair and shoulders reach so many of its widths to its sides and above; below it is its body."""


class Glance:
    """Compares each frame with the one before."""

    def __init__(self) -> None:
        self._last: NDArray[np.int16] | None = None
        self._shape: tuple[int, ...] = ()
        self._step_px = 1
        self._changed: NDArray[np.bool_] = np.zeros((0, 0), bool)

    def look(self, image_rgb: ImageRGB) -> float:
        """Share of the image that changed, 0..1; 1 for the first frame and for one of another size."""
        last, self._step_px = self._last, max(1, image_rgb.shape[1] // _SAMPLES)
        first = self._step_px // 2
        self._last = image_rgb[first :: self._step_px, first :: self._step_px, 1].astype(np.int16)
        same_size, self._shape = image_rgb.shape == self._shape, image_rgb.shape
        if last is None or not same_size:
            self._changed = np.ones(self._last.shape, bool)
        else:
            self._changed = np.abs(self._last - last) > _CHANGED
        return float(self._changed.mean()) if self._changed.size else 1.0

    def elsewhere(self, boxes_xyxy: Floats) -> float:
        """Share of the image that changed in the last frame away from these people: faces (N, 4), pixels."""
        changed = self._changed.copy()
        for left, top, right, bottom in boxes_xyxy:
            aside, above = _BESIDE * (right - left), _BESIDE * (bottom - top)
            first, end, row = np.clip(
                np.array([left - aside, right + aside, top - above]) // self._step_px, 0, None
            )
            changed[int(row) :, int(first) : int(end) + 1] = False
        return float(changed.mean()) if changed.size else 0.0

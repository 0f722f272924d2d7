"""A smaller copy of an image."""

from __future__ import annotations

import cv2
import numpy as np

from affect_core.types import ImageRGB


def shrink(image_rgb: ImageRGB, scale: float) -> ImageRGB:
    """The image scaled down; itself where ``scale`` is 1 or more."""
    if scale >= 1.0:
        return image_rgb
    height, width = image_rgb.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image_rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


def shrink_whole(image_rgb: ImageRGB, factor: int) -> ImageRGB:
    """The image ``factor`` times smaller; a rest at its right and lower edge is left out. Much faster than `shrink`."""
    if factor <= 1:
        return image_rgb
    height, width = (max(1, side // factor) for side in image_rgb.shape[:2])
    part = image_rgb[: height * factor, : width * factor]
    return np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA), np.uint8)

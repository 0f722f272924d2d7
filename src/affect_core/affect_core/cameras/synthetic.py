"""Test videos made from a photograph: a real human face in front of the chain without recording anybody."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from affect_core.cameras.writer import write_video
from affect_core.types import Floats, ImageRGB


def make_photo_video(
    image_rgb: ImageRGB,
    path: Path,
    size_wh: tuple[int, int] = (1280, 720),
    fps: float = 15.0,
    seconds: float = 10.0,
    codec: str = "mp4v",
) -> int:
    """Write a video of a moved photograph; returns the number of frames.

    This is one photograph (for example scikit-image's astronaut), shifted and scaled over a plain background.
    The person in it does not move and shows one expression: it tests that a human face is found and followed,
    and says nothing about how well expressions are recognised.

    Args:
        image_rgb: the photograph, uint8 (H, W, 3).
        path: video file; container and codec must go together.
        size_wh: of the video, pixels.
        fps, seconds: rate and length.
        codec: four characters.

    Raises:
        InputError: codec and container do not go together, or the length is zero.
    """
    return write_video(photo_frames(image_rgb, size_wh, round(fps * seconds)), path, fps, codec)


def photo_frames(image_rgb: ImageRGB, size_wh: tuple[int, int], count: int) -> Iterator[ImageRGB]:
    """The frames of `make_photo_video`: one figure of eight, its size 70 to 100 % and back."""
    background = _background(size_wh)
    for index in range(count):
        phase = 2.0 * math.pi * index / count
        image = background.copy()
        cv2.warpAffine(
            image_rgb,
            _placement(image_rgb, size_wh, phase),
            size_wh,
            dst=image,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_TRANSPARENT,
        )
        yield image


def _placement(image_rgb: ImageRGB, size_wh: tuple[int, int], phase: float) -> Floats:
    """Affine (2, 3), photograph -> frame: always whole inside the frame."""
    height, width = image_rgb.shape[:2]
    scale = (0.85 - 0.15 * math.cos(phase)) * min(size_wh[0] / width, size_wh[1] / height)
    free_x, free_y = size_wh[0] - scale * width, size_wh[1] - scale * height
    left = free_x * (0.5 + 0.45 * math.sin(phase))
    top = free_y * (0.5 + 0.45 * math.sin(2.0 * phase))
    return np.array([[scale, 0.0, left], [0.0, scale, top]])


def _background(size_wh: tuple[int, int]) -> ImageRGB:
    """A wall: warm grey, a little darker toward the floor."""
    shade = np.linspace(168.0, 128.0, size_wh[1])[:, None, None]
    wall = shade * np.array([1.0, 0.98, 0.94])
    return np.broadcast_to(wall, (size_wh[1], size_wh[0], 3)).astype(np.uint8)

"""Raw image records (encoding, step, bytes) and compressed images to RGB arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from affect_core.errors import InputError
from affect_core.types import ImageRGB


class RawImage(Protocol):
    """What sensor_msgs/Image carries, from whatever library."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any


@dataclass(frozen=True)
class _Packed:
    height: int
    width: int
    encoding: str
    is_bigendian: bool
    data: NDArray[np.uint8]


def rgb_from_raw(image: RawImage) -> ImageRGB:
    """uint8 (H, W, 3), red first, from any encoding that rosbags-image converts.

    Raises:
        InputError: the encoding is unknown, or step and size do not fit width and height.
    """
    from rosbags.image import ImageError, image_to_cvimage

    check_layout(image)
    try:
        return np.ascontiguousarray(image_to_cvimage(_packed(image), "rgb8"))  # type: ignore[arg-type]
    except ImageError as error:
        raise InputError(
            f"expected an image encoding that converts to rgb8, got {image.encoding!r} ({error}); "
            "set the camera driver to rgb8, bgr8, mono8, yuyv or a bayer format"
        ) from error


def rgb_from_compressed(data: bytes) -> ImageRGB:
    """A JPEG or PNG file's bytes -> uint8 (H, W, 3), red first."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise InputError(f"expected JPEG or PNG data, got {len(data)} bytes that do not decode")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def check_layout(image: RawImage) -> None:
    """Raise InputError when the image is empty or its bytes are fewer than step * height."""
    rows, step, size = int(image.height), int(image.step), len(image.data)
    if rows == 0 or image.width == 0:
        raise InputError(f"expected an image, got {image.width}x{rows} pixels")
    if step < image.width or size < step * rows:
        raise InputError(
            f"expected step * height = {step} * {rows} = {step * rows} bytes of {image.encoding!r} for width "
            f"{image.width}, got {size}; the camera driver fills step or data wrongly"
        )


def _packed(image: RawImage) -> _Packed:
    """The same image with rows that follow each other directly: rosbags-image does not look at step."""
    from rosbags.image.image import to_cvtype

    _bits, _format, dtype, channels = to_cvtype(image.encoding)
    row = int(image.width) * channels * np.dtype(dtype).itemsize
    step, rows = int(image.step), int(image.height)
    if step < row:
        raise InputError(
            f"expected step >= {row} for {image.width} pixels of {image.encoding!r}, got {step}; "
            "the camera driver names the wrong encoding or step"
        )
    data = np.frombuffer(image.data, np.uint8, count=step * rows).reshape(rows, step)[:, :row]
    big = bool(image.is_bigendian)
    return _Packed(rows, int(image.width), image.encoding, big, np.ascontiguousarray(data))

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
class PackedImage:
    """A `RawImage` whose bytes fit its encoding and whose rows follow each other directly."""

    height: int
    width: int
    encoding: str
    is_bigendian: bool
    step: int
    data: NDArray[np.uint8]


def rgb_from_raw(image: RawImage) -> ImageRGB:
    """uint8 (H, W, 3), red first, from any encoding that rosbags-image converts. 16 bit is rounded to 8.

    Raises:
        InputError: the encoding is unknown or names no colours, or step and size do not fit width and height.
    """
    from rosbags.image import ImageError, image_to_cvimage

    packed = pack(image)
    wide = packed.encoding.endswith("16")
    try:
        rgb = image_to_cvimage(packed, "rgb16" if wide else "rgb8")  # type: ignore[arg-type]
    except (ImageError, cv2.error) as error:
        raise InputError(
            f"expected an image that converts to rgb8, got {packed.width}x{packed.height} pixels of "
            f"{image.encoding!r} ({error}); {_DO}"
        ) from error
    # rosbags-image would cut 16 bit off; cv_bridge rounds.
    return np.ascontiguousarray(np.rint(rgb * (255.0 / 65535.0)) if wide else rgb, np.uint8)


def rgb_from_compressed(data: bytes) -> ImageRGB:
    """A JPEG or PNG file's bytes -> uint8 (H, W, 3), red first."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise InputError(f"expected JPEG or PNG data, got {len(data)} bytes that do not decode")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def pack(image: RawImage) -> PackedImage:
    """The same image without padding at the ends of its rows: neither rosbags-image nor cv_bridge is safe with it.

    Raises:
        InputError: no pixels, an encoding that is unknown or names no colours, or step and size that do not fit.
    """
    rows, width, step, size = int(image.height), int(image.width), int(image.step), len(image.data)
    if rows == 0 or width == 0:
        raise InputError(f"expected an image, got {width}x{rows} pixels")
    row = width * _bytes_per_pixel(image.encoding)
    if step < row:
        raise InputError(
            f"expected step >= {row} for {width} pixels of {image.encoding!r}, got {step}; "
            "the camera driver names the wrong encoding or step"
        )
    if size < step * rows:
        raise InputError(
            f"expected step * height = {step} * {rows} = {step * rows} bytes of {image.encoding!r} for width "
            f"{width}, got {size}; the camera driver fills step or data wrongly"
        )
    data = np.frombuffer(image.data, np.uint8, count=step * rows).reshape(rows, step)[:, :row]
    return PackedImage(rows, width, image.encoding, bool(image.is_bigendian), row, np.ascontiguousarray(data))


_DO = "set the camera driver to rgb8, bgr8, mono8, yuv422_yuy2 or a bayer format"


def _bytes_per_pixel(encoding: str) -> int:
    from rosbags.image.image import Format, ImageError, to_cvtype

    try:
        _bits, meaning, dtype, channels = to_cvtype(encoding)
    except ImageError as error:
        raise InputError(f"expected a known image encoding, got {encoding!r}; {_DO}") from error
    if meaning is Format.GENERIC:
        raise InputError(f"expected an encoding that names its colours, got {encoding!r}; {_DO}")
    return int(channels * np.dtype(dtype).itemsize)

"""Raw image records (encoding, step, bytes) and compressed images to RGB arrays."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from affect_core.errors import InputError
from affect_core.limits import LIMITS, expect_at_most
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
    check_extent(*compressed_size_wh(data))
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise InputError(f"expected JPEG or PNG data, got {len(data)} bytes: {error}") from error
    if image is None:
        raise InputError(f"expected JPEG or PNG data, got {len(data)} bytes that do not decode")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def compressed_size_wh(data: bytes) -> tuple[int, int]:
    """Width and height that a JPEG or PNG file claims; its pixels are not touched.

    Raises:
        InputError: neither of the two, or too many bytes.
    """
    expect_at_most(LIMITS.compressed_image_bytes, len(data), "bytes of a compressed image", _SMALLER)
    size = _png_size(data) or _jpeg_size(data)
    if size is None:
        raise InputError(f"expected JPEG or PNG data, got {len(data)} bytes that do not decode")
    return size


def check_extent(width: int, height: int) -> None:
    """Raise InputError unless an image of this size may be made; see `affect_core.limits`."""
    size = f"in an image of {width}x{height}"
    expect_at_most(LIMITS.image_edge_px, max(width, height), f"pixels on an edge {size}", _SMALLER)
    expect_at_most(LIMITS.image_pixels, width * height, f"pixels {size}", _SMALLER)


def pack(image: RawImage) -> PackedImage:
    """The same image without padding at the ends of its rows: neither rosbags-image nor cv_bridge is safe with it.

    Raises:
        InputError: no pixels, an encoding that is unknown or names no colours, or step and size that do not fit.
    """
    rows, width, step, size = int(image.height), int(image.width), int(image.step), len(image.data)
    if rows == 0 or width == 0:
        raise InputError(f"expected an image, got {width}x{rows} pixels")
    check_extent(width, rows)
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


def _png_size(data: bytes) -> tuple[int, int] | None:
    if len(data) < 24 or not data.startswith(b"\x89PNG\r\n\x1a\n") or data[12:16] != b"IHDR":
        return None
    if not _chunks_fit(data):
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _chunks_fit(data: bytes) -> bool:
    """Whether every chunk of a PNG is as long as it says: OpenCV takes gigabytes for what a chunk claims."""
    position = 8
    while position < len(data):
        end = position + 12 + int.from_bytes(data[position : position + 4])
        if end > len(data):
            return False
        if data[position + 4 : position + 8] == b"IEND":
            return True
        position = end
    return True


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """From the frame header, found as libjpeg finds it; Pillow would warn, and take 20 times as long per frame."""
    if not data.startswith(b"\xff\xd8"):
        return None
    position = 2
    while (position := data.find(b"\xff", position)) >= 0 and position + 9 <= len(data):
        marker = data[position + 1]
        if marker == 0xFF:  # padding
            position += 1
        elif marker in _BARE_MARKERS:
            position += 2
        elif marker in _FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        else:
            position += 2 + int.from_bytes(data[position + 2 : position + 4])
    return None


_BARE_MARKERS = frozenset({0x00, 0x01, *range(0xD0, 0xD8)})
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SMALLER = "send a smaller picture"
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

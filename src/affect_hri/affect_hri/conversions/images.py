"""Images and cameras."""

from __future__ import annotations

import array
import importlib.util
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from affect_core.cameras import CameraGeometry
from affect_core.errors import InputError
from affect_core.images import pack, rgb_from_compressed, rgb_from_raw
from affect_core.registry import Registry
from affect_core.types import Frame, ImageRGB
from affect_hri.conversions.stamps import from_time, to_header

IMAGE_CONVERTERS: Registry[Callable[[Image], ImageRGB]] = Registry("image converter")
"""name -> builder of a function Image message -> uint8 (H, W, 3), red first."""


@IMAGE_CONVERTERS.register("cv_bridge")
def _cv_bridge() -> Callable[[Image], ImageRGB]:
    from cv_bridge import CvBridge, CvBridgeError

    bridge = CvBridge()

    def convert(message: Image) -> ImageRGB:
        try:
            return np.ascontiguousarray(bridge.imgmsg_to_cv2(pack(message), desired_encoding="rgb8"))
        except CvBridgeError as error:
            raise InputError(
                f"expected an image that converts to rgb8, got {message.encoding!r}: {error}"
            ) from error

    return convert


@IMAGE_CONVERTERS.register("rosbags_image")
def _rosbags_image() -> Callable[[Image], ImageRGB]:
    return rgb_from_raw


def default_image_converter() -> str:
    """cv_bridge where it is installed (a ROS machine), rosbags-image where not."""
    return "cv_bridge" if importlib.util.find_spec("cv_bridge") else "rosbags_image"


class ImageReader:
    """Image and CompressedImage messages -> RGB arrays, by the converter this machine has."""

    def __init__(self, converter: str = "") -> None:
        self._convert = IMAGE_CONVERTERS.build(converter or default_image_converter())

    def __call__(self, message: Any) -> ImageRGB:
        """uint8 (H, W, 3), red first; raises InputError for what is not an image."""
        if hasattr(message, "format"):
            return rgb_from_compressed(bytes(message.data))
        return self._convert(message)


def to_image(image: np.ndarray, header: Header, encoding: str = "rgb8") -> Image:
    """uint8 (H, W, 3) as rgb8, or float32 (H, W) as 32FC1."""
    image = np.ascontiguousarray(image)
    return Image(
        header=header,
        height=image.shape[0],
        width=image.shape[1],
        encoding=encoding,
        is_bigendian=0,
        step=image.strides[0],
        data=_bytes(image),
    )


def to_compressed_image(image_rgb: ImageRGB, header: Header, quality: int = 90) -> CompressedImage:
    """A JPEG of the image."""
    ok, data = cv2.imencode(
        ".jpg", cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    if not ok:
        raise InputError(f"an image of shape {image_rgb.shape} cannot be encoded as JPEG")
    return CompressedImage(header=header, format="rgb8; jpeg compressed bgr8", data=_bytes(data))


def _bytes(values: np.ndarray) -> array.array[int]:
    # array.array is the one type rclpy takes without checking every element: 3 ms instead of seconds at 720p.
    return array.array("B", values.tobytes())


def to_camera_info(geometry: CameraGeometry, header: Header) -> CameraInfo:
    """A pinhole camera without distortion."""
    fx, fy, cx, cy = (float(v) for v in (geometry.fx, geometry.fy, geometry.cx, geometry.cy))
    return CameraInfo(
        header=header,
        width=geometry.width,
        height=geometry.height,
        distortion_model="plumb_bob",
        d=[0.0] * 5,
        k=[fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0],
    )


def from_frame(frame: Frame) -> Image:
    """Frame -> Image (rgb8)."""
    return to_image(frame.image_rgb, to_header(frame.stamp_ns, frame.frame_id))


def from_frame_jpeg(frame: Frame) -> CompressedImage:
    """Frame -> CompressedImage (JPEG)."""
    return to_compressed_image(frame.image_rgb, to_header(frame.stamp_ns, frame.frame_id))


def to_frame(message: Any, reader: ImageReader) -> Frame:
    """Image or CompressedImage -> Frame."""
    return Frame(reader(message), from_time(message.header.stamp), message.header.frame_id)

"""Cameras: webcam, video file, folder of images; OpenCV is imported when one is built."""

from __future__ import annotations

from affect_core.cameras.base import CAMERAS, Camera, CameraConfig, CameraGeometry, Clock, geometry
from affect_core.cameras.live import LiveReader

__all__ = ["CAMERAS", "Camera", "CameraConfig", "CameraGeometry", "Clock", "LiveReader", "geometry"]


@CAMERAS.register("webcam")
def _webcam(config: CameraConfig, now_ns: Clock) -> Camera:
    from affect_core.cameras.webcam import Webcam

    return Webcam(config, now_ns)


@CAMERAS.register("video")
def _video(config: CameraConfig, now_ns: Clock) -> Camera:
    from affect_core.cameras.video import Video

    return Video(config, now_ns)


@CAMERAS.register("folder")
def _folder(config: CameraConfig, now_ns: Clock) -> Camera:
    from affect_core.cameras.folder import Folder

    return Folder(config, now_ns)

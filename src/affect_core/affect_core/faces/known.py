"""What the detector makes of a face whose place is known."""

from __future__ import annotations

from affect_core.faces.base import Detector
from affect_core.faces.boxes import iou_matrix
from affect_core.types import Detection, Floats, ImageRGB

_SAME_FACE_IOU = 0.3


def detect_known(detector: Detector, image_rgb: ImageRGB, box_xyxy: Floats) -> Detection | None:
    """The first detection that lies over the box (4,); None where the detector misses the face."""
    for detection in detector.detect(image_rgb):
        if iou_matrix(detection.box_xyxy[None], box_xyxy[None])[0, 0] > _SAME_FACE_IOU:
            return detection
    return None

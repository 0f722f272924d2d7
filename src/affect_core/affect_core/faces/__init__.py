"""Faces: detect, follow, crop, and name their parts."""

from affect_core.faces.base import DETECTORS, Detector, FaceConfig, build_detector
from affect_core.faces.boxes import iou_matrix
from affect_core.faces.crop import (
    TEMPLATES,
    CropSpec,
    align,
    apply_affine,
    crop_to_image_points,
    image_to_crop_points,
    invert_affine,
    template_px,
    warp,
)
from affect_core.faces.known import detect_known
from affect_core.faces.mtcnn import MtcnnDetector
from affect_core.faces.mtcnn_ort import MtcnnOrtDetector
from affect_core.faces.regions import REGIONS, face_mask, regions
from affect_core.faces.stage import FaceStage
from affect_core.faces.track import Tracker, new_run

__all__ = [
    "DETECTORS",
    "REGIONS",
    "TEMPLATES",
    "CropSpec",
    "Detector",
    "FaceConfig",
    "FaceStage",
    "MtcnnDetector",
    "MtcnnOrtDetector",
    "Tracker",
    "align",
    "apply_affine",
    "build_detector",
    "crop_to_image_points",
    "detect_known",
    "face_mask",
    "image_to_crop_points",
    "invert_affine",
    "iou_matrix",
    "new_run",
    "regions",
    "template_px",
    "warp",
]

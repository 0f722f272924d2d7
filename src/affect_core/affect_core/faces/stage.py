"""Frame in, tracked and cropped faces out."""

from __future__ import annotations

from time import perf_counter

from affect_core.faces.base import FaceConfig, build_detector
from affect_core.faces.crop import CropSpec, align
from affect_core.faces.track import Tracker
from affect_core.types import Detection, Face, FaceSet, Frame


class FaceStage:
    """Detects, follows and crops the faces of a stream of frames.

    Args:
        config: detector and tracker settings.
        crop_spec: from the card of the model that reads the crops.
    """

    def __init__(self, config: FaceConfig, crop_spec: CropSpec) -> None:
        self._detector = build_detector(config)
        self._tracker = Tracker(config.id_iou, config.id_timeout_s)
        self._crop_spec = crop_spec

    def process(self, frame: Frame, dropped: int = 0) -> FaceSet:
        """The faces of one frame, possibly none.

        Args:
            frame: the image and its stamp.
            dropped: frames that were replaced by a newer one since the last call.
        """
        started = perf_counter()
        detections = self._detector.detect(frame.image_rgb)
        detected = perf_counter()
        followed = self._tracker.update(detections, frame.stamp_ns)
        faces = tuple(self._face(frame, face_id, detection) for face_id, detection in followed)
        finished = perf_counter()
        height, width = frame.image_rgb.shape[:2]
        return FaceSet(
            stamp_ns=frame.stamp_ns,
            frame_id=frame.frame_id,
            faces=faces,
            image_size_wh=(width, height),
            dropped=dropped,
            detect_ms=(detected - started) * 1e3,
            track_ms=(finished - detected) * 1e3,
        )

    def _face(self, frame: Frame, face_id: str, detection: Detection) -> Face:
        return Face(face_id, detection, align(frame.image_rgb, detection.landmarks_xy, self._crop_spec))

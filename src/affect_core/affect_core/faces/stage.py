"""Frame in, tracked and cropped faces out."""

from __future__ import annotations

from time import perf_counter

from affect_core.faces.base import FaceConfig, build_detector
from affect_core.faces.crop import CropSpec, align
from affect_core.faces.follow import Follower, Sight
from affect_core.faces.smooth import LandmarkFilter
from affect_core.faces.track import Tracker
from affect_core.types import Detection, Face, FaceSet, Frame


class FaceStage:
    """Detects, follows and crops the faces of a stream of frames.

    Args:
        config: detector and tracker settings.
        crop_spec: from the card of the model that reads the crops.
        run: part of all ids, see `Tracker`.
    """

    def __init__(self, config: FaceConfig, crop_spec: CropSpec, run: str = "") -> None:
        self._tracker = Tracker(config.id_iou, config.id_timeout_s, run)
        self._crop_spec = crop_spec
        self.adapt(config)

    def adapt(self, config: FaceConfig) -> None:
        """Go on with other settings; faces keep their ids. Raises ConfigError and goes on with the old ones."""
        self._detector = build_detector(config)
        self._follower = Follower(self._detector, config) if config.tracking else None
        self._tracker.adapt(config.id_iou, config.id_timeout_s)
        self._filter = LandmarkFilter(config.steady_hz, config.steady_gain, config.steady_lag_frames)

    def process(self, frame: Frame, dropped: int = 0) -> FaceSet:
        """The faces of one frame, possibly none.

        Args:
            frame: the image and its stamp.
            dropped: frames that were replaced by a newer one since the last call.
        """
        started = perf_counter()
        sight = self._look(frame)
        seen = perf_counter()
        followed = self._tracker.update(sight.detections, frame.stamp_ns)
        steady = self._filter.update(followed, frame.stamp_ns, restart=sight.fresh)
        faces = tuple(self._face(frame, face_id, detection) for face_id, detection in steady)
        finished = perf_counter()
        height, width = frame.image_rgb.shape[:2]
        return FaceSet(
            stamp_ns=frame.stamp_ns,
            frame_id=frame.frame_id,
            faces=faces,
            image_size_wh=(width, height),
            dropped=dropped,
            detect_ms=(seen - started) * 1e3 if sight.searched else float("nan"),
            track_ms=(finished - (seen if sight.searched else started)) * 1e3,
        )

    def _look(self, frame: Frame) -> Sight:
        if self._follower is None:
            return Sight(self._detector.detect(frame.image_rgb), searched=True, fresh=False)
        return self._follower.follow(frame.image_rgb, frame.stamp_ns)

    def _face(self, frame: Frame, face_id: str, detection: Detection) -> Face:
        return Face(face_id, detection, align(frame.image_rgb, detection.landmarks_xy, self._crop_spec))

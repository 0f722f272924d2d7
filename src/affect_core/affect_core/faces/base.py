"""What a face detector is, and how the face stage is set up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from affect_core.config import Settings, setting
from affect_core.registry import Registry
from affect_core.types import Detection, ImageRGB


class Detector(Protocol):
    """Finds faces in one image."""

    def detect(self, image_rgb: ImageRGB) -> list[Detection]:
        """All faces, largest first, in pixels of ``image_rgb``; an empty list when there is none.

        Args:
            image_rgb: uint8 (H, W, 3).
        """


@dataclass(frozen=True)
class FaceConfig(Settings):
    """How faces are found and followed. Pixel sizes are in the source image."""

    detector: str = setting("mtcnn", "face detector")
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
    threads: int = setting(1, "CPU threads of the detector", low=1)


DETECTORS: Registry[Detector] = Registry("face detector")


def build_detector(config: FaceConfig) -> Detector:
    """The detector that ``config`` names; raises UnknownName."""
    return DETECTORS.build(config.detector, config)

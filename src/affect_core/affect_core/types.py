"""Value types that pass between the stages. Each says shape, order and unit, and checks once, when it is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from affect_core.errors import InputError

ImageRGB = NDArray[np.uint8]
Floats = NDArray[np.float64]
Heatmap = NDArray[np.float32]

LANDMARKS = ("right_eye", "left_eye", "nose", "right_mouth", "left_mouth")
"""Order of the five landmarks. Right and left are the subject's: the right eye is on the image's left."""


def _expect(condition: bool, expected: str, got: object) -> None:
    """Describes ``got`` only when it is wrong: values are made for every frame."""
    if not condition:
        raise InputError(f"expected {expected}, got {_describe(got)}")


def _describe(got: object) -> str:
    if isinstance(got, str | float | int):
        return str(got)
    return f"{getattr(got, 'dtype', type(got).__name__)} {getattr(got, 'shape', '')}"


@dataclass(frozen=True, eq=False)
class Frame:
    """One camera image.

    Attributes:
        image_rgb: uint8 (H, W, 3), red first.
        stamp_ns: the instant the pixels were complete, ns of the node's clock.
        frame_id: optical frame of the camera.
        render_ms: how long a virtual camera rendered; NaN for a real one.
    """

    image_rgb: ImageRGB
    stamp_ns: int
    frame_id: str = "camera_optical"
    render_ms: float = float("nan")

    def __post_init__(self) -> None:
        image = self.image_rgb
        _expect(
            isinstance(image, np.ndarray)
            and image.dtype == np.uint8
            and image.ndim == 3
            and image.shape[2] == 3,
            "image_rgb uint8 (H, W, 3)",
            image,
        )
        _expect(image.shape[0] > 0 and image.shape[1] > 0, "a non-empty image", image)


@dataclass(frozen=True, eq=False)
class Detection:
    """One face as a detector found it.

    Attributes:
        box_xyxy: float (4,), pixels in the source image; may leave it.
        landmarks_xy: float (5, 2), pixels, in the order of `LANDMARKS`.
        score: 0..1.
    """

    box_xyxy: Floats
    landmarks_xy: Floats
    score: float

    def __post_init__(self) -> None:
        _expect(np.shape(self.box_xyxy) == (4,), "box_xyxy (4,)", self.box_xyxy)
        _expect(np.shape(self.landmarks_xy) == (5, 2), "landmarks_xy (5, 2)", self.landmarks_xy)
        _expect(0.0 <= self.score <= 1.0, "score in 0..1", self.score)


@dataclass(frozen=True, eq=False)
class Crop:
    """An aligned face crop.

    Attributes:
        image_rgb: uint8 (S, S, 3).
        crop_to_image: float (2, 3), affine: (column, row, 1) of the crop -> pixels in the source image.
    """

    image_rgb: ImageRGB
    crop_to_image: Floats

    def __post_init__(self) -> None:
        image = self.image_rgb
        _expect(
            image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3,
            "crop uint8 (S, S, 3)",
            image,
        )
        _expect(np.shape(self.crop_to_image) == (2, 3), "crop_to_image (2, 3)", self.crop_to_image)


@dataclass(frozen=True, eq=False)
class Face:
    """A tracked face: a detection with an id that is never reused, and its crop."""

    face_id: str
    detection: Detection
    crop: Crop


@dataclass(frozen=True, eq=False)
class FaceSet:
    """All faces of one frame (possibly none).

    Attributes:
        stamp_ns, frame_id: of the frame.
        image_size_wh: pixels.
        dropped: frames replaced by a newer one since the last set.
        detect_ms: time in full detection; NaN when it was not run on this frame.
        track_ms: time in following, association and cropping.
    """

    stamp_ns: int
    frame_id: str
    faces: tuple[Face, ...]
    image_size_wh: tuple[int, int]
    dropped: int = 0
    detect_ms: float = float("nan")
    track_ms: float = float("nan")


class IntensityRank(IntEnum):
    """How strong an expression is, in three ranks; the numbers of EmotionEstimate.msg."""

    UNKNOWN = 0
    MINIMAL = 1
    AVERAGE = 2
    STRONG = 3


@dataclass(frozen=True, eq=False)
class Emotion:
    """What was read from one face.

    Attributes:
        labels: class names in the card's order, length C.
        logits, probabilities: float32 (C,); probabilities sum to 1.
        attention: float32 (h, w) in 0..1, the model's own attention over the crop; None if it has none.
        valence, arousal, dominance: -1..1; NaN = not estimated.
        intensity: 0..1; NaN = not estimated.
        intensity_rank: see `affect_core.intensity`.
    """

    face_id: str
    labels: tuple[str, ...]
    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    attention: Heatmap | None = None
    valence: float = float("nan")
    arousal: float = float("nan")
    dominance: float = float("nan")
    intensity: float = float("nan")
    intensity_rank: IntensityRank = IntensityRank.UNKNOWN

    def __post_init__(self) -> None:
        count = len(self.labels)
        _expect(np.shape(self.logits) == (count,), f"logits ({count},)", self.logits)
        _expect(
            np.shape(self.probabilities) == (count,) and abs(float(np.sum(self.probabilities)) - 1.0) < 1e-3,
            f"probabilities ({count},) with sum 1",
            f"{_describe(self.probabilities)} with sum {float(np.sum(self.probabilities)):.4f}",
        )

    @property
    def label(self) -> str:
        """The most probable class."""
        return self.labels[int(np.argmax(self.probabilities))]

    @property
    def confidence(self) -> float:
        """Probability of `label`, 0..1."""
        return float(np.max(self.probabilities))


@dataclass(frozen=True, eq=False)
class EmotionSet:
    """Estimates for all faces of one frame (possibly none).

    Attributes:
        unread: ids of faces for which the network gave no finite numbers; they have no estimate.
    """

    stamp_ns: int
    frame_id: str
    emotions: tuple[Emotion, ...]
    model: str = ""
    model_sha256: str = ""
    runtime: str = ""
    infer_ms: float = float("nan")
    dropped: int = 0
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class AttributionMap:
    """Where in the crop the evidence for one label lies.

    Attributes:
        heatmap: float32 (S, S), crop pixels, signed; positive = evidence for `label`.
        crop_to_image: float (2, 3), see `Crop`.
        face_share: share of the top 10 % heatmap pixels inside the face region; NaN = unknown.
        face_area_share: area share of that region: `face_share` by chance.
        region_shares: region name -> share of positive mass, 0..1, sum 1.
        compute_ms: NaN when the map came with the forward pass.
    """

    face_id: str
    label: str
    method: str
    heatmap: Heatmap
    crop_to_image: Floats
    face_share: float = float("nan")
    face_area_share: float = float("nan")
    region_shares: dict[str, float] = field(default_factory=dict)
    compute_ms: float = float("nan")

    def __post_init__(self) -> None:
        _expect(
            self.heatmap.dtype == np.float32 and self.heatmap.ndim == 2,
            "heatmap float32 (S, S)",
            self.heatmap,
        )

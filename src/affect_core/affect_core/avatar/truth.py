"""What the renderer knows about its image: the part every pixel shows, the face's box, the landmarks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.errors import UnknownName
from affect_core.types import Floats, ImageRGB


class Segment(IntEnum):
    """What a pixel shows."""

    WALL = 0
    BODY = 1
    SKIN = 2
    EYE = 3
    LID = 4
    BROW = 5
    LIP = 6
    MOUTH = 7
    NOSE = 8
    HAIR = 9
    EAR = 10
    NAPE = 11
    OCCLUDER = 12


FACE: Final = (
    Segment.SKIN,
    Segment.EYE,
    Segment.LID,
    Segment.BROW,
    Segment.LIP,
    Segment.MOUTH,
    Segment.NOSE,
)
"""The face: without hair, ears and what is behind them."""

MASKS: Final[dict[str, tuple[Segment, ...]]] = {
    "face": FACE,
    "eyes": (Segment.EYE, Segment.LID),
    "brows": (Segment.BROW,),
    "nose": (Segment.NOSE,),
    "mouth": (Segment.LIP, Segment.MOUTH),
}


@dataclass(frozen=True, eq=False)
class Rendering:
    """One image and its truth.

    Attributes:
        image_rgb: uint8 (H, W, 3).
        box_xyxy: (4,) pixels; the face without hair and ears. The image's edge cuts it, an occluder does not.
            NaN when no part of the face is in the image.
        landmarks_xy: (5, 2) pixels, in the order of `affect_core.types.LANDMARKS`; occluded ones too.
        segments: uint8 (H, W), `Segment` values; visible parts only.
        render_ms: time the rendering took.
        landmarks68_xy: (68, 2) pixels, see `avatar.landmarks`; hidden ones too, NaN where the head has none.
    """

    image_rgb: ImageRGB
    box_xyxy: Floats
    landmarks_xy: Floats
    segments: NDArray[np.uint8]
    render_ms: float
    landmarks68_xy: Floats = field(default_factory=lambda: np.full((68, 2), np.nan))

    def mask(self, name: str) -> NDArray[np.bool_]:
        """(H, W): the visible pixels of face, eyes, brows, nose or mouth."""
        if name not in MASKS:
            raise UnknownName("mask", name, MASKS)
        return np.isin(self.segments, MASKS[name])

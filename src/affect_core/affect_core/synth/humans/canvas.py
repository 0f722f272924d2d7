"""A finished picture that something is drawn into."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.truth import Segment
from affect_core.synth.humans.strokes import FULL, Points, as_share, fill
from affect_core.types import Floats

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Canvas:
    """A picture and its truth; what is drawn changes both in place.

    Attributes:
        image: float32 (S, S, 3), RGB.
        segments: uint8 (S, S), `Segment`.
        landmarks_xy: (68, 2) pixels.
        level: light on surfaces; 1 shows colours as they are.
    """

    image: F32
    segments: U8
    landmarks_xy: Floats
    level: float = 1.0

    @property
    def span_px(self) -> float:
        """Width of the landmarks in the picture."""
        return float(np.ptp(self.landmarks_xy[:, 0]))

    def mask(self) -> U8:
        """An empty mask of the picture's size."""
        return np.zeros(self.segments.shape, np.uint8)

    def polygon(self, outline: Points) -> U8:
        """The mask of a polygon."""
        mask = self.mask()
        fill(mask, outline)
        return mask

    def cover(self, mask: U8, colour: Floats, share: float = 1.0) -> None:
        """Lay a colour, (3,) or (S, S, 3), over the picture where the mask is; in the picture's light."""
        lit = np.asarray(colour, np.float32) * np.float32(self.level)
        self.image[:] += (np.float32(share) * as_share(mask))[..., None] * (lit - self.image)

    def occlude(self, mask: U8, colour: Floats) -> None:
        """Cover it, and say so in the segments."""
        self.cover(mask, colour)
        self.segments[mask > FULL // 2] = Segment.OCCLUDER

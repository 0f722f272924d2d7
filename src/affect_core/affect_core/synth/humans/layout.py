"""Where the parts of a face lie in its texture: all that painting needs to know of the head's shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.errors import InputError

TEXTURE_PX: Final = 320
"""Edge of every texture. Enough for pictures of 224 px, and a third of the cost of 512."""


@dataclass(frozen=True, eq=False)
class FaceLayout:
    """Places in the face's texture.

    Column 0 is the subject's right (image left for a head that faces the viewer), row 0 is the forehead.

    Attributes:
        landmarks_uv: float32 (68, 2), column and row of the 68 landmarks as shares of the edge, 0..1, in the order
            of the 300-W annotation (Sagonas et al. 2013): 0-16 jaw, 17-26 brows, 27-35 nose, 36-47 eyes, 48-67 mouth,
            each from the subject's right to the left.
        texture_px: edge of the square texture.
    """

    landmarks_uv: NDArray[np.float32]
    texture_px: int = TEXTURE_PX

    def __post_init__(self) -> None:
        if self.landmarks_uv.shape != (68, 2):
            raise InputError(
                f"expected 68 landmarks (column, row), got shape {self.landmarks_uv.shape}; import the face model anew"
            )

    @property
    def landmarks_px(self) -> NDArray[np.float32]:
        """(68, 2): columns and rows of the landmarks, in pixels of the texture."""
        return self.landmarks_uv * np.float32(self.texture_px)


@dataclass(frozen=True, eq=False)
class ScalpLayout:
    """Where hair can grow: the vertices of the scalp at rest, all of them outside ears and inner surfaces.

    A hair style is the length that each of them is pushed out along its normal (`hair.lengths_cm`, float32 (n,);
    negative = under the skin, so that nothing shows) and a texture (`hair.paint_hair`).

    Attributes:
        places_cm: float32 (n, 3) of the mean head: x to the subject's left, y up, z to the viewer.
        above_hairline_cm: float32 (n,), height above a usual hairline; negative = below it.
    """

    places_cm: NDArray[np.float32]
    above_hairline_cm: NDArray[np.float32]

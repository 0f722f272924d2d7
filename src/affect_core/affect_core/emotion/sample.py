"""A few real crops that every installation has: for trying runtimes, not for judging models."""

from __future__ import annotations

from typing import Final

import numpy as np

from affect_core.faces.crop import CropSpec, align
from affect_core.types import ImageRGB

_LANDMARKS: Final = np.array([[205.0, 101.7], [246.8, 103.7], [224.7, 129.0], [201.7, 139.2], [245.3, 141.9]])
_SEED: Final = 5


def sample_crops(spec: CropSpec, count: int = 8) -> list[ImageRGB]:
    """The face of scikit-image's astronaut (NASA, public domain), cut out with jitter, lighter and darker.

    Args:
        spec: how faces are cut out.
        count: of crops; the same ones every time.
    """
    from skimage.data import astronaut

    picture: ImageRGB = astronaut()  # type: ignore[no-untyped-call] # scikit-image types its data in part
    random = np.random.default_rng(_SEED)
    return [_variant(picture, spec, random) for _ in range(count)]


def _variant(picture: ImageRGB, spec: CropSpec, random: np.random.Generator) -> ImageRGB:
    jitter = random.normal(0.0, 3.0, (1, 2)) + random.normal(0.0, 1.5, _LANDMARKS.shape)
    landmarks = np.asarray(_LANDMARKS + jitter, np.float64)
    crop = align(picture, landmarks, spec).image_rgb
    return np.clip(crop * random.uniform(0.4, 1.3), 0, 255).astype(np.uint8)

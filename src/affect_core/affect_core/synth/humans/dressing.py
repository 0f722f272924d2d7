"""All textures of one person, in the order in which the rasteriser takes them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.truth import Segment
from affect_core.synth.humans.appearance import Appearance
from affect_core.synth.humans.eyes import paint_eye
from affect_core.synth.humans.hair import lengths_cm, paint_hair
from affect_core.synth.humans.head import NECK_CM, HumanHead, Texture
from affect_core.synth.humans.layout import TEXTURE_PX, FaceLayout
from affect_core.synth.humans.paint import paint_face
from affect_core.synth.humans.render import Dress

F32 = NDArray[np.float32]

_EYES: Final = ([36, 39], [42, 45])
_LID_SHARES: Final = (0.62, 0.44)
"""Half the width and height of the lids, as shares of the distance between an eye's corners."""

_GUMS: Final = (0.50, 0.16, 0.16)
_TEETH: Final = (0.86, 0.82, 0.74)
_COLLAR_CM: Final = (-15.5, -10.5)
_NECKLINE_CM: Final = (0.0, 4.0)
_CLOTH: Final = (0.05, 0.9)
_WEAVE: Final = np.float32(0.05)


def dress_up(
    head: HumanHead, appearance: Appearance, weights: Mapping[str, float], rng: np.random.Generator
) -> Dress:
    """Paint a person who shows ``weights``: blendshape -> amount, which make the wrinkles."""
    texels = np.empty((len(Texture), TEXTURE_PX, TEXTURE_PX, 3), np.float32)
    painted = np.zeros(texels.shape[:3], np.uint8)
    face = paint_face(head.layout, appearance, weights, rng)
    texels[Texture.FACE] = face.texture
    painted[Texture.FACE] = np.where(face.segments == 0, _lids(head.layout), face.segments)
    texels[Texture.EYE] = paint_eye(appearance, rng)
    texels[Texture.SKIN] = appearance.skin
    texels[Texture.GUMS], texels[Texture.TEETH] = _GUMS, _TEETH
    texels[Texture.HAIR] = paint_hair(appearance, rng)
    texels[Texture.NECK], painted[Texture.NECK] = _paint_neck(appearance, rng)
    return Dress(texels, painted, lengths_cm(head.scalp, appearance))


@lru_cache(maxsize=2)
def _lids(layout: FaceLayout) -> NDArray[np.uint8]:
    """(T, T): `Segment.LID` round the eyes, as far as the lids reach; 0 elsewhere."""
    lids = np.zeros((layout.texture_px, layout.texture_px), np.uint8)
    for eye in _EYES:
        corners = layout.landmarks_px[eye]
        middle = (corners[0] + corners[1]) / 2
        width = float(np.hypot(*(corners[1] - corners[0])))
        box = (middle.tolist(), [2 * share * width for share in _LID_SHARES], 0.0)
        cv2.ellipse(lids, box, (float(Segment.LID),), -1)
    return lids


def _paint_neck(appearance: Appearance, rng: np.random.Generator) -> tuple[F32, NDArray[np.uint8]]:
    """Skin above a collar that may hang lower in the middle, cloth below."""
    high, low = NECK_CM
    collar, depth = rng.uniform(*_COLLAR_CM), rng.uniform(*_NECKLINE_CM)
    aside = np.abs(np.linspace(-1.0, 1.0, TEXTURE_PX))
    edge_cm = collar - depth * np.clip(1.0 - aside / 0.35, 0.0, 1.0) ** 2
    edge = (high - edge_cm) / (high - low) * TEXTURE_PX
    cloth = np.arange(TEXTURE_PX)[:, None] > edge[None, :]
    weave = np.float32(1.0) + _WEAVE * rng.standard_normal(cloth.shape, np.float32)[..., None]
    colour, skin = (np.asarray(value, np.float32) for value in (rng.uniform(*_CLOTH, 3), appearance.skin))
    segments = np.where(cloth, np.uint8(Segment.BODY), np.uint8(0))
    return np.where(cloth[..., None], colour * weave, skin), segments

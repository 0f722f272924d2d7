"""Masks of crops, from the segment of every pixel."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from affect_core.avatar.truth import FACE, MASKS, Segment
from affect_core.data.crop_set import NO_SEGMENT
from affect_core.errors import UnknownName
from affect_core.faces.crop import invert_affine
from affect_core.faces.regions import REGIONS, regions
from affect_core.types import Crop, Floats

MASK_KINDS: Final[dict[str, tuple[Segment, ...]]] = {
    "face": FACE,
    "regions": (*MASKS["eyes"], *MASKS["brows"], *MASKS["mouth"]),
    "background": (Segment.WALL,),
}
"""What the attention is aligned to: the face (P0, section 3.4), or the parts of it that show expressions.
The background is what may be replaced in training pictures."""

_DRAWN: Final = {
    "rest_of_face": Segment.SKIN,
    "right_eye": Segment.EYE,
    "left_eye": Segment.EYE,
    "right_brow": Segment.BROW,
    "left_brow": Segment.BROW,
    "mouth": Segment.LIP,
    "nose": Segment.NOSE,
}


def membership(kind: str) -> NDArray[np.bool_]:
    """(256,): whether pixels of this segment belong to the mask ``kind``; raises UnknownName."""
    if kind not in MASK_KINDS:
        raise UnknownName("mask", kind, MASK_KINDS)
    return np.isin(np.arange(256), MASK_KINDS[kind])


def warp_segments(segments: NDArray[np.uint8], crop: Crop) -> NDArray[np.uint8]:
    """Segments (H, W) of a picture as its crop shows them, (S, S); what lies outside the picture is wall."""
    size = crop.image_rgb.shape[0]
    to_crop = invert_affine(crop.crop_to_image)
    return np.asarray(cv2.warpAffine(segments, to_crop, (size, size), flags=cv2.INTER_NEAREST), np.uint8)


def segments_from_landmarks(landmarks_xy: Floats, size_px: int) -> NDArray[np.uint8]:
    """Segments uint8 (S, S) of a crop that comes without a mask, drawn around its five landmarks.

    What lies outside the face is `NO_SEGMENT`: it may be hair as well as background.
    """
    drawn = np.full((size_px, size_px), NO_SEGMENT, np.uint8)
    masks = regions(landmarks_xy, size_px)
    for name, segment in _DRAWN.items():
        drawn[masks[name]] = segment
    return drawn


def regions_from_segments(segments: NDArray[np.uint8], landmarks_xy: Floats) -> dict[str, NDArray[np.bool_]]:
    """The regions of `affect_core.faces.regions`, from what every pixel shows.

    Args:
        segments: (S, S).
        landmarks_xy: (5, 2), pixels of the same crop; the line between the middles of eyes and mouth parts right
            from left.

    Returns:
        Masks of all `REGIONS`, each bool (S, S); background is what is no face, hair among it.
    """
    points = np.asarray(landmarks_xy, np.float64)
    middle, down = points[:2].mean(axis=0), points[3:].mean(axis=0) - points[:2].mean(axis=0)
    rows, columns = np.mgrid[: segments.shape[0], : segments.shape[1]]
    is_left = (columns - middle[0]) * down[1] - (rows - middle[1]) * down[0] > 0.0  # the subject's left
    face = membership("face")[segments]
    masks: dict[str, NDArray[np.bool_]] = {}
    for part, sides in (("eyes", ("right_eye", "left_eye")), ("brows", ("right_brow", "left_brow"))):
        shown = np.isin(segments, MASKS[part])
        masks |= dict(zip(sides, (shown & ~is_left, shown & is_left), strict=True))
    masks |= {part: np.isin(segments, MASKS[part]) for part in ("nose", "mouth")}
    named = np.any(list(masks.values()), axis=0)
    masks |= {"rest_of_face": face & ~named, "background": ~face}
    return {name: masks[name] for name in REGIONS}

"""The face's texture: skin, blush, beard, lips, wrinkles, brows and lashes, and the segments they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from affect_core.avatar.truth import Segment
from affect_core.synth.humans.appearance import NO_BEARD, Appearance
from affect_core.synth.humans.brows import brow_cover
from affect_core.synth.humans.layout import FaceLayout
from affect_core.synth.humans.maps import FaceMaps, face_maps
from affect_core.synth.humans.wrinkles import relief

F32 = NDArray[np.float32]

_FLUSH: Final = (0.0, 0.28, 0.25)
_SOCKETS: Final = (0.7, 0.9, 0.9)
_HOLLOWS: Final = (0.45, 0.58, 0.60)
_FRECKLES: Final = (0.25, 0.40, 0.45)
_WRINKLES: Final = (0.42, 0.52, 0.55)
_LIP_LINE: Final = (0.75, 0.75, 0.75)
_LASHES: Final = (0.88, 0.88, 0.88)
"""By how much of a channel each of these darkens the skin, where it is full."""

_BROW_SEEN: Final = 0.35
_PATCHES: Final = 12
_PORES: Final = 128
_BEARD_STREAKS: Final = 5


@dataclass(frozen=True, eq=False)
class Painted:
    """A face's texture.

    Attributes:
        texture: float32 (T, T, 3), RGB 0..1.
        segments: uint8 (T, T), `Segment.BROW`, `LIP` or `MOUTH`; 0 = plain skin.
    """

    texture: F32
    segments: NDArray[np.uint8]


def paint_face(
    layout: FaceLayout, appearance: Appearance, weights: Mapping[str, float], rng: Generator
) -> Painted:
    """Paint one face.

    Args:
        weights: ICT blendshapes (`browDown_L`: 0.8); they make the wrinkles.
        rng: grain of the skin, single hairs.
    """
    maps = face_maps(layout)
    grain = _grain(layout.texture_px, appearance, rng)
    texture = _skin(appearance, maps, grain)
    texture *= _shading(layout, appearance, maps, weights, rng)
    _blend(texture, np.asarray(appearance.lid, np.float32), appearance.lid_cover * maps.lids)
    if appearance.beard != NO_BEARD:
        _add_beard(texture, layout, appearance, maps, rng)
    rows, brows = brow_cover(layout, appearance, rng)
    _blend(texture[rows], np.asarray(appearance.brow, np.float32), brows)
    segments = _segments(maps)
    segments[rows][brows > _BROW_SEEN] = Segment.BROW
    return Painted(np.clip(texture, 0.0, 1.0), segments)


def _grain(texture_px: int, appearance: Appearance, rng: Generator) -> F32:
    """(T, T): skin is a little lighter here and darker there, in patches and in pores."""
    size = (texture_px, texture_px)
    patches = cv2.resize(
        rng.standard_normal((_PATCHES, _PATCHES), np.float32), size, interpolation=cv2.INTER_CUBIC
    )
    pores = cv2.resize(
        rng.standard_normal((_PORES, _PORES), np.float32), size, interpolation=cv2.INTER_LINEAR
    )
    return np.asarray(1.0 + appearance.mottle * patches + appearance.pores * pores, np.float32)


def _skin(appearance: Appearance, maps: FaceMaps, grain: F32) -> F32:
    """Skin and lips, without shadows."""
    skin = np.empty((*grain.shape, 3), np.float32)
    skin[:] = np.asarray(appearance.skin, np.float32)
    _blend(skin, np.asarray(appearance.lips, np.float32), appearance.lip_cover * maps.lips)
    skin *= grain[..., None]
    return skin


def _shading(
    layout: FaceLayout, appearance: Appearance, maps: FaceMaps, weights: Mapping[str, float], rng: Generator
) -> F32:
    """(T, T, 3): what is left of the skin's colour; each layer takes some of each channel."""
    wrinkles = relief(layout, appearance.wrinkle_style, weights, appearance.folds)
    layers = [
        (appearance.blush * maps.flush, _FLUSH),
        (appearance.sockets * maps.sockets, _SOCKETS),
        (maps.hollows, _HOLLOWS),
        (appearance.wrinkles * wrinkles, _WRINKLES),
        (maps.lip_line, _LIP_LINE),
        (appearance.lashes * maps.lashes, _LASHES),
    ]
    if appearance.freckles > 0:
        layers.append((appearance.freckles * _freckles(layout.texture_px, rng) * maps.freckled, _FRECKLES))
    left = np.ones((layout.texture_px, layout.texture_px, 3), np.float32)
    for amount, takes in layers:
        left *= 1.0 - amount[..., None] * np.asarray(takes, np.float32)
    return left


def _freckles(texture_px: int, rng: Generator) -> F32:
    spots = cv2.resize(
        rng.random((200, 200), np.float32), (texture_px, texture_px), interpolation=cv2.INTER_LINEAR
    )
    return np.asarray(spots > 0.86, np.float32)


def _beard_colour(appearance: Appearance) -> F32:
    """Darker than the hair, as beards are."""
    return np.asarray(
        np.minimum(np.multiply(appearance.hair, 0.75), np.multiply(appearance.skin, 0.8)), np.float32
    )


def _add_beard(texture: F32, layout: FaceLayout, appearance: Appearance, maps: FaceMaps, rng: Generator) -> None:
    """Lighter and darker hairs that thin out to the edges. The streaks are shared, but laid anew on each face."""
    streaks = _streaks(layout.texture_px)
    column, row = (int(shift) for shift in rng.integers(0, layout.texture_px, 2))
    laid = np.roll(streaks, (row, column), (0, 1))
    area = maps.beards[appearance.beard]
    cover = np.clip(1.7 * area + 0.9 * (laid - 0.6), 0.0, 1.0) * np.minimum(3.0 * area, 1.0)
    hairs = (0.75 + 0.5 * laid.T)[..., None] * _beard_colour(appearance)
    _blend(texture, hairs, np.asarray(cover * np.float32(appearance.beard_cover), np.float32))


@lru_cache(maxsize=2)
def _streaks(texture_px: int) -> F32:
    """(T, T) 0..1: short upright streaks of random strength; wraps round."""
    noise = np.random.default_rng(_BEARD_STREAKS).standard_normal((texture_px, texture_px)).astype(np.float32)
    drawn = cv2.GaussianBlur(np.tile(noise, (3, 3)), (0, 0), 0.5, sigmaY=2.2)
    middle = drawn[texture_px : 2 * texture_px, texture_px : 2 * texture_px]
    return np.clip(0.5 + 0.6 * middle / middle.std(), 0.0, 1.0)


def _segments(maps: FaceMaps) -> NDArray[np.uint8]:
    segments = np.zeros(maps.lips_seen.shape, np.uint8)
    segments[maps.lips_seen] = Segment.LIP
    segments[maps.mouth_seen] = Segment.MOUTH
    return segments


def _blend(texture: F32, colour: F32, cover: F32) -> None:
    texture += cover[..., None] * (colour - texture)

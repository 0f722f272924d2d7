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
from affect_core.synth.humans.appearance import NO_BEARD, Appearance, Colour
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
_STUBBLE: Final = 0.5
"""Density of stubble by that of a beard."""


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
    planes = _skin(appearance, maps, _grain(layout.texture_px, appearance, rng))
    for amount, takes in _shades(layout, appearance, maps, weights, rng):
        for plane, share in zip(planes, takes, strict=True):
            plane *= 1.0 - np.float32(share) * amount
    _blend(planes, _planes(appearance.lid), appearance.lid_cover * maps.lids)
    if appearance.beard != NO_BEARD:
        _add_beard(planes, layout, appearance, maps, rng)
    rows, brows = brow_cover(layout, appearance, rng)
    _blend(planes[:, rows], _planes(appearance.brow), brows)
    segments = _segments(maps)
    segments[rows][brows > _BROW_SEEN] = Segment.BROW
    return Painted(np.ascontiguousarray(np.clip(planes, 0.0, 1.0).transpose(1, 2, 0)), segments)


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
    """(3, T, T): skin and lips, without shadows. One plane for each channel: numpy is slow on short last axes."""
    planes = np.empty((3, *grain.shape), np.float32)
    planes[:] = _planes(appearance.skin)
    _blend(planes, _planes(appearance.lips), appearance.lip_cover * maps.lips)
    planes *= grain
    return planes


def _shades(
    layout: FaceLayout, appearance: Appearance, maps: FaceMaps, weights: Mapping[str, float], rng: Generator
) -> list[tuple[F32, Colour]]:
    """What darkens the skin: (T, T) amounts, and the share that each takes of each channel where it is full."""
    wrinkles = relief(layout, appearance.wrinkle_style, weights, appearance.folds)
    shades = [
        (appearance.blush * maps.flush, _FLUSH),
        (appearance.sockets * maps.sockets, _SOCKETS),
        (maps.hollows, _HOLLOWS),
        (appearance.wrinkles * wrinkles, _WRINKLES),
        (maps.lip_line, _LIP_LINE),
        (appearance.lashes * maps.lashes, _LASHES),
    ]
    if appearance.freckles > 0:
        shades.append((appearance.freckles * _freckles(layout.texture_px, rng) * maps.freckled, _FRECKLES))
    return shades


def _freckles(texture_px: int, rng: Generator) -> F32:
    spots = cv2.resize(
        rng.random((200, 200), np.float32), (texture_px, texture_px), interpolation=cv2.INTER_LINEAR
    )
    return np.asarray(spots > 0.86, np.float32)


def _beard_colour(appearance: Appearance) -> Colour:
    """Darker than the hair, as beards are."""
    limits = zip(appearance.hair, appearance.skin, strict=True)
    red, green, blue = (min(0.75 * hair, 0.8 * skin) for hair, skin in limits)
    return red, green, blue


def _add_beard(
    planes: F32, layout: FaceLayout, appearance: Appearance, maps: FaceMaps, rng: Generator
) -> None:
    """Lighter and darker hairs that thin out to the edges. The streaks are shared, but laid anew on each face."""
    streaks = _streaks(layout.texture_px)
    column, row = (int(shift) for shift in rng.integers(0, layout.texture_px, 2))
    laid = np.roll(streaks, (row, column), (0, 1))
    area = maps.beards[appearance.beard]
    cover = np.clip(1.7 * area + 0.9 * (laid - 0.6), 0.0, 1.0) * np.minimum(3.0 * area, 1.0)
    hairs = (0.75 + 0.5 * laid.T) * _planes(_beard_colour(appearance))
    density = appearance.beard_cover * (_STUBBLE if appearance.beard == "stubble" else 1.0)
    _blend(planes, np.asarray(hairs, np.float32), np.asarray(cover * density, np.float32))


@lru_cache(maxsize=2)
def _streaks(texture_px: int) -> F32:
    """(T, T) 0..1: short upright streaks of random strength; wraps round."""
    noise = np.random.default_rng(_BEARD_STREAKS).standard_normal((texture_px, texture_px)).astype(np.float32)
    drawn = cv2.GaussianBlur(np.tile(noise, (3, 3)), (0, 0), 0.5, sigmaY=2.2)
    middle = drawn[texture_px : 2 * texture_px, texture_px : 2 * texture_px]
    return np.asarray(np.clip(0.5 + 0.6 * middle / middle.std(), 0.0, 1.0), np.float32)


def _segments(maps: FaceMaps) -> NDArray[np.uint8]:
    segments = np.zeros(maps.lips_seen.shape, np.uint8)
    segments[maps.lips_seen] = Segment.LIP
    segments[maps.mouth_seen] = Segment.MOUTH
    return segments


def _planes(colour: Colour) -> F32:
    """(3, 1, 1), to spread over the planes."""
    return np.asarray(colour, np.float32)[:, None, None]


def _blend(planes: F32, colour: F32, cover: F32) -> None:
    planes += cover * (colour - planes)

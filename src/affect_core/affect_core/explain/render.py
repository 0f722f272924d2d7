"""Heatmaps as pictures."""

from __future__ import annotations

import cv2
import numpy as np

from affect_core.errors import UnknownName
from affect_core.types import AttributionMap, Floats, Heatmap, ImageRGB

COLOUR_MAPS = {
    "turbo": cv2.COLORMAP_TURBO,
    "viridis": cv2.COLORMAP_VIRIDIS,
    "inferno": cv2.COLORMAP_INFERNO,
}
"""Names of the colour maps, from the lowest to the highest value."""
SUPPORTS_RGB, OPPOSES_RGB = (214, 39, 40), (31, 80, 200)
LOOKED_RGB = (255, 190, 0)
"""Of maps without a sign: neither for nor against."""
_STRENGTH, _PALER = 0.8, 0.6
"""Opacity of the full colour. Attention covers most of a face, which should be seen through it."""


def overlay(image_rgb: ImageRGB, heatmap: Heatmap, alpha: float = 0.5, colour_map: str = "turbo") -> ImageRGB:
    """A heatmap over an image of the same size; its range is stretched to the whole colour map.

    Args:
        image_rgb: uint8 (H, W, 3).
        heatmap: (H, W).
        alpha: opacity of the heatmap, 0..1.
        colour_map: one of `COLOUR_MAPS`.
    """
    return _blend(image_rgb, colours(heatmap, colour_map), np.full(heatmap.shape, alpha))


def signed_overlay(image_rgb: ImageRGB, heatmap: Heatmap, strength: float = _STRENGTH) -> ImageRGB:
    """A signed heatmap over a grey copy of the image: red supports, blue opposes, nothing where it is 0.

    Args:
        image_rgb: uint8 (H, W, 3).
        heatmap: (H, W); its 99th percentile without sign gets the full colour.
        strength: opacity of the full colour, 0..1.
    """
    return _draw(image_rgb, _signed_levels(heatmap), True, strength)


def unsigned_overlay(image_rgb: ImageRGB, heatmap: Heatmap, strength: float = _PALER) -> ImageRGB:
    """A heatmap without a sign over a grey copy of the image, in one colour: the more, the higher.

    Args:
        image_rgb: uint8 (H, W, 3).
        heatmap: (H, W); its lowest value gets none of the colour, its 99th percentile all.
        strength: opacity of the full colour, 0..1.
    """
    return _draw(image_rgb, _unsigned_levels(heatmap), False, strength)


def evidence_on_image(image_rgb: ImageRGB, attribution: AttributionMap, signed: bool) -> ImageRGB:
    """The heatmap of one face where it belongs in the source image, drawn as the two overlays above draw it.

    Args:
        image_rgb: uint8 (H, W, 3); under the map it becomes grey.
        attribution: the map and its place.
        signed: whether it has a sign (`signed_overlay`) or not (`unsigned_overlay`).
    """
    height, width = image_rgb.shape[:2]
    heatmap = attribution.heatmap
    inside = cv2.warpAffine(np.full_like(heatmap, 255, np.uint8), attribution.crop_to_image, (width, height))
    left, top, columns, rows = cv2.boundingRect(inside)
    if not columns:
        return image_rgb
    there = attribution.crop_to_image - [[0, 0, left], [0, 0, top]]
    levels = _signed_levels(heatmap) if signed else _unsigned_levels(heatmap)
    drawn = np.asarray(cv2.warpAffine(levels.astype(np.float32), there, (columns, rows)), np.float64)
    picture, place = image_rgb.copy(), (slice(top, top + rows), slice(left, left + columns))
    part = image_rgb[place]
    made = _draw(part, drawn, signed, _STRENGTH if signed else _PALER)
    picture[place] = _blend(part, made, inside[place] / 255.0)
    return picture


def overlay_on_image(
    image_rgb: ImageRGB, attribution: AttributionMap, alpha: float = 0.5, colour_map: str = "turbo"
) -> ImageRGB:
    """The heatmap of one face where it belongs in the source image. Arguments as in `overlay`."""
    height, width = image_rgb.shape[:2]
    layers = np.dstack(
        [colours(attribution.heatmap, colour_map), np.full_like(attribution.heatmap, 255, np.uint8)]
    )
    warped = cv2.warpAffine(layers, attribution.crop_to_image, (width, height), flags=cv2.INTER_LINEAR)
    return _blend(image_rgb, np.asarray(warped[..., :3]), warped[..., 3] / 255.0 * alpha)


def colours(heatmap: Heatmap, colour_map: str = "turbo") -> ImageRGB:
    """uint8 (H, W, 3); a flat heatmap gets the lowest colour."""
    if colour_map not in COLOUR_MAPS:
        raise UnknownName("colour map", colour_map, COLOUR_MAPS)
    span = float(np.ptp(heatmap)) or 1.0
    levels = np.asarray((heatmap - heatmap.min()) / span * 255.0 + 0.5, np.uint8)
    return np.asarray(cv2.applyColorMap(levels, COLOUR_MAPS[colour_map])[..., ::-1], np.uint8)


def _blend(image_rgb: ImageRGB, layer_rgb: ImageRGB, opacity: Floats) -> ImageRGB:
    weight = opacity[..., None]
    return np.asarray(image_rgb * (1.0 - weight) + layer_rgb * weight + 0.5, np.uint8)


def _signed_levels(heatmap: Heatmap) -> Floats:
    """-1..1."""
    largest = float(np.quantile(np.abs(heatmap), 0.99)) or float(np.abs(heatmap).max()) or 1.0
    return np.asarray(np.clip(heatmap / largest, -1.0, 1.0))


def _unsigned_levels(heatmap: Heatmap) -> Floats:
    """0..1; a flat map is 0 everywhere."""
    low, high = float(heatmap.min()), float(np.quantile(heatmap, 0.99))
    return np.asarray(np.clip((heatmap - low) / ((high - low) or 1.0), 0.0, 1.0))


def _draw(image_rgb: ImageRGB, levels: Floats, signed: bool, strength: float) -> ImageRGB:
    """Levels, -1..1 or 0..1, over a grey copy."""
    grey = np.repeat(image_rgb.mean(axis=2, keepdims=True), 3, axis=2)
    high, low = (SUPPORTS_RGB, OPPOSES_RGB) if signed else (LOOKED_RGB, LOOKED_RGB)
    colour = np.where(levels[..., None] > 0, np.array(high), np.array(low))
    return _blend(np.asarray(grey + 0.5, np.uint8), np.asarray(colour, np.uint8), strength * np.abs(levels))

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


def overlay(image_rgb: ImageRGB, heatmap: Heatmap, alpha: float = 0.5, colour_map: str = "turbo") -> ImageRGB:
    """A heatmap over an image of the same size; its range is stretched to the whole colour map.

    Args:
        image_rgb: uint8 (H, W, 3).
        heatmap: (H, W).
        alpha: opacity of the heatmap, 0..1.
        colour_map: one of `COLOUR_MAPS`.
    """
    return _blend(image_rgb, colours(heatmap, colour_map), np.full(heatmap.shape, alpha))


def signed_overlay(image_rgb: ImageRGB, heatmap: Heatmap, strength: float = 0.8) -> ImageRGB:
    """A signed heatmap over a grey copy of the image: red supports, blue opposes, nothing where it is 0.

    Args:
        image_rgb: uint8 (H, W, 3).
        heatmap: (H, W); its 99th percentile without sign gets the full colour.
        strength: opacity of the full colour, 0..1.
    """
    grey = np.repeat(image_rgb.mean(axis=2, keepdims=True), 3, axis=2)
    largest = float(np.quantile(np.abs(heatmap), 0.99)) or float(np.abs(heatmap).max()) or 1.0
    level = np.clip(heatmap / largest, -1.0, 1.0)
    colour = np.where(level[..., None] > 0, np.array(SUPPORTS_RGB), np.array(OPPOSES_RGB))
    return _blend(np.asarray(grey + 0.5, np.uint8), np.asarray(colour, np.uint8), strength * np.abs(level))


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

"""How much of a heatmap lies where it should. Pure numpy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from affect_core.errors import InputError
from affect_core.types import Heatmap

Mask = NDArray[np.bool_]
TOP_SHARE = 0.1


def top_pixels(heatmap: Heatmap, share: float = TOP_SHARE) -> Mask:
    """The highest ``share`` of the pixels, rounded, at least one; among equals the first in reading order.

    Args:
        heatmap: (H, W), finite.
        share: 0..1.

    Returns:
        bool (H, W).
    """
    count = max(1, round(share * heatmap.size))
    flat = heatmap.ravel()
    lowest = np.partition(flat, -count)[-count]  # of the highest
    mask = np.asarray(flat > lowest)
    equals = np.flatnonzero(flat == lowest)
    mask[equals[: count - int(mask.sum())]] = True
    return mask.reshape(heatmap.shape)


def face_share(heatmap: Heatmap, face: Mask, share: float = TOP_SHARE) -> float:
    """Share of the top pixels that lie inside ``face``, 0..1; NaN when the heatmap is flat and has no top.

    By chance it is the area share of the face, ``face.mean()``; report the two side by side.
    """
    _same_shape(heatmap, face)
    if np.ptp(heatmap) == 0.0:
        return float("nan")
    return float(face[top_pixels(heatmap, share)].mean())


def region_shares(heatmap: Heatmap, regions: Mapping[str, Mask]) -> dict[str, float]:
    """Share of the positive mass in each region; sums to 1 when the regions cover the map without overlap.

    Empty when there is no positive mass.
    """
    positive = np.clip(heatmap.astype(np.float64), 0.0, None)
    total = float(positive.sum())
    if total <= 0.0:
        return {}
    for mask in regions.values():
        _same_shape(heatmap, mask)
    return {name: float(positive[mask].sum()) / total for name, mask in regions.items()}


def _same_shape(heatmap: Heatmap, mask: Mask) -> None:
    if heatmap.shape != mask.shape:
        raise InputError(f"expected a mask of the heatmap's shape {heatmap.shape}, got {mask.shape}")

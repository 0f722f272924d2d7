"""One map, measured: how much of it lies on the face, and where there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from affect_core.data.masks import regions_from_segments
from affect_core.explain.metrics import face_share, region_shares
from affect_core.faces.crop import crop_to_image_points, image_to_crop_points
from affect_core.faces.regions import Mask, regions
from affect_core.types import AttributionMap, Face, Heatmap


def measured_map(
    heatmap: Heatmap, face: Face, label: str, method: str, compute_ms: float = float("nan")
) -> AttributionMap:
    """A map in crop pixels with its overlap with the face, as it is published."""
    masks = _masks(face, heatmap.shape[0])
    inside = ~masks["background"]
    return AttributionMap(
        face_id=face.face_id,
        label=label,
        method=method,
        heatmap=heatmap,
        crop_to_image=face.crop.crop_to_image,
        face_share=face_share(heatmap, inside),
        face_area_share=float(inside.mean()),
        region_shares=region_shares(heatmap, masks),
        compute_ms=compute_ms,
    )


def measure_map(heatmap: Heatmap, face: Face, segments: NDArray[np.uint8] | None = None) -> dict[str, float]:
    """Shares of a map in crop pixels.

    Args:
        heatmap: (S, S).
        face: with its crop.
        segments: (S, S), `affect_core.avatar.truth.Segment` of the crop's pixels; None = unknown, and then face and
            regions are drawn around the landmarks.

    Returns:
        ``box_share``, ``face_share``: share of the highest tenth of the pixels inside the face's box, and inside the
        face itself; NaN for a flat map.
        ``box_area``, ``face_area``: share of the crop that these cover: the former two by chance.
        ``region_NAME``: share of the positive mass per region of `affect_core.faces.regions`.
    """
    size = heatmap.shape[0]
    masks = _masks(face, size, segments)
    box, inside = box_mask(face, size), ~masks["background"]
    shares = region_shares(heatmap, masks)
    return {
        "box_share": face_share(heatmap, box),
        "box_area": float(box.mean()),
        "face_share": face_share(heatmap, inside),
        "face_area": float(inside.mean()),
        **{f"region_{name}": share for name, share in shares.items()},
    }


def box_mask(face: Face, size_px: int) -> NDArray[np.bool_]:
    """Crop pixels that lie inside the detected box of the source image: (S, S)."""
    rows, columns = np.mgrid[:size_px, :size_px]
    points = crop_to_image_points(np.column_stack([columns.ravel(), rows.ravel()]), face.crop.crop_to_image)
    left, top, right, bottom = face.detection.box_xyxy
    x, y = points[:, 0], points[:, 1]
    inside = (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
    return np.asarray(inside.reshape(size_px, size_px))


def _masks(face: Face, size_px: int, segments: NDArray[np.uint8] | None = None) -> dict[str, Mask]:
    """Of the regions, in the crop: from what its pixels show, or drawn around the landmarks."""
    landmarks = image_to_crop_points(face.detection.landmarks_xy, face.crop.crop_to_image)
    return regions(landmarks, size_px) if segments is None else regions_from_segments(segments, landmarks)

"""Boxes (left, top, right, bottom) as arrays: overlap, suppression, squares, corrections."""

from __future__ import annotations

import numpy as np

from affect_core.types import Floats


def iou_matrix(first_xyxy: Floats, second_xyxy: Floats) -> Floats:
    """Intersection over union of all pairs: boxes (N, 4) and (M, 4) -> (N, M), 0..1."""
    overlap = _overlap(first_xyxy, second_xyxy)
    union = areas(first_xyxy)[:, None] + areas(second_xyxy)[None, :] - overlap
    return np.asarray(np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0))


def cover_matrix(first_xyxy: Floats, second_xyxy: Floats) -> Floats:
    """Intersection over the smaller box of all pairs, (N, M): 1 where one lies inside the other."""
    overlap = _overlap(first_xyxy, second_xyxy)
    smaller = np.minimum(areas(first_xyxy)[:, None], areas(second_xyxy)[None, :])
    return np.asarray(np.divide(overlap, smaller, out=np.zeros_like(overlap), where=smaller > 0))


def areas(boxes_xyxy: Floats) -> Floats:
    """(N, 4) -> (N,), square pixels."""
    left, top, right, bottom = boxes_xyxy.T
    return np.asarray((right - left) * (bottom - top))


def widths(boxes_xyxy: Floats) -> Floats:
    """Longer side of each box: (N, 4) -> (N,), pixels."""
    return np.asarray((boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).max(axis=1))


def squares(boxes_xyxy: Floats) -> Floats:
    """The squares round the same middles whose edges are the boxes' longer sides."""
    half = widths(boxes_xyxy)[:, None] / 2
    middle = (boxes_xyxy[:, :2] + boxes_xyxy[:, 2:]) / 2
    return np.concatenate([middle - half, middle + half], axis=1)


def corrected(boxes_xyxy: Floats, shares: Floats, pixel: float = 1.0) -> Floats:
    """Move every edge by a share of the box's side.

    Args:
        boxes_xyxy, shares: (N, 4).
        pixel: what the network's training added to the sides; MTCNN's last two nets count both border pixels.
    """
    sides = np.tile(boxes_xyxy[:, 2:] - boxes_xyxy[:, :2] + pixel, 2)
    return np.asarray(boxes_xyxy + shares * sides)


def suppress(boxes_xyxy: Floats, scores: Floats, limit: float, of_smaller: bool = False) -> list[int]:
    """Greedy non-maximum suppression.

    Args:
        boxes_xyxy: (N, 4).
        scores: (N,).
        limit: a box that overlaps a better one by more than this is dropped, 0..1.
        of_smaller: measure the overlap as a share of the smaller box instead of the union; sides then count both
            border pixels, as MTCNN does.

    Returns:
        Indices of the kept boxes, best score first.
    """
    order = np.argsort(-scores, kind="stable")
    pixel = 1.0 if of_smaller else 0.0
    left, top, right, bottom = (boxes_xyxy[order] + (0, 0, pixel, pixel)).T
    size = (right - left) * (bottom - top)
    alive = np.ones(len(order), bool)
    keep: list[int] = []
    for i in range(len(order)):
        if not alive[i]:
            continue
        keep.append(int(order[i]))
        rest = slice(i + 1, None)
        across = np.minimum(right[i], right[rest]) - np.maximum(left[i], left[rest])
        down = np.minimum(bottom[i], bottom[rest]) - np.maximum(top[i], top[rest])
        overlap = np.maximum(across, 0.0) * np.maximum(down, 0.0)
        whole = np.minimum(size[i], size[rest]) if of_smaller else size[i] + size[rest] - overlap
        alive[rest] &= overlap <= limit * whole
    return keep


def _overlap(first_xyxy: Floats, second_xyxy: Floats) -> Floats:
    left, top, right, bottom = first_xyxy.T[:, :, None]
    other_left, other_top, other_right, other_bottom = second_xyxy.T[:, None, :]
    across = np.minimum(right, other_right) - np.maximum(left, other_left)
    down = np.minimum(bottom, other_bottom) - np.maximum(top, other_top)
    return np.asarray(np.maximum(across, 0.0) * np.maximum(down, 0.0))

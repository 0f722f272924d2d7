"""MTCNN's cascade (Zhang et al. 2016) in numpy: proposals over an image pyramid, then two refinements.

Step by step what facenet-pytorch does, so that on the same image the results are the same up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from affect_core.faces.boxes import corrected, squares, suppress
from affect_core.faces.pooling import Integral, Ints, Pixels, pool_windows
from affect_core.types import Floats, ImageRGB

WINDOW_PX: Final = 12
"""Smallest face the first network can see."""

_STRIDE_PX: Final = 2
_PYRAMID_FACTOR: Final = 0.709
_WITHIN_LEVEL, _ACROSS, _OF_SMALLER = 0.5, 0.7, 0.7
_REFINED_PX, _OUTPUT_PX = 24, 48

Net = Callable[[Pixels], Sequence[NDArray[np.float32]]]
"""A network: float32 (N, H, W, 3), 0..255 -> its outputs, as facenet-pytorch's modules order them."""


class Nets(NamedTuple):
    """The three networks; the last two take 24 and 48 pixels."""

    proposal: Net
    refinement: Net
    output: Net


class Found(NamedTuple):
    """Faces or candidates: boxes (N, 4), scores (N,), landmarks (N, 5, 2); pixels."""

    boxes_xyxy: Floats
    scores: Floats
    landmarks_xy: Floats


def candidates(nets: Nets, image_rgb: ImageRGB, min_face_px: float, thresholds: tuple[float, ...]) -> Floats:
    """Square boxes (N, 4) that the first two networks take for faces, in pixels of ``image_rgb``."""
    integral = Integral(image_rgb)
    boxes = _proposals(nets, integral, min_face_px, thresholds[0])
    return _refined(nets, integral, boxes, thresholds[1])


def faces(nets: Nets, image_rgb: ImageRGB, boxes_xyxy: Floats, threshold: float) -> Found:
    """What the last network says about square candidates: those that are faces, each once, best first."""
    found = look(nets.output, image_rgb, boxes_xyxy)
    passed = found.scores > threshold
    boxes, scores, landmarks = (values[passed] for values in found)
    keep = suppress(boxes, scores, _OF_SMALLER, of_smaller=True)
    return Found(boxes[keep], scores[keep], landmarks[keep])


def look(output: Net, image_rgb: ImageRGB, boxes_xyxy: Floats) -> Found:
    """The last network on square boxes (N, 4), one row for each; a box outside the image has score 0."""
    windows, inside = _windows(boxes_xyxy, (image_rgb.shape[1], image_rgb.shape[0]))
    found = Found(np.array(boxes_xyxy, np.float64), np.zeros(len(inside)), np.zeros((len(inside), 5, 2)))
    if not inside.any():
        return found
    shares, places, scores = output(pool_windows(image_rgb, windows[inside], _OUTPUT_PX))
    boxes = found.boxes_xyxy[inside]
    sides = (boxes[:, 2:] - boxes[:, :2] + 1.0)[:, None]
    places_xy = places.astype(np.float64).reshape(-1, 2, 5).transpose(0, 2, 1)  # (N, 5, 2)
    found.landmarks_xy[inside] = places_xy * sides + boxes[:, None, :2] - 1.0
    found.boxes_xyxy[inside] = corrected(boxes, shares.astype(np.float64))
    found.scores[inside] = scores[:, 1]
    return found


def pyramid(size_wh: tuple[int, int], min_face_px: float) -> list[float]:
    """Scales at which a face of ``min_face_px`` and every larger one has once the size of the first window."""
    scales, scale = [], WINDOW_PX / min_face_px
    while min(size_wh) * scale >= WINDOW_PX:
        scales.append(scale)
        scale *= _PYRAMID_FACTOR
    return scales


def _proposals(nets: Nets, integral: Integral, min_face_px: float, threshold: float) -> Floats:
    levels = [_level(nets, integral, scale, threshold) for scale in pyramid(integral.size_wh, min_face_px)]
    rows = np.concatenate(levels) if levels else np.zeros((0, 9))
    rows = rows[suppress(rows[:, :4], rows[:, 4], _ACROSS)]
    return squares(corrected(rows[:, :4], rows[:, 5:], pixel=0.0))


def _level(nets: Nets, integral: Integral, scale: float, threshold: float) -> Floats:
    """Rows of box, score, correction: (N, 9)."""
    width, height = (int(side * scale + 1) for side in integral.size_wh)
    shares, scores = nets.proposal(integral.resized((width, height)))
    rows, columns = np.nonzero(scores[0, 1] >= threshold)
    first = _STRIDE_PX * np.stack([columns, rows], axis=1) + 1.0
    # facenet-pytorch divides in single precision; a box on the border of a pixel depends on it.
    corners = np.concatenate([first, first + (WINDOW_PX - 1)], axis=1).astype(np.float32) / np.float32(scale)
    score = scores[0, 1, rows, columns]
    found = np.column_stack([np.floor(corners), score, shares[0][:, rows, columns].T]).astype(np.float64)
    return found[suppress(found[:, :4], found[:, 4], _WITHIN_LEVEL)]


def _refined(nets: Nets, integral: Integral, boxes_xyxy: Floats, threshold: float) -> Floats:
    windows, inside = _windows(boxes_xyxy, integral.size_wh)
    if not inside.any():
        return np.zeros((0, 4))
    shares, scores = nets.refinement(integral.windows(windows[inside], _REFINED_PX))
    passed = scores[:, 1] > threshold
    boxes, shares, score = boxes_xyxy[inside][passed], shares[passed], scores[passed, 1]
    keep = suppress(boxes, score, _ACROSS)
    return squares(corrected(boxes[keep], shares[keep].astype(np.float64)))


def _windows(boxes_xyxy: Floats, size_wh: tuple[int, int]) -> tuple[Ints, NDArray[np.bool_]]:
    """Pixels that the boxes cover, (N, 4), cut at the image's edges, and which boxes cover any."""
    whole = np.trunc(boxes_xyxy).astype(np.int64)
    low = np.maximum(whole[:, :2], 1) - 1
    high = np.minimum(whole[:, 2:], size_wh)
    return np.concatenate([low, high], axis=1), np.asarray((high > low).all(axis=1))

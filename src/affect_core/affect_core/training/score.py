"""Scores of a trained model on a set of crops, through the same code that reads live faces."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect_core.data.crop_set import CropSet
from affect_core.emotion.base import Runtime
from affect_core.emotion.card import Card
from affect_core.emotion.preprocess import to_batch

Indices = NDArray[np.int64]
_BATCH = 64


def predict(runtime: Runtime, card: Card, crops: CropSet) -> Indices:
    """Most probable class per crop, (N,)."""
    chunks = [crops.images_rgb[i : i + _BATCH] for i in range(0, len(crops), _BATCH)]
    return np.concatenate([runtime.forward(to_batch(list(c), card)).logits.argmax(axis=1) for c in chunks])


def channel_statistics(crops: CropSet) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation per channel of the pixels in 0..1, rounded to four digits."""
    counts = np.zeros((3, 256), np.int64)
    for first in range(0, len(crops), _BATCH):
        pixels = crops.images_rgb[first : first + _BATCH].reshape(-1, 3)
        counts += np.stack([np.bincount(pixels[:, channel], minlength=256) for channel in range(3)])
    levels = np.arange(256) / 255.0
    means = [float(np.average(levels, weights=count)) for count in counts]
    spread = [
        float(np.average((levels - m) ** 2, weights=c)) ** 0.5 for m, c in zip(means, counts, strict=True)
    ]
    return tuple(round(m, 4) for m in means), tuple(round(max(s, 1e-3), 4) for s in spread)


def scores(truth: Indices, predicted: Indices, label_names: tuple[str, ...]) -> dict[str, Any]:
    """Accuracy, macro F1 (over the classes that occur), recall per class, confusion (rows = truth), and n."""
    matrix = confusion(truth, predicted, len(label_names))
    hits, actual, claimed = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    occurs = actual > 0
    f1 = 2.0 * hits[occurs] / (actual + claimed)[occurs]
    return {
        "n": len(truth),
        "accuracy": _rounded(hits.sum() / len(truth)) if len(truth) else None,
        "macro_f1": _rounded(f1.mean()) if len(truth) else None,
        "recall": {name: _rounded(hits[i] / actual[i]) for i, name in enumerate(label_names) if occurs[i]},
        "confusion": matrix.tolist(),
    }


def scores_by(column: str, predicted: Indices, crops: CropSet) -> dict[str, dict[str, Any]]:
    """`scores` for each value of an info column, such as the lighting."""
    values = crops.info[column]
    return {
        str(value): scores(crops.labels[values == value], predicted[values == value], crops.label_names)
        for value in np.unique(values)
    }


def confusion(truth: Indices, predicted: Indices, classes: int) -> Indices:
    """Counts (C, C), rows = truth."""
    return np.bincount(truth * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def _rounded(value: float) -> float:
    return round(float(value), 4)

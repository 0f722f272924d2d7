"""The paper's seven figures of merit for several classes, each macro one-versus-rest where the paper says nothing."""

from __future__ import annotations

from math import nan, sqrt
from typing import Final

import numpy as np

from affect_core.curation.base import Floats, Indices

METRICS: Final = ("accuracy", "sensitivity", "specificity", "balanced_accuracy", "g_mean", "auc", "mcc")
TITLES: Final = {
    "accuracy": "Accuracy",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "balanced_accuracy": "Balanced accuracy",
    "g_mean": "G-mean",
    "auc": "AUC",
    "mcc": "MCC",
}
MACRO_RECALL: Final = "sklearn_balanced_accuracy"
"""The mean recall, scikit-learn's balanced accuracy; the paper's is (sensitivity + specificity) / 2."""


def measure(truth: Indices, predicted: Indices, scores: Floats) -> dict[str, float]:
    """All of `METRICS` and `MACRO_RECALL`.

    The paper's tables obey balanced accuracy = (sensitivity + specificity) / 2 and G-mean = sqrt of their product,
    so these two are defined like that.

    Args:
        truth, predicted: (N,), 0 to C - 1.
        scores: (N, C), the higher the likelier; any scale, comparable between faces.

    Returns:
        Classes without faces are left out of the means. NaN where there is nothing to measure.
    """
    from sklearn.metrics import balanced_accuracy_score, matthews_corrcoef

    if not len(truth):
        return dict.fromkeys((*METRICS, MACRO_RECALL), nan)
    sensitivity, specificity = one_versus_rest(truth, predicted, scores.shape[1])
    return {
        "accuracy": float(np.mean(truth == predicted)),
        "sensitivity": sensitivity,
        "specificity": specificity,
        "balanced_accuracy": (sensitivity + specificity) / 2.0,
        "g_mean": sqrt(sensitivity * specificity),
        "auc": area_under_curve(truth, scores),
        "mcc": float(matthews_corrcoef(truth, predicted)),
        MACRO_RECALL: float(balanced_accuracy_score(truth, predicted))
        if _all_known(truth, predicted)
        else nan,
    }


def one_versus_rest(truth: Indices, predicted: Indices, classes: int) -> tuple[float, float]:
    """Means over the classes that occur of the share of its own faces found, and of the others' not taken for it."""
    confusion = confusion_of(truth, predicted, classes)
    own, taken, total = confusion.sum(axis=1), confusion.sum(axis=0), confusion.sum()
    hits = np.diag(confusion)
    there = (own > 0) & (own < total)
    if not there.any():
        return nan, nan
    sensitivity = hits[there] / own[there]
    specificity = 1.0 - (taken - hits)[there] / (total - own)[there]
    return float(sensitivity.mean()), float(specificity.mean())


def confusion_of(truth: Indices, predicted: Indices, classes: int) -> Floats:
    """Counts (C, C), rows = truth."""
    counts = np.zeros((classes, classes))
    np.add.at(counts, (truth, predicted), 1.0)
    return counts


def area_under_curve(truth: Indices, scores: Floats) -> float:
    """Area under the curve of a class against the rest, mean over the classes that occur; NaN if there is none."""
    from sklearn.metrics import roc_auc_score

    found = [
        float(roc_auc_score(truth == c, scores[:, c]))
        for c in range(scores.shape[1])
        if 0 < int(np.sum(truth == c)) < len(truth)
    ]
    return float(np.mean(found)) if found else nan


def ceiling(accuracy: float, removed: float) -> float:
    """The highest accuracy that removing a share of the tested faces can give an unchanged classifier: all of those it
    got wrong, acc / (1 - q), at most 1.
    """
    return min(1.0, accuracy / (1.0 - removed))


def _all_known(truth: Indices, predicted: Indices) -> bool:
    """scikit-learn leaves classes out that were only predicted, and warns."""
    return set(predicted.tolist()) <= set(truth.tolist())

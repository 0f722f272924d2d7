"""What P2 (Wagner et al. 2024, CAGE) measures, section 4.3, and what its tables turn out to hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affect_core.errors import InputError
from affect_core.training.score import Indices, confusion
from affect_core.types import Floats

Values = NDArray[np.floating[Any]]

TOP: Final = 3
CDF_AT: Final = tuple(round(0.05 * step, 2) for step in range(21))


@dataclass(frozen=True)
class Classified:
    """Scores over classes; macro = the mean over the classes that occur.

    Attributes:
        n: pictures.
        precision, recall, f1: macro.
        accuracy: share that is right.
        matrix: counts (C, C), rows = truth.
        per_class: class -> (n, precision, recall, F1); NaN for a class that does not occur.
    """

    n: int
    precision: float
    recall: float
    f1: float
    accuracy: float
    matrix: Indices
    per_class: Mapping[str, tuple[int, float, float, float]]


@dataclass(frozen=True)
class Estimated:
    """Errors of one dimension, or of several as one series.

    Attributes:
        n: known values.
        mse, mae, rmse, ccc: mean squared and absolute error, root of the former, concordance.
    """

    n: int
    mse: float
    mae: float
    rmse: float
    ccc: float


@dataclass(frozen=True)
class Listed:
    """Scores over several labels for one picture; P2's "top-3 accuracy" is none of them for certain.

    Attributes:
        n: pictures with a label.
        label_recall: share of a picture's labels among its `TOP` most probable ones, mean over pictures.
        macro_recall: share of a label's pictures that have it among their `TOP`, mean over labels that occur.
        any_right: share of pictures with one right label, or more, among their `TOP`.
    """

    n: int
    label_recall: float
    macro_recall: float
    any_right: float


def classified(truth: Indices, predicted: Indices, names: Sequence[str]) -> Classified:
    """Scores of (N,) against (N,), indices into ``names``; raises InputError when there is no picture."""
    if not len(truth):
        raise InputError("expected pictures to score, got none")
    from sklearn.metrics import precision_recall_fscore_support

    scores = precision_recall_fscore_support(truth, predicted, labels=range(len(names)), zero_division=0.0)
    occurs = scores[3] > 0
    precision, recall, f1 = (float(column[occurs].mean()) for column in scores[:3])
    per_class = {
        name: (int(n), float(p), float(r), float(f)) if n else (0, nan, nan, nan)
        for name, p, r, f, n in zip(names, *scores, strict=True)
    }
    matrix = confusion(truth, predicted, len(names))
    accuracy = float((truth == predicted).mean())
    return Classified(len(truth), precision, recall, f1, accuracy, matrix, per_class)


def estimated(truth: Values, guess: Values, names: Sequence[str]) -> dict[str, Estimated]:
    """Errors of each dimension, of all as one series (``pooled``), and their means (``mean``).

    P2's table 6 has a CCC of 0.784 where its table 7 has 0.716 and 0.642 for the dimensions: it fits the pooled
    series, not the mean.

    Args:
        truth, guess: (N, D); unknown truth is NaN.
        names: of the dimensions.
    """
    if truth.shape != guess.shape or truth.shape[1] != len(names):
        raise InputError(f"expected estimates {truth.shape} of {len(names)} dimensions, got {guess.shape}")
    each = {name: _estimated(truth[:, d], guess[:, d]) for d, name in enumerate(names)}
    pooled = _estimated(truth.ravel(), guess.ravel())
    mean_ccc = float(np.mean([one.ccc for one in each.values()]))
    return {
        **each,
        "pooled": pooled,
        "mean": Estimated(pooled.n, pooled.mse, pooled.mae, pooled.rmse, mean_ccc),
    }


def concordance(truth: Values, guess: Values) -> float:
    """Lin's concordance correlation coefficient of two series (N,), moments over N; 0 for two constant ones."""
    spread = truth.var() + guess.var() + (truth.mean() - guess.mean()) ** 2
    if spread <= 0.0:
        return 0.0
    return float(2.0 * ((truth - truth.mean()) * (guess - guess.mean())).mean() / spread)


def listed(present: Values, logits: Values, top: int = TOP) -> Listed:
    """Scores of labels (N, K), 0 or 1, against (N, K); pictures without a label are passed over."""
    some = present.sum(axis=1) > 0
    present, logits = present[some], logits[some]
    if not len(present):
        raise InputError("expected pictures with labels to score, got none")
    chosen = np.zeros_like(present)
    best = np.argsort(-logits, axis=1, kind="stable")[:, :top]
    np.put_along_axis(chosen, best, 1.0, axis=1)
    hits = present * chosen
    occurs = present.sum(axis=0) > 0
    return Listed(
        n=len(present),
        label_recall=float((hits.sum(axis=1) / present.sum(axis=1)).mean()),
        macro_recall=float((hits.sum(axis=0)[occurs] / present.sum(axis=0)[occurs]).mean()),
        any_right=float((hits.sum(axis=1) > 0).mean()),
    )


def error_shares(truth: Values, guess: Values, within: Sequence[float] = CDF_AT) -> Floats:
    """Share of known values (N,) whose absolute error is at most each of ``within``; P2, figures 10 and 11."""
    error = np.abs(guess - truth)[~np.isnan(truth)]
    if not len(error):
        return np.full(len(within), nan)
    return np.asarray([(error <= limit).mean() for limit in within])


def _estimated(truth: Values, guess: Values) -> Estimated:
    known = ~np.isnan(truth)
    if not known.any():
        return Estimated(0, nan, nan, nan, nan)
    x, y = np.asarray(guess[known], np.float64), np.asarray(truth[known], np.float64)
    mse = float(((x - y) ** 2).mean())
    return Estimated(int(known.sum()), mse, float(np.abs(x - y).mean()), mse**0.5, concordance(y, x))

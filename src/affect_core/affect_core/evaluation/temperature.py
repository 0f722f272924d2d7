"""Temperature scaling: Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.errors import InputError

LOWEST: Final = 0.05
HIGHEST: Final = 20.0
_STEPS: Final = 40
_GOLDEN: Final = (sqrt(5.0) - 1.0) / 2.0


def fit_temperature(logits: NDArray[np.float32], truth: NDArray[np.int64]) -> float:
    """The temperature T that makes softmax(logits / T) most likely, between `LOWEST` and `HIGHEST`.

    The mean negative log-likelihood has one minimum along T; it is found by golden-section search on log T.

    Args:
        logits: (N, C), of pictures that the network was not trained on.
        truth: (N,).

    Raises:
        InputError: no pictures.
    """
    if not len(truth):
        raise InputError("expected validation pictures to fit a temperature on, got none")
    values = logits.astype(np.float64)
    low, high = log(LOWEST), log(HIGHEST)
    for _ in range(_STEPS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if mean_loss(values / exp(left), truth) < mean_loss(values / exp(right), truth):
            high = right
        else:
            low = left
    return exp((low + high) / 2.0)


def mean_loss(logits: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Mean negative log-likelihood of the truth, (N, C) and (N,)."""
    top = logits.max(axis=1)
    total = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top
    return float((total - logits[np.arange(len(truth)), truth]).mean())

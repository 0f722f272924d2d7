"""Temperature scaling: Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from affect_core.errors import InputError

_RANGE: Final = (np.log(0.05), np.log(20.0))


def fit_temperature(logits: NDArray[np.float32], truth: NDArray[np.int64]) -> float:
    """The temperature T that makes softmax(logits / T) most likely, between 0.05 and 20.

    Args:
        logits: (N, C), of pictures that the network was not trained on.
        truth: (N,).

    Raises:
        InputError: no pictures.
    """
    if not len(truth):
        raise InputError("expected validation pictures to fit a temperature on, got none")
    values, rows = logits.astype(np.float64), np.arange(len(truth))

    def cost(log_temperature: float) -> float:
        scaled = values / np.exp(log_temperature)
        top = scaled.max(axis=1, keepdims=True)
        total = np.log(np.exp(scaled - top).sum(axis=1)) + top[:, 0]
        return float((total - scaled[rows, truth]).mean())

    found = minimize_scalar(cost, bounds=_RANGE, method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x))

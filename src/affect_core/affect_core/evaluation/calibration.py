"""Whether probabilities mean what they say: calibration error, reliability diagram, temperature scaling.

Guo et al. 2017, On Calibration of Modern Neural Networks. The temperature of a frame is fitted on the other half of the
trial's repetitions, so that no frame takes part in its own scaling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from affect_core.evaluation.scoring import Judged
from affect_core.evaluation.temperature import fit_temperature

BINS: Final = 15
"""Of confidence, of equal width."""
_SMALLEST: Final = 1e-9

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reliability:
    """How often frames of like confidence are right.

    Attributes:
        count, confidence, accuracy: (BINS,); NaN where there is no frame.
        ece: expected calibration error, 0..1: |accuracy - confidence|, mean over frames.
    """

    count: NDArray[np.int64]
    confidence: Array
    accuracy: Array
    ece: float


@dataclass(frozen=True, eq=False)
class Calibration:
    """Of the settled and resting frames of a trial whose truth the model knows.

    Attributes:
        before, after: temperature scaling.
        temperatures: fitted on the even and on the odd repetitions; each is applied to the others.
        n: frames.
    """

    before: Reliability
    after: Reliability
    temperatures: tuple[float, float]
    n: int


def calibrate(judged: Sequence[Judged]) -> Calibration | None:
    """None when fewer than two repetitions have such frames, or the frames' models differ in their labels."""
    frames = [
        frame
        for frame in judged
        if frame.settled and frame.record.probabilities and frame.truth.label in frame.record.labels
    ]
    if len({frame.record.labels for frame in frames}) != 1:
        return None
    probabilities = np.array([frame.record.probabilities for frame in frames], np.float64)
    truth = np.array([frame.record.labels.index(frame.truth.label) for frame in frames])
    indices = np.array([frame.truth.index for frame in frames])
    repetitions = np.unique(indices)
    if len(repetitions) < 2:
        return None
    odd = np.searchsorted(repetitions, indices) % 2 == 1
    logits = np.log(np.maximum(probabilities, _SMALLEST))  # but for a constant, which a softmax does not see
    on_even, on_odd = (fit_temperature(logits[half], truth[half]) for half in (~odd, odd))
    after = softmax(logits / np.where(odd, on_even, on_odd)[:, None], axis=1)
    return Calibration(
        reliability(probabilities, truth), reliability(after, truth), (on_even, on_odd), len(frames)
    )


def reliability(probabilities: Array, truth: NDArray[np.int64], bins: int = BINS) -> Reliability:
    """Of probabilities (N, C), rows sum to 1, and truths (N,); bins (k/15, (k+1)/15]."""
    confidence, hit = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    sums = (np.bincount(place, weights=values, minlength=bins) for values in (confidence, hit))
    means = [np.divide(total, count, out=np.full(bins, np.nan), where=count > 0) for total in sums]
    ece = float(np.nansum(np.abs(means[1] - means[0]) * count) / len(truth))
    return Reliability(count, means[0], means[1], ece)

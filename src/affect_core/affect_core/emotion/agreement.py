"""How far two runtimes of one network may be apart, and how far they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from affect_core.emotion.base import Batch, Output
from affect_core.emotion.stage import softmax


class Difference(NamedTuple):
    """Between two outputs for the same crops; also the most that is tolerated.

    Attributes:
        probability: largest difference of a probability.
        mean_probability: mean difference of the probabilities.
        attention: largest difference in the attention maps; 0 without them.
        regression: largest difference of valence, arousal or intensity; 0 without them.
    """

    probability: float
    mean_probability: float
    attention: float
    regression: float

    def within(self, most: Difference) -> bool:
        """Whether none is above what is tolerated. NaN never is."""
        return all(own <= limit for own, limit in zip(self, most, strict=True))


TOLERANCES: Final[Mapping[str, Difference]] = {
    "fp32": Difference(1e-3, 1e-4, 1e-3, 1e-3),
    "fp16": Difference(0.02, 2e-3, 0.02, 0.02),
    "bf16": Difference(0.1, 0.01, 0.1, 0.1),
    "int8": Difference(0.35, 0.02, 0.2, 0.2),
}
"""Precision -> how far a runtime may be from torch in fp32 on real crops.

A single face between two classes may move far in int8, hence the wide bound on the largest and the narrow one on the
mean; that int8 keeps its accuracy is measured apart (`affect_core.emotion.int8`).
"""


def difference(expected: Output, got: Output) -> Difference:
    """Between two runtimes' outputs for the same batch; infinite where one has an output that the other lacks."""
    apart = np.abs(softmax(expected.logits).astype(np.float64) - softmax(got.logits))
    return Difference(
        float(apart.max()),
        float(apart.mean()),
        _largest(expected.attention, got.attention),
        _largest(expected.regression, got.regression),
    )


def _largest(expected: Batch | None, got: Batch | None) -> float:
    if expected is None and got is None:
        return 0.0
    if expected is None or got is None or expected.shape != got.shape:
        return float("inf")
    return float(np.abs(expected - got).max())

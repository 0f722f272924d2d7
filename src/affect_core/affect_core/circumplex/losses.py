"""What P2 (Wagner et al. 2024, CAGE) minimises, and the weights of the classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from affect_core.errors import InputError
from affect_core.types import Floats

_LEAST: Final = 1e-8
"""Below it the spread of a batch counts as none: two constant series have no concordance, 0."""


def inverse_frequency_weights(counts: Sequence[int], names: Sequence[str] = ()) -> Floats:
    """Weights of the classes, inverse to their counts and summing to 1: (C,) -> (C,).

    P2 says "the frequencies of expressions"; its table 4 holds their inverses.

    Raises:
        InputError: an empty class; says which.
    """
    _check_counts(counts, names, "class")
    inverse = 1.0 / np.asarray(counts, np.float64)
    return np.asarray(inverse / inverse.sum())


def positive_weights(counts: Sequence[int], total: int, names: Sequence[str] = ()) -> Floats:
    """Weights of the present labels of a multi-label set, N / N_k: (K,) -> (K,); P2, section 5.4.

    Raises:
        InputError: a label that nobody has; says which.
    """
    _check_counts(counts, names, "label")
    return total / np.asarray(counts, np.float64)


def weighted_cross_entropy(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy, each picture by its class's weight, divided by the sum of these weights.

    Args:
        logits: (N, C).
        labels: int64 (N,).
        weights: (C,).
    """
    return functional.cross_entropy(logits, labels, weight=weights)


def weighted_binary_cross_entropy(logits: Tensor, present: Tensor, weights: Tensor) -> Tensor:
    """Mean over pictures and labels, present ones by ``weights`` (K,); both others (N, K)."""
    return functional.binary_cross_entropy_with_logits(logits, present, pos_weight=weights)


def squared_error(estimated: Tensor, truth: Tensor) -> Tensor:
    """Mean over pictures and dimensions, both (N, D), of what is known (not NaN); 0 if nothing is."""
    known = ~truth.isnan()
    error = (estimated - truth.nan_to_num()) * known
    return error.square().sum() / known.sum().clamp(min=1)


def concordance(estimated: Tensor, truth: Tensor) -> Tensor:
    """Lin's concordance correlation coefficient of every dimension, with moments over N: (N, D) twice -> (D,).

    A dimension without spread, and one with fewer than two known pictures, has 0.
    """
    return torch.stack([_concordance(estimated[:, d], truth[:, d]) for d in range(truth.shape[1])])


def concordance_loss(estimated: Tensor, truth: Tensor) -> Tensor:
    """1 minus the mean CCC of the dimensions; P2 does not say how the dimensions are brought together."""
    return 1.0 - concordance(estimated, truth).mean()


def _concordance(estimated: Tensor, truth: Tensor) -> Tensor:
    known = ~truth.isnan()
    x, y = estimated[known], truth[known]
    if len(y) < 2:
        return estimated.sum() * 0.0
    dx, dy = x - x.mean(), y - y.mean()
    spread = dx.square().mean() + dy.square().mean() + (x.mean() - y.mean()).square()
    return 2.0 * (dx * dy).mean() / spread.clamp(min=_LEAST)


def _check_counts(counts: Sequence[int], names: Sequence[str], what: str) -> None:
    empty = [str(names[i]) if names else f"number {i}" for i, count in enumerate(counts) if count <= 0]
    if empty:
        raise InputError(
            f"expected training pictures of every {what}, found none of {', '.join(empty)}; add some, or leave "
            f"the {what} out"
        )

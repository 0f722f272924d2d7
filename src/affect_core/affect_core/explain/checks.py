"""What a method promises about the sum of its map, checked."""

from __future__ import annotations

import torch
from torch import Tensor

from affect_core.errors import ExplainError
from affect_core.explain.base import Heatmaps


def to_heatmaps(attributions: Tensor, method: str) -> Heatmaps:
    """Attributions (N, 3, H, W), or (N, 1, H, W), summed over the channels; raises ExplainError unless finite."""
    maps: Heatmaps = attributions.detach().sum(dim=1).float().numpy()
    if not torch.isfinite(attributions).all():
        raise ExplainError(
            f"{method}: expected finite attributions, got others; the network's activations overflow"
        )
    return maps


def sum_error(attributions: Tensor, promised: Tensor) -> float:
    """How far the attributions (N, ...) are from summing to (N,) logits, at worst: a share of the promised sum, or of
    one logit where that is more."""
    got = attributions.detach().flatten(1).sum(dim=1)
    return float(((got - promised).abs() / promised.abs().clamp(min=1.0)).max())


def check_sum(method: str, attributions: Tensor, promised: Tensor, tolerance: float) -> None:
    """Raise ExplainError unless `sum_error` is within ``tolerance``."""
    error = sum_error(attributions, promised)
    if not error <= tolerance:
        raise ExplainError(
            f"{method}: expected attributions that sum to the logit's difference within {tolerance:g} of it, got an "
            f"error of {error:.3g}; the method does not fit this network, choose another one"
        )

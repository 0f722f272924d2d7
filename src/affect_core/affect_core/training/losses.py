"""The loss of P0 (Probierz et al. 2026), equations 4 to 6."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from affect_core.config import Settings, setting
from affect_core.emotion.base import Output


@dataclass(frozen=True)
class LossConfig(Settings):
    """Weights of the loss terms. P0 gives 0.2 for the alignment and leaves the two regularisers open."""

    align: float = setting(0.2, "weight of the attention's alignment with the face mask", low=0.0)
    sparsity: float = setting(1e-4, "weight of the attention's sum (L1)", low=0.0)
    variation: float = setting(1e-4, "weight of the attention's total variation", low=0.0)
    label_smoothing: float = setting(0.0, "share of the target spread over all classes", low=0.0, high=1.0)


class Losses(NamedTuple):
    """The terms of equation 5, unweighted, and their weighted sum; scalars."""

    total: Tensor
    cross_entropy: Tensor
    alignment: Tensor
    sparsity: Tensor
    variation: Tensor


def losses(output: Output, labels: Tensor, face_masks: Tensor, config: LossConfig) -> Losses:
    """Equation 5, a mean over the batch. Without attention it is the cross-entropy alone.

    Args:
        output: of the network, N images.
        labels: int64 (N,).
        face_masks: float (N, S, S), 0..1.
        config: weights.
    """
    logits = output.logits.float()
    cross_entropy = functional.cross_entropy(logits, labels, label_smoothing=config.label_smoothing)
    if output.attention is None:
        none = torch.zeros_like(cross_entropy)
        return Losses(cross_entropy, cross_entropy, none, none, none)
    attention = output.attention.float()
    alignment = alignment_loss(attention, pool_mask(face_masks, attention))
    sparsity, variation = attention.abs().sum(dim=(1, 2)).mean(), total_variation(attention)
    regularisers = config.sparsity * sparsity + config.variation * variation
    total = cross_entropy + config.align * alignment + regularisers
    return Losses(total, cross_entropy, alignment, sparsity, variation)


def alignment_loss(attention: Tensor, mask: Tensor) -> Tensor:
    """Equation 4: binary cross-entropy per cell, mean over cells and batch; both (N, h, w), 0..1."""
    return functional.binary_cross_entropy(attention.clamp(1e-5, 1.0 - 1e-5), mask)


def total_variation(attention: Tensor) -> Tensor:
    """Equation 6: sum of absolute differences of neighbours in (h, w), mean over the batch."""
    down = (attention[:, 1:] - attention[:, :-1]).abs().sum(dim=(1, 2))
    across = (attention[:, :, 1:] - attention[:, :, :-1]).abs().sum(dim=(1, 2))
    return (down + across).mean()


def pool_mask(face_masks: Tensor, attention: Tensor) -> Tensor:
    """Share of the face in each cell of the attention map: (N, S, S) -> (N, h, w)."""
    cells = (attention.shape[1], attention.shape[2])
    return functional.adaptive_avg_pool2d(face_masks[:, None], cells)[:, 0]

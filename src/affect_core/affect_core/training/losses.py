"""The loss of P0 (Probierz et al. 2026), equations 4 to 6, and a regression term of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from affect_core.config import Settings, setting
from affect_core.emotion.base import Output

ALIGNED_TO = ("face", "regions")


@dataclass(frozen=True)
class LossConfig(Settings):
    """Weights of the loss terms. P0 gives 0.2 for the alignment and leaves the two regularisers open."""

    align: float = setting(
        0.2, "weight of the attention's alignment; 0 = attention without a teacher", low=0.0
    )
    mask: str = setting("face", "what the attention is aligned to", choices=ALIGNED_TO)
    sparsity: float = setting(1e-4, "weight of the attention's mean (L1)", low=0.0)
    variation: float = setting(1e-4, "weight of the attention's mean variation", low=0.0)
    regression: float = setting(0.2, "weight of the error of valence, arousal and intensity", low=0.0)
    label_smoothing: float = setting(0.0, "share of the target spread over all classes", low=0.0, high=1.0)
    class_weights: bool = setting(True, "weigh classes inversely to how often they come in the training set")


class Truth(NamedTuple):
    """What a batch of N images shows.

    Attributes:
        targets: float (N, C), share of each class, rows sum to 1.
        mask: float (N, S, S), 0..1, where the attention belongs.
        regression: float (N, 3), NaN = unknown; None = all unknown.
    """

    targets: Tensor
    mask: Tensor
    regression: Tensor | None = None


class Losses(NamedTuple):
    """The terms, unweighted, and their weighted sum; scalars."""

    total: Tensor
    cross_entropy: Tensor
    alignment: Tensor
    sparsity: Tensor
    variation: Tensor
    regression: Tensor


def losses(output: Output, truth: Truth, config: LossConfig, class_weights: Tensor | None = None) -> Losses:
    """Equation 5, a mean over the batch. A term whose part the network does not have is 0.

    P0 prints the equation without the plus sign behind the cross-entropy; here it stands. P0's L1 norm and
    equation 6 are sums over the map. Here they are means, so that one weight fits maps of every size.

    Args:
        output: of the network.
        truth: of the batch.
        config: weights.
        class_weights: float (C,), see `inverse_frequencies`.
    """
    logits = output.logits.float()
    cross_entropy = functional.cross_entropy(
        logits, truth.targets, weight=class_weights, label_smoothing=config.label_smoothing
    )
    alignment = sparsity = variation = regression = torch.zeros_like(cross_entropy)
    if output.attention is not None:
        attention = output.attention.float()
        alignment = alignment_loss(attention, pool_mask(truth.mask, attention))
        sparsity, variation = attention.abs().mean(), mean_variation(attention)
    if output.regression is not None and truth.regression is not None:
        regression = regression_loss(output.regression.float(), truth.regression)
    total = (
        cross_entropy
        + config.align * alignment
        + config.sparsity * sparsity
        + config.variation * variation
        + config.regression * regression
    )
    return Losses(total, cross_entropy, alignment, sparsity, variation, regression)


def alignment_loss(attention: Tensor, mask: Tensor) -> Tensor:
    """Equation 4: binary cross-entropy per cell, mean over cells and batch; both (N, h, w), 0..1."""
    return functional.binary_cross_entropy(attention.clamp(1e-5, 1.0 - 1e-5), mask)


def mean_variation(attention: Tensor) -> Tensor:
    """Equation 6 as a mean: absolute differences of vertical neighbours in (N, h, w) plus those of horizontal ones."""
    down = (attention[:, 1:] - attention[:, :-1]).abs().mean()
    across = (attention[:, :, 1:] - attention[:, :, :-1]).abs().mean()
    return down + across


def regression_loss(estimated: Tensor, truth: Tensor) -> Tensor:
    """Mean squared error over what is known; both (N, 3). 0 if nothing is."""
    known = ~truth.isnan()
    error = (estimated - truth.nan_to_num()) * known
    return error.square().sum() / known.sum().clamp(min=1)


def pool_mask(mask: Tensor, attention: Tensor) -> Tensor:
    """Share of the mask in each cell of the attention map: (N, S, S) -> (N, h, w)."""
    cells = (attention.shape[1], attention.shape[2])
    return functional.adaptive_avg_pool2d(mask[:, None], cells)[:, 0]


def inverse_frequencies(targets: Tensor) -> Tensor:
    """Class weights of P0, section 3.3: inverse to the frequency, 1 for a class with its fair share; (N, C) -> (C,).

    Every class must occur.
    """
    return len(targets) / (targets.shape[1] * targets.sum(dim=0))

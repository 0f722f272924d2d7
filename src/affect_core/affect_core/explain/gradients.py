"""Explainers by plain gradients: saliency, input x gradient, integrated gradients, GradientSHAP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import torch
from captum.attr import GradientShap, InputXGradient, IntegratedGradients, Saliency
from torch import Tensor

from affect_core.explain.base import ExplainConfig, Explainer, Heatmaps
from affect_core.explain.checks import check_sum, sum_error, to_heatmaps
from affect_core.explain.draws import average, baselines, seeded
from affect_core.explain.network import Explained

_DOUBLINGS: Final = 4
"""Integrated gradients: how often the number of points may be doubled."""


class GradientExplainer:
    """A method of captum's that needs gradients of the logits and nothing else."""

    def __init__(self, name: str, attribute: Callable[[Tensor, int], Tensor]) -> None:
        self._name, self._attribute = name, attribute

    def attribute(self, inputs: Tensor, target: int) -> Heatmaps:
        """See `Explainer.attribute`."""
        return to_heatmaps(self._attribute(inputs.clone().requires_grad_(), target), self._name)


def saliency(explained: Explained, _config: ExplainConfig) -> Explainer:
    """Size of the logit's gradient, Simonyan et al. 2014; it has no sign."""
    method = Saliency(explained.logits)
    return GradientExplainer("saliency", lambda x, target: method.attribute(x, target=target))


def input_x_gradient(explained: Explained, _config: ExplainConfig) -> Explainer:
    """Gradient times normalised pixel, Shrikumar et al. 2016."""
    method = InputXGradient(explained.logits)
    return GradientExplainer("input_x_gradient", lambda x, target: method.attribute(x, target=target))


def integrated_gradients(explained: Explained, config: ExplainConfig) -> Explainer:
    """Gradients along the way from a flat picture, Sundararajan et al. 2017; they sum to the logit's difference.

    The sum over the points approaches the integral; they are doubled until it is within the tolerance.
    """
    method = IntegratedGradients(explained.logits)

    def attribute(inputs: Tensor, target: int) -> Tensor:
        start = average(inputs)
        promised = rise(explained, inputs, start, target)
        for steps in (config.steps << doublings for doublings in range(_DOUBLINGS + 1)):
            found: Tensor = method.attribute(
                inputs, start, target=target, n_steps=steps, internal_batch_size=config.batch
            )
            if sum_error(found, promised) <= config.tolerance:
                break
        check_sum("integrated_gradients", found, promised, config.tolerance)
        return found

    return GradientExplainer("integrated_gradients", attribute)


def gradient_shap(explained: Explained, config: ExplainConfig) -> Explainer:
    """Expected gradients: one random point on the way from each baseline, Erion et al. 2021 (shap's GradientExplainer).

    They sum to the logit's difference in the mean only, so their sum is not checked.
    """
    method = GradientShap(explained.rough)

    def attribute(inputs: Tensor, target: int) -> Tensor:
        starts = baselines(inputs, config)
        with seeded(config.seed):
            found: Tensor = method.attribute(
                inputs, starts, n_samples=config.baselines, stdevs=0.0, target=target
            )
        return found

    return GradientExplainer("gradient_shap", attribute)


def rise(explained: Explained, inputs: Tensor, start: Tensor, target: int) -> Tensor:
    """How much larger the target's logit is for the pictures than for their baselines: (N,)."""
    with torch.no_grad():
        return explained.logits(inputs)[:, target] - explained.logits(start)[:, target]  # type: ignore[no-any-return]

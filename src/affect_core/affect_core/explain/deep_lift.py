"""DeepLIFT (Shrikumar et al. 2017) and DeepLiftSHAP (Lundberg and Lee 2017: the DeepExplainer of P0)."""

from __future__ import annotations

import torch
from captum.attr import DeepLift
from torch import Tensor, fx

from affect_core.errors import Unavailable
from affect_core.explain.base import ExplainConfig, Explainer, Heatmaps
from affect_core.explain.checks import check_sum, to_heatmaps
from affect_core.explain.draws import average, baselines
from affect_core.explain.gradients import rise
from affect_core.explain.network import Explained
from affect_core.explain.pairs import paired


class DeepLiftExplainer:
    """Shares the difference of the logit to that of each baseline among the pixels; the mean over the baselines.

    The shares of one baseline sum to the difference, or the network does something that DeepLIFT has no rule for.
    """

    def __init__(self, explained: Explained, config: ExplainConfig, name: str, many: bool) -> None:
        if explained.split is None:
            raise Unavailable(f"{name}: {explained.why_not}")
        self._explained, self._config, self._name, self._many = explained, config, name, many
        self._network: fx.GraphModule = explained.split

    def attribute(self, inputs: Tensor, target: int) -> Heatmaps:
        """See `Explainer.attribute`."""
        starts = baselines(inputs, self._config) if self._many else average(inputs[:1])
        total = torch.zeros_like(inputs)
        for start in starts:
            total += self._against(inputs, start.expand_as(inputs), target)
        return to_heatmaps(total / len(starts), self._name)

    def _against(self, inputs: Tensor, start: Tensor, target: int) -> Tensor:
        method = DeepLift(self._network)
        with paired(self._network):
            found: Tensor = method.attribute(inputs.clone(), start.clone(), target=target).detach()
        check_sum(self._name, found, rise(self._explained, inputs, start, target), self._config.tolerance)
        return found


def deep_lift(explained: Explained, config: ExplainConfig) -> Explainer:
    """Against one flat picture in the mean colour."""
    return DeepLiftExplainer(explained, config, "deep_lift", many=False)


def deep_lift_shap(explained: Explained, config: ExplainConfig) -> Explainer:
    """Against flat pictures in several colours, the mean of the maps."""
    return DeepLiftExplainer(explained, config, "deep_lift_shap", many=True)

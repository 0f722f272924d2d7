"""Layer-wise relevance propagation (Bach et al. 2015), for plain chains of layers such as VGG."""

from __future__ import annotations

from typing import Final

import torch
from captum.attr import LRP
from captum.attr._utils.lrp_rules import EpsilonRule, GammaRule
from torch import Tensor, nn

from affect_core.errors import Unavailable
from affect_core.explain.base import ExplainConfig, Explainer, Heatmaps
from affect_core.explain.checks import check_sum, to_heatmaps
from affect_core.explain.network import Explained
from affect_core.explain.pairs import Largest

_RULED: Final = (
    nn.Conv2d, nn.Linear, nn.ReLU, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Dropout, nn.Flatten, nn.Identity,
)  # fmt: skip
_WEIGHTED: Final = (nn.Conv2d, nn.Linear)
_PASSING: Final = (nn.Flatten, nn.Identity, Largest)
_SHAPING: Final = (torch.flatten, "flatten", "float", getattr)


class LrpExplainer:
    """Hands the logit back from layer to layer, in proportion to what each input added; nothing of it is lost.

    Biases get no share (LRP-0 without them): what they added is handed on with the rest, or the sum would be short of it.

    Captum's LRP says nothing when it meets what it has no rule for: on a ResNet the relevance grows beyond 1e28. Only
    networks that are a chain of convolutions, linear layers, ReLUs and pools are taken.
    """

    def __init__(self, explained: Explained, config: ExplainConfig) -> None:
        _refuse_others(explained)
        self._explained, self._config = explained, config

    def attribute(self, inputs: Tensor, target: int) -> Heatmaps:
        """See `Explainer.attribute`."""
        network = self._explained.split
        assert network is not None  # `_refuse_others`
        for part in network.modules():  # captum takes the rules away again afterwards
            if isinstance(part, _WEIGHTED):
                part.rule = GammaRule(gamma=0.0, set_bias_to_zero=True)
            elif isinstance(part, _PASSING):
                part.rule = EpsilonRule()
        found: Tensor = LRP(network).attribute(inputs.clone().requires_grad_(), target=target).detach()
        with torch.no_grad():
            logits = self._explained.logits(inputs)[:, target]
        check_sum("lrp", found, logits, self._config.tolerance)
        return to_heatmaps(found, "lrp")


def _refuse_others(explained: Explained) -> None:
    if explained.split is None:
        raise Unavailable(f"lrp: {explained.why_not}")
    for node in explained.split.graph.nodes:
        if node.op == "call_module":
            part = explained.split.get_submodule(str(node.target))
            if not isinstance(part, _RULED):
                raise Unavailable(_reason(explained, type(part).__name__))
        elif node.op in ("call_function", "call_method") and node.target not in _SHAPING:
            raise Unavailable(_reason(explained, getattr(node.target, "__name__", str(node.target))))


def _reason(explained: Explained, what: str) -> str:
    return (
        f"lrp: {explained.name} has {what}, for which there is no sound rule; it works for plain chains of layers "
        "(VGG). Use integrated_gradients or deep_lift"
    )


def lrp(explained: Explained, config: ExplainConfig) -> Explainer:
    """See `LrpExplainer`; raises Unavailable for a network with other layers."""
    return LrpExplainer(explained, config)

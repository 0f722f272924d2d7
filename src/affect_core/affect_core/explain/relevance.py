"""Layer-wise relevance propagation (Bach et al. 2015), for plain chains of layers such as VGG."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import torch
from captum.attr import LRP
from captum.attr._utils.lrp_rules import EpsilonRule, PropagationRule
from torch import Tensor, fx, nn

from affect_core.errors import Unavailable
from affect_core.explain.base import ExplainConfig, Explainer, Heatmaps
from affect_core.explain.checks import check_sum, to_heatmaps
from affect_core.explain.lrp_rules import LRP_RULES, Box, Place
from affect_core.explain.network import Explained
from affect_core.explain.pairs import Largest

_RULED: Final = (
    nn.Conv2d, nn.Linear, nn.ReLU, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Dropout, nn.Flatten, nn.Identity,
)  # fmt: skip
_WEIGHTED: Final = (nn.Conv2d, nn.Linear)
_POOLING: Final = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d)
_PASSING: Final = (nn.Flatten, nn.Identity, Largest)
_SHAPING: Final = (torch.flatten, "flatten", "float", getattr)


class LrpExplainer:
    """Hands the logit back from layer to layer, in proportion to what each input added; nothing of it is lost.

    Biases get no share (LRP-0 without them): what they added is handed on with the rest, or the sum would be short of it.
    Other rules: `relevances`.

    Captum's LRP says nothing when it meets what it has no rule for: on a ResNet the relevance grows beyond 1e28. Only
    networks that are a chain of convolutions, linear layers, ReLUs and pools are taken.
    """

    def __init__(self, explained: Explained, config: ExplainConfig) -> None:
        refuse_others(explained)
        self._explained, self._config = explained, config

    def attribute(self, inputs: Tensor, target: int) -> Heatmaps:
        """See `Explainer.attribute`."""
        targets = torch.full((len(inputs),), target)
        found = relevances(self._explained, inputs, targets, "zero", tolerance=self._config.tolerance)
        return to_heatmaps(found, "lrp")


@dataclass(frozen=True, eq=False)
class Propagated:
    """Relevances of a batch.

    Attributes:
        relevances: float32 (N, 3, H, W), signed, of every pixel and channel.
        logits: (N,), what is explained.
        kept: (N,), relevance that the biases kept; with that of the pixels it sums to the logit.
    """

    relevances: Tensor
    logits: Tensor
    kept: Tensor


def relevances(
    explained: Explained,
    inputs: Tensor,
    targets: Tensor,
    rule: str,
    *,
    box: Box | None = None,
    tolerance: float = 0.05,
) -> Tensor:
    """Signed relevance of every pixel and channel, (N, 3, H, W): see `propagate`."""
    return propagate(explained, inputs, targets, rule, box=box, tolerance=tolerance).relevances


def propagate(
    explained: Explained,
    inputs: Tensor,
    targets: Tensor,
    rule: str,
    *,
    box: Box | None = None,
    tolerance: float = 0.05,
) -> Propagated:
    """Hand the logit of a class back to the pixels.

    Maximum pools hand relevance to the largest of their inputs.

    Args:
        explained: a chain of layers.
        inputs: float32 (N, 3, H, W), normalised as the network's card says.
        targets: (N,), the class that is explained in each picture.
        rule: a name in `LRP_RULES`.
        box: of the normalised pixels, for the rules that use it.
        tolerance: largest error of the sum, see `check_sum`; not asked of a rule that loses relevance on purpose.

    Raises:
        Unavailable: the network has other layers.
        UnknownName: the rule.
        ExplainError: pixels and biases do not sum to the logit.
    """
    refuse_others(explained)
    propagation = LRP_RULES.build(rule)
    network = explained.split
    assert network is not None  # `refuse_others`
    rules: list[PropagationRule] = []
    for part, place in _places(network, box):  # captum takes the rules away again afterwards
        rules.append(propagation.rule(place))
        part.rule = rules[-1]
    for part in network.modules():
        if isinstance(part, _PASSING):
            part.rule = EpsilonRule()
    try:
        found: Tensor = LRP(network).attribute(inputs.clone().requires_grad_(), target=targets).detach()
    finally:
        for part in network.modules():
            vars(part).pop("activations", None)  # captum forgets them there, as large as the batch
    with torch.no_grad():
        logits = explained.logits(inputs).gather(1, targets[:, None])[:, 0]
        kept = torch.zeros_like(logits)
        for item in rules:
            kept += logits * item.kept
    if propagation.conserves:
        check_sum("lrp", found, logits - kept, tolerance)
    return Propagated(found, logits, kept)


def _places(network: fx.GraphModule, box: Box | None) -> Iterator[tuple[nn.Module, Place]]:
    """The layers with weights, in order."""
    first, block = True, 0
    for node in network.graph.nodes:
        part = network.get_submodule(str(node.target)) if node.op == "call_module" else None
        if isinstance(part, _WEIGHTED):
            yield part, Place(first, isinstance(part, nn.Linear), block, box)
            first = False
        elif isinstance(part, _POOLING):
            block += 1


def refuse_others(explained: Explained) -> None:
    """Raises Unavailable unless the network is a chain of layers that there are rules for."""
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

"""Rules by which relevance goes from a layer's outputs to its inputs (Bach et al. 2015, Montavon et al. 2019).

With inputs a_j, weights w_jk, bias b_k, z_k = sum_j a_j w_jk + b_k and relevances R_k of the outputs:

- epsilon: R_j = sum_k a_j w_jk / (z_k + epsilon sign(z_k)) R_k
- gamma: with w + gamma max(w, 0) in place of w, which favours what speaks for
- alpha1_beta0: with max(w, 0) and max(b, 0) in place of w and b, so that no relevance is negative
- box (z^B): for pixels between l and h, R_i = sum_j (x_i w_ij - l_i w_ij+ - h_i w_ij-) / (sum_i of the same) R_j
- composite: epsilon in linear layers and from the third block of convolutions on, gamma in the first two, box at the
  pixels
- zero: epsilon near 0, and z_k without b_k: what biases added is handed on with the rest

But for zero and box, biases keep their share b_k / z_k R_k: it is not handed on, but counted, so that the relevances of
all pixels and the shares of all biases sum to the logit. Without it the sum of the pixels alone is the logit, but z_k can
be near 0 where the output is not, and relevances of a trained network grow beyond all bounds.

Captum has epsilon, gamma and alpha 1 beta 0. It has no box and no epsilon in proportion to the outputs; both are made
here from its base class. It cannot do other alphas and betas, which need two passes through each layer, and does not
count what biases keep.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import torch
from captum.attr._utils.lrp_rules import PropagationRule
from torch import Tensor, nn
from torch.nn.grad import conv2d_input

from affect_core.registry import Registry

EPSILON: Final = 1e-6
GAMMA: Final = 0.25
STD_SHARE: Final = 0.25
"""Of the outputs' standard deviation; Montavon et al. 2019 recommend it."""

_SMALLEST: Final = 1e-9
_GAMMA_BLOCKS: Final = 2

Box = tuple[tuple[float, ...], tuple[float, ...]]
"""Lowest and highest value that a normalised pixel can have, for each channel."""


@dataclass(frozen=True)
class Place:
    """A layer with weights in a chain.

    Attributes:
        first: its inputs are the pixels.
        linear: it is no convolution.
        block: number of pools before it.
        box: of the pixels; None = not known.
    """

    first: bool
    linear: bool
    block: int
    box: Box | None = None


@dataclass(frozen=True)
class Propagation:
    """What a name in `LRP_RULES` stands for.

    Attributes:
        rule: gives a layer its rule.
        conserves: the relevances of all pixels, and what the biases keep, sum to the logit.
    """

    rule: Callable[[Place], PropagationRule]
    conserves: bool = True


LRP_RULES: Registry[Propagation] = Registry("rule of propagation")
"""Name -> builder of a `Propagation`."""


@LRP_RULES.register("zero")
def _zero() -> Propagation:
    return Propagation(lambda _place: Ratio(epsilon=_SMALLEST, without_bias=True))


@LRP_RULES.register("epsilon")
def _epsilon() -> Propagation:
    return Propagation(lambda _place: Ratio())


@LRP_RULES.register("epsilon_std")
def _epsilon_std() -> Propagation:
    """Loses relevance on purpose: what weak outputs would pass on is taken for noise."""
    return Propagation(lambda _place: StdEpsilon(), conserves=False)


@LRP_RULES.register("gamma")
def _gamma() -> Propagation:
    return Propagation(lambda place: _at_pixels(place) or Ratio(gamma=GAMMA))


@LRP_RULES.register("alpha1_beta0")
def _alpha1_beta0() -> Propagation:
    return Propagation(lambda place: _at_pixels(place) or Ratio(positive=True))


@LRP_RULES.register("composite")
def _composite() -> Propagation:
    return Propagation(_composed)


def _composed(place: Place) -> PropagationRule:
    if place.first:
        return _at_pixels(place) or Ratio()
    return Ratio(gamma=GAMMA) if not place.linear and place.block < _GAMMA_BLOCKS else Ratio()


def _at_pixels(place: Place) -> PropagationRule | None:
    return BoxRule(place.box) if place.first and place.box is not None and not place.linear else None


class Ratio(PropagationRule):  # type: ignore[misc] # captum's rules are not typed
    """Relevance in proportion to what each input adds to the output.

    Args:
        gamma: see the module.
        epsilon: see the module.
        positive: negative weights and biases count as 0.
        without_bias: biases get no share.
    """

    kept: Tensor | float = 0.0
    """(N,), what the biases kept, as a share of the logit; 0 before the backward pass."""

    def __init__(
        self,
        gamma: float = 0.0,
        epsilon: float = EPSILON,
        positive: bool = False,
        without_bias: bool = False,
    ) -> None:
        self._gamma, self._epsilon = gamma, epsilon
        self._positive, self._without_bias = positive, without_bias

    def forward_hook(self, module: nn.Module, inputs: Any, outputs: Tensor) -> Tensor:
        """Captum calls this with the module that was run with the changed weights."""
        self._bias = module.bias.detach() if isinstance(module.bias, Tensor) else None
        made: Tensor = super().forward_hook(module, inputs, outputs)
        return made

    def _manipulate_weights(self, module: nn.Module, inputs: Any, outputs: Any) -> None:
        """Captum puts the old ones back. What stays is not copied: VGG16's head has 400 MB."""
        assert isinstance(module.weight, Tensor)
        if self._gamma:
            module.weight.data = module.weight.data + self._gamma * module.weight.data.clamp(min=0)
        if self._positive:
            module.weight.data = module.weight.data.clamp(min=0)
        if isinstance(module.bias, Tensor):
            if self._positive:
                module.bias.data = module.bias.data.clamp(min=0)
            if self._without_bias:
                module.bias.data = torch.zeros_like(module.bias.data)

    def _stability(self, outputs: Tensor) -> Tensor | float:
        return self._epsilon

    def _create_backward_hook_output(self, outputs: Tensor) -> Callable[[Tensor], Tensor]:
        signs = torch.where(outputs < 0.0, -1.0, 1.0)
        stable = outputs + signs * self._stability(outputs)

        def divide(grad: Tensor) -> Tensor:
            self.relevance_output[grad.device] = grad.data
            ratio = grad.data / stable
            if self._bias is not None:
                bias = self._bias.view(-1, *[1] * (outputs.ndim - 2))
                self.kept = (ratio * bias).flatten(1).sum(dim=1)
            return ratio

        return divide


class StdEpsilon(Ratio):
    """Epsilon in proportion to the standard deviation of each picture's outputs."""

    def _stability(self, outputs: Tensor) -> Tensor:
        spread = outputs.flatten(1).std(dim=1, unbiased=False).clamp(min=_SMALLEST)
        return STD_SHARE * spread.view(-1, *[1] * (outputs.ndim - 1))


class BoxRule(PropagationRule):  # type: ignore[misc] # captum's rules are not typed
    """z^B, for a convolution whose inputs are pixels.

    Args:
        box: see `Box`.
    """

    kept: Tensor | float = 0.0

    def __init__(self, box: Box) -> None:
        self._box = box
        self._found: Tensor | None = None

    def forward_hook(self, module: nn.Module, inputs: Any, outputs: Tensor) -> Tensor:
        """Captum calls this with the module that was run."""
        self._convolution = module
        self._pixels = (inputs[0] if isinstance(inputs, tuple) else inputs).data
        made: Tensor = super().forward_hook(module, inputs, outputs)
        return made

    def _manipulate_weights(self, module: nn.Module, inputs: Any, outputs: Any) -> None:
        """They stay."""

    def _create_backward_hook_output(self, outputs: Tensor) -> Callable[[Tensor], Tensor]:
        def share(grad: Tensor) -> Tensor:
            self.relevance_output[grad.device] = grad.data
            self._found = self._shared(grad.data)
            return grad

        return share

    def _create_backward_hook_input(self, inputs: Tensor) -> Callable[[Tensor], Tensor]:
        def replace(grad: Tensor) -> Tensor:
            assert self._found is not None  # the outputs' hook is called before
            self.relevance_input[grad.device] = self._found
            return self._found

        return replace

    def _shared(self, relevance: Tensor) -> Tensor:
        """Relevance of the outputs -> of the pixels."""
        layer = self._convolution
        assert isinstance(layer, nn.Conv2d)
        low, high = (
            torch.tensor(bound, dtype=self._pixels.dtype, device=self._pixels.device)
            .view(1, -1, 1, 1)
            .expand_as(self._pixels)
            for bound in self._box
        )
        weight = layer.weight.detach()
        terms = (
            (self._pixels, weight, 1.0),
            (low, weight.clamp(min=0), -1.0),
            (high, weight.clamp(max=0), -1.0),
        )
        options: dict[str, Any] = {
            "stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation, "groups": layer.groups,
        }  # fmt: skip
        total, found = torch.zeros_like(relevance), torch.zeros_like(self._pixels)
        for values, kernel, sign in terms:
            total = total + sign * nn.functional.conv2d(values, kernel, **options)
        share = relevance / (total + _SMALLEST)  # all its terms are at least 0
        for values, kernel, sign in terms:
            back: Tensor = conv2d_input(list(values.shape), kernel, share, **options)  # type: ignore[no-untyped-call]
            found = found + sign * values * back
        return found

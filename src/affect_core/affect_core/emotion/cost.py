"""How large a network is, and what one picture costs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from affect_core.emotion.base import ARCHITECTURES


class Cost(NamedTuple):
    """Of one network.

    Attributes:
        parameters: numbers that are learnt.
        flops: floating point operations of one forward pass over one picture; a multiplication and the addition
            that follows it are two.
    """

    parameters: int
    flops: int


def cost(architecture: str, classes: int, size_px: int, options: Mapping[str, Any]) -> Cost:
    """Count without computing: the network is built without memory for its weights.

    Args:
        architecture, options: entry of `ARCHITECTURES` and its options.
        classes: number of outputs.
        size_px: edge of the input.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"):
        network = ARCHITECTURES.build(architecture, classes, size_px, **options).eval()
        picture = torch.empty(1, 3, size_px, size_px)
    counter = FlopCounterMode(display=False)
    with counter:  # with gradients, or the Transformer takes a path that is not counted
        network(picture)
    return Cost(sum(p.numel() for p in network.parameters()), counter.get_total_flops())

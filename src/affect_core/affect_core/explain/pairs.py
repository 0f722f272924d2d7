"""Products and quotients of computed values, with the rule that makes DeepLIFT's sum exact.

DeepLIFT compares a picture with a baseline. For y = a b and references a0, b0 the difference is shared as

    y - y0 = (a - a0) (b + b0) / 2 + (b - b0) (a + a0) / 2,

which is exact and treats both factors alike (Shapley's value of two players). Plain gradients, b for a and a for b,
would miss it by (a - a0) (b - b0). Networks with attention multiply what they see by where they look.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Product(nn.Module):
    """a b. With `paired` the batch is pictures and then their baselines, and gradients follow the rule above."""

    paired = False

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Broadcasts as usual."""
        if not self.paired:
            return a * b
        exact = (a * b).detach()
        return exact + _through(a, _middle(b)) + _through(b, _middle(a))


class Quotient(nn.Module):
    """a / b: the product of a and 1 / b, whose own difference is -(b - b0) / (b b0)."""

    paired = False

    def __init__(self) -> None:
        super().__init__()
        self.product = Product()

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Broadcasts as usual."""
        if not self.paired:
            return a / b
        first, second = b.detach().chunk(2)
        slope = -1.0 / (first * second)
        inverse = (1.0 / b).detach() + _through(b, torch.cat([slope, slope]))
        product: Tensor = self.product(a, inverse)
        return product


@contextmanager
def paired(network: nn.Module) -> Iterator[None]:
    """Within it, products and quotients of the network take batches of pictures and their baselines."""
    parts = [part for part in network.modules() if isinstance(part, Product | Quotient)]
    for part in parts:
        part.paired = True
    try:
        yield
    finally:
        for part in parts:
            part.paired = False


def _middle(values: Tensor) -> Tensor:
    """Of each picture's and its baseline's values, for both."""
    first, second = values.detach().chunk(2)
    middle = (first + second) / 2.0
    return torch.cat([middle, middle])


def _through(values: Tensor, slope: Tensor) -> Tensor:
    """Zero, with the derivative ``slope``."""
    return (values - values.detach()) * slope

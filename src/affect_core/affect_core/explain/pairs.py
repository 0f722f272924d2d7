"""Products, quotients and largest values of what a network computes, with the rules that make DeepLIFT's sum exact.

DeepLIFT compares a picture with a baseline. For y = a b and references a0, b0 the difference is shared as

    y - y0 = (a - a0) (b + b0) / 2 + (b - b0) (a + a0) / 2,

which is exact and treats both factors alike (Shapley's value of two players). Plain gradients, b for a and a for b,
would miss it by (a - a0) (b - b0). Networks with attention multiply what they see by where they look.

The difference of two maxima goes to the place of the larger one, as in captum. Captum's own rule loses what several
windows hand to one place; in ResNets, whose windows overlap, up to 3 % of the sum went missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional


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


class Largest(nn.MaxPool2d):
    """Maximum pooling. With `paired` a window's difference goes to where the larger of its two maxima lies."""

    paired = False

    @classmethod
    def like(cls, pool: nn.MaxPool2d) -> Largest:
        """With the settings of another one."""
        return cls(pool.kernel_size, pool.stride, pool.padding, pool.dilation, ceil_mode=pool.ceil_mode)

    def forward(self, values: Tensor) -> Tensor:
        """(N, K, H, W) -> (N, K, h, w)."""
        if not self.paired:
            return super().forward(values)  # type: ignore[no-any-return] # torch's stub says Any
        largest, places = functional.max_pool2d(
            values.detach(), self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, True
        )
        (first, second), (place, other) = largest.chunk(2), places.chunk(2)
        chosen = torch.where(first > second, place, other).repeat(2, 1, 1, 1)
        picked = values.flatten(2).gather(2, chosen.flatten(2)).view_as(largest)
        here, there = picked.detach().chunk(2)
        apart = here - there
        share = torch.where(apart == 0.0, 0.0, (first - second) / apart)  # 0..1
        return largest + _through(picked, share.repeat(2, 1, 1, 1))


@contextmanager
def paired(network: nn.Module) -> Iterator[None]:
    """Within it, such modules of the network take batches of pictures and their baselines."""
    parts = [part for part in network.modules() if isinstance(part, Product | Quotient | Largest)]
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

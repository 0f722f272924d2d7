"""What a picture is compared with, pictures in which there is nothing to see; and what is drawn by chance."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from affect_core.explain.base import ExplainConfig


def average(inputs: Tensor) -> Tensor:
    """Flat pictures in the mean colour of the training pixels, one for each of (N, 3, H, W): zeros."""
    return torch.zeros_like(inputs)


def baselines(inputs: Tensor, config: ExplainConfig) -> Tensor:
    """Flat pictures (B, 3, H, W) in random colours, distributed as the training pixels' colours are.

    The first is the mean colour. Inputs are normalised: mean 0 and deviation 1 per channel.
    """
    generator = torch.Generator().manual_seed(config.seed)
    colours = torch.randn((config.baselines, inputs.shape[1], 1, 1), generator=generator)
    colours[0] = 0.0
    return colours.expand(-1, -1, *inputs.shape[2:]).contiguous().to(inputs.dtype)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Within it torch and numpy draw from ``seed``; afterwards they go on as if nothing had been drawn."""
    state, numpy_state = torch.random.get_rng_state(), np.random.get_state()  # noqa: NPY002
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - captum's GradientShap draws from it
    try:
        yield
    finally:
        torch.random.set_rng_state(state)
        np.random.set_state(numpy_state)  # noqa: NPY002

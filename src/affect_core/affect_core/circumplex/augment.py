"""P2's augmentation (Wagner et al. 2024, CAGE), section 4.2, as torchvision's transforms in P2's order."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from affect_core import torch_compat
from affect_core.circumplex.recipe import MEAN, STD, Augmentation


def training_transform(config: Augmentation) -> Any:
    """Pictures (3, S, S) uint8 -> float, normalised, varied. A part is erased last, after normalising.

    Resizing, the first step of the usual list, is missing: faces are cut out at the network's size.
    """
    from torchvision.transforms import v2

    return v2.Compose(
        [
            v2.RandomHorizontalFlip(config.flip),
            v2.RandomGrayscale(config.grey),
            v2.RandomRotation(config.rotation_deg),
            v2.ColorJitter(config.brightness, config.contrast, config.saturation, config.hue),
            v2.RandomPerspective(config.distortion, config.perspective),
            *_normalised(),
            v2.RandomErasing(
                config.erase,
                (config.erase_least, config.erase_most),
                (config.erase_flat, config.erase_tall),
                value="random",
            ),
        ]
    )


def reading_transform() -> Any:
    """Pictures (..., 3, S, S) uint8 -> float, normalised; draws nothing."""
    from torchvision.transforms import v2

    return v2.Compose(_normalised())


def vary(images: Tensor, transform: Any) -> Tensor:
    """Each picture of a batch by itself; (N, 3, S, S) uint8 -> float of the same shape."""
    return torch.stack([transform(image) for image in images])


def _normalised() -> list[Any]:
    torch_compat.torchvision()
    from torchvision.transforms import v2

    return [v2.ToDtype(torch.float32, scale=True), v2.Normalize(list(MEAN), list(STD))]

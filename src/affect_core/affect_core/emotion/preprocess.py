"""From crops to the network's input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from affect_core.emotion.base import Batch
from affect_core.emotion.card import Card
from affect_core.errors import InputError
from affect_core.types import ImageRGB

_LEVELS = np.arange(256, dtype=np.float32)
"""A pixel has one of these; looking each up is faster than arithmetic on all."""


def to_batch(crops: Sequence[ImageRGB], card: Card) -> Batch:
    """Scale to 0..1, standardise per channel with the card's mean and std, and stack.

    Args:
        crops: N images, uint8 (S, S, 3), cut out with ``card.crop``.
        card: of the network that will read them.

    Returns:
        float32 (N, 3, S, S).

    Raises:
        InputError: a crop has another size than the card says.
    """
    size = card.crop.size_px
    for crop in crops:
        if crop.shape != (size, size, 3):
            raise InputError(
                f"{card.name} expects crops ({size}, {size}, 3), got {crop.shape}; cut them with its card"
            )
    batch = np.empty((len(crops), 3, size, size), np.float32)
    levels = _LEVELS[:, None] / np.float32(255.0)
    table = (levels - np.asarray(card.mean, np.float32)) / np.asarray(card.std, np.float32)  # (256, 3)
    for crop, planes in zip(crops, batch, strict=True):
        for channel, plane in enumerate(planes):
            np.take(table[:, channel], crop[..., channel], out=plane)
    return batch

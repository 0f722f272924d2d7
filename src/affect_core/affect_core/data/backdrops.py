"""Random backgrounds for training pictures: what is behind a head must not tell what it expresses."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from affect_core.synth.backdrops import draw_backdrop

_ROOM = 1.25  # backdrops are larger than the pictures by this factor, so that each shows many sections
_DARKEST = 0.35


class Backdrops:
    """A bank of backdrops. Pictures show random sections of them, mirrored and tinted at random.

    Args:
        count: how many.
        size_px: edge S of the pictures.
        seed: of the bank. What a picture shows is drawn from torch's global generator.
    """

    def __init__(self, count: int, size_px: int, seed: int) -> None:
        self._size = size_px
        edge = round(_ROOM * size_px)
        drawn = [draw_backdrop(edge, np.random.default_rng([seed, i]))[0] for i in range(count)]
        pixels = (np.stack(drawn).transpose(0, 3, 1, 2) * 255.0).round().astype(np.uint8)
        self._bank = torch.from_numpy(np.ascontiguousarray(pixels))

    def replace(self, images: Tensor, background: Tensor, probability: float) -> Tensor:
        """Put backdrops behind the heads of some of the images.

        The background is widened by a pixel, so that nothing of the old one is left along the edge.

        Args:
            images: float (N, 3, S, S), 0..1.
            background: bool (N, S, S), the pixels behind the head.
            probability: of each image.

        Returns:
            float (N, 3, S, S).
        """
        chosen = torch.nonzero(torch.rand(len(images)) < probability)[:, 0]
        if not len(chosen):
            return images
        index = chosen.to(images.device)
        behind = functional.max_pool2d(background[index, None].float(), 3, 1, 1)
        share = functional.avg_pool2d(behind, 3, 1, 1, count_include_pad=False)
        made = images.clone()
        made[index] = torch.lerp(images[index], self._draw(len(chosen)).to(images.device), share)
        return made

    def _draw(self, count: int) -> Tensor:
        """(count, 3, S, S)."""
        room = self._bank.shape[-1] - self._size
        which = torch.randint(len(self._bank), (count,)).tolist()
        corners = torch.randint(room + 1, (count, 2)).tolist()
        sections = [
            self._bank[i, :, y : y + self._size, x : x + self._size]
            for i, (y, x) in zip(which, corners, strict=True)
        ]
        pictures = torch.stack(sections).float() / 255.0
        pictures = torch.where(torch.rand(count, 1, 1, 1) < 0.5, pictures.flip(-1), pictures)
        tint = 1.0 + 0.15 * (torch.rand(count, 3, 1, 1) * 2.0 - 1.0)
        light = torch.empty(count, 1, 1, 1).uniform_(_DARKEST, 1.0)
        return (pictures * tint * light).clamp_(0, 1)

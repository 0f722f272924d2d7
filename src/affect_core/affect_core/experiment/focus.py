"""Where a network looks: its attention, and the pixels its answer depends on most, beside the area of the face.

Read it with care: gradients may lie on the face while the answer follows the background, because what the background
says has reached the cells of the face, too. What an answer follows is measured in `shortcut_scores`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from affect_core import torch_compat
from affect_core.data.crop_set import CropSet
from affect_core.data.masks import membership
from affect_core.emotion.base import Output
from affect_core.emotion.card import Card
from affect_core.emotion.preprocess import to_batch
from affect_core.emotion.weights import load_model
from affect_core.explain.metrics import TOP_SHARE

PICTURES: Final = 300
"""So many pictures of the test are looked at: gradients take time."""

KINDS: Final = ("face", "regions")
"""Of masks: the face, and its eyes, brows and mouth."""

_BATCH: Final = 50
_DECIMALS: Final = 4

Focus = dict[str, Any]


def measure_focus(card: Card, crops: CropSet, threads: int) -> Focus:
    """Means over the first `PICTURES` crops.

    Returns:
        ``n``; for each mask kind K: ``K_area``, the share of the crop; ``K_gradient``, the share of the tenth of the
        pixels with the largest input gradient (sum over channels of the absolute derivative of the largest
        logit) that lies on it; and for a network with attention ``K_attention``, the share of the attention's
        mass on it. By chance the latter two are the area.
    """
    torch_compat.use_threads(threads)
    network = load_model(card)
    chosen = crops.take(np.arange(min(PICTURES, len(crops))))
    parts = [_batch(network, card, chosen, i) for i in range(0, len(chosen), _BATCH)]
    columns = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    means = {name: round(float(column.mean()), _DECIMALS) for name, column in columns.items()}
    return {"n": len(chosen), **means}


def _batch(network: Any, card: Card, crops: CropSet, first: int) -> dict[str, Tensor]:
    """Each value per picture, (B,)."""
    images = torch.from_numpy(to_batch(list(crops.images_rgb[first : first + _BATCH]), card)).requires_grad_()
    output: Output = network(images)
    (gradient,) = torch.autograd.grad(output.logits.max(dim=1).values.sum(), images)
    top = top_share(gradient.abs().sum(dim=1))
    segments = crops.segments[first : first + _BATCH]
    values: dict[str, Tensor] = {}
    for kind in KINDS:
        mask = torch.from_numpy(membership(kind)[segments]).float()
        values[f"{kind}_area"] = mask.mean(dim=(1, 2))
        values[f"{kind}_gradient"] = (mask * top).sum(dim=(1, 2)) / top.sum(dim=(1, 2))
        if output.attention is not None:
            values[f"{kind}_attention"] = attention_mass(output.attention.detach().float(), mask)
    return values


def attention_mass(attention: Tensor, mask: Tensor) -> Tensor:
    """Share of the attention (N, h, w) on a mask (N, S, S), whose share in each cell counts; (N,)."""
    cells = functional.adaptive_avg_pool2d(mask[:, None], (attention.shape[1], attention.shape[2]))[:, 0]
    return (attention * cells).sum(dim=(1, 2)) / attention.sum(dim=(1, 2)).clamp(min=1e-12)


def top_share(heat: Tensor, share: float = TOP_SHARE) -> Tensor:
    """1 at the highest ``share`` of the pixels of each map (N, H, W), rounded, at least one; else 0."""
    flat = heat.flatten(1)
    chosen = flat.topk(max(1, round(share * flat.shape[1])), dim=1).indices
    return torch.zeros_like(flat).scatter_(1, chosen, 1.0).view_as(heat)

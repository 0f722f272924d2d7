"""The one augmentation recipe, on whole batches; after P0 (Probierz et al. 2026), section 3.2."""

from __future__ import annotations

from dataclasses import dataclass
from math import radians

import torch
from torch import Tensor
from torch.nn import functional

from affect_core.config import Settings, setting


@dataclass(frozen=True)
class AugmentConfig(Settings):
    """How strongly training images are varied. Ranges are symmetric: 0.1 means -0.1 to +0.1."""

    flip: float = setting(0.5, "probability of mirroring", low=0.0, high=1.0)
    rotation_deg: float = setting(15.0, "rotation, degrees", low=0.0, high=180.0)
    zoom: float = setting(0.1, "change of size, as a share", low=0.0, high=0.9)
    shift: float = setting(0.1, "shift, as a share of the image", low=0.0, high=1.0)
    brightness: float = setting(0.2, "change of brightness, as a share", low=0.0, high=0.9)
    contrast: float = setting(0.2, "change of contrast, as a share", low=0.0, high=0.9)
    gamma: float = setting(0.2, "logarithm of the gamma value", low=0.0, high=2.0)
    noise: float = setting(0.02, "largest standard deviation of pixel noise, 0..1", low=0.0, high=1.0)
    patch: float = setting(0.1, "probability of a square patch over the face", low=0.0, high=1.0)
    patch_size: float = setting(0.25, "edge of the patch, as a share of the image", low=0.0, high=1.0)


def augment(images: Tensor, masks: Tensor, config: AugmentConfig) -> tuple[Tensor, Tensor]:
    """Vary a batch; masks move along with their images.

    Args:
        images: float (N, 3, S, S), 0..1.
        masks: float (N, S, S), 0..1.

    Returns:
        Both, of the same shapes and ranges.
    """
    moved = _move(torch.cat([images, masks[:, None]], dim=1), config)
    return _cover(_relight(moved[:, :3], config), config), moved[:, 3].clamp(0, 1)


def _move(layers: Tensor, config: AugmentConfig) -> Tensor:
    """Mirror, rotate, zoom and shift (N, K, S, S) in one resampling; the border is continued outwards."""
    count = len(layers)
    angle = _uniform(count, radians(config.rotation_deg))
    size = 1.0 / (1.0 + _uniform(count, config.zoom))
    mirror = torch.where(torch.rand(count) < config.flip, -1.0, 1.0)
    to_source = torch.zeros(count, 2, 3)
    to_source[:, 0, 0], to_source[:, 0, 1] = mirror * size * angle.cos(), -size * angle.sin()
    to_source[:, 1, 0], to_source[:, 1, 1] = mirror * size * angle.sin(), size * angle.cos()
    to_source[:, :, 2] = 2.0 * _uniform(count * 2, config.shift).view(
        count, 2
    )  # grid units: the image is 2 wide
    shape = list(layers.shape)
    grid = functional.affine_grid(to_source, shape, align_corners=False)
    return functional.grid_sample(layers, grid, padding_mode="border", align_corners=False)


def _relight(images: Tensor, config: AugmentConfig) -> Tensor:
    count = len(images)
    bright = images.clamp(1e-3, 1.0) ** _per_image(_uniform(count, config.gamma).exp())
    bright = bright * _per_image(1.0 + _uniform(count, config.brightness))
    mean = bright.mean(dim=(1, 2, 3), keepdim=True)
    contrast = (bright - mean) * _per_image(1.0 + _uniform(count, config.contrast)) + mean
    noise = torch.randn_like(images) * _per_image(torch.rand(count) * config.noise)
    return (contrast + noise).clamp(0, 1)


def _cover(images: Tensor, config: AugmentConfig) -> Tensor:
    """Hide a square of some images under one colour, like a hand before the face."""
    count, _, size, _ = images.shape
    edge = round(config.patch_size * size)
    corner = (torch.rand(count, 2, 1, 1) * (size - edge + 1)).long()
    rows = torch.arange(size).view(1, size, 1) - corner[:, 0]
    columns = torch.arange(size).view(1, 1, size) - corner[:, 1]
    inside = (rows >= 0) & (rows < edge) & (columns >= 0) & (columns < edge)  # (N, S, S)
    hidden = inside & (torch.rand(count, 1, 1) < config.patch)
    return torch.where(hidden[:, None], torch.rand(count, 3, 1, 1), images)


def _uniform(count: int, limit: float) -> Tensor:
    """(count,) uniform in -limit..limit."""
    return (torch.rand(count) * 2.0 - 1.0) * limit


def _per_image(values: Tensor) -> Tensor:
    return values.view(-1, 1, 1, 1)

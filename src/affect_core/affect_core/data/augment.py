"""The one augmentation recipe, on whole batches; after P0 (Probierz et al. 2026), section 3.2, and beyond it.

Everything is drawn from torch's global generator of random numbers, on the device of the images.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, radians

import torch
from torch import Tensor
from torch.nn import functional

from affect_core.config import Settings, setting
from affect_core.errors import ConfigError


@dataclass(frozen=True)
class AugmentConfig(Settings):
    """How strongly training images are varied. Ranges are symmetric unless said otherwise: 0.1 means -0.1 to +0.1.

    The defaults are P0's recipe; noise and gamma are ours.
    """

    flip: float = setting(0.5, "probability of mirroring", low=0.0, high=1.0)
    rotation_deg: float = setting(15.0, "rotation, degrees", low=0.0, high=180.0)
    zoom: float = setting(0.1, "change of size, as a share", low=0.0, high=0.9)
    shift: float = setting(0.1, "shift, as a share of the image", low=0.0, high=1.0)
    brightness: float = setting(0.2, "change of brightness, as a share", low=0.0, high=0.9)
    contrast: float = setting(0.2, "change of contrast, as a share", low=0.0, high=0.9)
    gamma: float = setting(0.2, "logarithm of the gamma value", low=0.0, high=2.0)
    exposure_low: float = setting(1.0, "weakest exposure, a factor on the brightness", low=0.01, high=1.0)
    exposure_high: float = setting(1.0, "strongest exposure, a factor on the brightness", low=1.0, high=10.0)
    colour: float = setting(0.0, "change of each channel's brightness, as a share", low=0.0, high=0.9)
    saturation: float = setting(0.0, "change of the saturation, as a share", low=0.0, high=1.0)
    grey: float = setting(0.0, "probability of losing all colour", low=0.0, high=1.0)
    blur: float = setting(0.0, "probability that a batch is scaled down and up again", low=0.0, high=1.0)
    blur_scale: float = setting(0.4, "strongest scaling down, as a share of the size", low=0.05, high=1.0)
    noise: float = setting(0.02, "largest standard deviation of pixel noise, 0..1", low=0.0, high=1.0)
    patch: float = setting(0.1, "probability of a patch over the face", low=0.0, high=1.0)
    patch_size: float = setting(0.25, "largest edge of the patch, as a share of the image", low=0.0, high=1.0)
    patch_least: float = setting(
        0.0, "smallest edge of the patch, as a share of the image; 0 = a square of the largest edge", low=0.0
    )
    background: float = setting(
        0.0, "probability that what is behind the head is replaced; needs masks", low=0.0, high=1.0
    )
    backdrops: int = setting(256, "how many backdrops there are to replace it with", low=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.patch_least > self.patch_size:
            raise ConfigError(f"expected patch_least up to {self.patch_size}, got {self.patch_least}")


def augment(images: Tensor, masks: Tensor, config: AugmentConfig) -> tuple[Tensor, Tensor]:
    """Vary a batch; masks move along with their images. Backgrounds are another matter: `data.backdrops`.

    Args:
        images: float (N, 3, S, S), 0..1.
        masks: float (N, S, S), 0..1.

    Returns:
        Both, of the same shapes and ranges.
    """
    moved = _move(torch.cat([images, masks[:, None]], dim=1), config)
    varied = _recolour(_relight(moved[:, :3], config), config)
    varied = _degrade(varied, config).clamp_(0, 1)
    return _cover(varied, config), moved[:, 3].clamp(0, 1)


def _move(layers: Tensor, config: AugmentConfig) -> Tensor:
    """Mirror, rotate, zoom and shift (N, K, S, S) in one resampling; the border is continued outwards."""
    like = layers[:, 0, 0, 0]
    angle = _uniform(like, radians(config.rotation_deg))
    size = 1.0 / (1.0 + _uniform(like, config.zoom))
    mirror = torch.where(torch.rand_like(like) < config.flip, -1.0, 1.0)
    # Grid units: the image is 2 wide.
    across, down = 2.0 * _uniform(like, config.shift), 2.0 * _uniform(like, config.shift)
    cosine, sine = size * angle.cos(), size * angle.sin()
    rows = [torch.stack([mirror * cosine, -sine, across], 1), torch.stack([mirror * sine, cosine, down], 1)]
    grid = functional.affine_grid(torch.stack(rows, 1), list(layers.shape), align_corners=False)
    return functional.grid_sample(layers, grid, padding_mode="border", align_corners=False)


def _relight(images: Tensor, config: AugmentConfig) -> Tensor:
    like = images[:, :1, :1, :1]
    bright = images.clamp(1e-3, 1.0) ** _uniform(like, config.gamma).exp()
    exposure = torch.empty_like(like).uniform_(log(config.exposure_low), log(config.exposure_high)).exp()
    bright = bright * (1.0 + _uniform(like, config.brightness)) * exposure
    mean = bright.mean(dim=(1, 2, 3), keepdim=True)
    return (bright - mean) * (1.0 + _uniform(like, config.contrast)) + mean


def _recolour(images: Tensor, config: AugmentConfig) -> Tensor:
    """Tint each image; mix it with its grey version, or leave that alone."""
    if not (config.colour or config.saturation or config.grey):
        return images
    tinted = images * (1.0 + _uniform(images[:, :, :1, :1], config.colour))
    grey = tinted.mean(dim=1, keepdim=True)
    like = images[:, :1, :1, :1]
    share = (1.0 + _uniform(like, config.saturation)) * (torch.rand_like(like) >= config.grey)
    return grey + (tinted - grey) * share


def _degrade(images: Tensor, config: AugmentConfig) -> Tensor:
    """Lose detail, then add noise."""
    if config.blur and float(torch.rand(())) < config.blur:
        scale = float(torch.empty(()).uniform_(config.blur_scale, 0.9))
        small = functional.interpolate(images, scale_factor=scale, mode="bilinear")
        images = functional.interpolate(small, size=images.shape[-2:], mode="bilinear")
    if not config.noise:
        return images
    return images + torch.randn_like(images) * torch.rand_like(images[:, :1, :1, :1]) * config.noise


def _cover(images: Tensor, config: AugmentConfig) -> Tensor:
    """Hide a part of some images under one colour, like a hand before the face."""
    if not config.patch:
        return images
    height, width = _edges(images, config), _edges(images, config)
    rows, columns = _between(images, height), _between(images, width)
    hidden = rows[:, None, :, None] & columns[:, None, None, :]  # (N, 1, S, S)
    hidden &= torch.rand_like(images[:, :1, :1, :1]) < config.patch
    return torch.where(hidden, torch.rand_like(images[:, :, :1, :1]), images)


def _edges(images: Tensor, config: AugmentConfig) -> Tensor:
    """(N, 1) edge of each patch, pixels."""
    least = config.patch_least or config.patch_size
    like = images[:, 0, 0, :1]
    share = torch.empty_like(like).uniform_(least, config.patch_size) if least < config.patch_size else least
    return (torch.ones_like(like) * share * images.shape[-1]).round()


def _between(images: Tensor, edge: Tensor) -> Tensor:
    """(N, S): pixels of a stretch of this length, somewhere."""
    size = images.shape[-1]
    first = (torch.rand_like(edge) * (size - edge + 1)).floor()
    place = torch.arange(size, device=images.device)
    return (place >= first) & (place < first + edge)


def _uniform(like: Tensor, limit: float) -> Tensor:
    """Of the shape of ``like``, uniform in -limit..limit."""
    return (torch.rand_like(like) * 2.0 - 1.0) * limit

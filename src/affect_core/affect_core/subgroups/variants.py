"""P3's augmentation: every picture at four gammas, moved by four pixels; batches of all these variants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from affect_core.config import Settings, setting
from affect_core.data.batches import CropBatch
from affect_core.data.crop_set import NO_SEGMENT, spread
from affect_core.emotion.base import REGRESSION
from affect_core.errors import ConfigError

Indices = NDArray[np.int64]

_STEPS: Final = {
    1: ((0, 0),),
    5: ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)),
    9: tuple(product((0, 1, -1), repeat=2)),
}


@dataclass(frozen=True)
class VariantConfig(Settings):
    """Which variants of a picture are trained on."""

    gammas: tuple[float, ...] = setting((0.5, 1.0, 1.5, 2.0), "values of gamma (P3, equation 1)")
    shift_px: int = setting(4, "translation in both axes, px (P3; of 224)", low=0)
    places: int = setting(
        5, "translated copies, that at rest counted: 1, 5 (along the axes) or 9 (ours)", low=1
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.places not in _STEPS or not self.gammas or min(self.gammas) <= 0.0:
            raise ConfigError(
                f"VariantConfig: expected places 1, 5 or 9 and gammas above 0, got {self.places} and {self.gammas}"
            )

    @property
    def variants(self) -> tuple[tuple[float, int, int], ...]:
        """Gamma, and shift to the right and down, px."""
        steps = ((self.shift_px * right, self.shift_px * down) for right, down in _STEPS[self.places])
        return tuple((value, *step) for value, step in product(self.gammas, steps))


def gamma(pixels: NDArray[Any], value: float) -> NDArray[np.float64]:
    """P3, equation 1: (x / 255)^(1 / gamma) 255, for x in 0..255."""
    return np.asarray((np.asarray(pixels, np.float64) / 255.0) ** (1.0 / value) * 255.0)


def translate(images: NDArray[Any], right_px: int, down_px: int) -> NDArray[Any]:
    """Move (..., H, W, C) by whole pixels; the border is continued outwards."""
    height, width = images.shape[-3], images.shape[-2]
    rows = np.clip(np.arange(height) - down_px, 0, height - 1)
    columns = np.clip(np.arange(width) - right_px, 0, width - 1)
    return np.asarray(images[..., rows[:, None], columns, :])


class VariantBatches:
    """Iterates over all variants of some pictures, in batches that hold the classes in their proportions.

    The order depends on the seed and the epoch only, so that a training can go on at any epoch.

    Args:
        images_rgb: uint8 (N, S, S, 3).
        labels: (N,).
        classes: how many there are.
        batch_size: pictures in a batch; the last, smaller one is left out.
        config: which variants.
        seed: of the order.
    """

    def __init__(
        self,
        images_rgb: NDArray[np.uint8],
        labels: Indices,
        classes: int,
        batch_size: int,
        config: VariantConfig,
        seed: int,
    ) -> None:
        self._images, self._labels, self._config, self._seed = images_rgb, labels, config, seed
        self._targets = np.eye(classes, dtype=np.float32)[labels]
        self._pairs = len(labels) * len(config.variants)
        self._batch_size = min(batch_size, self._pairs)
        self._tables = {
            value: np.rint(gamma(np.arange(256), value)).astype(np.uint8) for value in config.gammas
        }
        self.epoch = 0

    def __len__(self) -> int:
        return self._pairs // self._batch_size

    def __iter__(self) -> Iterator[CropBatch]:
        variants = self._config.variants
        number = np.tile(np.arange(len(self._labels)), len(variants))
        order = spread(self._labels[number], np.random.default_rng([self._seed, self.epoch]))
        for start in range(0, len(self) * self._batch_size, self._batch_size):
            chosen = order[start : start + self._batch_size]
            yield self._batch(number[chosen], chosen // len(self._labels))

    def _batch(self, pictures: Indices, variants: Indices) -> CropBatch:
        images = np.stack([self._vary(*pair) for pair in zip(pictures, variants, strict=True)])
        count, size = len(images), images.shape[1]
        return CropBatch(
            torch.from_numpy(images).permute(0, 3, 1, 2),
            torch.from_numpy(self._targets[pictures]),
            torch.full((count, size, size), NO_SEGMENT, dtype=torch.uint8),
            torch.full((count, len(REGRESSION)), torch.nan),
        )

    def _vary(self, picture: int, variant: int) -> NDArray[np.uint8]:
        value, right, down = self._config.variants[variant]
        return np.asarray(translate(self._tables[value][self._images[picture]], right, down))

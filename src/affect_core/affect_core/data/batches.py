"""Batches of crops for training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from affect_core.data.crop_set import CropSet, spread


class CropBatch(NamedTuple):
    """N crops with their truth.

    Attributes:
        images: uint8 (N, 3, S, S), the channels last in memory.
        targets: float (N, C), share of each class.
        segments: uint8 (N, S, S), see `CropSet`.
        regression: float (N, 3), the columns `REGRESSION`; NaN = unknown.
    """

    images: Tensor
    targets: Tensor
    segments: Tensor
    regression: Tensor


class CropBatches:
    """Iterates over a set in batches.

    Shuffled passes are stratified: every batch holds the classes, and the joined sets, in their proportions. The
    order depends on the seed and the epoch only, so that a training can go on at any epoch.

    Args:
        crops: the set. Its info column "repeat" says how often each crop comes in an epoch; default once.
        batch_size: crops per batch; the last, smaller batch is left out when shuffling.
        seed: of the shuffle; None = in order, all of it.
        balanced: draw every class equally often, the rare ones repeatedly.
        rank, world: this process trains on every ``world``-th batch, from ``rank`` on.
    """

    def __init__(
        self,
        crops: CropSet,
        batch_size: int,
        seed: int | None = None,
        *,
        balanced: bool = False,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self._crops, self._seed, self._balanced = crops, seed, balanced
        self._repeat = np.asarray(crops.info.get("repeat", np.ones(len(crops), np.int64)))
        self._batch_size = min(batch_size, max(1, len(crops)))
        self._rank, self._world = rank, world
        self.epoch = 0

    def __len__(self) -> int:
        if self._seed is None:
            return -(-len(self._crops) // self._batch_size)
        return len(self._order()) // self._batch_size // self._world

    def __iter__(self) -> Iterator[CropBatch]:
        order, size = self._order(), self._batch_size
        for i in range(len(self)):
            first = (i * self._world + self._rank) * size
            yield self._batch(order[first : first + size])

    def _batch(self, chosen: NDArray[np.int64]) -> CropBatch:
        crops = self._crops
        return CropBatch(
            torch.from_numpy(crops.images_rgb[chosen]).permute(0, 3, 1, 2),
            torch.from_numpy(crops.soft_labels[chosen]),
            torch.from_numpy(crops.segments[chosen]),
            torch.from_numpy(crops.regression[chosen]),
        )

    def _order(self) -> NDArray[np.int64]:
        if self._seed is None:
            return np.arange(len(self._crops))
        random = np.random.default_rng([self._seed, self.epoch])
        drawn = np.repeat(np.arange(len(self._crops)), self._repeat)
        if self._balanced:
            drawn = _balance(drawn, self._crops.labels, random)
        return drawn[spread(self._strata()[drawn], random)]

    def _strata(self) -> NDArray[np.int64]:
        """A number for every pair of class and joined set."""
        sets = self._crops.info.get("set", np.zeros(len(self._crops), np.int64))
        number = np.unique(sets, return_inverse=True)[1]
        return np.asarray(number * len(self._crops.label_names) + self._crops.labels)


def _balance(
    drawn: NDArray[np.int64], labels: NDArray[np.int64], random: np.random.Generator
) -> NDArray[np.int64]:
    """As many of every class as the classes have on average."""
    present = np.unique(labels[drawn])
    each = len(drawn) // len(present)
    return np.concatenate(
        [np.resize(random.permutation(drawn[labels[drawn] == label]), each) for label in present]
    )

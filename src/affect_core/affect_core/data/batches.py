"""Batches of crops for training."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from affect_core.data.crop_set import CropSet

CropBatch = tuple[Tensor, Tensor, Tensor]
"""Images uint8 (N, 3, S, S), labels int64 (N,), face masks uint8 (N, S, S)."""


class CropBatches:
    """Iterates over a set in batches; every pass shuffles anew, deterministically.

    Args:
        crops: the set.
        batch_size: crops per batch; the last, smaller batch is left out when shuffling.
        seed: of the shuffle; None = in order, all of it.
    """

    def __init__(self, crops: CropSet, batch_size: int, seed: int | None = None) -> None:
        self._images = torch.from_numpy(crops.images_rgb).permute(0, 3, 1, 2).contiguous()
        self._labels = torch.from_numpy(crops.labels)
        self._masks = torch.from_numpy(crops.face_masks)
        self._batch_size = min(batch_size, max(1, len(crops)))
        self._random = None if seed is None else np.random.default_rng(seed)

    def __len__(self) -> int:
        count = len(self._labels)
        return -(-count // self._batch_size) if self._random is None else count // self._batch_size

    def __iter__(self) -> Iterator[CropBatch]:
        order = self._order()
        for i in range(len(self)):
            chosen = torch.from_numpy(order[i * self._batch_size : (i + 1) * self._batch_size])
            yield self._images[chosen], self._labels[chosen], self._masks[chosen]

    def _order(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """In order, or stratified: every stretch holds the classes in the set's proportions."""
        labels = self._labels.numpy()
        if self._random is None:
            return np.arange(len(labels))
        place = np.empty(len(labels))
        for label in np.unique(labels):
            members = self._random.permutation(np.flatnonzero(labels == label))
            place[members] = (np.arange(len(members)) + self._random.random(len(members))) / len(members)
        return np.argsort(place, kind="stable")

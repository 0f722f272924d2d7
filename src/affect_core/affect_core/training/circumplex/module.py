"""One network in Lightning's loop, with P2's losses, augmentation and schedule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, cast

import numpy as np
import torch
from lightning.pytorch import LightningModule
from numpy.typing import NDArray
from torch import Tensor, nn

from affect_core.circumplex.augment import reading_transform, training_transform, vary
from affect_core.circumplex.modes import Mode, Truth
from affect_core.circumplex.recipe import Augmentation, Recipe
from affect_core.circumplex.samples import Samples
from affect_core.data.crop_set import spread
from affect_core.emotion.base import Output
from affect_core.types import Floats

SCORE: Final = "val_score"


class Batch(NamedTuple):
    """N pictures, uint8 (N, 3, S, S), and what they show."""

    images: Tensor
    truth: Truth


class Batches:
    """Iterates over samples in batches; shuffled so that every batch holds the classes in their proportions.

    The order depends on seed and epoch only, so that a training can go on at any epoch.

    Args:
        samples: the pictures.
        batch_size: per step; the last, smaller batch is left out when shuffling.
        seed: of the shuffle; None = in order, all of it.
    """

    def __init__(self, samples: Samples, batch_size: int, seed: int | None = None) -> None:
        self._samples, self._seed = samples, seed
        self._size = min(batch_size, max(1, len(samples)))
        self.epoch = 0

    def __len__(self) -> int:
        count = len(self._samples)
        return -(-count // self._size) if self._seed is None else count // self._size

    def __iter__(self) -> Iterator[Batch]:
        order = self._order()
        for i in range(len(self)):
            yield self._batch(order[i * self._size : (i + 1) * self._size])

    def _batch(self, chosen: NDArray[np.int64]) -> Batch:
        samples = self._samples
        truth = Truth(
            *(torch.from_numpy(a[chosen]) for a in (samples.labels, samples.present, samples.affect))
        )
        return Batch(torch.from_numpy(samples.images_rgb[chosen]).permute(0, 3, 1, 2), truth)

    def _order(self) -> NDArray[np.int64]:
        if self._seed is None:
            return np.arange(len(self._samples))
        return spread(self._samples.labels, np.random.default_rng([self._seed, self.epoch]))


class CircumplexModule(LightningModule):
    """Trains a network.

    Args:
        network: of `affect_core.emotion.architectures.circumplex`.
        mode: loss and score.
        recipe, augmentation: see there.
        weights: of the classes.
        watched: pictures that choose the epoch.
        seed: of the augmentation.
        identity: what a checkpoint must say to be the same training; words and numbers.
    """

    def __init__(
        self,
        network: nn.Module,
        mode: Mode,
        recipe: Recipe,
        augmentation: Augmentation,
        weights: Floats,
        watched: Samples,
        seed: int,
        identity: Mapping[str, Any],
    ) -> None:
        super().__init__()
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch's stub
        self._mode, self._recipe, self._watched, self._seed = mode, recipe, watched, seed
        self._vary, self._read = training_transform(augmentation), reading_transform()
        self._identity = dict(identity)
        self._weights: Tensor
        self.register_buffer("_weights", torch.tensor(weights, dtype=torch.float32), persistent=False)
        self._seen: list[Output] = []

    def on_train_epoch_start(self) -> None:
        """Random numbers depend on seed and epoch only, so that a resumed training draws the same ones."""
        cast(Batches, self.trainer.train_dataloader).epoch = self.current_epoch
        torch.manual_seed(self._seed * 10_007 + self.current_epoch)

    def training_step(self, batch: Batch, _index: int) -> Tensor:
        """One step of Lightning's loop."""
        loss = self._loss(self._forward(vary(batch.images, self._vary)), batch.truth)
        self.log("loss", loss.detach(), on_step=False, on_epoch=True, batch_size=len(batch.images))
        return loss

    def validation_step(self, batch: Batch, _index: int) -> None:
        """One batch of Lightning's validation loop."""
        output = self._forward(self._read(batch.images))
        self.log("val_loss", self._loss(output, batch.truth), batch_size=len(batch.images))
        self._seen.append(output)

    def on_validation_epoch_end(self) -> None:
        """The mode's own score over all watched pictures."""
        columns = zip(*self._seen, strict=True)
        whole = Output(*(None if c[0] is None else torch.cat(c).float().cpu().numpy() for c in columns))
        self._seen.clear()
        self.log(SCORE, self._mode.score(whole, self._watched), batch_size=1)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Say which training it is."""
        checkpoint["affect_core"] = self._identity

    def configure_optimizers(self) -> Any:
        """AdamW; the rate falls along a cosine from the first step to the last (P2, table 5)."""
        recipe = self._recipe
        optimiser = torch.optim.AdamW(
            self.network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
        )
        steps = max(1, int(self.trainer.estimated_stepping_batches))
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _forward(self, images: Tensor) -> Output:
        output: Output = self.network(images.contiguous(memory_format=torch.channels_last))
        return output

    def _loss(self, output: Output, truth: Truth) -> Tensor:
        return self._mode.loss(output, truth, self._weights, self._recipe)

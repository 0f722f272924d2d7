"""The Lightning module: one network, P0's loss, the augmentation recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torchmetrics.functional.classification import multiclass_accuracy, multiclass_f1_score

from affect_core.data.augment import AugmentConfig, augment
from affect_core.data.backdrops import Backdrops
from affect_core.data.batches import CropBatch, CropBatches
from affect_core.data.masks import membership
from affect_core.emotion.base import REGRESSION, Output
from affect_core.training.losses import LossConfig, Truth, losses
from affect_core.training.schedules import SCHEDULES, OptimiserConfig

IDENTITY = "affect_core"
"""Entry of a checkpoint that says which network it belongs to."""


class EmotionModule(LightningModule):
    """Trains a network on crops.

    Args:
        network: from `ARCHITECTURES`.
        size_px: edge of the images.
        mean, std: of the training pixels in 0..1, per channel.
        class_weights: float (C,), or None.
        identity: what a checkpoint must say to be the same network; words, numbers, lists.
    """

    def __init__(
        self,
        network: nn.Module,
        size_px: int,
        mean: tuple[float, ...],
        std: tuple[float, ...],
        augmentation: AugmentConfig,
        loss: LossConfig,
        optimiser: OptimiserConfig,
        class_weights: Tensor | None = None,
        identity: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch's stub
        self._augmentation, self._loss, self._optimiser = augmentation, loss, optimiser
        self._identity = dict(identity or {})
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))
        self._class_weights: Tensor | None
        self._attended: Tensor
        self._behind: Tensor
        self.register_buffer("_class_weights", class_weights, persistent=False)
        self.register_buffer("_attended", torch.from_numpy(membership(loss.mask)).float(), persistent=False)
        self.register_buffer("_behind", torch.from_numpy(membership("background")), persistent=False)
        self._backdrops = (
            Backdrops(augmentation.backdrops, size_px, optimiser.seed) if augmentation.background else None
        )
        self._seen: list[tuple[Tensor, Tensor, Tensor]] = []

    def forward(self, images: Tensor) -> Output:
        """Images (N, 3, S, S), 0..1, before normalisation."""
        normalised = (images - self.mean) / self.std
        output: Output = self.network(normalised.contiguous(memory_format=torch.channels_last))
        return output

    def on_train_epoch_start(self) -> None:
        """Random numbers depend on seed, epoch and process only, so that a resumed training draws the same ones."""
        epoch, rank = self.current_epoch, self.global_rank
        cast(
            CropBatches, self.trainer.train_dataloader
        ).epoch = epoch  # which draws when the first batch is asked for
        torch.manual_seed((self._optimiser.seed * 10_007 + epoch) * 1_009 + rank)

    def training_step(self, batch: CropBatch, _index: int) -> Tensor:
        """One step of Lightning's loop."""
        images, mask = self._vary(batch)
        terms = losses(
            self(images), Truth(batch.targets, mask, batch.regression), self._loss, self._class_weights
        )
        for name, value in terms._asdict().items():
            label = "loss" if name == "total" else name
            self.log(label, value.detach(), on_step=False, on_epoch=True, sync_dist=True)
        return terms.total

    def validation_step(self, batch: CropBatch, _index: int) -> None:
        """One batch of Lightning's validation loop."""
        output = self(batch.images.float() / 255.0)
        truth = Truth(batch.targets, self._attended[batch.segments.long()], batch.regression)
        terms = losses(output, truth, self._loss, self._class_weights)
        self.log("val_loss", terms.total, batch_size=len(batch.targets), sync_dist=True)
        self.log("val_alignment", terms.alignment, batch_size=len(batch.targets), sync_dist=True)
        estimated = torch.full_like(batch.regression, torch.nan)
        if output.regression is not None:
            estimated = output.regression.float()
        self._seen.append(
            (output.logits.float(), batch.targets.argmax(dim=1), (estimated - batch.regression).abs())
        )

    def on_validation_epoch_end(self) -> None:
        """Scores over the whole validation set."""
        logits, labels, errors = (torch.cat(column) for column in zip(*self._seen, strict=True))
        self._seen.clear()
        classes = logits.shape[1]
        accuracy = multiclass_accuracy(logits, labels, classes, average="micro")
        self.log("val_accuracy", accuracy, sync_dist=True)
        macro_f1 = multiclass_f1_score(logits, labels, classes, average="macro")
        self.log("val_macro_f1", macro_f1, sync_dist=True)
        for name, error in zip(REGRESSION, errors.nanmean(dim=0), strict=True):
            if not error.isnan():
                self.log(f"val_error_{name}", error, sync_dist=True)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Say which network it is."""
        checkpoint[IDENTITY] = self._identity

    def configure_optimizers(self) -> Any:
        """AdamW (Adam without weight decay; betas 0.9 and 0.999) with the configured schedule."""
        config = self._optimiser
        # A fused optimiser divides gradients by their scale itself, after they were clipped.
        fused = not (config.clip_norm and self._scales_gradients)
        optimiser = torch.optim.AdamW(
            self.network.parameters(),
            config.learning_rate,
            weight_decay=config.weight_decay,
            fused=fused,
        )
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = SCHEDULES[config.schedule].scheduler(optimiser, config, steps)
        return {"optimizer": optimiser, **({"lr_scheduler": schedule} if schedule else {})}

    def configure_gradient_clipping(
        self,
        optimizer: torch.optim.Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """By the norm of all. Lightning never clips beside a fused optimiser; without a scale nothing speaks against
        it, and fused steps take half the time."""
        if self._scales_gradients:
            self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)
        elif gradient_clip_val:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), gradient_clip_val)

    @property
    def _scales_gradients(self) -> bool:
        return str(self.trainer.precision) == "16-mixed"

    def _vary(self, batch: CropBatch) -> tuple[Tensor, Tensor]:
        segments = batch.segments.long()
        images = batch.images.float() / 255.0
        if self._backdrops is not None:
            images = self._backdrops.replace(images, self._behind[segments], self._augmentation.background)
        return augment(images, self._attended[segments], self._augmentation)

"""The Lightning module: one network, P0's loss, the augmentation recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer
from torchmetrics.functional.classification import multiclass_accuracy, multiclass_f1_score

from affect_core.config import Settings, setting
from affect_core.data.augment import AugmentConfig, augment
from affect_core.data.batches import CropBatch
from affect_core.emotion.base import Output
from affect_core.training.losses import LossConfig, losses


@dataclass(frozen=True)
class OptimiserConfig(Settings):
    """How the weights are fitted."""

    epochs: int = setting(30, "passes over the training set", low=1)
    batch_size: int = setting(64, "images per step", low=2)
    learning_rate: float = setting(1e-3, "highest learning rate", low=0.0)
    weight_decay: float = setting(0.0, "weight decay (AdamW)", low=0.0)
    schedule: str = setting("plateau", "learning rate schedule", choices=("plateau", "one_cycle"))
    precision: str = setting("32-true", "arithmetic", choices=("32-true", "bf16-mixed"))
    threads: int = setting(2, "CPU threads of torch", low=1)
    seed: int = setting(0, "of initial weights, shuffling and augmentation", low=0)


class EmotionModule(LightningModule):
    """Trains a network on crops.

    Args:
        network: from `ARCHITECTURES`.
        classes: number of outputs.
        mean, std: of the training pixels in 0..1, per channel.
    """

    def __init__(
        self,
        network: nn.Module,
        classes: int,
        mean: tuple[float, ...],
        std: tuple[float, ...],
        augmentation: AugmentConfig,
        loss: LossConfig,
        optimiser: OptimiserConfig,
    ) -> None:
        super().__init__()
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch's stub
        self._classes, self._augmentation, self._loss, self._optimiser = (
            classes,
            augmentation,
            loss,
            optimiser,
        )
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))
        self._seen: list[tuple[Tensor, Tensor]] = []

    def forward(self, images: Tensor) -> Output:
        """Images (N, 3, S, S), 0..1, before normalisation."""
        normalised = (images - self.mean) / self.std
        output: Output = self.network(normalised.contiguous(memory_format=torch.channels_last))
        return output

    def training_step(self, batch: CropBatch, _index: int) -> Tensor:
        """One step of Lightning's loop."""
        images, labels, masks = batch
        varied, moved = augment(images.float() / 255.0, masks.float() / 255.0, self._augmentation)
        terms = losses(self(varied), labels, moved, self._loss)
        self.log("loss", terms.total, prog_bar=True)
        self.log("alignment", terms.alignment, prog_bar=True)
        return terms.total

    def validation_step(self, batch: CropBatch, _index: int) -> None:
        """One batch of Lightning's validation loop."""
        images, labels, masks = batch
        output = self(images.float() / 255.0)
        terms = losses(output, labels, masks.float() / 255.0, self._loss)
        self.log("val_loss", terms.total, batch_size=len(labels))
        self._seen.append((output.logits.float(), labels))

    def on_validation_epoch_end(self) -> None:
        """Scores over the whole validation set."""
        logits, labels = (torch.cat(column) for column in zip(*self._seen, strict=True))
        self._seen.clear()
        accuracy = multiclass_accuracy(logits, labels, self._classes, average="micro")
        self.log("val_accuracy", accuracy, prog_bar=True)
        self.log("val_macro_f1", multiclass_f1_score(logits, labels, self._classes, average="macro"))

    def configure_optimizers(self) -> Any:
        """AdamW (Adam without weight decay) with the configured schedule."""
        config = self._optimiser
        optimiser = torch.optim.AdamW(
            self.network.parameters(), config.learning_rate, weight_decay=config.weight_decay
        )
        steps = int(self.trainer.estimated_stepping_batches)
        return {"optimizer": optimiser, "lr_scheduler": _SCHEDULES[config.schedule](optimiser, config, steps)}


def _plateau(optimiser: Optimizer, _config: OptimiserConfig, _steps: int) -> dict[str, Any]:
    """P0, section 3.3: a tenth of the rate after 10 epochs without a better validation loss."""
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.1, patience=10)
    return {"scheduler": schedule, "monitor": "val_loss"}


def _one_cycle(optimiser: Optimizer, config: OptimiserConfig, steps: int) -> dict[str, Any]:
    """Up for a fifth of the steps, then down: reaches a usable network in few epochs."""
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.learning_rate, steps, pct_start=0.2)
    return {"scheduler": schedule, "interval": "step"}


_SCHEDULES: dict[str, Callable[[Optimizer, OptimiserConfig, int], dict[str, Any]]] = {
    "plateau": _plateau,
    "one_cycle": _one_cycle,
}

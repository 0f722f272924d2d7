"""How fast a network learns, when it slows down, and when it stops."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch.optim import Optimizer

from affect_core.config import Settings, setting
from affect_core.training.hardware import PRECISIONS

_FACTOR = 0.1
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class OptimiserConfig(Settings):
    """How the weights are fitted."""

    epochs: int = setting(30, "passes over the training set, at most", low=1)
    batch_size: int = setting(64, "images per step", low=2)
    learning_rate: float = setting(1e-3, "highest learning rate", low=0.0)
    weight_decay: float = setting(0.0, "weight decay (AdamW)", low=0.0)
    clip_norm: float = setting(0.0, "gradients are scaled down to this norm (L2, of all); 0 = never", low=0.0)
    schedule: str = setting("plateau", "learning rate schedule", choices=("plateau", "one_cycle", "constant"))
    patience: int = setting(
        3, "plateau: epochs without a better validation loss before the rate falls to a tenth", low=1
    )
    stop: int = setting(
        8, "plateau: epochs without a better validation loss before the training ends; 0 = never", low=0
    )
    sampling: str = setting(
        "stratified",
        "classes in a batch: as in the set, or equally often",
        choices=("stratified", "balanced"),
    )
    precision: str = setting("auto", "arithmetic; auto = bf16 where it is fast", choices=PRECISIONS)
    threads: int = setting(2, "CPU threads of torch", low=1)
    seed: int = setting(0, "of initial weights, shuffling and augmentation", low=0)


class _Patience(Callback):
    """Counts epochs in a row without a better validation loss. Its state is in the checkpoint."""

    def __init__(self, patience: int) -> None:
        self.patience, self.best, self.waited = patience, inf, 0

    def on_validation_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Compare."""
        loss = float(trainer.callback_metrics["val_loss"])
        self.waited = 0 if loss < self.best else self.waited + 1
        self.best = min(loss, self.best)

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint."""
        return {"best": self.best, "waited": self.waited}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From the checkpoint."""
        self.best, self.waited = state_dict["best"], state_dict["waited"]


class Plateau(_Patience):
    """The rate falls to a tenth after ``patience`` epochs without a better validation loss; P0, section 3.3.

    Lightning steps torch's own scheduler only after the checkpoint of an epoch is written, so a training that
    goes on from there would be one epoch behind. This one steps before.
    """

    def on_validation_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Compare, and lower the rate if it is time."""
        super().on_validation_end(trainer, module)
        if self.waited >= self.patience:
            self.waited = 0
            for group in trainer.optimizers[0].param_groups:
                group["lr"] *= _FACTOR


class Stop(_Patience):
    """The training ends after ``patience`` epochs without a better validation loss, and stays ended when resumed."""

    def on_validation_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Compare, and stop if it is time."""
        super().on_validation_end(trainer, module)
        self.on_fit_start(trainer, module)

    def on_fit_start(self, trainer: Trainer, module: LightningModule) -> None:
        """Stop if it was time already."""
        trainer.should_stop = trainer.should_stop or self.waited >= self.patience


class Schedule(NamedTuple):
    """One way to change the learning rate.

    Attributes:
        scheduler: (optimiser, config, steps) -> what Lightning calls lr_scheduler, or None.
        callbacks: config -> callbacks.
    """

    scheduler: Callable[[Optimizer, OptimiserConfig, int], dict[str, Any] | None]
    callbacks: Callable[[OptimiserConfig], list[Callback]]


def _plateau_callbacks(config: OptimiserConfig) -> list[Callback]:
    if config.stop and config.patience >= config.stop:
        _log.warning(
            "the learning rate stays as it is: it would fall after %d epochs without a better validation loss, "
            "but the training ends after %d",
            config.patience,
            config.stop,
        )
    return [Plateau(config.patience), *([Stop(config.stop)] if config.stop else [])]


def _one_cycle(optimiser: Optimizer, config: OptimiserConfig, steps: int) -> dict[str, Any]:
    """Up for a fifth of the steps, then down: reaches a usable network in few epochs."""
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.learning_rate, steps, pct_start=0.2)
    return {"scheduler": schedule, "interval": "step"}


def _nothing(_optimiser: Optimizer, _config: OptimiserConfig, _steps: int) -> None:
    return None


def _none(_config: OptimiserConfig) -> list[Callback]:
    return []


SCHEDULES: dict[str, Schedule] = {
    "plateau": Schedule(_nothing, _plateau_callbacks),
    "one_cycle": Schedule(_one_cycle, _none),
    "constant": Schedule(_nothing, _none),
}

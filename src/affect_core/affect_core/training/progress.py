"""What a training says about itself: a bar while it runs, one row of a CSV file for every epoch."""

from __future__ import annotations

import csv
import logging
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from tqdm import tqdm

from affect_core.files import whole

COLUMNS: Final = (
    *("epoch", "steps", "seconds", "images_per_s", "learning_rate"),
    *("loss", "cross_entropy", "alignment", "sparsity", "variation", "regression"),
    *("val_loss", "val_accuracy", "val_macro_f1", "val_alignment"),
    *("val_error_valence", "val_error_arousal", "val_error_intensity"),
)
_DIGITS: Final = 6
_log = logging.getLogger(__name__)


class Bar(Callback):
    """A progress bar for every epoch, on stderr; silent where that is not a terminal."""

    def __init__(self) -> None:
        self._bar: tqdm[None] | None = None

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        """Open the bar."""
        title = f"epoch {trainer.current_epoch + 1}/{trainer.max_epochs}"
        off = None if trainer.is_global_zero else True
        self._bar = tqdm(total=int(trainer.num_training_batches), desc=title, unit="batch", disable=off)

    def on_train_batch_end(self, *_arguments: Any) -> None:
        """One step."""
        if self._bar is not None:
            self._bar.update()

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Close the bar."""
        if self._bar is not None:
            self._bar.close()


class EpochLog(Callback):
    """Appends to ``path``. A resumed training replaces the rows of the epochs that it runs again.

    Args:
        path: the CSV file.
        batch_size: images per step, to tell the speed; validation is counted into the time.
    """

    def __init__(self, path: Path, batch_size: int) -> None:
        self._path, self._batch_size, self._started = path, batch_size, 0.0

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        """Start the clock."""
        self._started = perf_counter()

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Write the row."""
        if not trainer.is_global_zero:
            return
        seconds = perf_counter() - self._started
        images = int(trainer.num_training_batches) * self._batch_size * trainer.world_size
        metrics = {name: round(float(value), _DIGITS) for name, value in trainer.callback_metrics.items()}
        row = {
            **metrics,
            "epoch": trainer.current_epoch,
            "steps": trainer.global_step,
            "seconds": round(seconds, 1),
            "images_per_s": round(images / seconds, 1),
            "learning_rate": trainer.optimizers[0].param_groups[0]["lr"],
        }
        shown = ("loss", "val_loss", "val_accuracy", "val_macro_f1")
        text = ", ".join(f"{name} {metrics[name]:.3f}" for name in shown)
        _log.info("epoch %d: %s, %.0f images/s", trainer.current_epoch + 1, text, row["images_per_s"])
        rows = [old for old in read_log(self._path) if int(old["epoch"]) < trainer.current_epoch]
        _write(self._path, [*rows, row])


def read_log(path: Path) -> list[dict[str, str]]:
    """Rows of a log, as text; none if there is no log."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    with whole(path) as unfinished, unfinished.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)

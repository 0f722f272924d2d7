"""What a training of this study leaves behind of every epoch: one row of a CSV file."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from time import perf_counter
from typing import Final

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from affect_core.files import write_whole
from affect_core.training.progress import read_log

COLUMNS: Final = ("epoch", "seconds", "learning_rate", "loss", "val_loss", "val_score")


class History(Callback):
    """Writes the log. A resumed training replaces the rows of the epochs that it runs again.

    Args:
        path: the CSV file.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._started = path, 0.0

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        """Start the clock."""
        self._started = perf_counter()

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Write the row."""
        if not trainer.is_global_zero:
            return
        measured = {name: f"{float(value):.6g}" for name, value in trainer.callback_metrics.items()}
        row = {
            **measured,
            "epoch": str(trainer.current_epoch + 1),
            "seconds": f"{perf_counter() - self._started:.1f}",
            "learning_rate": f"{trainer.optimizers[0].param_groups[0]['lr']:.3g}",
        }
        rows = [old for old in read_log(self._path) if int(old["epoch"]) <= trainer.current_epoch]
        text = io.StringIO()
        table = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
        table.writeheader()
        table.writerows([*rows, row])
        write_whole(self._path, text.getvalue())

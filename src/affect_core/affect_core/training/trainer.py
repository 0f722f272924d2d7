"""Lightning's Trainer, as all trainings here use it."""

from __future__ import annotations

from typing import Any, Final, cast

from lightning.pytorch import Callback, Trainer

from affect_core.training.hardware import Hardware
from affect_core.training.progress import Bar

_ALWAYS: Final[dict[str, Any]] = {
    "num_sanity_val_steps": 0,
    "use_distributed_sampler": False,  # batches know their process
    "enable_model_summary": False,
    "enable_progress_bar": False,  # ours is among the callbacks
}


def make_trainer(
    hardware: Hardware, epochs: int, precision: str, *callbacks: Callback, logger: Any = False, **more: Any
) -> Trainer:
    """A trainer for ``epochs`` epochs that shows our progress bar.

    Args:
        hardware: what to train on.
        precision: the arithmetic, resolved; see `resolve_precision`.
        callbacks: beside the bar.
        logger: Lightning's; none unless given.
        more: further arguments of `Trainer`.
    """
    return Trainer(
        accelerator=hardware.accelerator,
        devices=hardware.devices,
        strategy=hardware.strategy,
        max_epochs=epochs,
        precision=cast(Any, precision),
        callbacks=[*callbacks, Bar()],
        logger=logger,
        **_ALWAYS,
        **more,
    )

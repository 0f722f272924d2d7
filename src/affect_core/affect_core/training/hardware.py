"""What a training runs on: processor or graphics cards, threads, arithmetic."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

import torch

from affect_core.config import Settings, setting
from affect_core.machine import cpu_gains_from_bf16

PRECISIONS: Final = ("auto", "32-true", "bf16-mixed", "16-mixed")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Hardware(Settings):
    """Passed on to Lightning's Trainer; does not belong to the training file, as it does not change the recipe."""

    accelerator: str = setting("cpu", "what to train on", choices=("cpu", "gpu", "auto"))
    devices: int = setting(1, "how many cards, or processes on the CPU", low=1)
    strategy: str = setting("auto", "how several devices share the work, such as ddp")
    threads: int = setting(0, "CPU threads of torch; 0 = as the training file says", low=0)

    @property
    def on_gpu(self) -> bool:
        """Whether a graphics card will be used."""
        return self.accelerator != "cpu" and torch.cuda.is_available()


def resolve_precision(precision: str, hardware: Hardware) -> str:
    """The arithmetic that ``auto`` stands for: bf16 where the machine gains by it."""
    if precision != "auto":
        return precision
    if hardware.on_gpu:
        chosen = "bf16-mixed" if torch.cuda.is_bf16_supported() else "16-mixed"
    else:
        chosen = "bf16-mixed" if cpu_gains_from_bf16() else "32-true"
    _log.info("precision auto: %s", chosen)
    return chosen

"""Contracts of the emotion stage: what a network returns, what a runtime does, what can be set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from affect_core.config import Settings, setting
from affect_core.emotion.card import Card
from affect_core.registry import Registry

Batch = NDArray[np.float32]

REGRESSION: Final = ("valence", "arousal", "intensity")
"""What networks may estimate beside the class: valence and arousal -1..1, intensity 0..1."""


class Output(NamedTuple):
    """What a network returns: tensors from a network, arrays from a runtime.

    Attributes:
        logits: (N, C).
        attention: (N, h, w) in 0..1, or None for a network without attention.
        regression: (N, 3), the columns `REGRESSION`, or None for a network without such outputs.
    """

    logits: Any
    attention: Any = None
    regression: Any = None


class Runtime(Protocol):
    """Runs the network of one card."""

    def forward(self, batch: Batch) -> Output:
        """One forward pass.

        Args:
            batch: float32 (N, 3, S, S), normalised as the card says.

        Returns:
            Arrays, float32.
        """


@dataclass(frozen=True)
class EmotionConfig(Settings):
    """Which model reads the faces, and how it runs."""

    model: str = setting("amal_small", "a model below models/, or the path of a model folder")
    runtime: str = setting("torch", "program that runs the network")
    threads: int = setting(1, "CPU threads of the network; more than 1 only helps on an idle machine", low=1)


ARCHITECTURES: Registry[Any] = Registry("architecture")
"""Name -> builder ``(classes, size_px, **options) -> torch.nn.Module`` whose forward returns `Output`."""

RUNTIMES: Registry[Runtime] = Registry("runtime")
"""Name -> builder ``(card, threads) -> Runtime``."""


def build_runtime(config: EmotionConfig, card: Card) -> Runtime:
    """The runtime that ``config`` names, with the card's weights loaded; raises UnknownName, ModelError."""
    return RUNTIMES.build(config.runtime, card, config.threads)

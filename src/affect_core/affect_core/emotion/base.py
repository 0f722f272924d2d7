"""Contracts of the emotion stage: what a network returns, what a runtime does, what can be set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from affect_core.config import Settings, setting
from affect_core.emotion.card import Card
from affect_core.registry import Registry

Batch = NDArray[np.float32]


class Output(NamedTuple):
    """What a network returns.

    Attributes:
        logits: (N, C).
        attention: (N, h, w) in 0..1, or None for a network without attention.
    """

    logits: Any
    attention: Any = None


class Runtime(Protocol):
    """Runs the network of one card."""

    def forward(self, batch: Batch) -> tuple[Batch, Batch | None]:
        """One forward pass.

        Args:
            batch: float32 (N, 3, S, S), normalised as the card says.

        Returns:
            Logits, float32 (N, C), and attention, float32 (N, h, w), or None.
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

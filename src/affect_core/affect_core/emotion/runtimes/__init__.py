"""Runtimes. Each builder takes ``(card, threads)`` and loads the card's weights."""

from __future__ import annotations

from affect_core.emotion.base import RUNTIMES, Runtime
from affect_core.emotion.card import Card


@RUNTIMES.register("torch")
def _torch(card: Card, threads: int) -> Runtime:
    from affect_core.emotion.runtimes.torch_runtime import TorchRuntime

    return TorchRuntime(card, threads)

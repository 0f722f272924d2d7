"""PyTorch in single precision: the reference the other runtimes are measured against."""

from __future__ import annotations

from affect_core import torch_compat
from affect_core.emotion.base import Batch, Output
from affect_core.emotion.card import Card
from affect_core.emotion.weights import load_model


class TorchRuntime:
    """Runs the card's network with torch, float32, on the CPU.

    Args:
        card: of the model.
        threads: of torch in this process. Two threads are only faster on an idle machine; see
            `torch_compat.use_threads` for what happens on a busy one.
    """

    def __init__(self, card: Card, threads: int) -> None:
        torch_compat.use_threads(threads)
        self._model = load_model(card)

    def forward(self, batch: Batch) -> Output:
        """See `Runtime.forward`."""
        import torch

        with torch.inference_mode():
            output: Output = self._model(torch.from_numpy(batch))
        return Output(*(None if part is None else part.numpy() for part in output))

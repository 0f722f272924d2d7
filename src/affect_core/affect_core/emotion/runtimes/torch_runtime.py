"""PyTorch. In single precision on the processor it is the reference that the other runtimes are measured against."""

from __future__ import annotations

from typing import Any

from affect_core import torch_compat
from affect_core.emotion.base import AUTO, CPU, Batch, Output, runtime_name
from affect_core.emotion.card import Card
from affect_core.emotion.runtimes.support import settle_precision
from affect_core.emotion.weights import load_model
from affect_core.errors import Unavailable
from affect_core.machine import cpu_has_bf16


class TorchRuntime:
    """Runs the card's network with torch.

    Args:
        card: of the model.
        threads: of torch in this process. Two threads are only faster on an idle machine; see
            `torch_compat.use_threads` for what happens on a busy one.
        precision: fp32; bf16 where the processor or the graphics card has it; fp16 on a graphics card.
        device: cpu or cuda.
    """

    def __init__(self, card: Card, threads: int = 1, precision: str = AUTO, device: str = CPU) -> None:
        torch_compat.use_threads(threads)
        import torch

        precision = settle_precision("torch", device, precision, _reasons(device))
        self.name = runtime_name("torch", precision, device)
        self._device = device
        self._network = load_model(card).to(device)
        self._type = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision)
        self._layout: Any = torch.contiguous_format
        if self._type is not None:
            self._layout = torch.channels_last
            _halve(self._network, self._type)

    def forward(self, batch: Batch) -> Output:
        """See `Runtime.forward`."""
        import torch

        pixels = torch.from_numpy(batch).to(self._device, memory_format=self._layout)
        halved = torch.autocast(self._device, self._type, enabled=self._type is not None)
        with torch.inference_mode(), halved:
            output: Output = self._network(pixels)
        return Output(*(None if part is None else part.float().cpu().numpy() for part in output))


def _reasons(device: str) -> dict[str, str]:
    """Precision -> why not."""
    import torch

    if device == CPU:
        return {"fp32": "", "bf16": "" if cpu_has_bf16() else "the processor has no bf16"}
    if not torch.cuda.is_available():
        raise Unavailable(
            "device cuda: torch finds none; install its CUDA build and the driver, or choose device cpu"
        )
    bf16 = "" if torch.cuda.is_bf16_supported() else "the graphics card has no bf16"
    return {"fp32": "", "fp16": "", "bf16": bf16}


def _halve(network: Any, kind: Any) -> None:
    """Store the large matrices in half precision, kernels with their channels last.

    The rest (normalisation, attention map, outputs) stays as it is, and autocast converts in between. Halving the
    weights here spares autocast doing so in every pass, which makes it useless.
    """
    import torch

    network.to(memory_format=torch.channels_last)
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            module.to(kind)

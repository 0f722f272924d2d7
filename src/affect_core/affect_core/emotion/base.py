"""Contracts of the emotion stage: what a network returns, what a runtime does, what can be set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from affect_core.config import Settings, setting
from affect_core.emotion.card import REGRESSION as REGRESSION
from affect_core.emotion.card import Card
from affect_core.registry import Registry

Batch = NDArray[np.float32]

AUTO: Final = "auto"
EXACT: Final = "fp32"
PRECISIONS: Final = (EXACT, "fp16", "bf16", "int8")
"""The most exact first. fp16 is the half precision of graphics cards, bf16 that of processors that have it."""

CPU: Final = "cpu"
DEVICES: Final = (CPU, "cuda")


class Output(NamedTuple):
    """What a network returns: tensors from a network, arrays from a runtime.

    Attributes:
        logits: (N, C).
        attention: (N, h, w) in 0..1, or None for a network without attention.
        regression: (N, R), the columns that the card names (`Card.regression`, by default `REGRESSION`), or None for a
            network without such outputs.
    """

    logits: Any
    attention: Any = None
    regression: Any = None


class Runtime(Protocol):
    """Runs the network of one card."""

    name: str
    """Program, precision and, unless it is the processor, the device: ``openvino-bf16``, ``torch-fp16-cuda``."""

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

    model: str = setting("amal_resnet34", "a model below models/, or the path of a model folder")
    runtime: str = setting("torch", "program that runs the network; auto: the fastest here, measured once")
    precision: str = setting(
        "auto",
        "arithmetic; auto: chosen together with the runtime, fp32 where that is named",
        choices=(AUTO, *PRECISIONS),
    )
    threads: int = setting(1, "CPU threads of the network; more than 1 only helps on an idle machine", low=1)
    device: str = setting(CPU, "where the network runs", choices=DEVICES)

    def repeatable(self) -> EmotionConfig:
        """For runs that must repeat on any machine: the runtime that is the fastest here is not what is wanted."""
        return replace(self, runtime=EmotionConfig().runtime) if self.runtime == AUTO else self


ARCHITECTURES: Registry[Any] = Registry("architecture")
"""Name -> builder ``(classes, size_px, **options) -> torch.nn.Module`` whose forward returns `Output`."""

RUNTIMES: Registry[Runtime] = Registry("runtime")
"""Name -> builder ``(card, threads=1, precision="auto", device="cpu") -> Runtime``.

A builder raises Unavailable when it cannot run that precision on that device here. It imports its program itself, so
that no other one is loaded.
"""


def build_runtime(config: EmotionConfig, card: Card) -> Runtime:
    """The runtime that ``config`` describes, with the card's weights loaded.

    Raises:
        UnknownName: no such runtime.
        Unavailable: not on this machine, in this installation, or for this model.
        ModelError: the weights cannot be used.
    """
    return RUNTIMES.build(config.runtime, card, config.threads, config.precision, config.device)


def runtime_name(runtime: str, precision: str, device: str = CPU) -> str:
    """See `Runtime.name`."""
    return "-".join([runtime, precision, *([] if device == CPU else [device])])

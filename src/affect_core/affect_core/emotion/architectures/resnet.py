"""The baseline of P0 (Probierz et al. 2026), section 3.1: ResNet50 with a new last layer; and its small sister."""

from __future__ import annotations

from typing import Any, Final

from torch import Tensor, nn

from affect_core import torch_compat
from affect_core.emotion.architectures.pretrained import RANDOM, initialise
from affect_core.emotion.base import Output
from affect_core.errors import ConfigError

STAGES: Final = 4
_WIDTHS: Final = (64, 128, 256, 512)


class ResNet50(nn.Module):
    """torchvision's ResNet50; the mean of its last feature map goes to a linear classifier.

    Args:
        classes: number of outputs.
        init: see `initialise`.
    """

    def __init__(self, classes: int, init: str = RANDOM) -> None:
        super().__init__()
        self.trunk = _trunk("resnet50", init)
        self.classifier = nn.Linear(4 * _WIDTHS[-1], classes)

    @property
    def features_layer(self) -> nn.Module:
        """The last layer whose output has places."""
        layer: nn.Module = self.trunk.layer4
        return layer

    def forward(self, batch: Tensor) -> Output:
        """(N, 3, S, S) -> logits (N, C)."""
        return Output(self.classifier(self.trunk(batch)))


class ResNet18(nn.Module):
    """torchvision's ResNet18, or its first stages, for trainings of minutes on a processor.

    Args:
        classes: number of outputs.
        init: see `initialise`.
        stages: 1 to 4; the fourth holds three quarters of the parameters.
    """

    def __init__(self, classes: int, init: str = RANDOM, stages: int = STAGES) -> None:
        super().__init__()
        if not 1 <= stages <= STAGES:
            raise ConfigError(f"ResNet18: expected 1 to {STAGES} stages, got {stages}")
        self.trunk = _trunk("resnet18", init)
        for number in range(stages + 1, STAGES + 1):
            setattr(self.trunk, f"layer{number}", nn.Identity())
        self._stages = stages
        self.classifier = nn.Linear(_WIDTHS[stages - 1], classes)

    @property
    def features_layer(self) -> nn.Module:
        """The last layer whose output has places."""
        layer: nn.Module = getattr(self.trunk, f"layer{self._stages}")
        return layer

    def forward(self, batch: Tensor) -> Output:
        """(N, 3, S, S) -> logits (N, C)."""
        return Output(self.classifier(self.trunk(batch)))


def _trunk(name: str, init: str) -> Any:
    """Of torchvision, without its last layer."""
    trunk = getattr(torch_compat.torchvision().models, name)(weights=None)
    trunk.fc = nn.Identity()
    initialise(trunk, init, name)
    return trunk

"""The baseline of P0 (Probierz et al. 2026), section 3.1: ResNet50 with a new last layer."""

from __future__ import annotations

from torch import Tensor, nn

from affect_core import torch_compat
from affect_core.emotion.architectures.pretrained import RANDOM, initialise
from affect_core.emotion.base import Output


class ResNet50(nn.Module):
    """torchvision's ResNet50; the mean of its last feature map goes to a linear classifier.

    Args:
        classes: number of outputs.
        init: see `initialise`.
    """

    def __init__(self, classes: int, init: str = RANDOM) -> None:
        super().__init__()
        trunk = torch_compat.torchvision().models.resnet50(weights=None)
        features: int = trunk.fc.in_features
        trunk.fc = nn.Identity()
        initialise(trunk, init, "resnet50")
        self.trunk = trunk
        self.classifier = nn.Linear(features, classes)

    @property
    def features_layer(self) -> nn.Module:
        """The last layer whose output has places."""
        layer: nn.Module = self.trunk.layer4
        return layer

    def forward(self, batch: Tensor) -> Output:
        """(N, 3, S, S) -> logits (N, C)."""
        return Output(self.classifier(self.trunk(batch)))

"""P3 (Manresa-Yee, Ramis and Buades 2023): InceptionV3 with global average pooling and a new last layer."""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from affect_core import torch_compat
from affect_core.emotion.architectures.pretrained import (
    IMAGENET,
    IMAGENET_MEAN,
    IMAGENET_STD,
    RANDOM,
    initialise,
)
from affect_core.emotion.base import Output

LEAST_PX: Final = 75
"""Smaller pictures leave nothing of the last feature maps; they are enlarged to this edge."""


class InceptionV3(nn.Module):
    """torchvision's InceptionV3; the mean of its last feature map goes to a linear classifier.

    There is no auxiliary head: at 224 px its last convolution is larger than what it sees.

    Args:
        classes: number of outputs.
        size_px: edge of the pictures.
        init: see `initialise`.
        dropout: before the classifier.
    """

    def __init__(self, classes: int, size_px: int, init: str = RANDOM, dropout: float = 0.0) -> None:
        super().__init__()
        trunk = torch_compat.torchvision().models.inception_v3(
            weights=None, aux_logits=False, init_weights=False
        )
        features: int = trunk.fc.in_features
        trunk.fc, trunk.dropout = nn.Identity(), nn.Dropout(dropout)
        _begin(trunk)
        initialise(trunk, init, "inception_v3")
        if init == IMAGENET:
            expect_imagenet_pixels(trunk)
        self._enlarges = size_px < LEAST_PX  # known beforehand, so that the network can be traced
        self.trunk = trunk
        self.classifier = nn.Linear(features, classes)

    @property
    def features_layer(self) -> nn.Module:
        """The last layer whose output has places."""
        layer: nn.Module = self.trunk.Mixed_7c
        return layer

    def forward(self, batch: Tensor) -> Output:
        """(N, 3, S, S) -> logits (N, C)."""
        if self._enlarges:
            batch = functional.interpolate(batch, (LEAST_PX, LEAST_PX), mode="bilinear", align_corners=False)
        return Output(self.classifier(self.trunk(batch)))


def expect_imagenet_pixels(trunk: Any) -> None:
    """Let a trunk that was trained on pixels in -1..1 take pixels normalised with ImageNet's mean and deviation.

    Between the two lies one factor and one offset for each colour; the first convolution has no padding, so both
    can be taken into it and into the normalisation behind it, exactly. All networks here then expect the same pixels.
    """
    first = trunk.Conv2d_1a_3x3
    factor = torch.tensor(IMAGENET_STD).view(1, 3, 1, 1) / 0.5
    offset = (torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1) - 0.5) / 0.5
    with torch.no_grad():
        first.bn.running_mean -= (first.conv.weight * offset).sum(dim=(1, 2, 3))
        first.conv.weight *= factor


def _begin(trunk: nn.Module) -> None:
    """He initialisation, as in ResNet: signals keep their size on their way through the layers."""
    for part in trunk.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
